"""How the pictures of a dataset are shared out: one bar, as long as the whole, with the numbers on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.grouped_number import grouped
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import contrast, split_colour

_BAR, _SWATCH = 28, 10  # designed pixels
_USUAL_PARTS = 3


@dataclass(frozen=True)
class BarPart:
    """One part of the bar.

    Attributes:
        word: what it is called.
        role: "train", "validation" or "test", which gives its colour.
        count: how many pictures it has.
    """

    word: str
    role: str
    count: int


class SplitBar(PaintedWidget):
    """A stacked bar; below it each part with its colour, its number and its share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._parts: tuple[BarPart, ...] = ()
        self.setAccessibleName(self.tr("Pictures of each split"))

    def set_parts(self, parts: Sequence[BarPart]) -> None:
        """Shows other numbers."""
        self._parts = tuple(parts)
        self.setAccessibleDescription(", ".join(self.texts()))
        self.setToolTip("\n".join(self.texts()))
        self.updateGeometry()
        self.update()

    def texts(self) -> tuple[str, ...]:
        """What is said of each part: "Train 3 600 (72.0 %)"."""
        total = sum(part.count for part in self._parts)
        return tuple(f"{part.word} {grouped(part.count)} ({_percent(part.count, total)})" for part in self._parts)

    def widths(self) -> tuple[int, ...]:
        """Pixels of each part; together as wide as the bar, and none that has pictures is invisible."""
        total = sum(part.count for part in self._parts)
        if not total:
            return tuple(0 for _ in self._parts)
        least = theme.px(3)
        widths = [max(least, round(self.width() * part.count / total)) if part.count else 0 for part in self._parts]
        widths[widths.index(max(widths))] += self.width() - sum(widths)
        return tuple(widths)

    def sizeHint(self) -> QSize:
        line = QFontMetrics(self._font()).height()
        # As high as it will be, so that nothing below it moves when the numbers come.
        lines = max(len(self._parts), _USUAL_PARTS)
        return QSize(theme.px(280), theme.px(_BAR) + lines * (line + theme.px(4)) + theme.px(4))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the bar and, below it, the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bar(painter)
        self._paint_words(painter)

    def _font(self) -> QFont:
        return theme.font_of(theme.SMALL_PIXELS)

    def _paint_bar(self, painter: QPainter) -> None:
        bar = QRect(0, 0, self.width(), theme.px(_BAR))
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(bar), theme.RADIUS, theme.RADIUS)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(bar, QColor(theme.tokens().raised))
        painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        left = 0
        for part, width in zip(self._parts, self.widths(), strict=True):
            colour = split_colour(part.role)
            place = QRect(left, 0, width, bar.height())
            painter.fillRect(place, colour)
            text = grouped(part.count)
            if part.count and painter.fontMetrics().horizontalAdvance(text) + theme.px(8) <= width:
                painter.setPen(_ink_on(colour))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            left += width
        painter.restore()

    def _paint_words(self, painter: QPainter) -> None:
        painter.setFont(self._font())
        line, side = painter.fontMetrics().height(), theme.px(_SWATCH)
        top = theme.px(_BAR + 4)
        for part, text in zip(self._parts, self.texts(), strict=True):
            swatch = QRect(0, top + (line - side) // 2, side, side)
            painter.fillRect(swatch, split_colour(part.role))
            painter.setPen(QColor(theme.tokens().text))
            place = QRect(side + theme.px(6), top, self.width() - side - theme.px(6), line)
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
            top += line + theme.px(4)


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "0 %"


def _ink_on(ground: QColor) -> QColor:
    """Black or white, whichever stands out more."""
    inks = (QColor(theme.LIGHT.surface), QColor(theme.LIGHT.text))
    return max(inks, key=lambda ink: contrast(ink, ground))
