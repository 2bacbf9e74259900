"""Where the outputs of layers lie in a list of strips; pure arithmetic in pixels of the screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Path = tuple[int, ...]
Shape = tuple[int, ...]
Form = Literal["maps", "matrix", "bars", "cells", "classes"]
Rect = tuple[float, float, float, float]

# Designed pixels.
MAP_SIDE, LARGEST_PIXEL = 60, 8
MAP_GAP, PADDING, STRIP_GAP, TITLE, INDENT = 4, 8, 4, 20, 12
MATRIX_HEIGHT, BARS_HEIGHT, CLASS_LINE = 112, 48, 20
CELL, CELL_LINES = 7, 4
MORE_WIDTH = 44
MOST_BARS, MOST_CLASSES = 40, 12


@dataclass(frozen=True, eq=False)
class OutputStrip:
    """What one layer makes of the picture.

    Attributes:
        path: where the layer is in the tree.
        title: its name.
        output: float32: maps (C x H x W), a sequence (steps x features) or a row; of a large one the first part.
        shape: of the whole output.
        lowest, highest: of all its numbers.
        names: of the classes, if the row is the answer.
        label: which class is right; -1 if nobody knows.
        note: what is said beside the title; empty: from where to where the numbers go.
    """

    path: Path
    title: str
    output: NDArray[np.float32]
    shape: Shape
    lowest: float = 0.0
    highest: float = 0.0
    names: tuple[str, ...] = ()
    label: int = -1
    note: str = ""

    @property
    def form(self) -> Form:
        """How it is drawn."""
        if self.names:
            return "classes"
        if self.output.ndim == 3:
            return "maps"
        if self.output.ndim == 2:
            return "matrix"
        return "bars" if len(self.output) <= MOST_BARS else "cells"

    def probabilities(self) -> NDArray[np.float64]:
        """The answer as probabilities: its softmax."""
        logits = np.nan_to_num(self.output.astype(np.float64))
        powers = np.exp(logits - logits.max())
        return np.asarray(powers / powers.sum())

    def classes(self) -> list[int]:
        """Which classes are shown: all, or the likeliest of many."""
        if len(self.names) <= MOST_CLASSES:
            return list(range(len(self.names)))
        return [int(at) for at in np.argsort(-self.output, kind="stable")[:MOST_CLASSES]]


@dataclass(frozen=True)
class PlannedStrip:
    """Where a strip lies.

    Attributes:
        top, height: of the strip.
        left: of what is in it, further to the right inside containers.
        parts: where the maps, the matrix, the bars or the lines of classes are.
        shown: how many of the numbers, maps or classes that is.
        more: how many there are besides.
    """

    top: float
    height: float
    left: float
    parts: tuple[Rect, ...]
    shown: int
    more: int


@dataclass(frozen=True)
class OutputPlan:
    """All strips below each other."""

    strips: tuple[PlannedStrip, ...]
    width: float
    height: float

    def strip_at(self, y: float) -> int:
        """The strip at a height; -1 between and beside them."""
        at = bisect_right([strip.top for strip in self.strips], y) - 1
        return at if at >= 0 and y < self.strips[at].top + self.strips[at].height else -1

    def part_at(self, x: float, y: float) -> tuple[int, int]:
        """The strip at a point and the part of it there; -1 for none."""
        at = self.strip_at(y)
        if at < 0:
            return -1, -1
        for number, (left, top, width, height) in enumerate(self.strips[at].parts):
            if left <= x < left + width and top <= y < top + height:
                return at, number
        return at, -1


def plan_outputs(strips: Sequence[OutputStrip], width: float, scale: float, ratio: float) -> OutputPlan:
    """Lays the strips out.

    Args:
        strips: from the first layer on.
        width: of the list in pixels.
        scale: how much larger than designed everything is.
        ratio: pixels of the screen in each of Qt's pixels; pixels of maps are a whole number of these.
    """
    planned: list[PlannedStrip] = []
    y = 0.0
    for strip in strips:
        left = (PADDING + INDENT * (len(strip.path) - 1)) * scale
        room = max(1.0, width - left - PADDING * scale)
        top = y + (PADDING + TITLE) * scale
        parts, shown, more = _parts(strip, (left, top, room), scale, ratio)
        bottom = max((part[1] + part[3] for part in parts), default=top)
        height = bottom + PADDING * scale - y
        planned.append(PlannedStrip(y, height, left, tuple(parts), shown, more))
        y += height + STRIP_GAP * scale
    return OutputPlan(tuple(planned), width, max(0.0, y - STRIP_GAP * scale))


def _parts(
    strip: OutputStrip, place: tuple[float, float, float], scale: float, ratio: float
) -> tuple[list[Rect], int, int]:
    """Where the parts of a strip are, how many are shown, and how many there are besides."""
    left, top, room = place
    if strip.form == "maps":
        return _maps(strip, place, scale, ratio)
    if strip.form == "matrix":
        steps, features = strip.output.shape
        pixel = min(_pixel(room, features, ratio), _pixel(MATRIX_HEIGHT * scale, steps, ratio), LARGEST_PIXEL * scale)
        size = (min(room, features * pixel), min(MATRIX_HEIGHT * scale, steps * pixel))
        # A long sequence of few features would be a thread.
        size = (max(size[0], min(room, 3.0 * features)), max(size[1], min(MATRIX_HEIGHT * scale, 3.0 * steps)))
        return [(left, top, *size)], steps, strip.shape[0] - steps
    if strip.form == "bars":
        return [(left, top, room, BARS_HEIGHT * scale)], len(strip.output), 0
    if strip.form == "classes":
        lines = strip.classes()
        line = CLASS_LINE * scale
        return (
            [(left, top + line * at, room, line) for at in range(len(lines))],
            len(lines),
            len(strip.names) - len(lines),
        )
    cell = CELL * scale
    columns = max(1, int(room // cell))
    count = min(len(strip.output), columns * CELL_LINES)
    size = (columns * cell, -(-count // columns) * cell)
    return [(left, top, *size)], count, strip.shape[0] - count


def _maps(
    strip: OutputStrip, place: tuple[float, float, float], scale: float, ratio: float
) -> tuple[list[Rect], int, int]:
    """One line of maps, with room for how many there are besides."""
    left, top, room = place
    count, height, width = strip.output.shape
    pixel = min(_pixel(MAP_SIDE * scale, max(height, width), ratio), LARGEST_PIXEL * scale)
    size = (max(1.0, width * pixel), max(1.0, height * pixel))
    step = size[0] + MAP_GAP * scale
    fitting = int((room + MAP_GAP * scale) // step)
    if fitting < strip.shape[0]:
        fitting = int((room + MAP_GAP * scale - MORE_WIDTH * scale) // step)
    shown = max(1, min(count, fitting))
    return [(left + step * at, top, *size) for at in range(shown)], shown, strip.shape[0] - shown


def _pixel(room: float, count: int, ratio: float) -> float:
    """How large each of ``count`` pixels is in a room: a whole number of the screen's pixels, less if it must be."""
    size = room * ratio / max(1, count)
    return (float(int(size)) if size >= 1 else size) / ratio
