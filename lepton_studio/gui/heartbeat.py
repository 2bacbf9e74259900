"""How long the window keeps a person waiting while it trains: the gaps between the ticks of a clock in it."""

from __future__ import annotations

import contextlib
import math
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer

from lepton_studio.engine import LeptonError, Run

TICK_MILLISECONDS = 10
# Each bin of gaps is 1 % wider than the one before: from a millisecond to twenty seconds in a thousand numbers.
SMALLEST_SECONDS, GROWTH, BINS = 1e-3, 1.01, 1000


class Heartbeat(QObject):
    """Ticks while a training goes on in the window, and leaves what it measured in the record of the run.

    Attributes:
        longest: seconds of the longest gap so far; 0 while there is none.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Stands still until a training goes on."""
        super().__init__(parent)
        self.longest = 0.0
        self._run: Run | None = None
        self._bins = [0] * BINS
        self._count = self._kept = 0
        self._last = 0.0
        self._timer = QTimer(self, interval=TICK_MILLISECONDS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def p99(self) -> float:
        """Seconds that 99 of 100 gaps were not above, to 1 %; 0 while there is none."""
        above = self._count - int(self._count * 0.99)
        for number in range(BINS - 1, -1, -1):
            above -= self._bins[number]
            if self._bins[number] and above <= 0:
                return min(self.longest, SMALLEST_SECONDS * GROWTH**number)
        return 0.0

    def begin(self, run: Run | None) -> None:
        """Makes ready for a training; only one that goes on with the run of the last adds to its numbers.

        Args:
            run: the run that is gone on with; None for a new one, which :meth:`belong_to` brings later.
        """
        if run is None or self._run is None or run.id != self._run.id:
            self.longest = 0.0
            self._bins = [0] * BINS
            self._count = self._kept = 0
        self._run = None

    def belong_to(self, run: Run) -> None:
        """Says which run's training it is that goes on."""
        self._run = run

    def follow(self, training_state: str) -> None:
        """Ticks while the state is running or stopping; when it is another, the numbers go into the record."""
        if training_state in ("running", "stopping"):
            if not self._timer.isActive():
                self._last = perf_counter()
                self._timer.start()
        elif self._timer.isActive():
            self._timer.stop()
            # The end may be heard of before the tick that it held up.
            if perf_counter() - self._last > TICK_MILLISECONDS / 1e3:
                self._tick()
        if not self._timer.isActive():
            self._keep()

    def _tick(self) -> None:
        now = perf_counter()
        gap, self._last = now - self._last, now
        self.longest = max(self.longest, gap)
        number = math.ceil(math.log(gap / SMALLEST_SECONDS, GROWTH)) if gap > SMALLEST_SECONDS else 0
        self._bins[min(number, BINS - 1)] += 1
        self._count += 1

    def _keep(self) -> None:
        run = self._run
        # Writing would bring the folder of a deleted run back.
        if run is None or self._count == self._kept or not run.folder.is_dir():
            return
        self._kept = self._count
        # A disk that refuses is told by the training itself; that is the message to leave on the page.
        with contextlib.suppress(LeptonError):
            run.update(window_gap_p99=self.p99, window_gap_longest=self.longest)
