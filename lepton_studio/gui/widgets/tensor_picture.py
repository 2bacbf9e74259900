"""Small pictures of the tensors between layers, drawn to one scale: how large, how many, in what form."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import mixed

Shape = tuple[int, ...]

# Designed pixels: the longer side of the largest map, the room that a picture takes at most, the smallest mark.
LARGEST_MAP, WIDEST, SMALLEST = 34.0, 66.0, 3.0
SHEET_STEP, MOST_SHEETS = 3.0, 9
MOST_CELLS, CELL, DOUBLING = 12, 3.0, 3.2
THINNEST_BAR, THICKEST_BAR = 7.0, 20.0


class TensorScale:
    """How many designed pixels a pixel of a feature map takes, so that all maps of a network can be compared.

    Made for the size that everything has on screen now.
    """

    def __init__(self, shapes: Iterable[Shape]) -> None:
        """Fits the largest map among the shapes."""
        sides = [max(shape[1:]) for shape in shapes if len(shape) == 3]
        self.per_pixel = LARGEST_MAP / max(sides, default=1)
        self.zoom = theme.scale()


def sheets(channels: int) -> int:
    """How many overlapping maps stand for so many channels: one more each time they double, up to a limit."""
    return min(MOST_SHEETS, 1 + round(math.log2(max(1, channels))))


def picture_size(shape: Shape, scale: TensorScale) -> QSizeF:
    """The size of a picture in pixels of the screen; empty for shapes that have none."""
    factor = scale.zoom
    if len(shape) == 3:
        depth = (sheets(shape[0]) - 1) * SHEET_STEP
        height, width = (max(SMALLEST, side * scale.per_pixel) for side in shape[1:])
        return QSizeF((width + depth) * factor, (height + depth) * factor)
    if len(shape) == 2:
        return QSizeF(_length(shape[0]) * factor, _thickness(shape[1]) * factor)
    if len(shape) == 1:
        return QSizeF(_length(shape[0]) * factor, THINNEST_BAR * factor)
    return QSizeF(0.0, 0.0)


def paint_tensor(painter: QPainter, middle: QPointF, shape: Shape, scale: TensorScale, pale: bool = False) -> None:
    """Paints a tensor around a point.

    Args:
        painter: paints in pixels of the screen.
        middle: of the picture.
        shape: (channels, height, width): maps behind each other; (steps, features): a strip of steps, as high as it
            has features; (features,): a bar, as long as it has numbers. The latter two grow with the logarithm.
        scale: of the network.
        pale: for what does not take part.
    """
    size = picture_size(shape, scale)
    if size.isEmpty():
        return
    colours = theme.tokens()
    line = mixed(colours.accent, colours.surface, 0.55 if pale else 0.0)
    fill = mixed(colours.accent, colours.surface, 0.93 if pale else 0.82)
    place = QRectF(QPointF(middle.x() - size.width() / 2, middle.y() - size.height() / 2), size)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, max(1.0, theme.scale())))
    painter.setBrush(fill)
    if len(shape) == 3:
        _paint_maps(painter, place, sheets(shape[0]))
    elif len(shape) == 2:
        _paint_cells(painter, place, shape[0], fill, line)
    else:
        _paint_cells(painter, place, shape[0] if shape[0] <= MOST_CELLS else 1, fill, line)
    painter.restore()


def _paint_maps(painter: QPainter, place: QRectF, count: int) -> None:
    """The last channel first, so that the first one lies on top."""
    step = SHEET_STEP * theme.scale()
    side = QSizeF(place.width() - (count - 1) * step, place.height() - (count - 1) * step)
    for sheet in reversed(range(count)):
        painter.drawRect(QRectF(QPointF(place.x() + sheet * step, place.bottom() - side.height() - sheet * step), side))


def _paint_cells(painter: QPainter, place: QRectF, count: int, fill: QColor, line: QColor) -> None:
    shown = min(count, MOST_CELLS)
    painter.drawRect(place)
    if shown < 2:
        return
    painter.setPen(QPen(mixed(line, fill, 0.4), max(1.0, theme.scale()), Qt.PenStyle.SolidLine))
    for cell in range(1, shown):
        x = place.x() + place.width() * cell / shown
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))


def _length(count: int) -> float:
    """Of a bar: a cell for each number or step while they can be told apart, then more with each doubling."""
    cells = min(count, MOST_CELLS) * CELL
    return min(WIDEST, max(THINNEST_BAR, cells + DOUBLING * math.log2(max(1.0, count / MOST_CELLS))))


def _thickness(features: int) -> float:
    """Of a strip whose steps have so many features."""
    return min(THICKEST_BAR, max(THINNEST_BAR, 2.0 * math.log2(features + 1)))
