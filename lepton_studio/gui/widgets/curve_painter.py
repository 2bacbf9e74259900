"""The part of a plot that changes: the curves of the watched run, what happened to it, and the crosshair."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_axis import Numbers
from lepton_studio.gui.widgets.curve_data import VALIDATION_DASH, CurveMark, HoverText
from lepton_studio.gui.widgets.curve_ground import spread, star
from lepton_studio.gui.widgets.curve_picture import CurvePicture, polygon
from lepton_studio.gui.widgets.curve_span import FEW_BATCHES
from lepton_studio.gui.widgets.painting import faded

RAW_OPACITY = 0.24
# Of the paper behind texts that lie over curves.
PAPER_OPACITY = 0.85
ROWS_OF_NAMES = 2


class CurvePainter:
    """Paints with a painter that somebody else begins and ends."""

    def __init__(self, painter: QPainter, colours: theme.Tokens) -> None:
        """Takes the painter, and the colours of the screen or of paper."""
        self._painter, self._colours = painter, colours
        self._scale = theme.scale()
        self._font = theme.font_of(theme.SMALL_PIXELS)
        self._metrics = QFontMetricsF(self._font)

    def paint(self, picture: CurvePicture) -> None:
        """The curves of the watched run, over what :class:`CurveGround` has painted."""
        painter, paper = self._painter, picture.paper
        painter.save()
        # Markers at the upper edge are whole.
        painter.setClipRect(paper.adjusted(-1, -1, 1, 1))
        self._paint_batches(picture)
        self._paint_epochs(picture)
        painter.restore()
        painter.setFont(self._font)
        self._paint_marks(picture)
        self._paint_best(picture)
        self._paint_epoch(picture)
        if picture.note:
            painter.setPen(QColor(self._colours.second_text))
            above = QRectF(paper.left(), 0, paper.width(), paper.top())
            painter.drawText(above, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, picture.note)

    # --- curves

    def _paint_batches(self, picture: CurvePicture) -> None:
        painter, data, colour = self._painter, picture.data, QColor(getattr(self._colours, picture.role))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if picture.raw:
            # Without antialiasing: a noisy line with it takes ten times as long.
            painter.setPen(QPen(faded(colour, RAW_OPACITY), 0))
            x, y = picture.points(data.ends, data.batches, smooth=False)
            painter.drawPolyline(polygon(x, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if len(data.batches) <= FEW_BATCHES:
            # They have room for points.
            painter.setPen(QPen(colour, 5 * self._scale, c=Qt.PenCapStyle.RoundCap))
            painter.drawPoints(polygon(*picture.points(data.ends, data.batches, smooth=False)))
        painter.setPen(QPen(colour, 2 * self._scale))
        x, y = picture.points(data.ends, picture.trend, smooth=True)
        # Qt takes a third for many short lines of what it takes for one long one, as long as their caps are square.
        ends = list(zip(x.tolist(), y.tolist(), strict=True))
        painter.drawLines([QLineF(*one, *other) for one, other in itertools.pairwise(ends)])

    def _paint_epochs(self, picture: CurvePicture) -> None:
        painter, colours, width = self._painter, self._colours, picture.paper.width()
        x, y = picture.epoch_points(picture.data.train)
        # The training mean of an epoch is a ring, validation a filled square with a dashed line: not colour alone.
        painter.setPen(QPen(QColor(colours.train), 2 * self._scale))
        painter.setBrush(QColor(colours.surface))
        for at in spread(len(x), width):
            painter.drawEllipse(QPointF(x[at], y[at]), 3.5 * self._scale, 3.5 * self._scale)
        x, y = picture.epoch_points(picture.data.validation)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.validation), 2 * self._scale, VALIDATION_DASH))
        painter.drawPolyline(polygon(*picture.cut(x, y)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.validation))
        half = 3.5 * self._scale
        for at in spread(len(x), width):
            painter.drawRect(QRectF(x[at] - half, y[at] - half, 2 * half, 2 * half))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # --- what happened

    def _paint_best(self, picture: CurvePicture) -> None:
        best, values = picture.data.best, picture.data.validation
        if not 1 <= best <= len(values) or not math.isfinite(values[best - 1]):
            return
        x, y = picture.x.pixel(best), picture.y.pixel(values[best - 1])
        if not picture.paper.adjusted(-1, -1, 1, 1).contains(QPointF(x, y)):
            return
        painter, colours = self._painter, self._colours
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        # A rim of the surface, so that it stands out of line and marker.
        painter.setPen(QPen(QColor(colours.surface), 3 * self._scale))
        corners = star(QPointF(x, y), 9 * self._scale, 5)
        painter.drawPolygon(corners)
        painter.setPen(QPen(QColor(colours.text), self._scale))
        painter.setBrush(QColor(colours.validation))
        painter.drawPolygon(corners)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if picture.best:
            self._paint_label(picture, picture.best, x, y - 12 * self._scale - self._metrics.height(), colours.text)

    def _paint_marks(self, picture: CurvePicture) -> None:
        paper = picture.paper
        # Where each row of names is taken up to.
        taken = [-math.inf] * ROWS_OF_NAMES
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        seen: list[tuple[CurveMark, float]] = []
        for mark in picture.data.marks:
            x = picture.x.pixel(mark.at)
            if not paper.left() - 1 <= x <= paper.right() + 1:
                continue
            colour = QColor(self._colours.bad if mark.is_bad else self._colours.second_text)
            style = Qt.PenStyle.DashDotLine if mark.is_bad else Qt.PenStyle.DotLine
            painter.setPen(QPen(colour, (2.0 if mark.is_bad else 1.25) * self._scale, style))
            painter.drawLine(QPointF(x, paper.top()), QPointF(x, paper.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon(star(QPointF(x, paper.top()), 4 * self._scale, 4, 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            seen.append((mark, x))
        for mark, x in seen:
            if picture.names_marks or mark.is_bad:
                self._paint_name(picture, mark, x, taken)

    def _paint_name(self, picture: CurvePicture, mark: CurveMark, x: float, taken: list[float]) -> None:
        """Writes what happened in the first row with room; without room the line alone stays, and the crosshair.

        Trouble has a row of its own and is written always.
        """
        width = self._metrics.horizontalAdvance(mark.text) + theme.px(8)
        rows = [(ROWS_OF_NAMES, -math.inf)] if mark.is_bad else list(enumerate(taken))
        for row, end in rows:
            is_behind = x + theme.px(6) + width > picture.paper.right()
            left = x - theme.px(6) - width if is_behind else x + theme.px(6)
            if left > end:
                if not mark.is_bad:
                    taken[row] = max(left + width, x)
                top = picture.paper.top() + theme.px(4) + row * (self._metrics.height() + 2)
                self._paint_text(mark.text, left, top, self._colours.bad if mark.is_bad else self._colours.second_text)
                return

    def _paint_epoch(self, picture: CurvePicture) -> None:
        if picture.epoch is None:
            return
        at, text = picture.epoch
        x, paper = picture.x.pixel(at), picture.paper
        if not paper.left() - 1 <= x <= paper.right() + 1:
            return
        painter, colours = self._painter, self._colours
        painter.setPen(QPen(QColor(colours.accent), 2 * self._scale))
        painter.drawLine(QPointF(x, paper.top()), QPointF(x, paper.bottom()))
        width, height = self._metrics.horizontalAdvance(text) + theme.px(12), self._metrics.height() + 4
        left = min(max(x - width / 2, paper.left()), paper.right() - width)
        pill = QRectF(left, paper.bottom() - height - 3, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(colours.on_accent))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    # --- the crosshair

    def paint_pointer(
        self, picture: CurvePicture, at: float, heights: list[tuple[float, str]], text: HoverText
    ) -> None:
        """A line at a place, a dot on each curve, and what the numbers are there.

        Args:
            picture: the plot.
            at: the place, in epochs.
            heights: the height of each curve there, and its colour.
            text: what stands beside the line.
        """
        painter, colours, paper = self._painter, self._colours, picture.paper
        x = picture.x.pixel(at)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(faded(colours.text, 0.55), self._scale))
        painter.drawLine(QPointF(x, paper.top()), QPointF(x, paper.bottom()))
        painter.setPen(QPen(QColor(colours.surface), 1.5 * self._scale))
        for height, colour in heights:
            y = picture.y.pixel(height) if math.isfinite(height) else math.nan
            if paper.top() - 1 <= y <= paper.bottom() + 1:
                painter.setBrush(QColor(colour))
                painter.drawEllipse(QPointF(x, y), 4.5 * self._scale, 4.5 * self._scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if text.title or text.rows:
            self._paint_box(picture, x, text)

    def _paint_box(self, picture: CurvePicture, x: float, text: HoverText) -> None:
        painter, colours, metrics, paper = self._painter, self._colours, self._metrics, picture.paper
        margin, gap, dot, line = theme.px(8), theme.px(12), theme.px(12), metrics.height() + 1
        bold = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        label = max((metrics.horizontalAdvance(row.label) for row in text.rows), default=0.0)
        value = max((metrics.horizontalAdvance(row.value) for row in text.rows), default=0.0)
        width = max(dot + label + gap + value, QFontMetricsF(bold).horizontalAdvance(text.title)) + 2 * margin
        height = line * (len(text.rows) + bool(text.title)) + margin
        left = x + theme.px(10) if x + theme.px(10) + width <= paper.right() else x - theme.px(10) - width
        # In a low plot the box may reach over the title, but it stays inside of the widget.
        box = QRectF(max(2.0, left), max(2.0, min(paper.top() + 4, picture.height - height - 2)), width, height)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(faded(colours.raised, 0.95))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        y, inner = box.top() + margin / 2, box.left() + margin
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if text.title:
            painter.setFont(bold)
            painter.setPen(QColor(colours.text))
            painter.drawText(QRectF(inner, y, width, line), Qt.AlignmentFlag.AlignVCenter, text.title)
            y += line
        painter.setFont(self._font)
        for row in text.rows:
            if row.colour:
                painter.setPen(QPen(QColor(row.colour), 7 * self._scale, c=Qt.PenCapStyle.RoundCap))
                painter.drawPoint(QPointF(inner + 3.5 * self._scale, y + line / 2))
            painter.setPen(QColor(colours.second_text))
            painter.drawText(QRectF(inner + dot, y, label + 1, line), Qt.AlignmentFlag.AlignVCenter, row.label)
            painter.setPen(QColor(colours.text))
            place = QRectF(inner, y, width - 2 * margin, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.value)
            y += line

    # --- texts over curves

    def _paint_label(self, picture: CurvePicture, text: str, x: float, top: float, colour: str) -> None:
        paper, width = picture.paper, self._metrics.horizontalAdvance(text) + theme.px(8)
        left = min(max(x - width / 2, paper.left()), paper.right() - width)
        if top < paper.top():
            # No room above the marker.
            top += 2 * 12 * self._scale + self._metrics.height()
        self._paint_text(text, left, top, colour)

    def _paint_text(self, text: str, left: float, top: float, colour: str) -> None:
        painter = self._painter
        place = QRectF(left, top, self._metrics.horizontalAdvance(text) + theme.px(8), self._metrics.height())
        painter.fillRect(place, faded(self._colours.surface, PAPER_OPACITY))
        painter.setPen(QColor(colour))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def heights_at(x: Numbers, y: NDArray[np.floating], at: float) -> float:
    """The newest number of a curve at a place; nan before its first."""
    position = int(np.searchsorted(x, at, "right")) - 1
    return float(y[position]) if 0 <= position < len(y) else math.nan
