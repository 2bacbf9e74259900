"""Background work of a widget that follows something: only the latest wish counts, and only for somebody who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.gui.runner import Runner

# A slider that is dragged is not followed at each step.
REST_MILLISECONDS = 120


class LatestWork(QObject):
    """Begins when there was no other wish for a moment and its widget can be seen; a new wish ends what is under way.

    Its owner calls :meth:`stop`.

    Signals:
        event_emitted, job_failed: as of a runner, but never of what is no longer wished for.
        ended: what was wished for last is done, or has failed.
    """

    event_emitted = Signal(object)
    job_failed = Signal(object)
    ended = Signal()

    def __init__(
        self, widget: QWidget, make: Callable[[], Iterator[Any] | None], rest: int = REST_MILLISECONDS
    ) -> None:
        """Has nothing to do yet.

        Args:
            widget: who looks at it looks at what comes of the work.
            make: the job for what is wished for now; None if there can be none yet.
            rest: how many milliseconds to wait for another wish.
        """
        super().__init__(widget)
        self._widget, self._make = widget, make
        # What is wished for waits to be begun; what is under way is what is wished for.
        self._is_due = self._is_wanted = False
        self._is_under_way = self._is_stopped = False
        self._rest = QTimer(self, singleShot=True, interval=rest)
        self._rest.timeout.connect(self._begin)
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(self._fail)
        self._runner.finished.connect(self._end)
        widget.installEventFilter(self)

    @property
    def is_waiting(self) -> bool:
        """Whether a job begins in a moment."""
        return self._rest.isActive()

    @property
    def is_under_way(self) -> bool:
        """Whether a job is not at its end yet."""
        return self._is_under_way

    @property
    def is_settled(self) -> bool:
        """Whether all that was wished for is done."""
        return not (self._is_due or self._is_under_way)

    def wish(self) -> None:
        """Has the work done for how things are now."""
        self._is_due, self._is_wanted = True, False
        self._runner.request_stop()
        self._begin_soon()

    def drop(self) -> None:
        """Nothing is wished for any more."""
        self._is_due = self._is_wanted = False
        self._rest.stop()
        self._runner.request_stop()

    def hold(self) -> None:
        """Holds what is under way at its next yield, until :meth:`go_on` or another wish."""
        self._runner.pause()

    def go_on(self) -> None:
        """Lets it go on."""
        self._runner.go_on()

    def stop(self) -> None:
        """Ends the work for good."""
        self._is_stopped = True
        self._rest.stop()
        self._runner.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._is_due:
            self._begin_soon()
        elif event.type() == QEvent.Type.Hide:
            self._rest.stop()
            if self._is_wanted and self._is_under_way:
                self._is_due, self._is_wanted = True, False
                self._runner.request_stop()
        return super().eventFilter(watched, event)

    def _begin_soon(self) -> None:
        if self._widget.isVisible() and not self._is_stopped:
            self._rest.start()

    def _begin(self) -> None:
        if self._is_under_way:
            # Begun when that has ended.
            return
        job = self._make()
        if job is not None:
            self._is_due, self._is_wanted, self._is_under_way = False, True, True
            self._runner.walk(job)

    def _take(self, event: object) -> None:
        if self._is_wanted:
            self.event_emitted.emit(event)

    def _fail(self, error: Exception) -> None:
        if self._is_wanted:
            self.job_failed.emit(error)

    def _end(self) -> None:
        self._is_under_way = False
        if self._is_stopped:
            return
        if self._is_wanted:
            self.ended.emit()
        elif self._is_due and self._widget.isVisible() and not self._rest.isActive():
            self._begin()
