"""The one kind of background work in the program: a thread that walks a generator of the engine."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
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
        self._single = False

    def walk(self, generator: Iterator[Any]) -> None:
        """Starts a job; the one before must have ended."""
        if self.isRunning():
            raise RuntimeError("A job is still under way.")
        self._generator = generator
        self._stop_wanted.clear()
        self._single = False
        self._may_go.set()
        self.start()

    @property
    def is_paused(self) -> bool:
        """Whether the generator is held at a yield."""
        return self.isRunning() and not self._may_go.is_set()

    def pause(self) -> None:
        """Holds the generator at its next yield."""
        self._may_go.clear()

    def go_on(self) -> None:
        """Lets a paused generator go on."""
        self._single = False
        self._may_go.set()

    def step(self) -> None:
        """Lets a paused generator go to its next place to stop, one batch in a training."""
        self._single = True
        self._may_go.set()

    def request_stop(self) -> None:
        """Asks for the end at the next yield and returns at once."""
        self._stop_wanted.set()
        self._may_go.set()

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
                    elif self._single:
                        self.pause()
                    # A pause that comes after the request to stop must not hold it up.
                    if not self._may_go.is_set() and not self._stop_wanted.is_set():
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
