"""The numbers of a run so far. The loop appends, plots and the command line read; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.files import read_struct, write_bytes

Floats = NDArray[np.float32]


class EpochRow(msgspec.Struct, frozen=True):
    """Means over one epoch; accuracies are shares from 0 to 1, seconds are those of training and validation."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


# JSON has no word for a number that is none, and a training that diverged has many: they are saved as null.
_Number = float | None


class _SavedRow(msgspec.Struct, frozen=True):
    epoch: int
    train_loss: _Number
    train_accuracy: _Number
    validation_loss: _Number
    validation_accuracy: _Number
    seconds: _Number

    def row(self) -> EpochRow:
        numbers = msgspec.structs.astuple(self)[1:]
        return EpochRow(self.epoch, *(float("nan") if number is None else number for number in numbers))


class _Saved(msgspec.Struct, frozen=True):
    batch_loss: list[_Number]
    batch_accuracy: list[_Number]
    epochs: list[_SavedRow]


class History:
    """Append-only numbers of a run, safe to read from one thread while another appends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._numbers = np.empty((2, 1024), np.float32)
        self._count = 0
        self._epochs: tuple[EpochRow, ...] = ()

    def __len__(self) -> int:
        """How many batches have been noted."""
        return self._count

    @property
    def epochs(self) -> tuple[EpochRow, ...]:
        """One row for each finished epoch."""
        return self._epochs

    @property
    def batch_loss(self) -> Floats:
        """The loss of every batch so far (a view, not to be written to)."""
        return self._row(0)

    @property
    def batch_accuracy(self) -> Floats:
        """The share of right answers (0..1) in every batch so far (a view, not to be written to)."""
        return self._row(1)

    def add_batches(self, losses: Sequence[float] | Floats, accuracies: Sequence[float] | Floats) -> None:
        """Appends the numbers of the newest batches, in order."""
        end = self._count + len(losses)
        if end > self._numbers.shape[1]:
            larger = np.empty((2, max(end, 2 * self._numbers.shape[1])), np.float32)
            larger[:, : self._count] = self._numbers[:, : self._count]
            self._numbers = larger
        self._numbers[0, self._count : end] = losses
        self._numbers[1, self._count : end] = accuracies
        # The count last: a reader never sees numbers that are not there yet.
        self._count = end

    def add_epoch(self, row: EpochRow) -> None:
        """Appends the row of a finished epoch."""
        self._epochs = (*self._epochs, row)

    def save(self, path: Path) -> None:
        """Writes every number as JSON."""
        saved = {
            "batch_loss": self.batch_loss.tolist(),
            "batch_accuracy": self.batch_accuracy.tolist(),
            "epochs": self._epochs,
        }
        write_bytes(path, msgspec.json.encode(saved))

    @classmethod
    def load(cls, path: Path) -> History:
        """Reads what :meth:`save` wrote; LeptonError names the file if it is damaged."""
        saved = read_struct(path, _Saved)
        history = cls()
        count = min(len(saved.batch_loss), len(saved.batch_accuracy))
        losses, accuracies = (
            np.array(numbers[:count], np.float32) for numbers in (saved.batch_loss, saved.batch_accuracy)
        )
        history.add_batches(losses, accuracies)
        history._epochs = tuple(saved_row.row() for saved_row in saved.epochs)
        return history

    def truncate(self, batches: int, epochs: int) -> None:
        """Forgets what came after a checkpoint, before a resume trains it again."""
        self._count = min(self._count, batches)
        self._epochs = self._epochs[:epochs]

    def _row(self, index: int) -> Floats:
        # Count before buffer: a buffer swapped in between holds at least as many numbers.
        count = self._count
        return self._numbers[index, :count]
