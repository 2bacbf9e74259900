"""What it costs to answer more: the share of right answers over the share of pictures that are answered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import faded
from lepton_studio.gui.widgets.plot_levels import paint_focus, paint_level

# As keys move it, and as a page does.
STEP, LEAP = 0.01, 0.1
_STEPS = {
    Qt.Key.Key_Left: -STEP, Qt.Key.Key_Down: -STEP, Qt.Key.Key_Right: STEP, Qt.Key.Key_Up: STEP,
    Qt.Key.Key_PageDown: -LEAP, Qt.Key.Key_PageUp: LEAP, Qt.Key.Key_Home: -1.0, Qt.Key.Key_End: 1.0,
}  # fmt: skip
# Steps of the scale at the left, as shares.
_TICKS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


class CoverageCurve(PaintedWidget):
    """A curve on which a point can be chosen with the mouse or with keys.

    Signals:
        coverage_chosen: the share (0..1) of pictures that shall be answered, as clicked, dragged or reached by keys.
    """

    coverage_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without a curve."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._coverages: tuple[float, ...] = ()
        self._accuracies: tuple[float, ...] = ()
        self._chosen = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Right answers over answered pictures"))
        self.setToolTip(self.tr("Click to choose how many pictures are answered"))

    def show_curve(self, coverages: Sequence[float], accuracies: Sequence[float]) -> None:
        """Shows shares of right answers (0..1), one for each coverage, smallest first; nothing: an empty plot."""
        self._coverages, self._accuracies = tuple(coverages), tuple(accuracies)
        self._describe()

    def choose(self, coverage: float) -> None:
        """Marks a coverage as chosen, without a signal."""
        self._chosen = coverage
        self._describe()

    @property
    def chosen(self) -> float:
        """The coverage that is marked."""
        return self._chosen

    def sizeHint(self) -> QSize:
        """As wide as there is room, and twice as wide as high."""
        return QSize(theme.px(290), theme.px(150))

    def minimumSizeHint(self) -> QSize:
        """The smallest at which the labels do not touch."""
        return QSize(theme.px(200), theme.px(150))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the coverage below the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the pointer while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pick_at(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move by one percent, page keys by ten, Home and End to the ends."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or not self._coverages:
            super().keyPressEvent(event)
        else:
            self._pick(self._chosen + step)

    def point(self, coverage: float) -> QPointF:
        """Where a coverage lies on the painted curve."""
        plot, (low, high) = self._plot(), self._range()
        first, last = self._coverages[0], self._coverages[-1]
        accuracy = float(np.interp(coverage, self._coverages, self._accuracies))
        x = plot.left() + plot.width() * (coverage - first) / ((last - first) or 1.0)
        return QPointF(x, plot.bottom() - plot.height() * (accuracy - low) / (high - low))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints axes, curve and the chosen point."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        if self._coverages:
            self._paint_axes(painter)
            self._paint_curve(painter)
        if self.hasFocus():
            paint_focus(painter, self.rect())

    def _pick_at(self, x: float) -> None:
        if self._coverages:
            plot = self._plot()
            share = (x - plot.left()) / (plot.width() or 1.0)
            first, last = self._coverages[0], self._coverages[-1]
            self._pick(first + share * (last - first))

    def _pick(self, coverage: float) -> None:
        wanted = min(max(round(coverage / STEP) * STEP, self._coverages[0]), self._coverages[-1])
        if abs(wanted - self._chosen) > STEP / 2:
            self.choose(round(wanted, 9))
            self.coverage_chosen.emit(self._chosen)

    def _describe(self) -> None:
        """Says in words what is painted, for those who do not see it."""
        text = ""
        if self._coverages:
            accuracy = float(np.interp(self._chosen, self._coverages, self._accuracies))
            text = self.tr("{0} answered: {1} right; all answered: {2} right").format(
                f"{self._chosen:.0%}", f"{accuracy:.2%}", f"{self._accuracies[-1]:.2%}"
            )
        self.setAccessibleDescription(text)
        self.update()

    def _range(self) -> tuple[float, float]:
        """The shares at the bottom and at the top: whole steps of the scale."""
        low, high = min(self._accuracies), max(self._accuracies)
        step = self._step()
        bottom = max(0.0, math.floor(low / step + 1e-9) * step)
        top = min(1.0, math.ceil(high / step - 1e-9) * step)
        return (bottom, top) if top > bottom else (max(0.0, top - step), max(top, step))

    def _step(self) -> float:
        spread = max(self._accuracies) - min(self._accuracies)
        return next((step for step in _TICKS if spread <= 4 * step), _TICKS[-1])

    def _plot(self) -> QRectF:
        metrics = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS))
        left = metrics.horizontalAdvance("99.95 %") + theme.px(8)
        return QRectF(self.rect()).adjusted(left, 1.6 * metrics.height(), -theme.px(10), -2.3 * metrics.height())

    def _paint_axes(self, painter: QPainter) -> None:
        metrics, plot = QFontMetricsF(painter.font()), self._plot()
        line = metrics.height()
        (low, high), step = self._range(), self._step()
        digits = max(0, -math.floor(math.log10(step) + 1e-9) - 2)
        for number in range(round((high - low) / step) + 1):
            share = low + number * step
            y = plot.bottom() - plot.height() * (share - low) / (high - low)
            paint_level(painter, plot, y, f"{share * 100:.{digits}f} %", is_base=not number)
        first, last = self._coverages[0], self._coverages[-1]
        # The right end first: what would touch it is left out.
        border = math.inf
        for number in range(5, -1, -1):
            share = first + (last - first) * number / 5
            text = f"{share * 100:.0f} %" if number in (0, 5) else f"{share * 100:.0f}"
            wide = metrics.horizontalAdvance(text)
            x = min(plot.left() + plot.width() * number / 5 - wide / 2, self.width() - wide - 1)
            if x + wide < border:
                painter.drawText(QPointF(x, plot.bottom() + metrics.ascent() + theme.px(4)), text)
                border = x - theme.px(4)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        painter.drawText(QPointF(0, metrics.ascent()), self.tr("Right, of those answered"))
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        below = QRectF(plot.left(), self.height() - line - 1, plot.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.tr("Answered"))

    def _paint_curve(self, painter: QPainter) -> None:
        colours, plot = theme.tokens(), self._plot()
        accent = QColor(colours.validation)
        points = QPolygonF([self.point(coverage) for coverage in self._coverages])
        chosen = self.point(min(max(self._chosen, self._coverages[0]), self._coverages[-1]))
        # What is not answered.
        painter.fillRect(
            QRectF(chosen.x(), plot.top(), plot.right() - chosen.x(), plot.height()), faded(colours.line, 0.35)
        )
        painter.setPen(QPen(accent, theme.px(2)))
        painter.drawPolyline(points)
        painter.setPen(QPen(QColor(colours.accent), theme.px(1), Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(chosen.x(), plot.top()), QPointF(chosen.x(), plot.bottom()))
        painter.setPen(QPen(QColor(colours.accent), theme.px(2)))
        painter.setBrush(QColor(colours.surface))
        painter.drawEllipse(chosen, theme.px(5), theme.px(5))
