"""The pixels of a wall of maps: words painted once, numbers looked up for each picture, all in one buffer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.map_levels import DARK, Levels, Values, colour_table
from lepton_studio.gui.widgets.map_plan import Block, Wall
from lepton_studio.gui.widgets.map_wall_painter import MapWallPainter


class MapSheet:
    """A wall that is laid out, in pixels of the screen."""

    def __init__(self, wall: Wall, blocks: Sequence[Block], ratio: float) -> None:
        """Paints the words; all numbers are dark.

        Args:
            wall: where everything is.
            blocks: the layers on it.
            ratio: pixels of the screen in each of Qt's pixels.
        """
        self._ratio = ratio
        # The first is the ground between the tiles.
        self._table = np.array(colour_table(), np.uint32)
        self._buffer = self._words(wall, blocks)
        self._places: list[tuple[tuple[slice, slice], NDArray[np.intp]]] = []
        self._counts: list[int] = []
        for block, placed in zip(blocks, wall.placed, strict=True):
            indices = placed.pixels(block.tile)
            rows, columns = (_steps(size, ratio) for size in indices.shape)
            top, left = round(placed.origin[1] * ratio), round(placed.origin[0] * ratio)
            height, width = self._buffer.shape
            finer = indices[np.ix_(rows, columns)][: height - top, : width - left].astype(np.intp)
            rectangle = (slice(top, top + finer.shape[0]), slice(left, left + finer.shape[1]))
            self._places.append((rectangle, np.ascontiguousarray(finer)))
            self._counts.append(placed.shown * block.tile[0] * block.tile[1])
        self._bytes = [np.full(count, DARK, np.uint8) for count in self._counts]
        self._colour()

    def light(self, values: Sequence[Values], levels: Sequence[Levels]) -> None:
        """Shows other numbers; none at all: darkness."""
        if values:
            self._bytes = [
                level.bytes_of(each, count) for each, level, count in zip(values, levels, self._counts, strict=True)
            ]
        else:
            self._bytes = [np.full(count, DARK, np.uint8) for count in self._counts]
        self._colour()

    def paint(self, painter: QPainter, seen: QRect) -> None:
        """Paints what is seen of it."""
        height, width = self._buffer.shape
        image = QImage(self._buffer.data, width, height, width * 4, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self._ratio)
        ratio = self._ratio
        source = QRect(*(round(at * ratio) for at in (seen.x(), seen.y(), seen.width(), seen.height())))
        painter.drawImage(seen, image, source)

    def byte_at(self, number: int, index: int) -> int:
        """The byte of a number of a layer, both counted from 0."""
        return int(self._bytes[number][index])

    def _colour(self) -> None:
        for (rectangle, indices), found in zip(self._places, self._bytes, strict=True):
            colours = np.empty(len(found) + 1, np.uint32)
            colours[0] = self._table[0]
            np.take(self._table, found, out=colours[1:])
            self._buffer[rectangle] = np.take(colours, indices)

    def _words(self, wall: Wall, blocks: Sequence[Block]) -> NDArray[np.uint32]:
        width, height = (max(1, round(side * self._ratio)) for side in (wall.width, wall.height))
        ground = QImage(width, height, QImage.Format.Format_RGB32)
        ground.setDevicePixelRatio(self._ratio)
        ground.fill(theme.tokens().surface)
        painter = QPainter(ground)
        MapWallPainter(painter, wall, blocks).paint_words()
        painter.end()
        pixels = np.frombuffer(ground.constBits(), np.uint32).reshape(height, ground.bytesPerLine() // 4)
        return pixels[:, :width].copy()


def _steps(size: int, ratio: float) -> NDArray[np.intp]:
    """Which pixel of Qt is shown at each pixel of the screen."""
    return (np.arange(round(size * ratio)) / ratio).astype(np.intp)
