"""From the history of a run to what its plots draw."""

from __future__ import annotations

import numpy as np

from lepton_studio.engine import EpochRow, Run, best_epoch
from lepton_studio.gui.curve_marks import CurveMarks
from lepton_studio.gui.widgets.curve_data import CurveData, Overlay

PERCENT = np.float32(100)
Means = tuple[tuple[float, ...], tuple[float, ...]]


class CurveNumbers:
    """Makes the data of the plots "loss", "accuracy" and "rate"; what an epoch does not change is kept."""

    def __init__(self) -> None:
        """Knows no run."""
        self._marks = CurveMarks()
        self._rows: tuple[EpochRow, ...] = ()
        self._means: dict[str, Means] = {}

    def of(self, name: str, run: Run) -> CurveData | None:
        """What a plot draws of the watched run; None if nobody kept these numbers."""
        history = run.history
        # Counted once: the loop goes on meanwhile.
        count = len(history)
        ends, marks = history.batch_end[:count], self._marks.of(run)
        if name == "rate":
            rates = history.batch_rate[:count]
            is_kept = bool(np.isfinite(rates[-1:]).any())
            return CurveData(rates, ends, marks=marks, source=history) if is_kept else None
        rows = history.epochs
        if rows is not self._rows:
            self._rows, self._means = rows, {each: _means(each, rows) for each in ("loss", "accuracy")}
        train, validation = self._means.get(name, ((), ()))
        batches = history.batch_loss[:count] if name == "loss" else history.batch_accuracy[:count] * PERCENT
        return CurveData(batches, ends, train, validation, best_epoch(rows), marks, history)

    @staticmethod
    def beside(name: str, run: Run, look: int) -> Overlay:
        """What a plot draws of another run."""
        history = run.history
        count = len(history)
        batches = history.batch_loss[:count] if name == "loss" else history.batch_accuracy[:count] * PERCENT
        _, validation = _means(name, history.epochs)
        return Overlay(run.record.name, look, batches, history.batch_end[:count], validation)


def _means(name: str, rows: tuple[EpochRow, ...]) -> Means:
    """Training and validation of each epoch."""
    if name == "loss":
        return tuple(row.train_loss for row in rows), tuple(row.validation_loss for row in rows)
    return tuple(row.train_accuracy * 100 for row in rows), tuple(row.validation_accuracy * 100 for row in rows)
