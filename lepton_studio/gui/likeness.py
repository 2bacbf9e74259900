"""Which pictures are most like the one looked at, found in the background."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from lepton_studio.engine import Neighbours, PixelNeighbours, Progress, Samples, pixel_neighbours
from lepton_studio.gui.runner import Runner

# As many as stand side by side in the narrowest inspector.
COUNT = 4
# Whoever walks through the pictures with the keys is not followed at each step.
REST_MILLISECONDS = 150
# What the search must prepare costs half a second of a processor: for somebody who looks, not at each start.
FIRST_REST_MILLISECONDS = 1000
# What the search prepares grows with the dataset: 60 MB for so many.
MOST_SAMPLES = 300_000


class Likeness(QObject):
    """Answers for one dataset at a time; what it prepares is kept as long as the pictures are the same.

    Signals:
        found: the dataset position that was asked for, and those most like it (int64).
    """

    found = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Prepares nothing yet."""
        super().__init__(parent)
        self._samples: Samples | None = None
        self._wanted = -1
        self._ended = False
        self._prepared: PixelNeighbours | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start)
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.finished.connect(self._start)

    def ask(self, samples: Samples, at: int) -> None:
        """Looks for the pictures most like one; only the last question is answered."""
        if self._samples is None or samples.images is not self._samples.images:
            self.forget()
        self._samples, self._wanted = samples, at
        if len(samples) <= MOST_SAMPLES and not self._ended:
            self._timer.start(REST_MILLISECONDS if self._prepared is not None else FIRST_REST_MILLISECONDS)

    def rest(self) -> None:
        """Lets the question go, because nobody looks any more; what was prepared stays."""
        self._wanted = -1
        self._timer.stop()

    def forget(self) -> None:
        """Lets the dataset go."""
        self._samples, self._prepared, self._wanted = None, None, -1
        self._timer.stop()
        self.runner.request_stop()

    def stop(self) -> None:
        """Ends for good: a page that is to be deleted may still hear of new samples."""
        self._ended = True
        self.forget()
        self.runner.stop()

    def _start(self) -> None:
        if self._samples is not None and self._wanted >= 0 and not self.runner.isRunning():
            self.runner.walk(_search(self._samples, self._prepared, self._wanted))

    def _take(self, event: object) -> None:
        if isinstance(event, PixelNeighbours):
            if self._samples is not None and event.samples.images is self._samples.images:
                self._prepared = event
        elif isinstance(event, tuple) and event[0] is self._samples:
            _, at, nearest = event
            if at == self._wanted:
                self._wanted = -1
                self.found.emit(at, nearest)


def _search(
    samples: Samples, prepared: PixelNeighbours | None, at: int
) -> Iterator[Progress | PixelNeighbours | tuple[Samples, int, np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    if prepared is None:
        for event in pixel_neighbours(samples):
            if isinstance(event, PixelNeighbours):
                prepared = event
            yield event
    if prepared is not None:
        nearest: Neighbours = prepared.of(at, COUNT)
        yield samples, at, nearest.positions
