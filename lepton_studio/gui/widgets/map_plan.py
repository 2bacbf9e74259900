"""Where the outputs of all layers lie on one wall of pictures; pure arithmetic in pixels of the screen.

Everything is tiles: maps of a picture, the numbers of a row, a sequence as one picture. The layers stand below each
other where there is height, else beside each other; the room that is left goes to layers that hide some of their tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Path = tuple[int, ...]
Shape = tuple[int, ...]
Form = Literal["maps", "matrix", "cells", "classes"]
Rect = tuple[float, float, float, float]

# Designed pixels.
MAP_SIDES = (36, 44, 56, 72)
GAP, MARGIN, RAIL = 3, 4, 14
LABEL_WIDE, LABEL_FROM, CLOSE_FROM = 118, 400, 310
CLASS_SIDE, WIDEST_CLASS, MOST_LARGE = 26, 64, 12
CELLS = (8, 6, 5, 4, 3, 2)
MATRIX_SIDE, MATRIX_STEP = 56, 3
# A larger map is not worth it as long as fewer than so many stand in a line.
ENOUGH = 10
# Layers stand beside each other where it is so much wider than high.
FLAT = 2.0
LOWEST = 380


@dataclass(frozen=True)
class Spacing:
    """How closely everything stands, in designed pixels.

    Attributes:
        side: of a map, about.
        gap: between layers.
        line: of text.
        column: the narrowest layer where they stand beside each other.
        is_close: whether a layer that keeps the shape does not say it again.
    """

    side: int
    gap: int
    line: int
    column: int
    is_close: bool


# The first that fits; if none does, the first and a bar to scroll.
SPACINGS = (Spacing(28, 8, 16, 66, False), Spacing(24, 5, 16, 56, True), Spacing(22, 3, 14, 44, True))


@dataclass(frozen=True, eq=False)
class Block:
    """What one layer shows.

    Attributes:
        path: where the layer is in the tree.
        title: its name.
        shape: of its output: maps C x H x W, a sequence, or a row.
        given: of the part of it that can be shown.
        names: of the classes, if this is the answer.
        note: what is done to the layer, in a few words.
    """

    path: Path
    title: str
    shape: Shape
    given: Shape
    names: tuple[str, ...] = ()
    note: str = ""

    @property
    def form(self) -> Form:
        """How it is shown."""
        if self.names:
            return "classes"
        forms: tuple[Form, ...] = ("cells", "matrix", "maps")
        return forms[len(self.given) - 1]

    @property
    def tile(self) -> tuple[int, int]:
        """Height and width of the numbers in one tile."""
        if self.form == "maps":
            return self.given[1], self.given[2]
        return (self.given[0], self.given[1]) if self.form == "matrix" else (1, 1)

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return 1 if self.form == "matrix" else self.given[0]


@dataclass(frozen=True)
class Placed:
    """Where a layer lies.

    Attributes:
        place: all of it, with its label.
        label: where its name and shape are written.
        words: below each other, in one line, or the name alone.
        origin: left and top of the first tile.
        side: width and height of a tile.
        gap: between tiles.
        columns, lines: of tiles.
        down: whether tiles follow each other downwards first.
        shown: how many tiles there are room for.
    """

    place: Rect
    label: Rect
    words: Literal["two lines", "one line", "name"]
    origin: tuple[float, float]
    side: tuple[int, int]
    gap: int
    columns: int
    lines: int
    down: bool
    shown: int

    def tile(self, number: int) -> Rect:
        """Where a tile lies."""
        column, line = divmod(number, self.lines) if self.down else divmod(number, self.columns)[::-1]
        x, y = self.origin
        return x + column * (self.side[0] + self.gap), y + line * (self.side[1] + self.gap), *self.side

    def tile_at(self, x: float, y: float) -> int:
        """The tile at a point; -1 for none."""
        column, line = (
            int((at - start) // (side + self.gap))
            for at, start, side in zip((x, y), self.origin, self.side, strict=True)
        )
        if not (0 <= column < self.columns and 0 <= line < self.lines):
            return -1
        number = column * self.lines + line if self.down else line * self.columns + column
        left, top, width, height = self.tile(number) if number < self.shown else (0.0, 0.0, -1.0, -1.0)
        return number if left <= x < left + width and top <= y < top + height else -1

    def pixels(self, tile: tuple[int, int]) -> NDArray[np.int32]:
        """For each pixel of the screen which number is shown there, counted from 1 through all tiles; 0: none.

        Args:
            tile: height and width of the numbers in one tile.
        """
        (ys, rows), (xs, columns) = (
            np.divmod(np.arange(max(0, count * (side + self.gap) - self.gap)), side + self.gap)
            for count, side in ((self.lines, self.side[1]), (self.columns, self.side[0]))
        )
        number = xs[None] * self.lines + ys[:, None] if self.down else ys[:, None] * self.columns + xs[None]
        inside = (rows < self.side[1])[:, None] & (columns < self.side[0])[None] & (number < self.shown)
        cell = (rows * tile[0] // self.side[1])[:, None] * tile[1] + (columns * tile[1] // self.side[0])[None]
        found: NDArray[np.int32] = np.where(inside, number * (tile[0] * tile[1]) + cell + 1, 0).astype(np.int32)
        return found


@dataclass(frozen=True)
class Wall:
    """All layers: where they are, and how large it is."""

    placed: tuple[Placed, ...] = ()
    width: float = 0.0
    height: float = 0.0
    is_flat: bool = False
    spacing: Spacing = SPACINGS[0]

    def at(self, x: float, y: float) -> tuple[int, int]:
        """The layer at a point and its tile there; -1 for none."""
        for number, each in enumerate(self.placed):
            left, top, width, height = each.place
            if left <= x < left + width and top <= y < top + height:
                return number, each.tile_at(x, y)
        return -1, -1


@dataclass
class _Draft:
    """A layer before it has a place: its tiles along the layers (lines) and across (columns of them)."""

    side: tuple[int, int]
    gap: int
    across: int
    count: int
    least: float
    lines: int = 1
    tail: float = 0.0
    grows: bool = False
    says_shape: bool = True

    def step(self, flat: bool) -> int:
        return self.side[0 if flat else 1] + self.gap

    def extent(self, flat: bool) -> float:
        return max(self.least, self.lines * self.step(flat) - self.gap + self.tail)

    @property
    def hides(self) -> bool:
        return self.grows and self.lines * self.across < self.count


def plan_wall(blocks: Sequence[Block], width: float, height: float, scale: float) -> Wall:
    """Lays layers out in a room.

    Args:
        blocks: from the first layer on.
        width: of the room.
        height: likewise; what does not fit goes beyond it, downwards, or to the right in a flat room.
        scale: how much larger than designed everything is.
    """
    flat = width > FLAT * height and height < LOWEST * scale
    for spacing in (*SPACINGS, SPACINGS[0]):
        plan = _Planner(width, height, scale, flat, spacing)
        drafts = plan.drafts(blocks, spacing.side)
        if plan.total(drafts) <= plan.room:
            break
    for side in MAP_SIDES if spacing is SPACINGS[0] else ():
        larger = plan.drafts(blocks, side)
        too_few = any(each.grows and each.across < min(each.count, ENOUGH) for each in larger)
        if too_few or plan.total(larger) > plan.room:
            break
        drafts = larger
    left = plan.room - plan.total(drafts)
    while left > 0:
        # One line more for that which shows the least share.
        hiding = [each for each in drafts if each.hides and each.step(flat) <= left]
        if not hiding:
            break
        neediest = min(hiding, key=lambda each: each.lines * each.across / each.count)
        before = neediest.extent(flat)
        neediest.lines += 1
        left -= neediest.extent(flat) - before
    return plan.placed(drafts)


@dataclass
class _Planner:
    width: float
    height: float
    scale: float
    flat: bool
    spacing: Spacing

    @property
    def room(self) -> float:
        return (self.width if self.flat else self.height) - 2 * MARGIN * self.scale

    @property
    def has_column(self) -> bool:
        """Whether names stand beside the tiles."""
        least = CLOSE_FROM if self.spacing.is_close else LABEL_FROM
        return not self.flat and self.width >= least * self.scale

    @property
    def across(self) -> float:
        """Room for tiles, across the layers."""
        scale = self.scale
        if self.flat:
            return self.height - (2 * MARGIN + 2 * self.spacing.line + GAP) * scale
        return self.width - (2 * MARGIN + RAIL + (LABEL_WIDE if self.has_column else 0)) * scale

    @property
    def head(self) -> float:
        """What a name above the tiles takes."""
        return 0.0 if self.has_column or self.flat else self.spacing.line * self.scale

    def total(self, drafts: Sequence[_Draft]) -> float:
        between = (self.spacing.gap * self.scale) * max(0, len(drafts) - 1)
        return sum(each.extent(self.flat) + self.head for each in drafts) + between

    def drafts(self, blocks: Sequence[Block], side: int) -> list[_Draft]:
        before: list[Shape] = [(), *(block.shape for block in blocks)]
        drafts = [
            self._draft(block, side, self._least(block, last)) for block, last in zip(blocks, before, strict=False)
        ]
        for draft, block, last in zip(drafts, blocks, before, strict=False):
            draft.says_shape = self._says_shape(block, last)
        return drafts

    def _says_shape(self, block: Block, before: Shape) -> bool:
        return not (self.spacing.is_close and block.shape == before)

    def _least(self, block: Block, before: Shape) -> float:
        """What the words need."""
        if self.flat:
            return self.spacing.column * self.scale
        lines = (2 if self._says_shape(block, before) else 1) if self.has_column else 0
        return lines * self.spacing.line * self.scale

    def _draft(self, block: Block, side: int, least: float) -> _Draft:
        scale, across = self.scale, max(1.0, self.across)
        if block.form == "maps":
            size = _map_size(block.tile, round(side * scale))
            gap = round(GAP * scale)
            fit = max(1, int((across + gap) // (size[1 if self.flat else 0] + gap)))
            return _Draft(size, gap, min(fit, block.count), block.count, least, grows=True)
        if block.form == "matrix":
            steps, features = block.tile
            most = (across, MATRIX_SIDE * scale)
            wide, high = most[::-1] if self.flat else most
            wide = max(wide, self.spacing.column * scale)
            size = (
                round(min(wide, features * MATRIX_STEP * scale)), round(min(high, steps * MATRIX_STEP * scale))
            )  # fmt: skip
            return _Draft((max(1, size[0]), max(1, size[1])), 0, 1, 1, least)
        if block.form == "classes" or block.count <= MOST_LARGE:
            return self._classes(block, least)
        for designed in CELLS:
            cell = max(2, round(designed * scale))
            fit = max(1, int(across // cell))
            lines = -(-block.count // fit)
            if lines * cell <= self.spacing.side * scale:
                return _Draft((cell, cell), 0, min(fit, block.count), block.count, least, lines)
        lines = max(1, int(self.spacing.side * scale // cell))
        return _Draft((cell, cell), 0, min(fit, block.count), block.count, least, lines)

    def _classes(self, block: Block, least: float) -> _Draft:
        """Few large cells; names of classes stand below them, or beside them where layers stand beside each other."""
        scale, count = self.scale, block.count
        tail = self.spacing.line * scale if block.names else 0.0
        if self.flat:
            high = int(min(CLASS_SIDE * scale, max(4.0, self.across / count)))
            fit = max(1, int(self.across // high))
            return _Draft((round(CLASS_SIDE * scale), high), 0, min(fit, count), count, least, 1, tail)
        wide = int(min(WIDEST_CLASS * scale, max(4.0, self.across / count)))
        fit = max(1, int(self.across // wide))
        return _Draft((wide, round(CLASS_SIDE * scale)), 0, min(fit, count), count, least, 1, tail)

    def placed(self, drafts: Sequence[_Draft]) -> Wall:
        scale, margin = self.scale, MARGIN * self.scale
        at, found, rail = margin, [], margin + RAIL * scale
        for each in drafts:
            extent = each.extent(self.flat) + self.head
            shown = min(each.count, each.lines * each.across)
            words: Literal["two lines", "one line", "name"] = (
                "two lines" if self.flat or self.has_column else "one line"
            )
            if not each.says_shape:
                words = "name"
            if self.flat:
                place = (at, 0.0, extent, self.height)
                label = (at, margin, extent, 2 * self.spacing.line * scale)
                origin, grid = (at, margin + (2 * self.spacing.line + GAP) * scale), (each.lines, each.across)
            elif self.has_column:
                place = (0.0, at, self.width, extent)
                label = (rail, at, (LABEL_WIDE - 8) * scale, each.extent(self.flat))
                origin, grid = (rail + LABEL_WIDE * scale, at), (each.across, each.lines)
            else:
                place = (0.0, at, self.width, extent)
                label = (rail, at, self.width - rail - margin, self.spacing.line * scale)
                origin, grid = (rail, at + self.head), (each.across, each.lines)
            origin = (float(round(origin[0])), float(round(origin[1])))
            found.append(Placed(place, label, words, origin, each.side, each.gap, *grid, self.flat, shown))
            at += extent + self.spacing.gap * scale
        end = at - self.spacing.gap * scale * bool(drafts) + margin
        size = (max(self.width, end), self.height) if self.flat else (self.width, max(self.height, end))
        return Wall(tuple(found), *size, self.flat, self.spacing)


def _map_size(tile: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height of a map whose longer side shall be about ``side``: whole pixels where that is near."""
    longer = max(tile)
    times = round(side / longer)
    if times >= 1 and abs(times * longer - side) <= side * 0.2:
        side = times * longer
    return max(1, round(side * tile[1] / longer)), max(1, round(side * tile[0] / longer))
