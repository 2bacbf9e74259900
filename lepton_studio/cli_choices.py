"""From words on the command line to values of the engine: a run, a dataset, an architecture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lepton_studio.cli_output import finish
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.dataset import Dataset, Samples
    from lepton_studio.engine.importing import ImportReport
    from lepton_studio.engine.runs import Run

LAST = "last"


def chosen_run(name: str) -> Run:
    """Finds a run by id, name or path; also ``bundled`` and ``last``, the newest that can be read."""
    from lepton_studio.engine.runs import find_run, list_runs

    if name != LAST:
        return find_run(name)
    for run in list_runs():
        if run.record.state != "damaged":
            return run
    raise LeptonError("There is no run yet.", "Train one with 'lepton-studio train'.")


class _Labelled(msgspec.Struct):
    """The field by which files of the program say what they are."""

    format: str = ""


def chosen_dataset(name: str) -> Dataset:
    """Finds a dataset by its name in the registry, or brings in a folder of pictures."""
    from lepton_studio.engine.dataset import DATASETS

    known = {tag: kind for tag, kind in DATASETS.classes.items() if not _needs_more_than_a_name(kind)}
    if name in known:
        return known[name]()
    if Path(name).is_dir():
        from lepton_studio.engine.datasets.image_folder import ImageFolder

        return ImageFolder(imported(Path(name)).dataset)
    unknown = DATASETS.unknown(name)
    raise LeptonError(unknown.what, f"{unknown.remedy} Or give a folder of pictures.")


def imported(path: Path, name: str = "") -> ImportReport:
    """Brings in a folder of pictures and shows how far it is."""
    from lepton_studio.engine.importing import ImportReport, import_folder

    return finish(import_folder(path, name), ImportReport)


def samples_of(dataset: Dataset) -> Samples:
    """Loads a dataset and shows how far it is."""
    from lepton_studio.engine.dataset import Samples

    return finish(dataset.load(), Samples)


def chosen_architecture(name: str) -> Architecture:
    """Finds an architecture that ships, or reads it from a JSON file; an experiment has one too."""
    from lepton_studio.engine.architecture import Architecture, presets
    from lepton_studio.engine.experiment import FORMAT, parse_experiment
    from lepton_studio.engine.files import parse_struct, read_bytes

    known = presets()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise LeptonError(
            f"There is no architecture and no file called '{name}'.", f"Known are: {', '.join(known)}."
        )
    content = read_bytes(path)
    try:
        if msgspec.json.decode(content, type=_Labelled).format == FORMAT:
            return parse_experiment(content, name).architecture
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # The next line says what is wrong with it.
    return parse_struct(content, Architecture, name)


def _needs_more_than_a_name(kind: type[Dataset]) -> bool:
    """A folder of pictures is known by its path, not by its kind."""
    return any(field.required for field in msgspec.structs.fields(kind))
