"""How large pictures were: a disc for each width and height, the larger the more pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import faded, paint_placeholder

_LEAST, _MOST = 3, 16  # radius of a disc, designed pixels
# More different sizes than that are counted in squares of so many a side.
_MOST_DISCS, _SQUARES = 200, 32


class SizeView(PaintedWidget):
    """Width to the right, height upwards, both on one scale; a frame shows the size that all are brought to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Chart, QSizePolicy.Policy.Expanding)
        self._sizes = np.zeros((0, 2), np.int32)
        self._counts = np.zeros(0, np.int64)
        self._spans = np.ones(2, np.int64)
        self._taken = (0, 0)
        self._placeholder = self.tr("Here you will see how large the pictures were.")
        self.setAccessibleName(self.tr("Original sizes of the pictures"))

    def set_sizes(self, sizes: NDArray[np.int32], counts: NDArray[np.int64], taken: tuple[int, int]) -> None:
        """Shows sizes.

        Args:
            sizes: M x 2, (width, height), the most frequent first.
            counts: M, how often each occurs.
            taken: (width, height) that all are brought to.
        """
        self.setAccessibleDescription(self.tr("{0} different sizes").format(len(sizes)))
        self._spans = np.ones(2, np.int64)
        if len(sizes) > _MOST_DISCS:
            self._spans = np.maximum(1, -(-sizes.max(axis=0) // _SQUARES)).astype(np.int64)
            sizes, counts = _in_squares(sizes, counts, self._spans)
        self._sizes, self._counts, self._taken = sizes, counts, taken
        self.update()

    def clear(self) -> None:
        """Forgets the sizes."""
        self.set_sizes(np.zeros((0, 2), np.int32), np.zeros(0, np.int64), (0, 0))

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty view shows."""
        self._placeholder = text
        self.update()

    def sizeHint(self) -> QSize:
        """Wide and not too high."""
        return QSize(theme.px(480), theme.px(280))

    def minimumSizeHint(self) -> QSize:
        """The smallest at which discs can be told apart."""
        return QSize(theme.px(200), theme.px(140))

    def event(self, event: QEvent) -> bool:
        """Tells the size under a resting mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.size_at(event.pos())
            text = ""
            if found is not None:
                width, height = self._sizes[found]
                text = self.tr("About {0} × {1} pixels: {2} pictures")
                if self._spans.max() == 1:
                    text = self.tr("{0} × {1} pixels: {2} pictures")
                text = text.format(width, height, self._counts[found])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def size_at(self, point: QPoint) -> int | None:
        """The number of the size whose disc is at a point."""
        if not len(self._sizes):
            return None
        discs = [self.disc(number) for number in range(len(self._sizes))]
        # The smallest lie on top.
        inside = [number for number, (middle, radius) in enumerate(discs) if _apart(middle, point) <= max(radius, 4)]
        return max(inside) if inside else None

    def disc(self, number: int) -> tuple[QPointF, float]:
        """Middle and radius of the disc of a size."""
        place, unit = self._plot(), self._unit()
        width, height = self._sizes[number].tolist()
        radius = theme.px(_MOST) * float(np.sqrt(self._counts[number] / self._counts.max()))
        return QPointF(place.left() + width * unit, place.bottom() - height * unit), max(theme.px(_LEAST), radius)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints axes, frame and discs."""
        painter = QPainter(self)
        if not len(self._sizes):
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter)
        colours = theme.tokens()
        for number in range(len(self._sizes)):
            middle, radius = self.disc(number)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(faded(colours.accent, 0.35))
            painter.drawEllipse(middle, radius, radius)

    def _plot(self) -> QRect:
        metrics = QFontMetrics(theme.font_of(theme.SMALL_PIXELS))
        left = metrics.horizontalAdvance("00000") + theme.px(4)
        edge = theme.px(_MOST)
        return self.rect().adjusted(left, edge, -edge, -2 * metrics.height() - theme.px(4))

    def _unit(self) -> float:
        """Screen pixels for each pixel of a picture."""
        widest, highest = (max(int(self._sizes[:, side].max()), self._taken[side]) for side in (0, 1))
        place = self._plot()
        return min(place.width() / max(widest, 1), place.height() / max(highest, 1))

    def _paint_axes(self, painter: QPainter) -> None:
        colours, place, unit = theme.tokens(), self._plot(), self._unit()
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        metrics = QFontMetrics(painter.font())
        step = _round_step(min(place.width(), place.height()) / unit / 4)
        for number in range(1, 1 + int(place.width() / unit / step)):
            x = place.left() + number * step * unit
            painter.setPen(QColor(colours.faint_line))
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
            painter.setPen(QColor(colours.second_text))
            box = QRectF(x - 50, place.bottom() + theme.px(2), 100, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, str(number * step))
        for number in range(1, 1 + int(place.height() / unit / step)):
            y = place.bottom() - number * step * unit
            painter.setPen(QColor(colours.faint_line))
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
            painter.setPen(QColor(colours.second_text))
            box = QRectF(0, y - metrics.height() / 2, place.left() - theme.px(4), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, str(number * step))
        painter.setPen(QColor(colours.line))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.drawLine(place.bottomLeft(), place.topLeft())
        painter.setPen(QColor(colours.second_text))
        painter.drawText(
            QRect(place.left(), self.height() - metrics.height(), place.width(), metrics.height()),
            Qt.AlignmentFlag.AlignHCenter,
            self.tr("width in pixels (upwards: height)"),
        )
        painter.setPen(QPen(QColor(colours.text), theme.px(1.5), Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width, height = self._taken
        painter.drawRect(QRectF(place.left(), place.bottom() - height * unit, width * unit, height * unit))


def _in_squares(
    sizes: NDArray[np.int32], counts: NDArray[np.int64], spans: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Sizes that fall into the same square of ``spans`` pixels as one, at its middle, the most frequent first."""
    squares, which = np.unique(sizes // spans, axis=0, return_inverse=True)
    totals = np.bincount(which.ravel(), weights=counts).astype(np.int64)
    order = np.argsort(-totals, kind="stable")
    return (squares[order] * spans + spans // 2).astype(np.int32), totals[order]


def _apart(middle: QPointF, point: QPoint) -> float:
    return float(np.hypot(middle.x() - point.x(), middle.y() - point.y()))


def _round_step(least: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 ..."""
    power = 10 ** int(np.floor(np.log10(max(least, 1))))
    return int(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least))
