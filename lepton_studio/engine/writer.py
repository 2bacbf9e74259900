"""What a writer is: it tells the numbers of a run to another program, in that program's files. Off by default."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ForwardRef

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from lepton_studio.engine.history import History
    from lepton_studio.engine.runs import Run


class Record:
    """A record that is being written; made by :meth:`Writer.open`."""

    def write(self) -> None:
        """Writes what is new in the history of the run: called a few times a second, in the training's thread."""

    def close(self) -> None:
        """Writes the rest and closes the files."""


class NewNumbers:
    """The numbers of a history in the order in which they came, each told once.

    All stand at the number of batches that were done, counted from 1: what is said of an epoch stands at its last
    batch, so that all can be seen over one axis and cut off at one place.
    """

    def __init__(self, history: History, done: int = 0) -> None:
        """Begins after so many batches, and after the epochs that had ended with them."""
        self._history = history
        self._batches = done
        self._epochs = sum(end <= done for end in _ends_of_epochs(history))

    def take(self) -> Iterator[tuple[int, dict[str, float]]]:
        """What came since the last time: the number of a batch, and values by their name.

        Accuracies are shares from 0 to 1. A learning rate that nobody kept is left out; a loss may be no number.
        """
        history, first = self._history, self._batches
        count, ends = len(history), _ends_of_epochs(history)
        columns = {"loss": history.batch_loss, "accuracy": history.batch_accuracy, "learning_rate": history.batch_rate}
        # Plain numbers at once: one by one, numpy would take longer than the writing.
        numbers = {name: values[first:count].tolist() for name, values in columns.items()}
        yield from self._epochs_until(first, ends)
        for place in range(count - first):
            values = {f"batch/{name}": column[place] for name, column in numbers.items()}
            if math.isnan(values["batch/learning_rate"]):
                del values["batch/learning_rate"]
            yield first + place + 1, values
            # Only now: what a full disk refused is told again.
            self._batches = first + place + 1
            yield from self._epochs_until(self._batches, ends)

    def _epochs_until(self, batch: int, ends: list[int]) -> Iterator[tuple[int, dict[str, float]]]:
        while self._epochs < len(ends) and ends[self._epochs] <= batch:
            row = self._history.epochs[self._epochs]
            names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds")
            yield ends[self._epochs], {f"epoch/{name}": getattr(row, name) for name in names}
            self._epochs += 1


def _ends_of_epochs(history: History) -> list[int]:
    """The number of batches that were done at the end of each finished epoch."""
    # The ends of batches are sums of shares: a little less than a whole number may be one.
    wanted = [row.epoch - 1e-6 for row in history.epochs]
    return [min(int(place) + 1, len(history)) for place in history.batch_end.searchsorted(wanted)]


def not_installed(name: str, package: str) -> LeptonError:
    """What to say where the package of the other program is missing."""
    return LeptonError(
        f"Writing for {name} needs the package {package}, which is not installed.",
        f"Install it with 'pip install {package}', or take the writer out of the settings.",
    )


class Writer(Spec, frozen=True):
    """Keeps the numbers of a run for another program, too."""

    def open(self, run: Run) -> Record:
        """Begins, or goes on with, the record of a run, in the folder of the run.

        Raises:
            LeptonError: the package of the other program is not installed; the remedy says how to install it.
        """
        raise NotImplementedError


WRITERS: Registry[Writer] = Registry(Writer, "writer", "lepton_studio.engine.writers")

if TYPE_CHECKING:
    AnyWriter = Writer
else:
    AnyWriter = ForwardRef("WRITERS.union", module=__name__)
