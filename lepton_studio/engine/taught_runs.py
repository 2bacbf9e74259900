"""What teaching leaves: a run of its own, and what was measured before and after (see ``teaching.py``)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from lepton_studio.engine.calibrating import STRANGER
from lepton_studio.engine.calibration import Calibration, keep_calibration, weights_digest
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import read_bytes, read_struct, write_bytes, write_struct
from lepton_studio.engine.history import History
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import AT, bundled_run, find_run
from lepton_studio.engine.runs import HISTORY, LABELS, Run, free_name
from lepton_studio.engine.teaching_pictures import OldPictures

if TYPE_CHECKING:
    from lepton_studio.engine.checkpoint import Position

OUTCOME = "outcome.json"
TAUGHT = ", taught"
# What is true of a taught run because it is true of the old one.
KEPT_FACTS = (
    "device", "precision", "threads", "kernels", "parameters", "class_names", "input_shape", "relabelled", "train_size",
    "validation_size", "leaked", "part_size", "train_seconds", "images_per_second",
)  # fmt: skip


class Score(msgspec.Struct, frozen=True):
    """How many of some pictures were answered right, before and after."""

    before: int = 0
    after: int = 0
    of: int = 0

    @property
    def shares(self) -> tuple[float, float]:
        """Before and after as shares; 0 of none."""
        return (self.before / self.of, self.after / self.of) if self.of else (0.0, 0.0)


class Outcome(msgspec.Struct, frozen=True):
    """What teaching did, as the taught run keeps it.

    Attributes:
        taught_from: the id of the run that was taught.
        drawings: the ids of those that it learned.
        learned: how it answers them.
        aside: how it answers drawings set aside for the test, which it never saw.
        old: how it answers old pictures that it never learned from.
        old_name: the dataset that they are from.
        first: of these, how many were right before anybody taught it anything.
        share: of the way from the old weights to the learned ones that was gone, 0..1.
        steps, seconds: that it took.
        left_out: drawings of classes that the network does not have.
    """

    taught_from: str
    drawings: tuple[str, ...]
    learned: Score
    aside: Score
    old: Score
    old_name: str
    first: int
    share: float
    steps: int
    seconds: float
    left_out: int = 0


def outcome_of(run: Run) -> Outcome | None:
    """What a run was taught; None if it was not, or nobody can tell any more."""
    if not run.record.taught_from:
        return None
    try:
        return read_struct(run.folder / OUTCOME, Outcome)
    except LeptonError:
        return None


def origin_of(run: Run) -> Run:
    """The run that a taught run comes from.

    Raises:
        LeptonError: it was not taught here, or that run is gone.
    """
    origin = run.record.taught_from
    shipped = bundled_run()
    if origin == shipped.id:
        return shipped
    if not origin:
        raise LeptonError(f"'{run.record.name}' was not taught from another run.", "Choose a network from the list.")
    return find_run(origin)


def name_of(run: Run) -> str:
    """By what a run is found again, or the epoch of it that this is."""
    return run.id if run.shown_epoch is None else f"{run.id}{AT}{run.shown_epoch}"


def right_at_first(run: Run, old: OldPictures, right: int) -> int:
    """How many old pictures were right before a network was taught for the first time; what is taught now counts on."""
    taught = outcome_of(run)
    is_same = taught is not None and taught.old_name == old.name and taught.old.of == len(old.held)
    return taught.first if taught is not None and is_same else right


def keep_taught(run: Run, pupil: Predictor, outcome: Outcome, calibration: Calibration | None, name: str) -> Run:
    """Writes the taught network as a run of its own, which can be trained further from where the old one ended."""
    from lepton_studio.engine.checkpoint import save_checkpoint

    made = Run.create(run.experiment, name or _name_of_taught(run.record.name))
    try:
        with made.being_trained():
            position = _position_of(run)
            (made.folder / LABELS).unlink(missing_ok=True)
            if (run.folder / LABELS).exists():
                write_bytes(made.folder / LABELS, read_bytes(run.folder / LABELS))
            if run.changes:
                made.note_changes(run.changes)
            run.history.save(made.folder / HISTORY)
            made.history = History.load(made.folder / HISTORY)
            made.history.truncate(position.steps, position.epoch)
            made.history.save(made.folder / HISTORY)
            write_struct(made.folder / OUTCOME, outcome)
            save_checkpoint(made.checkpoint, pupil.network, None, position)
            if (run.folder / STRANGER).is_file() and run.shown_epoch is None:
                write_bytes(made.folder / STRANGER, read_bytes(run.folder / STRANGER))
            if calibration is not None:
                figures = msgspec.structs.replace(calibration.figures, weights=weights_digest(made.checkpoint))
                keep_calibration(made, replace(calibration, figures=figures))
            facts = {field: getattr(run.record, field) for field in KEPT_FACTS}
            made.update(**facts, taught_from=outcome.taught_from, epochs_done=position.epoch)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return made


def _name_of_taught(name: str) -> str:
    """First "Mine, taught", then "Mine, taught 2" ..., also for what was taught before."""
    base, taught, number = name.rpartition(TAUGHT)
    is_taught = bool(taught) and (not number or number.strip().isdecimal())
    return free_name(f"{base if is_taught else name}{TAUGHT}")


def _position_of(run: Run) -> Position:
    """How far a run is, as its history has it; programs before this one did not count all batches."""
    from lepton_studio.engine.checkpoint import Position, read_position

    epochs, batches = len(run.history.epochs), len(run.history)
    if run.shown_epoch is not None:
        batches = int(np.searchsorted(run.history.batch_end, run.shown_epoch + 1e-6))
        return Position(run.shown_epoch, seen=0, steps=batches)
    position = read_position(run.checkpoint) if run.checkpoint.exists() else Position(epochs, seen=0, steps=batches)
    return position if position.steps >= 0 else Position(position.epoch, seen=0, steps=batches)
