"""Where the pictures of groups lie: arithmetic on whole pixels, so that ten thousand groups cost no more than one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt

# So far to each side the picture above or below is looked for.
_LOOKED_AT = 400


@dataclass(frozen=True, eq=False)
class GroupPlan:
    """Groups below each other, each a title and rows of equal cells, in pixels of the whole (unscrolled) list.

    Attributes:
        firsts: G + 1: the first entry of each group, counted over all groups; last the number of entries.
        tops: G + 1: the upper edge of each group; last the height of everything.
        titles: G, heights of the titles.
        columns: cells in a row.
        width, height: of a cell.
        margin: left of the first column.
    """

    firsts: NDArray[np.int64]
    tops: NDArray[np.int64]
    titles: NDArray[np.int64]
    columns: int
    width: int
    height: int
    margin: int

    @classmethod
    def fitted(cls, sizes: list[int], titles: list[int], room: int, cell: tuple[int, int], margin: int) -> GroupPlan:
        """The plan for groups of ``sizes`` entries with titles of these heights in a ``room`` pixels wide."""
        columns = max(1, (room - margin) // cell[0])
        rows = -(-np.asarray(sizes, np.int64) // columns)
        heights = np.asarray(titles, np.int64)
        tops = np.concatenate([[0], np.cumsum(heights + rows * cell[1])]).astype(np.int64)
        firsts = np.concatenate([[0], np.cumsum(np.asarray(sizes, np.int64))]).astype(np.int64)
        return cls(firsts, tops, heights, columns, *cell, margin)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return int(self.firsts[-1])

    def place(self, entry: int) -> QRect:
        """Where an entry lies."""
        group = int(np.searchsorted(self.firsts, entry, side="right")) - 1
        row, column = divmod(entry - int(self.firsts[group]), self.columns)
        top = int(self.tops[group] + self.titles[group]) + row * self.height
        return QRect(self.margin + column * self.width, top, self.width, self.height)

    def entry_at(self, point: QPoint) -> int | None:
        """The entry at a point, None beside them."""
        group = int(np.searchsorted(self.tops, point.y(), side="right")) - 1
        if not 0 <= group < len(self.titles):
            return None
        row = (point.y() - int(self.tops[group] + self.titles[group])) // self.height
        column = (point.x() - self.margin) // self.width
        entry = int(self.firsts[group]) + row * self.columns + column
        inside = row >= 0 and 0 <= column < self.columns and entry < self.firsts[group + 1]
        return entry if inside else None

    def groups_between(self, top: int, bottom: int) -> range:
        """The groups of which something is seen between two heights."""
        first = max(0, int(np.searchsorted(self.tops, top, side="right")) - 1)
        last = int(np.searchsorted(self.tops, bottom, side="left"))
        return range(first, min(last, len(self.titles)))

    def after_key(self, entry: int | None, key: int) -> int | None:
        """The entry that a key leads to; None for keys that do not move."""
        last = self.count - 1
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if last < 0 or key not in (*ends, *steps):
            return None
        if key in ends:
            return ends[Qt.Key(key)]
        if entry is None:
            return 0
        step = steps[Qt.Key(key)]
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return min(last, max(0, entry + step))
        return self._in_next_row(entry, step)

    def _in_next_row(self, entry: int, step: int) -> int:
        """The nearest entry of the row above or below, which may be of another group."""
        here, row, best = self.place(entry), None, entry
        for other in range(entry + step, entry + step * _LOOKED_AT, step):
            if not 0 <= other < self.count:
                break
            place = self.place(other)
            if place.top() == here.top():
                continue
            row = place.top() if row is None else row
            if place.top() != row:
                break
            if best == entry or abs(place.left() - here.left()) < abs(self.place(best).left() - here.left()):
                best = other
        return best
