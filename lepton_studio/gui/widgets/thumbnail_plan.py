"""Where each thumbnail of a grid lies. Arithmetic only, so that a million entries cost no more than one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt


@dataclass(frozen=True)
class ThumbnailPlan:
    """The places of ``count`` square thumbnails, row after row, in pixels of the whole (unscrolled) grid.

    Attributes:
        count: how many there are.
        side: edge of a thumbnail.
        gap: least space between two of them.
        margin: space around all.
        caption: height of the line under each, 0 for none.
        columns: how many stand in a row.
        pitch: from one column to the next; not whole, so that the rows fill the width evenly.
    """

    count: int
    side: int
    gap: int
    margin: int
    caption: int
    columns: int
    pitch: float

    @classmethod
    def fitted(
        cls, count: int, width: int, side: int, *, gap: int = 0, margin: int = 0, caption: int = 0
    ) -> ThumbnailPlan:
        """The plan with as many columns as the width holds, but at least one."""
        room = width - 2 * margin
        columns = max(1, (room + gap) // (side + gap))
        even = (room - side) / (columns - 1) if columns > 1 else side + gap
        # What is left over goes between the columns, but never so much that they fall apart.
        pitch = min(even, (side + gap) * 1.25)
        return cls(count, side, gap, margin, caption, columns, pitch)

    @property
    def row_height(self) -> int:
        """From one row to the next."""
        return self.side + self.caption + self.gap

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        """Height of everything."""
        return self.rows * self.row_height - self.gap + 2 * self.margin if self.count else 0

    def left(self, column: int) -> int:
        """Left edge of a column."""
        return self.margin + round(column * self.pitch)

    def top(self, row: int) -> int:
        """Upper edge of a row."""
        return self.margin + row * self.row_height

    def place(self, slot: int) -> QRect:
        """Where the picture of a slot lies, without its caption."""
        row, column = divmod(slot, self.columns)
        return QRect(self.left(column), self.top(row), self.side, self.side)

    def slot_at(self, point: QPoint) -> int | None:
        """The slot at a point, None between them."""
        row = (point.y() - self.margin) // self.row_height
        column = int((point.x() - self.margin + self.gap / 2) // self.pitch)
        slot = row * self.columns + column
        if row < 0 or not 0 <= column < self.columns or slot >= self.count:
            return None
        return slot if self.place(slot).adjusted(0, 0, 0, self.caption).contains(point) else None

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows of which something is seen between two heights."""
        first = max(0, (top - self.margin) // self.row_height)
        last = min(self.rows - 1, (bottom - self.margin) // self.row_height)
        return range(first, last + 1)

    def row_slots(self, row: int) -> range:
        """The slots of one row; the last may be short."""
        return range(row * self.columns, min(self.count, (row + 1) * self.columns))

    def after_key(self, slot: int, key: int, page: int) -> int | None:
        """The slot that a key leads to from another, held inside the grid; None for keys that do not move.

        Args:
            slot: where the person is.
            key: a Qt.Key.
            page: rows to a page.
        """
        if not self.count:
            return None
        last = self.count - 1
        row, column = divmod(slot, self.columns)
        rows = {
            Qt.Key.Key_Up: row - 1,
            Qt.Key.Key_Down: row + 1,
            Qt.Key.Key_PageUp: row - page,
            Qt.Key.Key_PageDown: row + page,
        }
        slots = {
            Qt.Key.Key_Left: max(0, slot - 1),
            Qt.Key.Key_Right: min(last, slot + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if key in rows:
            row = min(self.rows - 1, max(0, rows[Qt.Key(key)]))
            return min(last, row * self.columns + column)
        return slots[Qt.Key(key)] if key in slots else None
