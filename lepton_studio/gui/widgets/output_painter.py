"""Paints the outputs of layers by their plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.output_plan import CELL, OutputStrip, PlannedStrip
from lepton_studio.gui.widgets.painting import Bytes, image_of, mixed
from lepton_studio.gui.widgets.value_colours import short_number, value_colour, value_colours

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def output_images(strip: OutputStrip, planned: PlannedStrip, ratio: float) -> list[QImage]:
    """What is shown of a strip as images in pixels of the screen; none for bars and classes."""
    if strip.form == "maps":
        values = strip.output[: planned.shown]
    elif strip.form == "matrix":
        values = strip.output[None]
    elif strip.form == "cells":
        values = _cells(strip.output[: planned.shown], round(planned.parts[0][2] / (CELL * theme.scale())))
    else:
        return []
    colours = value_colours(values, strip.lowest, strip.highest).transpose(0, 3, 1, 2)
    width, height = planned.parts[0][2:]
    return [image_of(_sized(each, round(width * ratio), round(height * ratio))) for each in colours]


class OutputPainter:
    """Paints one strip after the other."""

    def __init__(self, painter: QPainter, width: float) -> None:
        """Paints strips of this width."""
        self._painter = painter
        self._width = width
        self._colours = theme.tokens()
        self._title = theme.font_of(theme.BODY_PIXELS, semibold=True)
        self._small = theme.font_of(theme.SMALL_PIXELS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint(
        self, strip: OutputStrip, planned: PlannedStrip, images: list[QImage], look: tuple[bool, int, str]
    ) -> None:
        """Paints a strip.

        Args:
            strip: what to paint.
            planned: where.
            images: its images.
            look: whether it is chosen, which of its parts is hovered (-1: none), and what stands for those not shown.
        """
        is_chosen, hovered, more = look
        colours, painter = self._colours, self._painter
        card = QRectF(0.5, planned.top + 0.5, self._width - 1, planned.height - 1)
        painter.setPen(QPen(QColor(colours.accent if is_chosen else colours.line), 2 if is_chosen else 1))
        painter.setBrush(mixed(colours.surface, colours.accent, 0.08 if is_chosen else 0.0))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        self._head(strip, planned)
        if strip.form == "classes":
            self._classes(strip, planned)
        elif strip.form == "bars":
            self._bars(strip, planned.parts[0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for image, part in zip(images, planned.parts, strict=False):
            painter.drawImage(QRectF(*part), image)
        if images and 0 <= hovered < len(planned.parts):
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(*planned.parts[hovered]).adjusted(-1, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if more and strip.form == "maps":
            left, top, width, height = planned.parts[-1]
            beside = left + width + theme.px(6)
            self._write(
                QRectF(beside, top, self._width - beside, height), _LEFT, self._small, colours.second_text, more
            )

    def _head(self, strip: OutputStrip, planned: PlannedStrip) -> None:
        """Name, shape and range."""
        line = QRectF(planned.left, planned.top + theme.px(6), self._width - planned.left - theme.px(8), theme.px(18))
        shape = " × ".join(str(size) for size in strip.shape)
        span = strip.note or f"{short_number(strip.lowest)} … {short_number(strip.highest)}"
        self._write(line, _RIGHT, self._small, self._colours.second_text, shape)
        metrics = QFontMetricsF(self._small)
        room = line.width() - metrics.horizontalAdvance(shape) - theme.px(12)
        title = QFontMetricsF(self._title).elidedText(strip.title, Qt.TextElideMode.ElideRight, room)
        self._write(line, _LEFT, self._title, self._colours.text, title)
        used = QFontMetricsF(self._title).horizontalAdvance(title) + theme.px(8)
        if used + metrics.horizontalAdvance(span) <= room:
            self._write(line.adjusted(used, 0, 0, 0), _LEFT, self._small, self._colours.second_text, span)

    def _bars(self, strip: OutputStrip, part: tuple[float, float, float, float]) -> None:
        """A row of few numbers: bars up and down from a line at zero."""
        left, top, width, height = part
        values = np.nan_to_num(strip.output)
        low, high = min(0.0, strip.lowest), max(0.0, strip.highest)
        span = (high - low) or 1.0
        zero = top + height * high / span
        step = min(width / len(values), theme.px(22))
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        # On a grey scale zero would be black; bars say the size by their length.
        scale = max(high, -low, 1e-12)
        for at, value in enumerate(values.tolist()):
            painter.setBrush(value_colour(value / scale, -1.0, 1.0))
            length = height * abs(value) / span
            place = QRectF(left + step * at, zero - (length if value > 0 else 0), max(1.0, step - 2), length)
            painter.drawRect(place)
        painter.setPen(QPen(QColor(self._colours.second_text), 1))
        painter.drawLine(QLineF(left, zero, left + step * len(values), zero))

    def _classes(self, strip: OutputStrip, planned: PlannedStrip) -> None:
        """The answer: a line for each class with its probability; the right one has a tick."""
        painter, colours = self._painter, self._colours
        shares = strip.probabilities()
        best = int(np.argmax(shares))
        shown = strip.classes()
        metrics = QFontMetricsF(self._title)
        widest = max(metrics.horizontalAdvance(strip.names[at]) for at in shown)
        names = min(widest, planned.parts[0][2] * 0.4) + theme.px(22)
        figures = metrics.horizontalAdvance("100.0 %") + theme.px(8)
        for at, part in zip(shown, planned.parts, strict=True):
            line = QRectF(*part)
            share = float(shares[at])
            font = self._title if at == best else self._small
            ink = colours.text if at in (best, strip.label) else colours.second_text
            if at == strip.label:
                self._tick(QPointF(line.left() + theme.px(6), line.center().y()))
            name = QFontMetricsF(font).elidedText(strip.names[at], Qt.TextElideMode.ElideRight, names - theme.px(20))
            self._write(line.adjusted(theme.px(16), 0, 0, 0), _LEFT, font, ink, name)
            self._write(line, _RIGHT, font, ink, f"{share:.1%}".replace("%", " %"))
            track = QRectF(line.left() + names, line.center().y() - theme.px(5), 0, theme.px(10))
            track.setRight(max(track.left() + 1, line.right() - figures))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(track, 2, 2)
            painter.setBrush(QColor(colours.accent if at == best else colours.second_text))
            painter.drawRoundedRect(QRectF(track.x(), track.y(), max(1.0, track.width() * share), track.height()), 2, 2)

    def _tick(self, middle: QPointF) -> None:
        size = theme.px(5)
        pen = QPen(QColor(self._colours.good), theme.px(2))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self._painter.setPen(pen)
        corner = middle + QPointF(-size * 0.2, size * 0.6)
        self._painter.drawLine(QLineF(middle + QPointF(-size * 0.8, 0), corner))
        self._painter.drawLine(QLineF(corner, middle + QPointF(size * 0.9, -size * 0.7)))

    def _write(self, place: QRectF, flags: Qt.AlignmentFlag, font: QFont, colour: str, text: str) -> None:
        self._painter.setFont(font)
        self._painter.setPen(QColor(colour))
        self._painter.drawText(place, flags, text)


def _cells(values: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """A row of many numbers in lines of ``columns``: 1 x lines x columns, filled up with what is no number."""
    lines = -(-len(values) // max(1, columns))
    filled = np.full(lines * columns, 0, np.float32)
    filled[: len(values)] = values
    return filled.reshape(1, lines, columns)


def _sized(picture: Bytes, width: int, height: int) -> Bytes:
    """A picture of C x H x W in so many pixels of the screen, as H x W x C."""
    rows, columns = picture.shape[1:]
    # Each axis by itself, because sequences are stretched.
    tall = _stretched(picture, 1, max(1, height), rows)
    return np.ascontiguousarray(_stretched(tall, 2, max(1, width), columns).transpose(1, 2, 0))


def _stretched(picture: Bytes, axis: int, new: int, old: int) -> Bytes:
    if new >= old:
        return np.take(picture, np.arange(new) * old // new, axis=axis)
    starts = np.arange(new) * old // new
    counts = np.diff(np.append(starts, old))
    shape = [1, 1, 1]
    shape[axis] = new
    return (np.add.reduceat(picture.astype(np.uint32), starts, axis=axis) // counts.reshape(shape)).astype(np.uint8)
