"""Small charts over the epochs: curves on an even or logarithmic scale, with an epoch marked that is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import faded

# More points than this are thinned out: a curve of this size shows no more, and painting takes its time.
MOST_POINTS = 160
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Numbers = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Where values lie between the bottom (0) and the top (1) of a chart.

    Attributes:
        low, high: the values at both ends; positive on a logarithmic scale.
        logarithmic: whether each step upward multiplies.
    """

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def of(cls, values: Numbers) -> Scale:
        """The logarithmic scale that whole powers of ten bound and that holds all values that are positive."""
        known = values[np.isfinite(values) & (values > 0)]
        if not len(known):
            return cls(0.1, 1.0, True)
        low, high = math.floor(math.log10(known.min())), math.ceil(math.log10(known.max()))
        return cls(10.0**low, 10.0 ** max(high, low + 1), True)

    def share(self, values: Numbers) -> NDArray[np.float64]:
        """Heights from 0 to 1; what is no number stays none, what lies outside is put to the nearer end."""
        found = np.asarray(values, np.float64)
        if self.logarithmic:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.log(np.maximum(found, self.low) / self.low) / math.log(self.high / self.low)
        else:
            found = (found - self.low) / ((self.high - self.low) or 1.0)
        return np.clip(found, 0.0, 1.0)

    def powers(self) -> tuple[float, ...]:
        """The powers of ten of a logarithmic scale that are named: at most four."""
        low, high = round(math.log10(self.low)), round(math.log10(self.high))
        step = max(1, math.ceil((high - low) / 3))
        return tuple(10.0**power for power in range(low, high + 1, step))


@dataclass(frozen=True, eq=False)
class ChartLine:
    """One curve: N positions, N values (nan: a gap), its colour, how it is told apart without colour, its name."""

    x: Numbers
    y: Numbers
    colour: str
    dashed: bool = False
    name: str = ""


@dataclass(frozen=True, eq=False)
class EpochChart:
    """A chart with axes.

    Attributes:
        title: what is shown.
        lines: the curves, in units of epochs along x.
        scale: of all of them.
        ticks: values that are named at the left.
        last: the right end of the x axis; its left end is 0.
        marked: an epoch that is looked at, or none.
        band: two values between which all is well, or none.
    """

    title: str
    lines: tuple[ChartLine, ...]
    scale: Scale
    ticks: tuple[tuple[float, str], ...]
    last: float
    marked: float | None = None
    band: tuple[float, float] | None = None


