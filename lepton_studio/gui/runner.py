"""The one kind of background work in the program: a thread that walks a generator of the engine."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from lepton_studio.engine import LeptonError

log = logging.getLogger("lepton_studio")

STACK_BYTES = 8 * 1024 * 1024


class Runner(QThread):
    """Walks any generator of the engine in a thread; every ``yield`` is a place to pause, step or stop.

    The owner keeps a reference and calls :meth:`stop` before letting it go. Nothing here is ever deleted later
    or moved to a thread: two ways to die are one too many (winpodx #33, PyMeasure #382).

    Signals:
        event_emitted: whatever the generator yielded, but None.
        job_failed: the exception that ended it.
        held: the generator is paused now, at a yield.
        finished (of QThread): the generator is closed and the thread is about to end.
    """

    event_emitted = Signal(object)
    job_failed = Signal(object)
    held = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Makes an idle runner; it can be used again after each job."""
        super().__init__(parent)
        # macOS gives threads 512 KB, too little for BLAS (numpy #11551).
        self.setStackSize(STACK_BYTES)
        self._generator: Iterator[Any] = iter(())
        self._may_go = threading.Event()
        self._stop_wanted = threading.Event()
        # Ends the wait of slow motion when a person wants something else.
        self._hurried = threading.Event()
        self._delay = 0.0
        # How many places to stop it may still pass, or up to which event it goes; None: as far as it can.
        self._steps: int | None = None
        self._goal: type | None = None
        self._counting = threading.Lock()
        self._before_hold: Callable[[], None] | None = None

    def walk(self, generator: Iterator[Any], before_hold: Callable[[], None] | None = None) -> None:
        """Starts a job; the one before must have ended.

        Args:
            generator: what to walk.
            before_hold: is called in the job's thread each time it is about to be held, but not after a single step.
        """
        if self.isRunning():
            raise RuntimeError("A job is still under way.")
        self._generator, self._before_hold = generator, before_hold
        self._stop_wanted.clear()
        self._steps = self._goal = None
        self._may_go.set()
        self.start()

    @property
    def is_paused(self) -> bool:
        """Whether the generator is held at a yield."""
        return self.isRunning() and not self._may_go.is_set()

    @property
    def is_ending(self) -> bool:
        """Whether the end was asked for; may be asked in any thread, so a long piece of work can give itself up."""
        return self._stop_wanted.is_set()

    def pause(self) -> None:
        """Holds the generator at its next yield."""
        self._may_go.clear()
        self._hurried.set()

    def go_on(self) -> None:
        """Lets a paused generator go on."""
        self._steps = self._goal = None
        self._may_go.set()

    def go_on_to(self, goal: type) -> None:
        """Lets the generator go on until it yields an event of this kind, and holds it there."""
        self._steps, self._goal = None, goal
        self._may_go.set()
        self._hurried.set()

    def step(self) -> None:
        """Lets the generator go to its next place to stop, one batch in a training; each call counts."""
        with self._counting:
            self._goal, self._steps = None, (self._steps or 0) + 1
            self._may_go.set()
        self._hurried.set()

    def set_delay(self, seconds: float) -> None:
        """Waits so long after each place to stop that is passed."""
        self._delay = seconds
        self._hurried.set()

    def request_stop(self) -> None:
        """Asks for the end at the next yield and returns at once."""
        self._stop_wanted.set()
        self._may_go.set()
        self._hurried.set()

    def stop(self) -> None:
        """Asks for the end and waits for it."""
        self.request_stop()
        self.wait()

    def run(self) -> None:
        """Walks the generator; Qt calls this in the new thread."""
        generator = self._generator
        try:
            try:
                for event in generator:
                    if event is not None:
                        self.event_emitted.emit(event)
                    self._count(event)
                    # A pause that comes after the request to stop must not hold it up.
                    if not self._may_go.is_set() and not self._stop_wanted.is_set():
                        if self._before_hold is not None and self._steps is None:
                            self._before_hold()
                        self.held.emit()
                        self._may_go.wait()
                    if self._stop_wanted.is_set():
                        break
            finally:
                close = getattr(generator, "close", None)
                if close is not None:
                    close()
        except Exception as error:  # noqa: BLE001 - one of three places that catch all; it hands the error on
            if not isinstance(error, LeptonError):
                # A line on a page is all that people see of it; the log tells us where it was.
                log.error("%s", "".join(traceback.format_exception(error)))
            self.job_failed.emit(error)
        finally:
            self._generator = iter(())

    def _count(self, event: object) -> None:
        """Holds the job where a step or a goal ends; waits a moment in slow motion."""
        if self._goal is not None and isinstance(event, self._goal):
            self._goal = None
            self._hold()
        elif event is None and self._steps is not None:
            with self._counting:
                # Zero stays: it says that what holds the job is a step. None: it was let go on meanwhile.
                self._steps = None if self._steps is None else max(0, self._steps - 1)
                if self._steps == 0:
                    self._hold()
        elif event is None and self._delay:
            self._hurried.clear()
            if self._may_go.is_set() and not self._stop_wanted.is_set():
                self._hurried.wait(self._delay)

    def _hold(self) -> None:
        self._may_go.clear()
