"""How well the present drawing is known beside the pictures that were measured, and where answering ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import faded, mixed

# The left end stands for less than any picture that was measured.
LOWEST = 1e-4
_TICKS = ((1e-4, "0"), (1e-3, "0.1"), (1e-2, "1"), (1e-1, "10"), (1.0, "100 %"))


class ScoreScale(PaintedWidget):
    """A scale of shares, widened where few are: at the left what is least known, with a mark for each digit drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without marks, and with everything answered."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._marks: tuple[tuple[str, float], ...] = ()
        self._threshold = 0.0
        self.setAccessibleName(self.tr("How well the drawing is known"))

    def show_marks(self, marks: Sequence[tuple[str, float]], threshold: float) -> None:
        """Shows what was drawn.

        Args:
            marks: what each part was read as, and its score, 0..1.
            threshold: the score below which the answer is "I don't know"; 0 or less: all is answered.
        """
        new = (tuple(marks), max(0.0, threshold))
        if new != (self._marks, self._threshold):
            self._marks, self._threshold = new
            self._describe()

    @property
    def marks(self) -> tuple[tuple[str, float], ...]:
        """What is shown."""
        return self._marks

    def place_of(self, score: float) -> float:
        """Where a score lies along the scale, in pixels."""
        bar = self._bar()
        share = math.log(max(score, LOWEST) / LOWEST) / math.log(1 / LOWEST)
        return bar.left() + bar.width() * min(1.0, share)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(theme.px(290), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for a mark above the bar and for words and numbers below."""
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        return QSize(theme.px(200), round(2.4 * line + theme.px(32)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the bar with its two parts, the numbers below it, and the marks above."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        colours, metrics, bar = theme.tokens(), QFontMetricsF(painter.font()), self._bar()
        border = self.place_of(self._threshold) if self._threshold > 0 else bar.left()
        refused, answered = QRectF(bar), QRectF(bar)
        refused.setRight(border)
        answered.setLeft(border)
        for place, colour, text in (
            (refused, colours.warning, self.tr("I don't know")), (answered, colours.good, self.tr("answered")),
        ):  # fmt: skip
            painter.fillRect(place, mixed(colours.surface, colour, 0.28))
            # Half a word would say less than the other part, which then has the room.
            if metrics.horizontalAdvance(text) + theme.px(6) <= place.width():
                painter.setPen(QColor(colours.text))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QPen(QColor(colours.text), theme.px(2)))
        painter.drawLine(QPointF(border, bar.top() - theme.px(3)), QPointF(border, bar.bottom() + theme.px(3)))
        self._paint_numbers(painter, metrics)
        for label, score in self._marks:
            self._paint_mark(painter, metrics, label, score)

    def _paint_numbers(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        colours, bar = theme.tokens(), self._bar()
        painter.setPen(QColor(colours.second_text))
        for share, text in _TICKS:
            x, wide = self.place_of(share), metrics.horizontalAdvance(text)
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + theme.px(3)))
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            painter.drawText(QPointF(left, bar.bottom() + metrics.ascent() + theme.px(4)), text)

    def _paint_mark(self, painter: QPainter, metrics: QFontMetricsF, label: str, score: float) -> None:
        colours, bar = theme.tokens(), self._bar()
        x, half, tip = self.place_of(score), theme.px(5), bar.top() - theme.px(1)
        is_known = score >= self._threshold
        painter.setPen(QPen(QColor(colours.surface), 1))
        painter.setBrush(QColor(colours.good if is_known else colours.warning))
        painter.drawPolygon(
            QPolygonF([QPointF(x, tip), QPointF(x - half, tip - 2 * half), QPointF(x + half, tip - 2 * half)])
        )
        painter.setPen(QColor(colours.text if is_known else colours.second_text))
        text = label if is_known else f"{label}?"
        wide = metrics.horizontalAdvance(text)
        left = min(max(x - wide / 2, 0.0), self.width() - wide)
        painter.fillRect(QRectF(left, 0, wide, metrics.height()), faded(colours.window, 0.6))
        painter.drawText(QPointF(left, metrics.ascent()), text)

    def _bar(self) -> QRectF:
        line, side = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height(), theme.px(6)
        return QRectF(side, line + theme.px(11), self.width() - 2 * side, theme.px(20))

    def _describe(self) -> None:
        """Says in words what is painted, for those who do not see it."""
        parts = (
            self.tr("{0}: known better than {1} of the measured pictures").format(label, f"{score:.1%}")
            for label, score in self._marks
        )
        self.setAccessibleDescription("; ".join(parts))
        self.update()