def scientific(value: float) -> str:
    """A number with two digits, as short as it is read best: "0.12", "340", "1.2×10⁻³"."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or 0.01 <= abs(value) < 10_000:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}×10{power_text(int(power))}".replace("-", "−")


def power_text(power: int) -> str:
    """An exponent, raised: "⁻³"."""
    return str(power).translate(_RAISED)


def power_tick(value: float) -> str:
    """The name of a power of ten on an axis: "0.1", "10⁻³"."""
    power = round(math.log10(value))
    return f"{value:g}" if -2 <= power <= 2 else f"10{power_text(power)}"


def curve_parts(x: Numbers, y: Numbers, scale: Scale, place: QRectF, ends: tuple[float, float]) -> list[list[QPointF]]:
    """A curve in pixels, in pieces where values are missing.

    Args:
        x: N positions.
        y: N values; nan: a gap.
        scale: of the values.
        place: where the curve lies.
        ends: the positions at the left and at the right end of the place.
    """
    first, last = ends
    step = max(1, -(-len(x) // max(8, min(MOST_POINTS, round(place.width() / 2)))))
    # The newest always.
    shown = slice((len(x) - 1) % step, None, step)
    across = place.left() + (np.asarray(x[shown], np.float64) - first) / ((last - first) or 1.0) * place.width()
    down = place.bottom() - scale.share(y[shown]) * place.height()
    parts: list[list[QPointF]] = [[]]
    for left, top in zip(across.tolist(), down.tolist(), strict=True):
        if math.isnan(top):
            parts.append([])
        else:
            parts[-1].append(QPointF(left, top))
    return [part for part in parts if part]


def paint_curve(painter: QPainter, parts: list[list[QPointF]], pen: QPen) -> None:
    """Draws a curve; a point alone is a dot."""
    for part in parts:
        if len(part) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(part[0], pen.widthF() * 1.2, pen.widthF() * 1.2)
        else:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(part)


class ChartPainter:
    """Paints charts with axes."""

    def __init__(self, painter: QPainter) -> None:
        """Paints with the small font."""
        self._painter = painter
        self._font = theme.font_of(theme.SMALL_PIXELS)
        self._metrics = QFontMetricsF(self._font)
        self._colours = theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def plot_of(self, place: QRectF, ticks: tuple[tuple[float, str], ...]) -> QRectF:
        """What is left for the curves beside the axes and below the title."""
        line, gap = self._metrics.height(), theme.px(6)
        left = max((self._metrics.horizontalAdvance(text) for _, text in ticks), default=0.0) + gap
        return place.adjusted(left, 1.5 * line + gap, -theme.px(4), -line - gap)

    def paint(self, place: QRectF, chart: EpochChart) -> None:
        """Paints title, axes, band and curves."""
        plot, painter = self.plot_of(place, chart.ticks), self._painter
        self._write(QRectF(place.left(), place.top(), place.width(), self._metrics.height()), _LEFT, chart.title, True)
        self._names(place, chart)
        if chart.band is not None:
            low, high = chart.scale.share(np.array(chart.band)).tolist()
            band = QRectF(plot.left(), plot.bottom() - high * plot.height(), plot.width(), (high - low) * plot.height())
            painter.fillRect(band, faded(self._colours.good, 0.16))
        for value, text in chart.ticks:
            y = plot.bottom() - float(chart.scale.share(np.array([value]))[0]) * plot.height()
            painter.setPen(QPen(QColor(self._colours.faint_line), 1))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            line = QRectF(place.left(), y - self._metrics.height() / 2, plot.left() - place.left() - theme.px(4), 0)
            line.setHeight(self._metrics.height())
            self._write(line, _RIGHT, text)
        self.epoch_axis(plot, chart.last, chart.marked)
        for line_shown in chart.lines:
            parts = curve_parts(line_shown.x, line_shown.y, chart.scale, plot, (0.0, chart.last))
            paint_curve(painter, parts, self._pen(line_shown))

    def epoch_axis(self, plot: QRectF, last: float, marked: float | None) -> None:
        """The epochs below a plot, and a line at the one that is looked at."""
        painter, top = self._painter, plot.bottom() + theme.px(2)
        painter.setPen(QPen(QColor(self._colours.line), 1))
        painter.drawLine(QLineF(plot.left(), plot.bottom(), plot.right(), plot.bottom()))
        taken = -math.inf
        for epoch in _epoch_ticks(last):
            text = str(epoch)
            wide = self._metrics.horizontalAdvance(text)
            x = plot.left() + plot.width() * epoch / (last or 1.0)
            left = min(max(x - wide / 2, plot.left()), plot.right() - wide)
            if left > taken:
                self._write(QRectF(left, top, wide + 1, self._metrics.height()), _LEFT, text)
                taken = left + wide + theme.px(6)
        if marked is not None:
            x = plot.left() + plot.width() * marked / (last or 1.0)
            painter.setPen(QPen(QColor(self._colours.accent), theme.px(1), Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))

    def _names(self, place: QRectF, chart: EpochChart) -> None:
        """The names of the curves, at the right of the title, as far as there is room for them."""
        right = place.right()
        line, stroke = self._metrics.height(), theme.px(18)
        least = place.left() + QFontMetricsF(theme.font_of(theme.SMALL_PIXELS, semibold=True)).horizontalAdvance(
            chart.title
        )
        for each in reversed([each for each in chart.lines if each.name]):
            room = min(right - least - stroke - theme.px(16), place.width() * 0.4)
            if room < theme.px(16):
                return
            text = self._metrics.elidedText(each.name, Qt.TextElideMode.ElideRight, room)
            wide = self._metrics.horizontalAdvance(text) + 1
            self._write(QRectF(right - wide, place.top(), wide, line), _LEFT, text)
            y = place.top() + line / 2
            self._painter.setPen(self._pen(each))
            self._painter.drawLine(QLineF(right - wide - stroke, y, right - wide - theme.px(4), y))
            right -= wide + stroke + theme.px(8)

    def _pen(self, line: ChartLine) -> QPen:
        return QPen(QColor(line.colour), theme.px(2), Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine)

    def _write(self, place: QRectF, side: Qt.AlignmentFlag, text: str, strong: bool = False) -> None:
        self._painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True) if strong else self._font)
        self._painter.setPen(QColor(self._colours.text if strong else self._colours.second_text))
        self._painter.drawText(place, side, text)


def _epoch_ticks(last: float) -> list[int]:
    """A few round numbers of epochs, the last one among them; those before it are named only if there is room."""
    count = max(1, math.ceil(last))
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, count) if count / step <= 6)
    return list(range(0, count + 1, step))
