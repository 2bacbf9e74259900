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


class Change(msgspec.Struct, frozen=True):
    """Something that was set another way while a run went on.

    Attributes:
        epoch: finished epochs when it took effect.
        batch: batches done since, in the epoch under way.
        at: where that is on the axis of the plots, in epochs.
        field: a field of ``LiveSettings`` in ``steering.py``.
        before, after: its value.
    """

    epoch: int
    batch: int
    at: float
    field: str
    before: float
    after: float


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
    # Older programs did not keep these two.
    batch_rate: list[_Number] = []
    batch_end: list[float] = []


class History:
    """Append-only numbers of a run, safe to read from one thread while another appends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._numbers = np.empty((3, 1024), np.float32)
        self._ends = np.empty(1024, np.float64)
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

    @property
    def batch_rate(self) -> Floats:
        """The learning rate of every batch so far (a view, not to be written to); nan where nobody kept it."""
        return self._row(2)

    @property
    def batch_end(self) -> NDArray[np.float64]:
        """How many epochs were done at the end of every batch: the x axis of plots (a view, not to be written to)."""
        count = self._count
        return self._ends[:count]

    def add_batches(
        self,
        losses: Sequence[float] | Floats,
        accuracies: Sequence[float] | Floats,
        rates: Sequence[float] | Floats | None = None,
        ends: Sequence[float] | NDArray[np.float64] | None = None,
    ) -> None:
        """Appends the numbers of the newest batches, in order.

        Args:
            losses: the loss of each batch.
            accuracies: the share of right answers in it.
            rates: its learning rate; nan where nobody knows.
            ends: how many epochs were done at its end; by default each batch is an epoch.
        """
        end = self._count + len(losses)
        if end > len(self._ends):
            size = max(end, 2 * len(self._ends))
            numbers, places = np.empty((3, size), np.float32), np.empty(size, np.float64)
            numbers[:, : self._count] = self._numbers[:, : self._count]
            places[: self._count] = self._ends[: self._count]
            self._numbers, self._ends = numbers, places
        for row, values in enumerate((losses, accuracies, np.nan if rates is None else rates)):
            self._numbers[row, self._count : end] = values
        self._ends[self._count : end] = np.arange(self._count + 1, end + 1) if ends is None else ends
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
            "batch_rate": self.batch_rate.tolist(),
            "batch_end": self.batch_end.tolist(),
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
        rates, ends = np.full(count, np.nan, np.float32), _even_ends(count, len(saved.epochs))
        if min(len(saved.batch_rate), len(saved.batch_end)) >= count:
            rates, ends = np.array(saved.batch_rate[:count], np.float32), np.array(saved.batch_end[:count], np.float64)
        history.add_batches(losses, accuracies, rates, ends)
        history._epochs = tuple(saved_row.row() for saved_row in saved.epochs)
        return history

    def truncate(self, batches: int, epochs: int) -> None:
        """Forgets what came after a checkpoint, before a resume trains it again."""
        self._count = min(self._count, batches)
        self._epochs = self._epochs[:epochs]

    def place_batches(self, batch_size: int, per_epoch: int) -> None:
        """Says where batches ended, if all were of one size, and an older program did not keep it."""
        epochs, places = np.divmod(np.arange(self._count), -(-per_epoch // batch_size))
        self._ends[: self._count] = epochs + np.minimum((places + 1) * batch_size, per_epoch) / per_epoch

    def _row(self, index: int) -> Floats:
        # Count before buffer: a buffer swapped in between holds at least as many numbers.
        count = self._count
        return self._numbers[index, :count]


def _even_ends(batches: int, epochs: int) -> NDArray[np.float64]:
    """Where batches ended in a history that does not say so: evenly over the epochs that are done."""
    return np.arange(1, batches + 1, dtype=np.float64) * (max(1, epochs) / max(1, batches))
