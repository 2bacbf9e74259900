"""How often each pixel value occurs: a line for each split, one plot for each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import faded, paint_placeholder, split_colour

# Also told apart without colour: by the dash of the line.
_DASHES = {"train": Qt.PenStyle.SolidLine, "validation": Qt.PenStyle.DashLine, "test": Qt.PenStyle.DotLine}
_TICKS = (0, 64, 128, 192, 255)


class HistogramView(PaintedWidget):
    """Shares of the pixels of a split, so that splits of different size lie over each other where they agree."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Chart, QSizePolicy.Policy.Expanding)
        self._shares: dict[str, NDArray[np.float64]] = {}
        self._titles: dict[str, str] = {}
        self._channels: tuple[str, ...] = ()
        self._marks: tuple[tuple[float, float], ...] = ()
        self._logarithmic = True
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("How often each pixel value occurs"))

    def set_levels(
        self,
        levels: Mapping[str, NDArray[np.int64]],
        titles: Mapping[str, str],
        channels: Sequence[str],
        marks: Sequence[tuple[float, float]],
    ) -> None:
        """Shows histograms.

        Args:
            levels: for each split C x 256 counts; empty splits are left out.
            titles: what each split is called.
            channels: what each of the C channels is called.
            marks: for each channel the mean and the standard deviation, in 0..255.
        """
        self._shares = {
            split: counts / counts.sum(axis=1, keepdims=True) for split, counts in levels.items() if counts.sum()
        }
        self._titles, self._channels, self._marks = dict(titles), tuple(channels), tuple(marks)
        means = ", ".join(f"{mean:.1f}" for mean, _ in self._marks)
        self.setAccessibleDescription(self.tr("Mean of each channel: {0}").format(means))
        self.update()

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Shows shares as powers of ten, so that rare values are seen beside frequent ones."""
        self._logarithmic = logarithmic
        self.update()

    def heights(self, split: str, channel: int) -> NDArray[np.float64]:
        """How high the line of a split is at each of the 256 values, 0 to 1 of the plot."""
        shares = self._shares[split][channel]
        highest = max(float(values[channel].max()) for values in self._shares.values())
        if not self._logarithmic:
            return np.asarray(shares / highest)
        lowest = min(float(values[channel][values[channel] > 0].min()) for values in self._shares.values())
        low, high = np.floor(np.log10(lowest)), np.log10(highest)
        with np.errstate(divide="ignore"):
            logs = np.log10(shares)
        return np.where(shares > 0, (logs - low + 0.15) / max(high - low + 0.15, 1e-9), 0)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(theme.px(560), theme.px(260))

    def minimumSizeHint(self) -> QSize:
        """The smallest at which lines can be told apart."""
        return QSize(theme.px(240), theme.px(140))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the shares of the value under the mouse."""
        text = ""
        for channel, place in enumerate(self._plots()):
            if place.contains(event.position().toPoint()):
                level = min(255, max(0, int((event.position().x() - place.left()) / place.width() * 256)))
                shares = (
                    f"{self._titles.get(split, split)} {values[channel, level] * 100:.3g} %"
                    for split, values in self._shares.items()
                )
                text = self.tr("Value {0}: {1}").format(level, ", ".join(shares))
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the legend and a plot for each channel."""
        painter = QPainter(self)
        if not self._shares:
            paint_placeholder(painter, self.rect(), self.tr("Here you will see how often each pixel value occurs."))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._paint_legend(painter)
        for channel, place in enumerate(self._plots()):
            self._paint_axes(painter, place, channel)
            for split in reversed(self._shares):
                self._paint_line(painter, place, split, channel)

    def _line(self) -> int:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()

    def _plots(self) -> list[QRect]:
        """Where the plot of each channel lies."""
        if not self._channels:
            return []
        top, gap = self._line() + theme.px(theme.GAP_SMALL), theme.px(theme.GAP_SMALL)
        each = (self.height() - top) // len(self._channels)
        below = self._line() + theme.px(4)
        return [
            QRect(0, top + number * each, self.width() - 1, max(8, each - below - gap))
            for number in range(len(self._channels))
        ]

    def _pen(self, split: str) -> QPen:
        return QPen(split_colour(split), theme.px(2), _DASHES.get(split, Qt.PenStyle.SolidLine))

    def _paint_legend(self, painter: QPainter) -> None:
        x, middle, metrics = 0, self._line() / 2, QFontMetrics(painter.font())
        for split in self._shares:
            painter.setPen(self._pen(split))
            painter.drawLine(QPointF(x, middle), QPointF(x + theme.px(24), middle))
            x += theme.px(30)
            text = self._titles.get(split, split)
            painter.setPen(QColor(theme.tokens().second_text))
            painter.drawText(x, 0, metrics.horizontalAdvance(text) + 2, self._line(), 0, text)
            x += metrics.horizontalAdvance(text) + theme.px(theme.GAP)

    def _paint_axes(self, painter: QPainter, place: QRect, channel: int) -> None:
        colours, metrics = theme.tokens(), QFontMetrics(painter.font())
        painter.fillRect(place, QColor(colours.surface))
        if channel < len(self._marks):
            mean, deviation = self._marks[channel]
            unit = place.width() / 256
            left, right = max(0.0, mean - deviation), min(255.0, mean + deviation)
            band = QRectF(place.left() + left * unit, place.top(), (right - left) * unit, place.height())
            painter.fillRect(band, faded(colours.accent, 0.12))
            x = place.left() + mean * unit
            painter.setPen(QPen(QColor(colours.text), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
            text = self.tr("mean {0}").format(f"{mean:.1f}")
            beside = x + theme.px(4)
            if beside + metrics.horizontalAdvance(text) > place.right():
                beside = x - theme.px(4) - metrics.horizontalAdvance(text)
            painter.drawText(QPointF(beside, place.top() + metrics.ascent() + theme.px(2)), text)
        painter.setPen(QPen(QColor(colours.line)))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.setPen(QColor(colours.second_text))
        for tick in _TICKS:
            text = str(tick)
            wide = metrics.horizontalAdvance(text)
            x = min(
                max(place.left(), place.left() + round(tick / 255 * place.width()) - wide // 2), place.right() - wide
            )
            painter.drawText(QPointF(x, place.bottom() + theme.px(4) + metrics.ascent()), text)
        name = self._channels[channel]
        painter.drawText(
            place.adjusted(0, theme.px(2), -theme.px(theme.GAP_SMALL), 0), Qt.AlignmentFlag.AlignRight, name
        )

    def _paint_line(self, painter: QPainter, place: QRect, split: str, channel: int) -> None:
        heights = self.heights(split, channel)
        unit = place.width() / 256
        points = QPolygonF(
            [
                QPointF(place.left() + (level + 0.5) * unit, place.bottom() - height * (place.height() - 2))
                for level, height in enumerate(heights.tolist())
            ]
        )
        painter.setPen(self._pen(split))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)
