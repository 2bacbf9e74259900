"""From words on the command line to values of the engine: a run, a dataset, an architecture."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lepton_studio.cli_output import finish, say
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.dataset import Dataset, Samples
    from lepton_studio.engine.import_report import ImportReport
    from lepton_studio.engine.recipe import Recipe
    from lepton_studio.engine.runs import Run

LAST = "last"


def chosen_run(name: str) -> Run:
    """Finds a run by id, name or path; also ``bundled`` and ``last``, the newest that can be read."""
    from lepton_studio.engine.run_store import find_run, list_runs

    if name != LAST:
        return find_run(name)
    for run in list_runs():
        if run.record.state != "damaged":
            return run
    raise LeptonError("There is no run yet.", "Train one with 'lepton-studio train'.")


def chosen_dataset(name: str) -> Dataset:
    """Finds a dataset by its name, or brings in a folder of pictures."""
    from lepton_studio.engine.catalogue import all_datasets
    from lepton_studio.engine.dataset import DATASETS
    from lepton_studio.engine.datasets.image_folder import ImageFolder

    known = all_datasets()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.exists():
        near = "".join(f"Did you mean '{word}'? " for word in difflib.get_close_matches(name, known, n=1))
        raise LeptonError(
            f"There is no {DATASETS.word} and no folder of pictures called '{name}'.",
            f"{near}Known are: {', '.join(known)}.",
        )
    report = imported([path])
    if not report.already_here:
        told = f"{report.loaded:,} pictures; {report.reported:,} cannot be read."
        say(f"{path} was brought in as '{report.dataset}': {told}")
    return ImageFolder(report.dataset)


def imported(wanted: Sequence[Path], name: str = "", side: int = 0, channels: str = "auto") -> ImportReport:
    """Brings in pictures and shows how far it is; 0 and "auto" leave the frame to the pictures."""
    from lepton_studio.engine.import_report import CHANNELS, SIDES, ImportOptions, ImportReport
    from lepton_studio.engine.importing import import_paths

    if side not in SIDES:
        raise LeptonError(f"--side {side} is no size for pictures.", f"Known are: {', '.join(map(str, SIDES[1:]))}.")
    if channels not in CHANNELS:
        raise LeptonError(f"There are no channels '{channels}'.", f"Known are: {', '.join(CHANNELS)}.")
    options = msgspec.convert({"side": side, "channels": channels}, ImportOptions)
    return finish(import_paths(wanted, name, options), ImportReport)


def samples_of(dataset: Dataset) -> Samples:
    """Loads a dataset and shows how far it is."""
    from lepton_studio.engine.dataset import Samples

    return finish(dataset.load(), Samples)


def samples_of_run(run: Run) -> Samples:
    """Loads the dataset of a run, with the labels that it was begun with, and shows how far it is."""
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.run_samples import load_run_samples

    return finish(load_run_samples(run), Samples)


def chosen_architecture(name: str) -> Architecture:
    """Finds an architecture that ships, or reads it from a file: JSON, an experiment, or Python code."""
    from lepton_studio.engine.code_import import read_architecture
    from lepton_studio.engine.shipped_architectures import presets

    known = presets()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.exists():
        raise LeptonError(f"There is no architecture and no file called '{name}'.", f"Known are: {', '.join(known)}.")
    return read_architecture(path)


def chosen_recipe(name: str) -> Recipe:
    """Finds a recipe that ships."""
    from lepton_studio.engine.recipe import recipes

    known = recipes()
    if name in known:
        return known[name]
    near = "".join(f"Did you mean '{word}'? " for word in difflib.get_close_matches(name, known, n=1))
    raise LeptonError(f"There is no recipe called '{name}'.", f"{near}Known are: {', '.join(known)}.")
