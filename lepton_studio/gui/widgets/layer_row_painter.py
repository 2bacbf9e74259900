"""Paints how layers learn: a row for each, and a closer look at one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.epoch_chart import (
    ChartLine,
    ChartPainter,
    EpochChart,
    Scale,
    curve_parts,
    paint_curve,
    power_tick,
    scientific,
)
from lepton_studio.gui.widgets.layer_look import HEALTHY, UPDATE_SCALE, Floats, LayerLook, densities
from lepton_studio.gui.widgets.painting import faded
from lepton_studio.gui.widgets.value_colours import short_number

# Designed pixels: of the curves, between parts, of the name beside them, of a chart of the closer look.
CURVE, GAP, NAME, CHART = 30, 6, 168, 132
# With more room than this the name stands beside the curves.
WIDE = 560
# So finely the weights are drawn in a row.
BINS = 40
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class RowWords:
    """What the painter writes, in the language of the window."""

    dead: str
    charts: tuple[str, str, str]


@dataclass(frozen=True)
class RowPlan:
    """Where the parts of a row lie, all measured from its left top corner; the same for all rows.

    Attributes:
        name: the line with the name.
        dead: where the dead units are told.
        columns: gradient, step and weights: a line with the number, and below it the curve.
        height: of the row.
    """

    name: QRectF
    dead: QRectF
    columns: tuple[QRectF, QRectF, QRectF]
    height: float

    @classmethod
    def fitted(cls, width: float) -> RowPlan:
        """For so many pixels."""
        line = QFontMetricsF(theme.font_of(theme.BODY_PIXELS)).height()
        small = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        gap, tall = theme.px(GAP), small + theme.px(CURVE)
        is_wide = width >= theme.px(WIDE)
        left = theme.px(NAME) if is_wide else gap
        top = gap if is_wide else gap + line + gap / 2
        between = 2 * gap if is_wide else gap
        each = (width - left - gap - 2 * between) / 3
        columns = tuple(QRectF(left + at * (each + between), top, each, tall) for at in range(3))
        name = QRectF(gap, gap, (left if is_wide else width) - 2 * gap, line)
        dead = name.translated(0, line + gap / 2) if is_wide else name
        return cls(name, dead, (columns[0], columns[1], columns[2]), top + tall + gap)


class LayerRowPainter:
    """Paints one row after the other."""

    def __init__(self, painter: QPainter, plan: RowPlan, words: RowWords) -> None:
        """Begins to paint by a plan."""
        self._painter, self._plan, self._words = painter, plan, words
        self._colours = theme.tokens()
        self._small, self._strong = theme.font_of(theme.SMALL_PIXELS), theme.font_of(theme.BODY_PIXELS, semibold=True)
        self._measures = QFontMetricsF(self._small)
        self._line = self._measures.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint(self, look: LayerLook, top: float, right: float, is_lit: bool) -> None:
        """Paints a row.

        Args:
            look: what is known of its layer.
            top: where it begins.
            right: where it ends.
            is_lit: whether the mouse or the keys are at it.
        """
        painter, colours, plan = self._painter, self._colours, self._plan
        if is_lit:
            painter.fillRect(QRectF(0, top, right, plan.height), faded(colours.accent, 0.08))
        painter.setPen(QPen(QColor(colours.faint_line), 1))
        painter.drawLine(QLineF(0, top + plan.height - 0.5, right, top + plan.height - 0.5))
        self._head(look, top)
        gradient, update, weights = (column.translated(0, top) for column in plan.columns)
        self._number(gradient, colours.text, *_forms(look.gradient))
        self._curve(gradient, look, look.gradients, look.slopes)
        mark = {"large": "▲ ", "small": "▼ "}.get(look.verdict, "")
        texts = [mark + text for text in _forms(look.update)]
        # Small steps are no alarm: at the end of a schedule all of them are.
        self._number(update, colours.warning if look.verdict == "large" else colours.text, *texts)
        low, high = UPDATE_SCALE.share(np.array(HEALTHY)).tolist()
        plot = self._plot(update)
        band = QRectF(plot.left(), plot.bottom() - high * plot.height(), plot.width(), (high - low) * plot.height())
        painter.fillRect(band, faded(colours.good, 0.18))
        self._curve(update, look, look.updates, UPDATE_SCALE)
        self._histogram(weights, look)

    def paint_closer(self, look: LayerLook, place: QRectF, heat: QImage, span: tuple[float, float]) -> None:
        """Paints a closer look below a row: three charts with axes.

        Args:
            look: what is known of the layer.
            place: where.
            heat: the weights epoch by epoch, from left to right.
            span: from the smallest to the largest of them.
        """
        self._painter.fillRect(place, QColor(self._colours.surface))
        inner = place.adjusted(theme.px(GAP), theme.px(GAP), -theme.px(GAP), -theme.px(GAP))
        charts, each = ChartPainter(self._painter), (inner.height() + theme.px(GAP)) / 3
        titles = self._words.charts
        places = [QRectF(inner.left(), inner.top() + at * each, inner.width(), each - theme.px(GAP)) for at in range(3)]
        kinds = (
            (look.gradients, look.slopes, self._colours.train, None),
            (look.updates, UPDATE_SCALE, self._colours.test, HEALTHY),
        )
        for title, part, (sizes, scale, colour, band) in zip(titles, places, kinds, strict=False):
            ticks = tuple((power, power_tick(power)) for power in scale.powers())
            lines = (ChartLine(look.moments, sizes, colour),)
            charts.paint(part, EpochChart(title, lines, scale, ticks, look.last, look.marked, band))
        low, high = span
        ticks = tuple((value, short_number(value)) for value in sorted({low, *([0.0] if low < 0 < high else []), high}))
        plot = charts.plot_of(places[2], ticks)
        self._painter.drawImage(plot, heat)
        charts.paint(places[2], EpochChart(titles[2], (), Scale(low, high), ticks, look.last, look.marked))

    # --- inside

    def _head(self, look: LayerLook, top: float) -> None:
        plan, colours = self._plan, self._colours
        dead = plan.dead.translated(0, top)
        name = plan.name.translated(0, top)
        is_beside = plan.dead == plan.name
        text = self._words.dead.format(f"{100 * look.dead:.0f} %") if look.dead == look.dead else ""
        if look.has_many_dead:
            text = f"▲ {text}"
        self._painter.setFont(self._small)
        self._painter.setPen(QColor(colours.warning if look.has_many_dead else colours.second_text))
        self._painter.drawText(dead, _RIGHT if is_beside else _LEFT, text)
        if is_beside and text:
            name.setRight(name.right() - QFontMetricsF(self._small).horizontalAdvance(text) - theme.px(GAP))
        self._painter.setFont(self._strong)
        self._painter.setPen(QColor(colours.text))
        shown = QFontMetricsF(self._strong).elidedText(look.name, Qt.TextElideMode.ElideRight, name.width())
        self._painter.drawText(name, _LEFT, shown)

    def _number(self, column: QRectF, colour: str, *texts: str) -> None:
        """Writes the first of some forms that has room; none rather than a part of one."""
        fitting = (text for text in texts if self._measures.horizontalAdvance(text) <= column.width())
        text = next(fitting, "")
        self._painter.setFont(self._small)
        self._painter.setPen(QColor(colour))
        self._painter.drawText(QRectF(column.left(), column.top(), column.width(), self._line), _LEFT, text)

    def _plot(self, column: QRectF) -> QRectF:
        return column.adjusted(0, self._line + theme.px(2), 0, -theme.px(2))

    def _curve(self, column: QRectF, look: LayerLook, sizes: Floats, scale: Scale) -> None:
        plot, painter, colours = self._plot(column), self._painter, self._colours
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QLineF(plot.bottomLeft(), plot.bottomRight()))
        parts = curve_parts(look.moments, sizes, scale, plot, (0.0, look.last))
        colour = colours.test if scale is UPDATE_SCALE else colours.train
        paint_curve(painter, parts, QPen(QColor(colour), theme.px(1.5)))
        if look.marked is not None:
            x = plot.left() + plot.width() * look.marked / look.last
            painter.setPen(QPen(QColor(colours.text), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))

    def _histogram(self, column: QRectF, look: LayerLook) -> None:
        """The weights now as an area, those after the first epoch as an outline."""
        plot, painter, colours = self._plot(column), self._painter, self._colours
        low, high = look.span
        known = look.weights[0].sum() > 0
        texts = [f"{_short(low)} … {_short(high)}", f"±{_short(max(-low, high))}"] if known else ["–"]
        self._number(column, colours.second_text, *texts)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QLineF(plot.bottomLeft(), plot.bottomRight()))
        if low < 0 < high and known:
            x = plot.left() - low / (high - low) * plot.width()
            painter.setPen(QPen(QColor(colours.line), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        for histogram, is_now in ((look.weights, True), (look.first, False)):
            if histogram is None or not histogram[0].sum():
                continue
            heights = densities(histogram, low, high, BINS).tolist()
            if is_now:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(faded(colours.accent, 0.45))
                # As one polygon it would take Qt a hundred times as long.
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                painter.drawRects(_bars(heights, plot))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            else:
                painter.setPen(QPen(QColor(colours.text), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolyline(_outline(heights, plot))


def _outline(heights: list[float], plot: QRectF) -> list[QPointF]:
    step = plot.width() / len(heights)
    points = [
        QPointF(plot.left() + (at + 0.5) * step, plot.bottom() - height * plot.height())
        for at, height in enumerate(heights)
    ]
    return [QPointF(plot.left(), plot.bottom()), *points, QPointF(plot.right(), plot.bottom())]


def _bars(heights: list[float], plot: QRectF) -> list[QRect]:
    """Bars on whole pixels, so that neighbours neither overlap nor leave a seam."""
    bounds = [round(plot.left() + at * plot.width() / len(heights)) for at in range(len(heights) + 1)]
    bottom = round(plot.bottom())
    tops = [bottom - round(height * plot.height()) for height in heights]
    bars = zip(bounds, bounds[1:], tops, strict=False)
    return [QRect(left, top, right - left, bottom - top) for left, right, top in bars if top < bottom]


def _forms(value: float) -> tuple[str, str, str]:
    """A number, shorter each time: "2.2×10⁻⁵", "2×10⁻⁵", "10⁻⁵"."""
    text = scientific(value)
    digits, times, power = text.partition("×")
    return (text, f"{float(digits):.0f}{times}{power}", power) if times else (text, text, text)


def _short(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
