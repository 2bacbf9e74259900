"""What plots share that are no curves: levels across them with what they stand for, and the frame of the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lepton_studio.gui import theme

# Designed pixels.
GAP = 6
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_level(
    painter: QPainter, plot: QRectF, y: float, text: str, *, is_base: bool = False, gap: float = GAP
) -> None:
    """Paints a line across a plot and writes left of it, in the font of the painter, what it stands for.

    Args:
        painter: of the widget, whose left edge is at 0; its pen is that of such words afterwards.
        plot: where the curves lie.
        y: how high the line is.
        text: what it stands for.
        is_base: whether the curves stand on it; it is stronger then.
        gap: between words and plot, in designed pixels.
    """
    colours, line = theme.tokens(), QFontMetricsF(painter.font()).height()
    painter.setPen(QPen(QColor(colours.line if is_base else colours.faint_line), 1))
    painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
    painter.setPen(QColor(colours.second_text))
    painter.drawText(QRectF(0, y - line / 2, plot.left() - theme.px(gap), line), _RIGHT, text)


def paint_focus(painter: QPainter, place: QRect) -> None:
    """Paints the frame around a plot that has the keyboard."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.tokens().accent), theme.px(2)))
    painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
