"""Everything that is true without a screen. The window takes names from here, and only from here.

Names are looked up when they are first used: the specs need no torch, so that a window can show them while
torch is still being imported.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_WHERE = {
    "activations": ("activations_of", "kernels_of"),
    "answers": ("Answers", "answer_all", "answer_some"),
    "archives": ("archive_run", "import_archive"),
    "architecture": ("Architecture", "ArchitectureReport", "LayerReport", "describe"),
    "attack": ("ATTACKS", "Attack"),
    "augmentation": ("AUGMENTATIONS", "Augmentation"),
    "augmented": ("augmented_examples",),
    "batch_reading": ("BatchRead", "FileReading", "read_folder", "save_csv", "save_doubtful"),
    "calibrating": ("calibrate", "load_and_calibrate"),
    "calibration": ("COVERAGE", "COVERAGES", "LEAST_SAMPLES", "Calibration", "calibration_of"),
    "catalogue": ("all_datasets",),
    "cell_arithmetic": ("ANSWER", "CellArithmetic", "take_apart"),
    "code_export": ("ExportedCode",),
    "code_import": ("opened_architecture", "read_architecture"),
    "cost": ("Cost", "probe_cost"),
    "curve_export": ("CurvesExported", "export_curves"),
    "data_statistics": ("DataStatistics", "SizeSpread", "describe_data", "imbalance_advice"),
    "dataset": ("DATASETS", "LABEL_SOURCES", "SPLIT_NAMES", "Dataset", "Samples"),
    "datasets.view": ("ClassChange", "View", "save_view", "saved_views", "views_of"),
    "device": ("import_torch",),
    "drawing_book": ("DIGITS", "DrawingBook", "books", "create_book", "newest_book", "open_book"),
    "drawing_entries": ("Drawing", "is_set_aside"),
    "drawing_export": ("DrawingsExported", "export_drawings", "import_drawings"),
    "duplicates": ("DuplicateGroup", "Duplicates", "find_duplicates"),
    "errors": ("Diverged", "LeptonError", "OutOfMemory"),
    "evaluation": ("Evaluation", "evaluate", "load_and_evaluate"),
    "examined": ("Examined",),
    "events": (
        "EpochFinished", "Event", "Notice", "Progress", "Recovered", "SettingChanged", "StoppedEarly",
        "TrainingFinished", "TrainingStarted",
    ),
    "experiment": (
        "Experiment", "Hyperparameters", "default_experiment", "experiment_with_preset", "read_experiment",
        "save_experiment", "with_setting",
    ),
    "explainer": ("EXPLAINERS", "Explainer"),
    "explaining": ("Explanation", "Question", "convolution_places", "explain_beside", "explain_now"),
    "files": ("read_struct", "write_bytes", "write_struct"),
    "import_report": ("ClassCount", "FileVerdict", "ImportOptions", "ImportReport"),
    "importing": ("examine", "import_folder", "import_paths", "refit", "take_in"),
    "fix_steps": ("Fix", "FixStep", "value_text"),
    "fixes": ("find_fixes", "first_fault", "search_fixes", "with_outputs_for"),
    "hand_labels": ("HandLabels", "exchange_labels", "labels_file", "read_hand_labels", "save_hand_labels"),
    "hint": ("Evidence", "Hint", "Sentence", "evidence_of", "hints_for", "hints_of"),
    "history": ("Change", "EpochRow", "History"),
    "ink_parts": ("InkParts",),
    "ink_steps": ("InkStep", "picture_steps", "stroke_steps"),
    "interrupted": ("interrupted_runs", "last_written", "leave_stopped", "note_cut_short"),
    "interventions": ("MOST_FACTOR", "Interventions"),
    "kept_epochs": ("KeptEpoch", "best_epoch"),
    "known_weights": ("KNOWN_WEIGHTS", "KnownWeights"),
    "layer": ("LAYERS", "Layer", "shape_text"),
    "layer_clipboard": ("MIME_TYPE", "layers_from_text", "layers_to_text"),
    "loss": ("LOSSES",),
    "neighbours": (
        "FeatureNeighbours", "Neighbours", "PixelNeighbours", "feature_neighbours", "pixel_neighbours",
    ),
    "optimizer": ("OPTIMIZERS",),
    "own_datasets": ("delete_own", "own_folder", "rename_own"),
    "panel": ("Agreement", "Judge", "agreement_of"),
    "paper": ("level_paper",),
    "photographs": ("opened_photograph", "photograph_of"),
    "picture_export": ("PicturesExported", "export_pictures"),
    "prediction": ("Predictor",),
    "previews": ("Preview", "known_preview", "make_previews"),
    "published": ("PublishedDataset",),
    "queue_work": ("work_off",),
    "rate_finder": ("RatePoint", "RateSearch", "find_rate", "smoothed"),
    "reading": ("Part", "Reader", "Reading", "find_parts_beside"),
    "receptive_fields": ("ReceptiveFields",),
    "recipe": ("MACHINE_FIELDS", "Recipe", "recipe_of", "recipes"),
    "registry": ("Registry", "Spec"),
    "regularisation": ("REGULARISATIONS",),
    "remedies": ("rebased",),
    "repeats": ("Band", "GroupResult", "bands", "group_result", "groups_of_runs", "runs_of_group"),
    "robustness": ("Robustness", "chosen_attack", "load_and_attack"),
    "run_queue": ("QueueEntry", "RunQueue", "seconds_left"),
    "run_records": ("newest_records",),
    "run_samples": ("load_run_samples",),
    "run_store": ("AT", "bundled_run", "delete_run", "find_run", "list_runs"),
    "runs": ("Run",),
    "schedule": ("SCHEDULES",),
    "script_export": ("code_for",),
    "shipped_architectures": ("Preset", "preset", "preset_cards", "presets"),
    "sketch_export": ("SKETCH_ENDINGS", "save_sketch"),
    "sketchbook": ("Sketch", "Sketchbook"),
    "snapshots": ("LayerTrace", "Snapshot", "read_snapshot", "snapshots_of"),
    "splits": ("Splits", "cut", "cut_samples"),
    "steering": ("LiveSettings", "live_settings", "settings_now", "steerable", "with_change"),
    "stroke_occlusion": ("Placing", "StrokeOcclusion", "StrokePart", "occlude_strokes", "placing_of"),
    "strokes": ("Stroke", "read_picture", "render_strokes"),
    "suspects": ("Suspects", "find_suspects"),
    "taught_runs": ("Outcome", "Score", "outcome_of", "origin_of"),
    "teaching": ("DrawingAnswers", "Taught", "Teaching", "answer_drawings", "teach"),
    "temperature": ("Reliability",),
    "training": ("start_training",),
    "sweep": (
        "Sweep", "SweepResult", "SweepTrial", "check_sweep", "create_sweep", "delete_sweep", "find_sweep",
        "is_worked_on", "list_sweeps",
    ),
    "sweep_axes": ("Axis", "ChoiceAxis", "RangeAxis", "axis_of_text", "choices_of_text", "value_words"),
    "sweep_fields": ("SweepField", "axis_from", "field_at", "sweepable"),
    "sweep_study": ("sweep_result",),
    "sweep_work": ("TrialFinished", "work_off_sweep"),
    "tree": (
        "all_paths", "duplicate_layers", "imports_of", "insert_layer", "insert_layers", "layer_at", "move_layer",
        "move_layers", "outermost", "place_in", "place_out", "remove_layer", "remove_layers", "replace_layer",
        "shift_layers", "stack_at", "unwrap_layer", "with_disabled", "wrap_layers",
    ),
    "walk_through": ("LayerOutput", "Scaling", "same_network", "walk_sample"),
    "weight_store": ("fetch_weights", "missing_weights", "weights_trouble"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted(_MODULE_OF)

if TYPE_CHECKING:
    from lepton_studio.engine.activations import activations_of, kernels_of
    from lepton_studio.engine.answers import Answers, answer_all, answer_some
    from lepton_studio.engine.architecture import (
        Architecture,
        ArchitectureReport,
        LayerReport,
        describe,
    )  # fmt: skip
    from lepton_studio.engine.archives import archive_run, import_archive
    from lepton_studio.engine.attack import ATTACKS, Attack
    from lepton_studio.engine.augmentation import AUGMENTATIONS, Augmentation
    from lepton_studio.engine.augmented import augmented_examples
    from lepton_studio.engine.batch_reading import BatchRead, FileReading, read_folder, save_csv, save_doubtful
    from lepton_studio.engine.calibrating import calibrate, load_and_calibrate
    from lepton_studio.engine.calibration import COVERAGE, COVERAGES, LEAST_SAMPLES, Calibration, calibration_of
    from lepton_studio.engine.catalogue import all_datasets
    from lepton_studio.engine.cell_arithmetic import ANSWER, CellArithmetic, take_apart
    from lepton_studio.engine.code_export import ExportedCode
    from lepton_studio.engine.code_import import opened_architecture, read_architecture
    from lepton_studio.engine.cost import Cost, probe_cost
    from lepton_studio.engine.curve_export import CurvesExported, export_curves
    from lepton_studio.engine.data_statistics import DataStatistics, SizeSpread, describe_data, imbalance_advice
    from lepton_studio.engine.dataset import DATASETS, LABEL_SOURCES, SPLIT_NAMES, Dataset, Samples
    from lepton_studio.engine.datasets.view import ClassChange, View, save_view, saved_views, views_of
    from lepton_studio.engine.device import import_torch
    from lepton_studio.engine.drawing_book import DIGITS, DrawingBook, books, create_book, newest_book, open_book
    from lepton_studio.engine.drawing_entries import Drawing, is_set_aside
    from lepton_studio.engine.drawing_export import DrawingsExported, export_drawings, import_drawings
    from lepton_studio.engine.duplicates import DuplicateGroup, Duplicates, find_duplicates
    from lepton_studio.engine.errors import Diverged, LeptonError, OutOfMemory
    from lepton_studio.engine.evaluation import Evaluation, evaluate, load_and_evaluate
    from lepton_studio.engine.events import (
        EpochFinished,
        Event,
        Notice,
        Progress,
        Recovered,
        SettingChanged,
        StoppedEarly,
        TrainingFinished,
        TrainingStarted,
    )  # fmt: skip
    from lepton_studio.engine.examined import Examined
    from lepton_studio.engine.experiment import (
        Experiment,
        Hyperparameters,
        default_experiment,
        experiment_with_preset,
        read_experiment,
        save_experiment,
        with_setting,
    )  # fmt: skip
    from lepton_studio.engine.explainer import EXPLAINERS, Explainer
    from lepton_studio.engine.explaining import Explanation, Question, convolution_places, explain_beside, explain_now
    from lepton_studio.engine.files import read_struct, write_bytes, write_struct
    from lepton_studio.engine.fix_steps import Fix, FixStep, value_text
    from lepton_studio.engine.fixes import find_fixes, first_fault, search_fixes, with_outputs_for
    from lepton_studio.engine.hand_labels import (
        HandLabels,
        exchange_labels,
        labels_file,
        read_hand_labels,
        save_hand_labels,
    )
    from lepton_studio.engine.hint import Evidence, Hint, Sentence, evidence_of, hints_for, hints_of
    from lepton_studio.engine.history import Change, EpochRow, History
    from lepton_studio.engine.import_report import ClassCount, FileVerdict, ImportOptions, ImportReport
    from lepton_studio.engine.importing import examine, import_folder, import_paths, refit, take_in
    from lepton_studio.engine.ink_parts import InkParts
    from lepton_studio.engine.ink_steps import InkStep, picture_steps, stroke_steps
    from lepton_studio.engine.interrupted import interrupted_runs, last_written, leave_stopped, note_cut_short
    from lepton_studio.engine.interventions import MOST_FACTOR, Interventions
    from lepton_studio.engine.kept_epochs import KeptEpoch, best_epoch
    from lepton_studio.engine.known_weights import KNOWN_WEIGHTS, KnownWeights
    from lepton_studio.engine.layer import LAYERS, Layer, shape_text
    from lepton_studio.engine.layer_clipboard import MIME_TYPE, layers_from_text, layers_to_text
    from lepton_studio.engine.loss import LOSSES
    from lepton_studio.engine.neighbours import (
        FeatureNeighbours,
        Neighbours,
        PixelNeighbours,
        feature_neighbours,
        pixel_neighbours,
    )  # fmt: skip
    from lepton_studio.engine.optimizer import OPTIMIZERS
    from lepton_studio.engine.own_datasets import delete_own, own_folder, rename_own
    from lepton_studio.engine.panel import Agreement, Judge, agreement_of
    from lepton_studio.engine.paper import level_paper
    from lepton_studio.engine.photographs import opened_photograph, photograph_of
    from lepton_studio.engine.picture_export import PicturesExported, export_pictures
    from lepton_studio.engine.prediction import Predictor
    from lepton_studio.engine.previews import Preview, known_preview, make_previews
    from lepton_studio.engine.published import PublishedDataset
    from lepton_studio.engine.queue_work import work_off
    from lepton_studio.engine.rate_finder import RatePoint, RateSearch, find_rate, smoothed
    from lepton_studio.engine.reading import Part, Reader, Reading, find_parts_beside
    from lepton_studio.engine.receptive_fields import ReceptiveFields
    from lepton_studio.engine.recipe import MACHINE_FIELDS, Recipe, recipe_of, recipes
    from lepton_studio.engine.registry import Registry, Spec
    from lepton_studio.engine.regularisation import REGULARISATIONS
    from lepton_studio.engine.remedies import rebased
    from lepton_studio.engine.repeats import Band, GroupResult, bands, group_result, groups_of_runs, runs_of_group
    from lepton_studio.engine.robustness import Robustness, chosen_attack, load_and_attack
    from lepton_studio.engine.run_queue import QueueEntry, RunQueue, seconds_left
    from lepton_studio.engine.run_records import newest_records
    from lepton_studio.engine.run_samples import load_run_samples
    from lepton_studio.engine.run_store import AT, bundled_run, delete_run, find_run, list_runs
    from lepton_studio.engine.runs import Run
    from lepton_studio.engine.schedule import SCHEDULES
    from lepton_studio.engine.script_export import code_for
    from lepton_studio.engine.shipped_architectures import Preset, preset, preset_cards, presets
    from lepton_studio.engine.sketch_export import SKETCH_ENDINGS, save_sketch
    from lepton_studio.engine.sketchbook import Sketch, Sketchbook
    from lepton_studio.engine.snapshots import LayerTrace, Snapshot, read_snapshot, snapshots_of
    from lepton_studio.engine.splits import Splits, cut, cut_samples
    from lepton_studio.engine.steering import LiveSettings, live_settings, settings_now, steerable, with_change
    from lepton_studio.engine.stroke_occlusion import (
        Placing,
        StrokeOcclusion,
        StrokePart,
        occlude_strokes,
        placing_of,
    )  # fmt: skip
    from lepton_studio.engine.strokes import Stroke, read_picture, render_strokes
    from lepton_studio.engine.suspects import Suspects, find_suspects
    from lepton_studio.engine.sweep import (
        Sweep,
        SweepResult,
        SweepTrial,
        check_sweep,
        create_sweep,
        delete_sweep,
        find_sweep,
        is_worked_on,
        list_sweeps,
    )  # fmt: skip
    from lepton_studio.engine.sweep_axes import (
        Axis,
        ChoiceAxis,
        RangeAxis,
        axis_of_text,
        choices_of_text,
        value_words,
    )  # fmt: skip
    from lepton_studio.engine.sweep_fields import SweepField, axis_from, field_at, sweepable
    from lepton_studio.engine.sweep_study import sweep_result
    from lepton_studio.engine.sweep_work import TrialFinished, work_off_sweep
    from lepton_studio.engine.taught_runs import Outcome, Score, origin_of, outcome_of
    from lepton_studio.engine.teaching import DrawingAnswers, Taught, Teaching, answer_drawings, teach
    from lepton_studio.engine.temperature import Reliability
    from lepton_studio.engine.training import start_training
    from lepton_studio.engine.tree import (
        all_paths,
        duplicate_layers,
        imports_of,
        insert_layer,
        insert_layers,
        layer_at,
        move_layer,
        move_layers,
        outermost,
        place_in,
        place_out,
        remove_layer,
        remove_layers,
        replace_layer,
        shift_layers,
        stack_at,
        unwrap_layer,
        with_disabled,
        wrap_layers,
    )  # fmt: skip
    from lepton_studio.engine.walk_through import LayerOutput, Scaling, same_network, walk_sample
    from lepton_studio.engine.weight_store import fetch_weights, missing_weights, weights_trouble


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
