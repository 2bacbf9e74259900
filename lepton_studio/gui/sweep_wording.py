"""How fields, values and states of sweeps are written on screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from lepton_studio.engine import Experiment, Sweep, SweepField, SweepTrial, field_at, value_words
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import percent

# lupdate looks for calls of this name.
translate = QCoreApplication.translate


def owner_words(field: SweepField) -> str:
    """What a field belongs to: "Optimizer", "Linear 4"; empty for a hyperparameter itself."""
    return " ".join(filter(None, (spec_text(field.owner) if field.owner else "", field.place)))


def field_words(field: SweepField) -> str:
    """The whole name of a field: "Batch size", "Optimizer: learning rate", "Linear 4: outputs"."""
    owner, name = owner_words(field), spec_text(field.name)
    return f"{owner}: {name[:1].lower()}{name[1:]}" if owner else name


def path_words(experiment: Experiment, path: str, short: bool = False) -> str:
    """The name of the field at a path; ``short`` leaves out what it belongs to, but for layers, which are many."""
    field = field_at(experiment, path)
    if field is None:
        return path.removeprefix("hyperparameters.")
    return spec_text(field.name) if short and not field.place else field_words(field)


def value_text(value: float | str | None) -> str:
    """A value as people read it; nothing for one that is not there."""
    return "" if value is None else value_words(value)


def objective_words(objective: str) -> str:
    """What trials are compared by, in the language of the window."""
    return {
        "validation_loss": translate("sweep_wording", "Validation loss"),
        "validation_accuracy": translate("sweep_wording", "Validation accuracy"),
        "train_loss": translate("sweep_wording", "Training loss"),
        "train_accuracy": translate("sweep_wording", "Training accuracy"),
    }[objective]


def sampler_words(sampler: str) -> tuple[str, str]:
    """What a way to choose values is called, and what it does."""
    return {
        "grid": (
            translate("sweep_wording", "Grid"),
            translate("sweep_wording", "Every combination once: thorough, and soon too many."),
        ),
        "random": (
            translate("sweep_wording", "Random"),
            translate("sweep_wording", "Drawn evenly: with several fields it finds good values sooner than a grid."),
        ),
        "tpe": (
            translate("sweep_wording", "Learning (TPE)"),
            translate("sweep_wording", "After ten trials it draws near what was good so far."),
        ),
    }[sampler]


def trial_state_words(state: str, is_going: bool) -> str:
    """How a trial stands."""
    return {
        "running": translate("sweep_wording", "running") if is_going else translate("sweep_wording", "interrupted"),
        "finished": translate("sweep_wording", "finished"),
        "pruned": translate("sweep_wording", "given up"),
        "failed": translate("sweep_wording", "failed"),
    }[state]


def trials_word(count: int) -> str:
    """How many trials: "1 trial", "12 trials"."""
    return (
        translate("sweep_wording", "1 trial") if count == 1 else translate("sweep_wording", "{} trials").format(count)
    )


def number_words(sweep: Sweep, objective: float) -> str:
    """What a trial came to: "0.1863", "97.20 %"."""
    return percent(objective) if sweep.objective.endswith("accuracy") else f"{objective:.4g}"


def trial_words(sweep: Sweep, trial: SweepTrial) -> str:
    """All that is known of a trial, in several lines."""
    lines = [translate("sweep_wording", "Trial {}").format(trial.number)]
    lines += [f"{path_words(sweep.experiment, path)}: {value_text(value)}" for path, value in trial.values.items()]
    if trial.objective is not None:
        lines.append(f"{objective_words(sweep.objective)}: {number_words(sweep, trial.objective)}")
    return "\n".join(filter(None, [*lines, trial.error]))
