"""Finds the digits of a picture beside the window: to level a photograph takes longer than a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from lepton_studio.engine import InkParts, Reader, find_parts_beside
from lepton_studio.gui.runner import Runner

# What is done sooner needs no word: it would only flicker.
SLOW_MILLISECONDS = 100


class PictureReading(QObject):
    """Works on the picture that was asked for last; an older one that is under way is given up. Its owner stops it.

    Attributes:
        trouble: why the picture that was asked for last could not be read; empty if it could.

    Signals:
        found: the reader has what it needs to answer the picture.
        failed: it will never have it.
        slowed: the work goes on for so long that a person should be told.
    """

    found = Signal()
    failed = Signal()
    slowed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Has nothing to do yet."""
        super().__init__(parent)
        # What is wished for, and what the thread is at: not the same for the moment in which it gives up.
        self._wanted: tuple[Reader, NDArray[np.uint8]] | None = None
        self._under_way: tuple[Reader, NDArray[np.uint8]] | None = None
        self._is_stopped = False
        self.trouble = ""
        self._failed_at: tuple[Reader, NDArray[np.uint8]] | None = None
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(self._fail)
        self._runner.finished.connect(self._end)
        self._patience = QTimer(self, singleShot=True, interval=SLOW_MILLISECONDS)
        self._patience.timeout.connect(self.slowed)

    @property
    def is_under_way(self) -> bool:
        """Whether something was asked for that is not found yet."""
        return self._wanted is not None

    @property
    def is_slow(self) -> bool:
        """Whether that takes longer than a moment."""
        return self.is_under_way and not self._patience.isActive()

    def find(self, reader: Reader, pixels: NDArray[np.uint8]) -> None:
        """Has a reader find the digits of a picture; nothing happens while it is at just that, or failed in it."""
        wish = (reader, pixels)
        if self._is_stopped or _are_same(self._wanted, wish) or _are_same(self._failed_at, wish):
            return
        self._wanted, self._failed_at, self.trouble = wish, None, ""
        self._patience.start()
        if self._under_way is None:
            self._begin()
        else:
            self._runner.request_stop()

    def drop(self) -> None:
        """Nothing is asked for any more."""
        if self._wanted is not None:
            self._wanted = None
            self._patience.stop()
            self._runner.request_stop()

    def stop(self) -> None:
        """Ends the work for good."""
        self._is_stopped = True
        self.drop()
        self._runner.stop()

    def _begin(self) -> None:
        if self._wanted is not None:
            self._under_way = self._wanted
            self._runner.walk(find_parts_beside(*self._wanted))

    def _take(self, parts: InkParts) -> None:
        if self._wanted is not None and _are_same(self._wanted, self._under_way):
            reader, pixels = self._wanted
            reader.take_parts(pixels, parts)
            self._wanted = None
            self._patience.stop()
            self.found.emit()

    def _fail(self, error: Exception) -> None:
        if self._wanted is not None and _are_same(self._wanted, self._under_way):
            self._failed_at, self._wanted = self._wanted, None
            self.trouble = str(error) or type(error).__name__
            self._patience.stop()
            self.failed.emit()

    def _end(self) -> None:
        self._under_way = None
        if not self._is_stopped:
            self._begin()


def _are_same(one: tuple[Reader, NDArray[np.uint8]] | None, other: tuple[Reader, NDArray[np.uint8]] | None) -> bool:
    """Whether the same reader is at the same picture."""
    return one is not None and other is not None and one[0] is other[0] and one[1] is other[1]
