"""Rows of thumbnails that were painted lately, so that scrolling makes only those anew that come into view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from PySide6.QtGui import QImage

# A screen of 4K holds 33 MB of pixels.
MOST_BYTES = 64 << 20


class StripCache:
    """Keeps the images that were asked for last, up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Starts empty."""
        self._most = most_bytes
        self._bytes = 0
        self._of: Hashable = None
        self._strips: OrderedDict[int, QImage] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    def clear(self) -> None:
        """Forgets all, because other pictures are shown."""
        self._strips.clear()
        self._bytes = 0

    def strip(self, row: int, of: Hashable, make: Callable[[], QImage]) -> QImage:
        """The image of a row; ``make`` is called if it is not here or was made for something else.

        Args:
            row: its number.
            of: what all strips depend on, as sizes and columns; with another value all are forgotten.
            make: paints it.
        """
        if of != self._of:
            self.clear()
            self._of = of
        found = self._strips.get(row)
        if found is None:
            found = self._strips[row] = make()
            self._bytes += found.sizeInBytes()
            while self._bytes > self._most and len(self._strips) > 1:
                self._bytes -= self._strips.popitem(last=False)[1].sizeInBytes()
        self._strips.move_to_end(row)
        return found
