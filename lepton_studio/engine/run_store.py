"""The store: all runs of a person, and the one that ships."""

from __future__ import annotations

import shutil
from pathlib import Path

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import writing_to
from lepton_studio.engine.history import History
from lepton_studio.engine.runs import CHECKPOINT, RECORD, Run, RunRecord, is_locked, run_folders

BUNDLED = "bundled"
# Between the name of a run and the number of one of its kept epochs.
AT = "@"


def list_runs() -> list[Run]:
    """All runs, newest first; a folder that cannot be read is in the list as "damaged".

    Raises:
        LeptonError: the store itself cannot be read.
    """
    return [_open_or_damaged(path) for path in run_folders() if not _is_being_made(path)]


def find_run(name: str) -> Run:
    """Finds a run by its folder's name, its own name if only one has it, a path, or "bundled".

    With ``@`` and the number of a kept epoch behind it, it is the run as it was after that epoch.

    Raises:
        LeptonError: there is none, or more than one, or the weights of the epoch are not kept.
    """
    if name == BUNDLED:
        return bundled_run()
    for folder in (paths.runs() / name, Path(name)):
        if name and _holds_run(folder):
            return Run.open(folder)
    matches = [run for run in list_runs() if run.record.name == name]
    if len(matches) == 1:
        return Run.open(matches[0].folder)
    if matches:
        ids = ", ".join(run.id for run in matches)
        raise LeptonError(f"More than one run is called '{name}'.", f"Say which: {ids}.")
    head, at, epoch = name.rpartition(AT)
    if at and epoch.isdecimal():
        return find_run(head).at_epoch(int(epoch))
    raise LeptonError(f"There is no run called '{name}'.", "See 'lepton-studio runs list'.")


def bundled_run() -> Run:
    """The trained PenNet that ships with the program."""
    return Run.open(paths.resources() / "models" / "pen_net")


def delete_run(run: Run) -> None:
    """Removes a run for good.

    Raises:
        LeptonError: it is being trained, or it ships with the program.
    """
    if run.shown_epoch is not None:
        raise LeptonError(
            "A single epoch cannot be deleted.", f"Delete '{run.id}', or let its settings keep fewer epochs."
        )
    if run.folder.parent != paths.runs():
        raise LeptonError("The shipped network cannot be deleted.", "Choose one of your own runs.")
    if is_locked(run.folder):
        raise LeptonError(f"The run '{run.id}' is being trained.", "Stop it first.")
    with writing_to(run.folder):
        shutil.rmtree(run.folder)


def _is_being_made(folder: Path) -> bool:
    """Whether a folder has neither a record nor weights yet: a moment later it is a run, or gone."""
    try:
        return not (folder / RECORD).exists() and not (folder / CHECKPOINT).exists()
    except OSError:
        return False


def _holds_run(folder: Path) -> bool:
    try:
        return (folder / RECORD).is_file()
    except OSError:
        # Too long for a path: then it is none.
        return False


def _open_or_damaged(folder: Path) -> Run:
    try:
        return Run.open(folder)
    except LeptonError as error:
        from lepton_studio.engine.experiment import default_experiment

        record = RunRecord(name=folder.name, state="damaged", error=str(error))
        return Run(folder, default_experiment(), record, History())
