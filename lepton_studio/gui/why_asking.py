"""Asks why while a drawing goes on: at once where that costs next to nothing, else beside the window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from itertools import chain
from statistics import median
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import (
    Explainer,
    Explanation,
    LeptonError,
    Part,
    Question,
    Reader,
    Stroke,
    StrokeOcclusion,
    explain_beside,
    explain_now,
)
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork

# At most thirty maps a second follow the pen.
FRAME_SECONDS = 1 / 30
# What takes longer has no place in the thread of the window.
MOST_SECONDS = 0.0025
# So long the pen must rest before strokes are left out and dear methods begin.
REST_MILLISECONDS = 150
# The median of so many times tells how long a method takes.
TIMES = 3


class WhyAsking(QObject):
    """Asks for the part of the reading that is looked at, while its widget is seen. Its owner calls :meth:`stop`.

    Signals:
        looked: another drawing, or none (None), is looked at; what is known so far is of an older one.
        explained: a map; of the drawing that is looked at, or of one a moment before.
        strokes_weighed: what the strokes of that drawing are worth.
        refused: why the method cannot answer.
    """

    looked = Signal(object)
    explained = Signal(object)
    strokes_weighed = Signal(object)
    refused = Signal(str)

    def __init__(self, easel: Easel, widget: QWidget, explainer: Explainer) -> None:
        """Follows the easel."""
        super().__init__(widget)
        self._easel, self._widget = easel, widget
        self._explainer, self._other = explainer, -1
        self._asked: tuple[Part, Question] | None = None
        self._is_behind = self._is_stopped = False
        self._times: dict[tuple[str, Explainer], deque[float]] = {}
        self._last = 0.0
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._look)
        self._live = self._work(self._make_live, 0)
        self._resting = self._work(self._make_resting, REST_MILLISECONDS)
        easel.answered.connect(self.follow)
        easel.part_chosen.connect(self.follow)

    @property
    def is_settled(self) -> bool:
        """Whether all that was asked is answered."""
        return not self._soon.isActive() and self._live.is_settled and self._resting.is_settled

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """Those of the part that is looked at; none of a photograph."""
        part, drawn = self._easel.part, self._easel.strokes
        if part is None or self._easel.photograph is not None:
            return ()
        return tuple(drawn[number] for number in part.strokes if number < len(drawn))

    def ask(self, explainer: Explainer, other: int) -> None:
        """Asks in another way from now on; ``other`` is the class to compare the answer with, -1 for none."""
        if (explainer, other) != (self._explainer, self._other):
            self._explainer, self._other = explainer, other
            self.follow()

    def follow(self) -> None:
        """Asks about what is drawn now, at the next turn of the event loop, if somebody looks."""
        if self._widget.isVisible() and not self._soon.isActive() and not self._is_stopped:
            wait = self._last + FRAME_SECONDS - time.perf_counter()
            self._soon.start(max(0, round(wait * 1000)))

    def stop(self) -> None:
        """Ends the work for good."""
        self._is_stopped = True
        self._soon.stop()
        self._live.stop()
        self._resting.stop()

    # --- what is asked

    def _work(self, make: Any, rest: int) -> LatestWork:
        work = LatestWork(self._widget, make, rest)
        work.event_emitted.connect(self._take)
        work.job_failed.connect(self._fail)
        work.ended.connect(self._catch_up)
        return work

    def _look(self) -> None:
        self._last = time.perf_counter()
        part, reader, before = self._easel.part, self._easel.reader, self._asked
        if part is None or reader is None:
            self._asked, self._is_behind = None, False
            self._live.drop()
            self._resting.drop()
            self.looked.emit(None)
            if reader is not None and self._explainer.is_one_pass and not self._times.get(self._key(reader)):
                # On empty paper, so that it is known how long the method takes before somebody draws.
                self._live.wish()
            return
        question = self._question(part)
        self._asked = (part, question)
        if not self._explain(part, reader, question):
            self.looked.emit(part)
        if not self.strokes:
            self.strokes_weighed.emit(None)
        is_same = before is not None and before[1] == question and np.array_equal(before[0].picture, part.picture)
        if is_same and self._resting.is_under_way:
            # Only the weights are newer: what is under way may come to its end.
            self._is_behind = True
        elif self.strokes or not question.explainer.is_one_pass:
            self._resting.wish()
        else:
            self._resting.drop()

    def _explain(self, part: Part, reader: Reader, question: Question) -> bool:
        """Explains at once, or else as soon as can be; tells which."""
        times = self._times.get(self._key(reader))
        if not question.explainer.is_one_pass:
            self._live.drop()
            return False
        if times and median(times) <= MOST_SECONDS:
            self._live.drop()
            try:
                self._show(explain_now(reader.predictor, part.picture, question))
            except LeptonError as error:
                self.refused.emit(str(error))
            return True
        if self._live.is_under_way:
            self._is_behind = True
        else:
            self._live.wish()
        return False

    def _question(self, part: Part) -> Question:
        answer = int(part.probabilities.argmax())
        is_compared = 0 <= self._other < len(part.probabilities) and self._other != answer
        return Question(self._explainer, answer, self._other if is_compared else None)

    def _key(self, reader: Reader) -> tuple[str, Explainer]:
        return reader.predictor.run.id, self._explainer

    def _make_live(self) -> Iterator[Any] | None:
        reader = self._easel.reader
        if reader is None:
            return None
        if self._asked is None:
            empty, question = np.zeros(reader.predictor.shape, np.uint8), Question(self._explainer, 0)
            # The first time is not like the others.
            return chain.from_iterable([explain_beside(reader, empty, question, (), 0) for _ in range(TIMES)])
        part, question = self._asked
        return explain_beside(reader, part.picture, question, (), question.target)

    def _make_resting(self) -> Iterator[Any] | None:
        reader = self._easel.reader
        if reader is None or self._asked is None:
            return None
        part, question = self._asked
        dear = None if question.explainer.is_one_pass else question
        return explain_beside(reader, part.picture, dear, self.strokes, question.target)

    # --- what is answered

    def _take(self, event: object) -> None:
        if isinstance(event, Explanation):
            self._show(event)
        elif isinstance(event, StrokeOcclusion) and self._asked is not None:
            # A part whose picture is not that of its strokes: one of them was cut between two digits.
            is_whole = np.array_equal(event.picture, self._asked[0].picture)
            self.strokes_weighed.emit(event if is_whole else None)

    def _show(self, explanation: Explanation) -> None:
        reader = self._easel.reader
        if reader is not None and explanation.question.explainer == self._explainer:
            self._times.setdefault(self._key(reader), deque(maxlen=TIMES)).append(explanation.seconds)
        if self._asked is not None and explanation.question == self._asked[1]:
            self.explained.emit(explanation)

    def _fail(self, error: Exception) -> None:
        if self._asked is not None:
            self.refused.emit(str(error) or type(error).__name__)

    def _catch_up(self) -> None:
        if self._is_behind:
            self._is_behind = False
            self.follow()
