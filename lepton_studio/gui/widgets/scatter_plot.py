"""Points over one axis: what came of each trial, by the value that it had."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import faded, paint_placeholder
from lepton_studio.gui.widgets.plot_levels import paint_level

# How near the mouse must be to a point, in designed pixels.
REACH = 12
RADIUS = 4.5
# From here on a spread of the numbers is looked at in powers of ten.
WIDE_SPREAD = 50.0
MARGIN_SHARE = 0.06


@dataclass(frozen=True)
class ScatterPoint:
    """One point.

    Attributes:
        key: by which it is known.
        x: its number, or its category.
        y: its number.
        is_hollow: whether it is of the weaker kind, which did not come to its end.
        is_best: whether it is the one that counts.
        tip: what is said of it under the mouse.
    """

    key: str
    x: float | str
    y: float
    is_hollow: bool = False
    is_best: bool = False
    tip: str = ""


@dataclass(frozen=True)
class PlotScale:
    """Where numbers lie between 0 and 1 of an axis."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, numbers: Sequence[float], log: bool = False) -> PlotScale:
        """A scale that shows all of these, with some room at both ends."""
        log = log and min(numbers) > 0
        first, last = (math.log10(min(numbers)), math.log10(max(numbers))) if log else (min(numbers), max(numbers))
        room = (last - first) * MARGIN_SHARE or (0.5 if log else abs(first) * 0.1 or 0.5)
        low, high = first - room, last + room
        return cls(10**low, 10**high, True) if log else cls(low, high)

    def share(self, number: float) -> float:
        """Where a number lies, from 0 to 1."""
        if self.log:
            return (math.log10(number) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (number - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """Round numbers on it, not more than ``most`` of them, if there are any."""
        if not self.log:
            return _round_numbers(self.low, self.high, most)
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        powers = list(range(first, last + 1))
        step = max(1, -(-len(powers) // max(1, most)))
        if len(powers) >= 2:
            return [10.0**power for power in powers[::step]]
        inside = [
            digit * 10.0**power for power in range(first - 1, last + 2) for digit in (1, 2, 5)
            if self.low <= digit * 10.0**power <= self.high
        ]  # fmt: skip
        return inside[: max(1, most)] if inside else _round_numbers(self.low, self.high, most)


class ScatterPlot(PaintedWidget):
    """One point for each trial; the best has a ring, one that was given up is hollow.

    Signals:
        point_chosen: the key of the point that was clicked.
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Chart, QSizePolicy.Policy.Expanding)
        self._points: tuple[ScatterPoint, ...] = ()
        self._names = ("", "")
        self._categories: tuple[str, ...] = ()
        self._log = False
        self._chosen = ""
        self._placeholder = ""
        self.setMouseTracking(True)

    def show_points(
        self,
        points: Sequence[ScatterPoint],
        names: tuple[str, str],
        *,
        log: bool = False,
        categories: Sequence[str] = (),
    ) -> None:
        """Shows other points.

        Args:
            points: in any order.
            names: of the axis below and of the one at the left.
            log: whether factors count below.
            categories: in their order from left to right; empty if x is a number.
        """
        shown = (tuple(points), names, tuple(categories), log)
        if shown == (self._points, self._names, self._categories, self._log):
            return
        self._points, self._names, self._categories, self._log = shown
        self.setAccessibleName(self.tr("{0} over {1}").format(names[1], names[0]))
        best = next((point.tip for point in self._points if point.is_best), "")
        self.setAccessibleDescription(best)
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that stands there while there are no points."""
        self._placeholder = text
        self.update()

    def choose(self, key: str) -> None:
        """Marks a point."""
        if key != self._chosen:
            self._chosen = key
            self.update()

    def place_of(self, key: str) -> QPointF:
        """Where a point is painted."""
        return self._place(next(point for point in self._points if point.key == key))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(360), theme.px(230))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(180))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self._nearest(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if point else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), point.tip if point else "", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = self._nearest(event.position())
        if point is not None and event.button() == Qt.MouseButton.LeftButton:
            self.point_chosen.emit(point.key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._points:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._paint_axes(painter)
        # The ones that count last, so that none of the others hides them.
        for point in sorted(self._points, key=lambda each: (not each.is_hollow, each.is_best)):
            self._paint_point(painter, point)

    # --- where things lie

    @property
    def _line(self) -> int:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()

    @property
    def _scale_y(self) -> PlotScale:
        numbers = [point.y for point in self._points]
        low = min(numbers)
        return PlotScale.around(numbers, log=low > 0 and max(numbers) / low > WIDE_SPREAD)

    @property
    def _scale_x(self) -> PlotScale:
        return PlotScale.around([float(point.x) for point in self._points], self._log)

    def _plot(self) -> QRectF:
        metrics = QFontMetrics(theme.font_of(theme.SMALL_PIXELS))
        wide = max(metrics.horizontalAdvance(_number(tick)) for tick in self._scale_y.ticks(5) or [0.0])
        left, gap = wide + theme.px(10), theme.px(4)
        top = self._line + gap
        return QRectF(left, top, self.width() - left - theme.px(12), self.height() - top - 2 * self._line - 3 * gap)

    def _place(self, point: ScatterPoint) -> QPointF:
        plot = self._plot()
        if self._categories:
            at = self._categories.index(str(point.x)) if str(point.x) in self._categories else 0
            share = (at + 0.5) / len(self._categories)
        else:
            share = self._scale_x.share(float(point.x))
        return QPointF(plot.left() + share * plot.width(), plot.bottom() - self._scale_y.share(point.y) * plot.height())

    def _nearest(self, place: QPointF) -> ScatterPoint | None:
        near = [(self._distance(point, place), number) for number, point in enumerate(self._points)]
        distance, number = min(near, default=(math.inf, -1))
        return self._points[number] if distance <= theme.px(REACH) else None

    def _distance(self, point: ScatterPoint, place: QPointF) -> float:
        away = self._place(point) - place
        return math.hypot(away.x(), away.y())

    # --- painting

    def _paint_axes(self, painter: QPainter) -> None:
        colours, plot, metrics = theme.tokens(), self._plot(), QFontMetrics(painter.font())
        painter.fillRect(plot, QColor(colours.surface))
        scale, line = self._scale_y, self._line
        for tick in scale.ticks(max(2, int(plot.height() // (2 * line)))):
            y = plot.bottom() - scale.share(tick) * plot.height()
            paint_level(painter, plot, y, _number(tick))
        painter.setPen(QPen(QColor(colours.line)))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setPen(QColor(colours.second_text))
        below = plot.bottom() + theme.px(4)
        free = -math.inf
        for share, text in self._marks(metrics, plot.width()):
            wide = metrics.horizontalAdvance(text)
            x = min(max(plot.left() + share * plot.width() - wide / 2, 0), self.width() - wide)
            if x >= free:
                painter.drawText(QPointF(x, below + metrics.ascent()), text)
                free = x + wide + theme.px(6)
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, self._names[1])
        foot = QRectF(plot.left(), below + line + theme.px(4), plot.width(), line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, self._names[0])

    def _marks(self, metrics: QFontMetrics, width: float) -> list[tuple[float, str]]:
        """Where something stands below the axis, and what."""
        if self._categories:
            each = max(1, int(width / len(self._categories)) - theme.px(6))
            elide = Qt.TextElideMode.ElideRight
            return [
                ((at + 0.5) / len(self._categories), metrics.elidedText(category, elide, each))
                for at, category in enumerate(self._categories)
            ]
        scale = self._scale_x
        return [(scale.share(tick), _number(tick)) for tick in scale.ticks(max(2, int(width // theme.px(60))))]

    def _paint_point(self, painter: QPainter, point: ScatterPoint) -> None:
        colours, place, radius = theme.tokens(), self._place(point), RADIUS * theme.scale()
        colour = QColor(colours.good if point.is_best else colours.second_text if point.is_hollow else colours.accent)
        if point.is_hollow:
            # Also told apart without colour: by its shape.
            painter.setPen(QPen(colour, 1.5 * theme.scale()))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            corners = [QPointF(0, -radius), QPointF(radius, 0), QPointF(0, radius), QPointF(-radius, 0)]
            painter.drawPolygon(QPolygonF([place + corner for corner in corners]))
        else:
            painter.setPen(QPen(QColor(colours.surface), 1))
            painter.setBrush(colour if point.is_best else faded(colour, 0.8))
            painter.drawEllipse(place, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if point.is_best:
            painter.setPen(QPen(colour, 1.5 * theme.scale()))
            painter.drawEllipse(place, 2 * radius, 2 * radius)
        if point.key == self._chosen:
            painter.setPen(QPen(QColor(colours.text), 1.5 * theme.scale()))
            painter.drawEllipse(place, 1.5 * radius, 1.5 * radius)


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _number(number: float) -> str:
    digits, is_long, power = f"{number:.4g}".partition("e")
    return f"{digits}e{int(power)}" if is_long else digits
