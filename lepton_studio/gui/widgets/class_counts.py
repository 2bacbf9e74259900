"""How many pictures of each class there are, and in which split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.grouped_number import grouped
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import paint_placeholder, split_colour

_UNBALANCED_FROM = 1.5  # so many times as many pictures of one class as of another
_WIDEST_BAR = 28  # designed pixels
_FONT_PIXELS = 11


class ClassCounts(PaintedWidget):
    """A small bar for each class, stacked by split, with legend, totals and a word about imbalance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Chart)
        self._names: tuple[str, ...] = ()
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._placeholder = self.tr("No pictures to count")
        self.setAccessibleName(self.tr("Pictures of each class"))

    def set_counts(self, names: tuple[str, ...], counts: Mapping[str, Sequence[int] | NDArray[np.int64]]) -> None:
        """Shows the counts.

        Args:
            names: of the K classes.
            counts: for each split ("train", "validation", "test") K counts; the first lies lowest.
        """
        arrays = {split: np.asarray(values, dtype=np.int64) for split, values in counts.items()}
        if any(len(values) != len(names) for values in arrays.values()):
            raise ValueError(f"counts of other lengths than the {len(names)} names")
        self._names, self._counts = names, arrays
        legend = ", ".join(f"{self._split_name(split)} {values.sum()}" for split, values in arrays.items())
        self.setAccessibleDescription(f"{legend}. {self.warning()}".strip())
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that is shown without classes."""
        self._placeholder = text
        self.update()

    def totals(self) -> NDArray[np.int64]:
        """All pictures of each class."""
        return np.sum([*self._counts.values()], axis=0, dtype=np.int64) if self._counts else np.zeros(0, np.int64)

    def warning(self) -> str:
        """What to know about unequal classes, empty if there is nothing to say."""
        totals = self.totals()
        if len(totals) < 2 or not totals.max():
            return ""
        most, least = int(totals.argmax()), int(totals.argmin())
        if not totals[least]:
            return self.tr("There is no picture of {0}").format(self._names[least])
        times = totals[most] / totals[least]
        if times < _UNBALANCED_FROM:
            return ""
        text = self.tr("Unbalanced: {0} times as many pictures of {1} as of {2}")
        return text.format(f"{times:.1f}", self._names[most], self._names[least])

    def class_text(self, index: int) -> str:
        """The counts of one class in words."""
        parts = (f"{self._split_name(split)} {values[index]}" for split, values in self._counts.items())
        return self.tr("{0}: {1}").format(self._names[index], ", ".join(parts))

    def sizeHint(self) -> QSize:
        """Compact: this stands above the grid, and the grid is what matters."""
        return QSize(theme.px(360), theme.px(120))

    def minimumSizeHint(self) -> QSize:
        """The smallest size at which the bars can be compared."""
        return QSize(theme.px(200), theme.px(104))

    def event(self, event: QEvent) -> bool:
        """Tells the counts of the class under a resting mouse; on the first line the whole warning."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.class_at(event.pos())
            text = "" if index is None else self.class_text(index)
            is_legend = event.pos().y() < QFontMetrics(theme.font_of(_FONT_PIXELS)).height()
            QToolTip.showText(event.globalPos(), self.warning() if is_legend else text, self)
            return True
        return super().event(event)

    def class_at(self, point: QPoint) -> int | None:
        """The class whose bar stands above or below a point."""
        if not self._names or not self.rect().contains(point):
            return None
        return min(len(self._names) - 1, max(0, int(point.x() / self._pitch())))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints legend, bars and words."""
        painter = QPainter(self)
        if not self._names or not self._counts:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        font = theme.font_of(_FONT_PIXELS)
        line = QFontMetrics(font).height()
        painter.setFont(font)
        legend = QRect(0, 0, self.width(), line)
        self._paint_warning(painter, legend, self._paint_legend(painter, legend))
        bars = QRect(0, 2 * line + theme.px(8), self.width(), self.height() - 3 * line - theme.px(10))
        self._paint_bars(painter, bars)
        self._paint_words(painter, bars, font)

    def _pitch(self) -> float:
        return self.width() / len(self._names)

    def _split_name(self, split: str) -> str:
        names = {"train": self.tr("Train"), "validation": self.tr("Validation"), "test": self.tr("Test")}
        return names.get(split, split)

    def _paint_legend(self, painter: QPainter, line: QRect) -> int:
        """Paints name and total of each split in the order of the stack and returns where the legend ends."""
        metrics, square, x = QFontMetrics(painter.font()), theme.px(8), 0
        for split, values in self._counts.items():
            text = f"{self._split_name(split)} {grouped(int(values.sum()))}"
            painter.fillRect(x, line.center().y() - square // 2, square, square, split_colour(split))
            x += square + theme.px(5)
            painter.setPen(QColor(theme.tokens().second_text))
            painter.drawText(line.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
            x += metrics.horizontalAdvance(text) + theme.px(14)
        return x

    def _paint_warning(self, painter: QPainter, line: QRect, start: int) -> None:
        text, sign = self.warning(), line.height()
        if not text:
            return
        metrics = QFontMetrics(painter.font())
        room = line.width() - start - sign - theme.px(4)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) if room > 2 * sign else ""
        left = line.right() + 1 - metrics.horizontalAdvance(shown)
        theme.icon("warning", "warning").paint(painter, left - sign - theme.px(4), 0, sign, sign)
        painter.setPen(QColor(theme.tokens().text))
        painter.drawText(line.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_bars(self, painter: QPainter, place: QRect) -> None:
        pitch, largest = self._pitch(), max(1, int(self.totals().max()))
        width = max(1.0, min(theme.px(_WIDEST_BAR), pitch * 0.68))
        painter.fillRect(place.left(), place.bottom() + 1, place.width(), 1, QColor(theme.tokens().line))
        for index in range(len(self._names)):
            left, below = round((index + 0.5) * pitch - width / 2), 0
            for split, values in self._counts.items():
                # Rounding the edges, not the heights, keeps the stack free of seams and as high as its total.
                low = round(place.height() * below / largest)
                below += int(values[index])
                high = round(place.height() * below / largest)
                bar = QRectF(left, place.bottom() + 1 - high, round(width), high - low)
                painter.fillRect(bar, split_colour(split))

    def _paint_words(self, painter: QPainter, place: QRect, font: QFont) -> None:
        """Writes totals above and names below the bars, every so-manyth where they would touch."""
        metrics, totals, pitch = QFontMetrics(font), self.totals(), self._pitch()
        largest = max(1, int(totals.max()))
        counts = [grouped(int(total)) for total in totals]
        line, centre = metrics.height(), Qt.AlignmentFlag.AlignHCenter
        has_room = max(metrics.horizontalAdvance(text) for text in counts) + theme.px(4) <= pitch
        widest = min(theme.px(64), max(metrics.horizontalAdvance(name) for name in self._names))
        step = max(1, -(-(widest + theme.px(4)) // int(max(1, pitch))))
        for index, name in enumerate(self._names):
            middle = round((index + 0.5) * pitch)
            half = round(max(pitch, step * pitch) / 2)
            if has_room:
                top = place.bottom() + 1 - round(place.height() * totals[index] / largest) - line - 1
                painter.setPen(QColor(theme.tokens().text))
                painter.drawText(QRect(middle - half, top, 2 * half, line), centre, counts[index])
            if index % step == 0:
                # Those at the edges move inwards rather than lose their first letters.
                left = min(max(0, middle - half), max(0, self.width() - 2 * half))
                below = QRect(left, place.bottom() + theme.px(3), 2 * half, line)
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 2 * half - theme.px(2))
                painter.setPen(QColor(theme.tokens().second_text))
                painter.drawText(below, centre, shown)
