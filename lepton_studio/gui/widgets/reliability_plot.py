"""Whether a network is right as often as it says: confidence against accuracy, before and after its temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.plot_levels import paint_level

# Of fewer answers a share says little.
LEAST_COUNT = 8


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of about the same confidence: how many, their mean confidence, and the share that is right; 0..1."""

    count: int
    confidence: float
    accuracy: float


class ReliabilityPlot(PaintedWidget):
    """Points on the diagonal keep what they promise; below it the network is too sure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._before: tuple[ReliabilityBin, ...] = ()
        self._after: tuple[ReliabilityBin, ...] = ()
        self.setAccessibleName(self.tr("Accuracy over confidence"))

    def show_bins(self, before: Sequence[ReliabilityBin], after: Sequence[ReliabilityBin]) -> None:
        """Shows both curves, lowest confidence first; bins of a few answers are left out."""
        self._before, self._after = (
            tuple(each for each in bins if each.count >= LEAST_COUNT) for bins in (before, after)
        )
        parts = (
            self.tr("of answers with {0} confidence {1} are right").format(
                f"{each.confidence:.0%}", f"{each.accuracy:.0%}"
            )
            for each in self._after
        )
        self.setAccessibleDescription("; ".join(parts))
        self.update()

    @property
    def bins(self) -> tuple[ReliabilityBin, ...]:
        """What is shown of the answers after the temperature."""
        return self._after

    def sizeHint(self) -> QSize:
        """About square, beside its legend."""
        return QSize(theme.px(290), theme.px(170))

    def minimumSizeHint(self) -> QSize:
        """The smallest at which the labels do not touch."""
        return QSize(theme.px(200), theme.px(170))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints axes, diagonal, both curves and the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        metrics, plot = QFontMetricsF(painter.font()), self._plot()
        line = metrics.height()
        for share in (0.0, 0.5, 1.0):
            y, x = plot.bottom() - plot.height() * share, plot.left() + plot.width() * share
            text = f"{share * 100:.0f} %"
            paint_level(painter, plot, y, text, is_base=not share)
            wide = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(x - wide / 2, plot.bottom() + metrics.ascent() + theme.px(4)), text)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        painter.drawText(QPointF(0, metrics.ascent()), self.tr("Right"))
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        below = QRectF(plot.left() - theme.px(20), self.height() - line - 1, plot.width() + theme.px(40), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.tr("Confidence"))
        before, after, honest = self._pens()
        painter.setPen(honest)
        painter.drawLine(QLineF(plot.bottomLeft(), plot.topRight()))
        self._paint_bins(painter, self._before, before)
        self._paint_bins(painter, self._after, after)
        self._paint_legend(painter, metrics)

    def _pens(self) -> tuple[QPen, QPen, QPen]:
        colours, wide = theme.tokens(), theme.px(2)
        quiet = QColor(colours.second_text)
        dotted = QPen(quiet, theme.px(1), Qt.PenStyle.DotLine)
        return QPen(quiet, wide, Qt.PenStyle.DashLine), QPen(QColor(colours.accent), wide), dotted

    def _paint_bins(self, painter: QPainter, bins: Sequence[ReliabilityBin], pen: QPen) -> None:
        plot = self._plot()
        points = [
            QPointF(plot.left() + plot.width() * each.confidence, plot.bottom() - plot.height() * each.accuracy)
            for each in bins
        ]
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        for point in points:
            painter.drawEllipse(point, theme.px(3), theme.px(3))

    def _paint_legend(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        left, stroke, step = self._plot().right() + theme.px(24), theme.px(22), metrics.height() + theme.px(6)
        room = self.width() - left - stroke - theme.px(6)
        before, after, honest = self._pens()
        rows = ((after, self.tr("as shown")), (before, self.tr("as learned")), (honest, self.tr("honest")))
        for number, (pen, text) in enumerate(rows):
            y = self._plot().top() + metrics.height() / 2 + number * step
            painter.setPen(pen)
            painter.drawLine(QLineF(left, y, left + stroke, y))
            painter.setPen(QColor(theme.tokens().second_text))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left + stroke + theme.px(6), y + metrics.ascent() / 2 - 1), shown)

    def _plot(self) -> QRectF:
        metrics = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS))
        left, top = metrics.horizontalAdvance("100 %") + theme.px(8), 1.6 * metrics.height()
        side = min(self.height() - top - 2.3 * metrics.height(), self.width() - left - theme.px(100))
        return QRectF(left, top, max(10.0, side), max(10.0, side))
