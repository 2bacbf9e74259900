"""Kept epochs: the weights of the last few epochs of a run and of the best one, to go back to and to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lepton_studio.engine.history import EpochRow

FOLDER = "epochs"


@dataclass(frozen=True)
class KeptEpoch:
    """One epoch whose weights are kept.

    Attributes:
        epoch: counted from 1.
        path: the file, which reads like a checkpoint.
        is_best: whether no other epoch had a lower validation loss.
    """

    epoch: int
    path: Path
    is_best: bool


def weights_file(folder: Path, epoch: int) -> Path:
    """Where the weights of an epoch lie, in the folder of a run."""
    return folder / FOLDER / f"epoch-{epoch:05}.safetensors"


def best_epoch(rows: Sequence[EpochRow]) -> int:
    """The epoch, counted from 1, with the lowest validation loss, the first of several; 0 if there is none."""
    finite = [row for row in rows if math.isfinite(row.validation_loss)]
    return min(finite, key=lambda row: row.validation_loss).epoch if finite else 0


def kept_epochs(folder: Path, rows: Sequence[EpochRow]) -> tuple[KeptEpoch, ...]:
    """The epochs of a run whose weights are kept, in their order."""
    best = best_epoch(rows)
    numbers = (path.stem.removeprefix("epoch-") for path in (folder / FOLDER).glob("epoch-*.safetensors"))
    epochs = sorted(int(number) for number in numbers if number.isdecimal())
    return tuple(KeptEpoch(epoch, weights_file(folder, epoch), epoch == best) for epoch in epochs)


def drop_epochs(folder: Path, rows: Sequence[EpochRow], keep: int) -> None:
    """Removes the weights of all epochs but the last ``keep``, the best one, and none that is still to come."""
    done = len(rows)
    for each in kept_epochs(folder, rows):
        if each.epoch > done or (each.epoch <= done - keep and not each.is_best):
            each.path.unlink(missing_ok=True)
