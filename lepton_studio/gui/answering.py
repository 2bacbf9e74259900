"""What the chosen network says of the whole dataset, asked in the background when somebody wants to know."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import Answers, LeptonError, Predictor, Progress, answer_all, answer_some
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session


class Answering(QObject):
    """Holds the answers of one network to one dataset.

    Signals:
        changed: there are answers, or news of how far they are; or they are gone.
        failed: the exception that ended it.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Asks nothing yet."""
        super().__init__(parent)
        self._session = session
        self.progress: Progress | None = None
        self._predictor: Predictor | None = None
        self._answers: Answers | None = None
        self._answered: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._asked_images: object = None
        self._answered_images: object = None
        self._waits = self._ended = False
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.job_failed.connect(self.failed)
        self.runner.finished.connect(self._end)

    @property
    def is_under_way(self) -> bool:
        """Whether answers are still to come."""
        return bool(self._asked) or self._waits

    def answers(self) -> Answers | None:
        """The answers to the pictures of the session, right or wrong by their labels of now; None if nobody asked.

        While the network still learns, they are those that it gave when it was asked.
        """
        samples, session = self._session.samples, self._session
        is_learning = session.chosen is session.run and session.training_state != "idle"
        told_by = 2 if is_learning else 3
        if samples is None or self._answers is None or self._answered[:told_by] != self._question()[:told_by]:
            return None
        return self._answers.judged(samples)

    def of_one(self, at: int) -> Answers | None:
        """The answer to one sample, as if it were the only one; None if there is nobody to ask who could answer."""
        known, samples, run = self.answers(), self._session.samples, self._session.chosen
        if samples is None or run is None or not self._session.engine_ready:
            return None
        if known is not None:
            return known.only(at)
        try:
            if self._predictor is None or self._predictor.run is not run:
                self._predictor = Predictor(run)
            self._predictor.refresh()
            return answer_some(self._predictor, samples, np.array([at]))
        except LeptonError:
            # Trained on other pictures, or on none yet: nothing to say of this one.
            return None

    def ask(self) -> None:
        """Starts, unless that is under way, answered, or there is nobody to ask."""
        run, samples = self._session.chosen, self._session.samples
        question = self._question()
        if self._ended or run is None or samples is None or question in (self._answered, self._asked):
            return
        # Not whether the thread runs: when it says that it has finished, it is only about to end.
        self._waits = bool(self._asked)
        if self._waits:
            self.runner.request_stop()
            return
        self._asked = question
        # Held, so that no other pictures can get their identity.
        self._asked_images = samples.images
        self.progress = Progress(self.tr("Answering"), 0, len(samples))
        self.runner.walk(answer_all(run, samples))
        self.changed.emit()

    def cancel(self) -> None:
        """Stops; the same question can be asked again."""
        self._waits = False
        self.runner.request_stop()

    def stop(self) -> None:
        """Ends for good: a page that is to be deleted may still hear of another network."""
        self._ended = True
        self.cancel()
        self.runner.stop()

    def _question(self) -> tuple[object, ...]:
        """Labels may change without a new question: the pictures are what is asked about."""
        run, samples = self._session.chosen, self._session.samples
        if run is None or samples is None:
            return ()
        return run.weights_key, id(samples.images)

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Answers) and self._asked[:2] == self._question()[:2]:
            self._answers, self._answered, self._answered_images = event, self._asked, self._asked_images
        self.changed.emit()

    def _end(self) -> None:
        self.progress, self._asked = None, ()
        if self._waits:
            self.ask()
        self.changed.emit()
