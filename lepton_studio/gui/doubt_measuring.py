"""Measures how sure the network that answers on Draw may be, so that it can say "I don't know"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import Calibration, Progress, Run, load_and_calibrate
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork

# A run in one of these states has weights that stay what they are; one that was stopped is measured when asked.
MEASURED_BY_ITSELF, MEASURABLE = ("finished",), ("finished", "stopped", "interrupted", "failed")
# So long after the last point of the pen it goes on: nobody who draws shall feel it.
REST_MILLISECONDS = 400


class DoubtMeasuring(QObject):
    """A finished run that was never measured is measured as soon as somebody looks; its owner calls :meth:`stop`.

    Attributes:
        may_load: whether what is not on this computer may be fetched for it.
        progress: how far it is; None while nothing is measured.
        trouble: why it failed; empty if it did not.

    Signals:
        changed: it began, came further, or ended; or there is another network, or newer weights.
    """

    changed = Signal()

    def __init__(self, easel: Easel, widget: QWidget) -> None:
        """Has measured nothing yet.

        Args:
            easel: whose network is measured.
            widget: who looks at it looks at what comes of that.
        """
        super().__init__(widget)
        self._easel, self._widget = easel, widget
        self.may_load = False
        self.progress: Progress | None = None
        self.trouble = ""
        # What the person does not want to have measured by itself: its work was cancelled, or failed.
        self._left_alone: object = None
        # Which network is measured just now, if any, and what was last seen of the chosen one.
        self._under_way: object = None
        self._seen: object = None
        self.work = LatestWork(widget, self._job)
        self.work.event_emitted.connect(self._take)
        self.work.job_failed.connect(self._fail)
        self.work.ended.connect(self._ended)
        easel.network_changed.connect(self.look)
        easel.answered.connect(self._look_at_news)
        easel.session.samples_changed.connect(self.look)
        self._strokes = easel.strokes
        self._rest = QTimer(self, singleShot=True, interval=REST_MILLISECONDS)
        self._rest.timeout.connect(self.work.go_on)

    @property
    def calibration(self) -> Calibration | None:
        """What was measured of the network; None if nothing was."""
        reader = self._easel.reader
        # Without any measurement a reader has one that was made of nothing.
        return reader.calibration if reader is not None and reader.calibration.figures.weights else None

    @property
    def is_under_way(self) -> bool:
        """Whether the chosen network is measured just now, or in a moment."""
        return self._under_way is not None

    @property
    def is_learning(self) -> bool:
        """Whether the chosen network changes, so that it cannot be measured yet."""
        run = self._easel.run
        return run is not None and not _is_over(run, MEASURABLE)

    @property
    def can_begin(self) -> bool:
        """Whether a person can have it measured now."""
        is_free = self.calibration is None and not self.is_under_way
        return self._easel.run is not None and is_free and not self.is_learning

    def look(self) -> None:
        """Measures the network if nobody has yet; does nothing while nobody looks."""
        if not self._widget.isVisible():
            return
        self._seen = self._looked_at()
        if self._under_way not in (None, self._key()):
            self._forget()
        if self._key() != self._left_alone:
            # It was said of another network.
            self.trouble = ""
        run = self._easel.run
        is_wanted = self.calibration is None and self._key() not in (self._under_way, self._left_alone)
        if (
            run is not None
            and is_wanted
            and _is_over(run, MEASURED_BY_ITSELF)
            and (self.may_load or self._is_at_hand(run) or run.experiment.dataset.is_here())
        ):
            self._begin()
        self.changed.emit()

    def begin(self) -> None:
        """Measures because a person wants it."""
        self._left_alone = None
        self._begin()
        self.changed.emit()

    def cancel(self) -> None:
        """Ends the measurement, and does not begin it again by itself."""
        self._left_alone = self._key()
        self._forget()
        self.changed.emit()

    def stop(self) -> None:
        """Ends background work for good."""
        self._rest.stop()
        self.work.stop()

    def _key(self) -> tuple[str, int | None] | None:
        run = self._easel.run
        return None if run is None else (run.id, run.shown_epoch)

    def _looked_at(self) -> object:
        """Another one when a training has ended, or was measured elsewhere."""
        run = self._easel.run
        return None if run is None else (self._key(), run.record.state, id(self.calibration))

    def _look_at_news(self) -> None:
        if self._easel.strokes is not self._strokes:
            self._strokes = self._easel.strokes
            if self.is_under_way:
                self.work.hold()
                self._rest.start()
        if self._looked_at() != self._seen:
            self.look()

    def _is_at_hand(self, run: Run) -> bool:
        session = self._easel.session
        return session.samples is not None and run.experiment.dataset == session.experiment.dataset

    def _job(self) -> Iterator[Any] | None:
        run = self._easel.run
        if run is None:
            return None
        return load_and_calibrate(run, self._easel.session.samples if self._is_at_hand(run) else None)

    def _begin(self) -> None:
        self._under_way, self.trouble = self._key(), ""
        self.progress = Progress(self.tr("Measuring how sure it may be"))
        self.work.wish()

    def _forget(self) -> None:
        self._under_way = self.progress = None
        self.work.drop()

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress = event
            self.changed.emit()
        elif isinstance(event, Calibration):
            self._easel.set_calibration(event)

    def _fail(self, error: Exception) -> None:
        self._left_alone = self._key()
        self.trouble = str(error) or type(error).__name__

    def _ended(self) -> None:
        self._under_way = self.progress = None
        self.look()


def _is_over(run: Run, states: tuple[str, ...]) -> bool:
    """Whether the weights of a run stay what they are; those of a kept epoch always do."""
    return run.shown_epoch is not None or run.record.state in states
