"""What the mouse reads off the curves of a run, and the epoch that it goes back to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from PySide6.QtCore import QObject

from lepton_studio.engine import Run
from lepton_studio.gui import theme
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.widgets.curve_axis import written
from lepton_studio.gui.widgets.curve_data import HoverRow, HoverText
from lepton_studio.gui.widgets.curve_plot import CurvePlot
from lepton_studio.gui.widgets.curve_span import CurveSpan
from lepton_studio.gui.wording import grouped

# Of the visible width: so near to a mark, the crosshair says what happened there.
NEAR_MARK = 0.012


class CurveReading(QObject):
    """Writes what stands beside the crosshair, on all plots at once."""

    def __init__(self, monitor: Monitor, span: CurveSpan) -> None:
        """Reads the run of a monitor on the epochs of a span."""
        super().__init__(span)
        self._monitor, self._span = monitor, span
        self._epoch_before: int | None = None

    # --- epochs

    def look_at(self, place: float) -> None:
        """Goes back to the epoch that is nearest; to what is live from behind the last one, or from the same again."""
        self._epoch_before = self._monitor.epoch
        epoch = self._nearest(place)
        self._monitor.look_at(None if epoch == self._monitor.epoch else epoch)

    def drag_to(self, place: float) -> None:
        """Goes along the epochs."""
        self._monitor.look_at(self._nearest(place))

    def undo_look(self) -> None:
        """A double click begins with a click, which was not meant."""
        self._monitor.look_at(self._epoch_before)

    def _nearest(self, place: float) -> int | None:
        epochs = self._monitor.epochs
        if not epochs or place > epochs[-1] + 0.5:
            return None
        return min(epochs, key=lambda epoch: abs(epoch - place))

    # --- numbers

    def read(self, plots: Mapping[str, CurvePlot]) -> None:
        """Writes the numbers at the crosshair."""
        at, run = self._span.pointer, self._monitor.run
        if at is None:
            return
        for name, plot in plots.items():
            if not plot.isHidden():
                plot.set_pointer_text(self._text(name, plot, at, run))

    def _text(self, name: str, plot: CurvePlot, at: float, run: Run | None) -> HoverText:
        batch = self._batch(at, run)
        if run is None or not batch:
            return HoverText(self.tr("Epoch {}").format(written(at)), tuple(self._others(plot, at)))
        history = run.history
        rows: list[HoverRow] = []
        rate = float(history.batch_rate[batch - 1])
        if name == "rate":
            rows.append(HoverRow(self.tr("learning rate"), _figure(rate)))
            return HoverText("", tuple(rows))
        rows += self._own(name, plot, at, batch, run)
        rows += self._others(plot, at, unit="" if name == "loss" else " %")
        if name == "loss":
            if math.isfinite(rate):
                rows.append(HoverRow(self.tr("learning rate"), _figure(rate)))
            rows += [HoverRow(mark, "") for mark in self._near_marks(plot, at)]
            title = self.tr("Epoch {}, batch {}").format(f"{at:.2f}", grouped(batch))
            return HoverText(title, tuple(rows))
        return HoverText("", tuple(rows))

    def _own(self, name: str, plot: CurvePlot, at: float, batch: int, run: Run) -> Iterator[HoverRow]:
        colours, history = theme.tokens(), run.history
        is_loss = name == "loss"
        unit = "" if is_loss else " %"
        value = history.batch_loss[batch - 1] if is_loss else history.batch_accuracy[batch - 1] * 100
        yield HoverRow(self.tr("this batch"), _figure(float(value)) + unit)
        trend = plot.trend
        if batch <= len(trend):
            yield HoverRow(self.tr("trend"), _figure(float(trend[batch - 1])) + unit, colours.train)
        # A batch that ends an epoch knows its validation.
        epoch = math.floor(at + 1e-9)
        if 1 <= epoch <= len(history.epochs):
            row = history.epochs[epoch - 1]
            known = row.validation_loss if is_loss else row.validation_accuracy * 100
            label = self.tr("validation, epoch {}").format(epoch)
            yield HoverRow(label, _figure(known) + unit, colours.validation)

    def _others(self, plot: CurvePlot, at: float, unit: str = "") -> Iterator[HoverRow]:
        for name, height, colour in plot.others_at(at):
            yield HoverRow(_short(name), _figure(height) + unit, colour)

    def _near_marks(self, plot: CurvePlot, at: float) -> Iterator[str]:
        low, high = self._span.shown
        for mark in plot.marks:
            if abs(mark.at - at) <= NEAR_MARK * (high - low):
                yield mark.text

    @staticmethod
    def _batch(at: float, run: Run | None) -> int:
        """The batch at a place, counted from 1; 0 if there is none."""
        if run is None or not len(run.history):
            return 0
        ends = run.history.batch_end
        return min(int(np.searchsorted(ends, at - 1e-9)) + 1, len(ends))


def _figure(value: float) -> str:
    return written(value) if math.isfinite(value) else ("–" if math.isnan(value) else "∞")


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
