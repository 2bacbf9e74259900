"""What happened to a run, as marks on its curves: settings changed while it ran, and where its loss was no number."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject

from lepton_studio.engine import Change, LiveSettings, Run
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui.widgets.curve_axis import written
from lepton_studio.gui.widgets.curve_data import CurveMark
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import grouped


class CurveMarks(QObject):
    """Works marks out once for each change; every batch is looked at once."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Knows no run."""
        super().__init__(parent)
        self._history: object = None
        self._looked_at = self._first_bad = 0
        self._seen: tuple[object, ...] = ()
        self._marks: tuple[CurveMark, ...] = ()
        self._labels = {field.name: field.label for field in fields_of(LiveSettings)}

    def of(self, run: Run) -> tuple[CurveMark, ...]:
        """The marks of a run, in their order."""
        first, lasts = self._no_number(run)
        seen = (run.id, run.changes, first, lasts)
        if seen != self._seen:
            marks = [CurveMark(change.at, self.words(change)) for change in run.changes]
            if first:
                text = self.tr("not a number since batch {}") if lasts else self.tr("not a number at batch {}")
                ends = run.history.batch_end
                at = float(ends[min(first, len(ends)) - 1]) if len(ends) else 0.0
                marks.append(CurveMark(at, text.format(grouped(first)), is_bad=True))
            self._seen, self._marks = seen, tuple(marks)
        return self._marks

    def words(self, change: Change) -> str:
        """What was changed: "Learning rate 0.001 → 0.0005"."""
        label = spec_text(self._labels.get(change.field, change.field))
        return f"{label} {_figure(change.before)} → {_figure(change.after)}"

    def _no_number(self, run: Run) -> tuple[int, bool]:
        """The first batch whose loss was no number, counted from 1 (0: none), and whether it stayed so."""
        losses = run.history.batch_loss
        if run.history is not self._history or len(losses) < self._looked_at:
            self._history, self._looked_at, self._first_bad = run.history, 0, 0
        if not self._first_bad:
            bad = np.flatnonzero(~np.isfinite(losses[self._looked_at :]))
            self._first_bad = self._looked_at + int(bad[0]) + 1 if len(bad) else 0
        self._looked_at = len(losses)
        first = run.record.diverged_at or self._first_bad
        return first, bool(run.record.diverged_at) or (bool(first) and not math.isfinite(losses[-1]))


def _figure(value: float) -> str:
    return grouped(int(value)) if float(value).is_integer() else written(value)
