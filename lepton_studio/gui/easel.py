"""What the parts of Draw share: the drawing, the network that looks at it, and what it answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from lepton_studio.engine import COVERAGE, Calibration, LeptonError, Part, Predictor, Reader, Reading, Run, Stroke
from lepton_studio.gui.picture_reading import PictureReading
from lepton_studio.gui.session import Session


class Easel(QObject):
    """Asks the network as soon as something is drawn, once for all the events that wait.

    Attributes:
        session: whose chosen run answers.
        strokes: what is drawn, in shares of the canvas's side.
        photograph: a picture that lies on the canvas instead: H x W or H x W x 3, uint8; None: strokes are read.
        predictor: the network; None while there is none that could answer.
        reader: what reads with it.
        reading: the answer; without parts while nothing is drawn, a picture is levelled, or nobody can answer.
        pictures: levels pictures beside the window.

    Signals:
        answered: the drawing, the network, its weights or what is done to it is another, and ``reading`` is true again.
            The bars are first to hear it; whoever needs more than a millisecond draws at the next turn.
        network_changed: another network answers, or none.
        part_chosen: another part of the reading is looked at.
        coverage_changed: another share of digits shall be answered.
    """

    answered = Signal()
    network_changed = Signal()
    part_chosen = Signal()
    coverage_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Begins with an empty drawing and the run that the session has chosen."""
        super().__init__(parent)
        self.session = session
        self.strokes: tuple[Stroke, ...] = ()
        self.photograph: NDArray[np.uint8] | None = None
        self.predictor: Predictor | None = None
        self.reader: Reader | None = None
        self.reading = Reading()
        self.trouble = ""
        self._coverage = COVERAGE
        self._chosen = 0
        # All mouse events that wait are taken first; then one answer for all of them, within the same frame.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.answer)
        self.pictures = PictureReading(self)
        self.pictures.found.connect(self.answer)
        self.pictures.failed.connect(self.answered)
        session.run_chosen.connect(self.take_run)
        session.engine_started.connect(self._take_waiting_run)

    @property
    def part(self) -> Part | None:
        """The part of the reading that is looked at; None while there is none."""
        return self.reading.parts[self.chosen] if self.reading.parts else None

    @property
    def chosen(self) -> int:
        """The number of the part that is looked at, counted from the left; 0 while there is none."""
        return max(0, min(self._chosen, len(self.reading.parts) - 1))

    @property
    def run(self) -> Run | None:
        """The run whose network answers; None while none does."""
        return self.predictor.run if self.predictor is not None else None

    @property
    def coverage(self) -> float:
        """The share of digits that shall be answered."""
        return self._coverage

    def set_coverage(self, coverage: float) -> None:
        """Sets the share (0..1) of digits that shall be answered; for the rest the answer is "I don't know"."""
        if coverage != self._coverage:
            self._coverage = coverage
            if self.reader is not None:
                self.reader.coverage = coverage
                self.answer()
            self.coverage_changed.emit()

    def take_calibration(self) -> None:
        """Reads anew what was measured of the network."""
        if self.predictor is not None:
            before, self.reader = self.reader, Reader(self.predictor, self._coverage)
            known = before.known_parts(self.photograph) if before is not None and self.photograph is not None else None
            if known is not None and self.photograph is not None:
                self.reader.take_parts(self.photograph, known)
            self.answer()

    def set_calibration(self, calibration: Calibration) -> None:
        """Takes what was measured of the network just now; that of what ships is kept nowhere else."""
        if self.reader is not None:
            self.reader.calibration = calibration
            self.answer()

    def choose_part(self, number: int) -> None:
        """Looks at another part of the reading, counted from the left."""
        if number != self._chosen:
            self._chosen = number
            self.part_chosen.emit()

    def show(self, strokes: tuple[Stroke, ...], photograph: NDArray[np.uint8] | None = None) -> None:
        """Takes what is drawn now; the answer comes at the next turn of the event loop."""
        self.strokes, self.photograph = strokes, photograph
        self._soon.start()

    def answer_if_due(self) -> None:
        """Answers at once if something was drawn that has not been answered yet."""
        if self._soon.isActive():
            self.answer()

    def answer(self) -> None:
        """Answers now; a picture that is not levelled yet as soon as it is, and until then with nothing."""
        self._soon.stop()
        before = len(self.reading.parts)
        self.reading = self._read()
        if len(self.reading.parts) != before:
            # Another digit came or went: the newest is what a person looks at.
            self._chosen = max(0, len(self.reading.parts) - 1)
        self.answered.emit()

    def take_run(self) -> None:
        """Makes what is needed of the run that is chosen; one that learns has no weights yet at first."""
        self.predictor, self.reader, self.trouble = None, None, ""
        run = self.session.chosen
        if run is not None and self.session.engine_ready:
            try:
                if run.weights is not None or run.checkpoint.exists():
                    self.predictor = Predictor(run)
                    self.reader = Reader(self.predictor, self._coverage)
            except LeptonError as error:
                self.trouble = str(error)
        self.network_changed.emit()
        self.answer()

    def refresh(self) -> None:
        """Takes newer weights, if the chosen run is learning right now."""
        if self.predictor is None:
            run = self.session.chosen
            if run is not None and run.weights is not None:
                self.take_run()
        elif self.predictor.refresh():
            if self.reader is not None:
                # What was measured belongs to the weights before.
                self.reader.calibration = Calibration()
            self.answer()

    def stop(self) -> None:
        """Ends: a page that is to be deleted answers no more."""
        self._soon.stop()
        self.pictures.stop()

    def _take_waiting_run(self) -> None:
        """Takes the run that was chosen before torch came; one that is chosen as it comes was taken already."""
        if self.predictor is None:
            self.take_run()

    def _read(self) -> Reading:
        if self.reader is not None and self.photograph is not None:
            if self.reader.known_parts(self.photograph) is not None:
                return self.reader.read_picture(self.photograph)
            self.pictures.find(self.reader, self.photograph)
            return Reading()
        self.pictures.drop()
        return self.reader.read_strokes(self.strokes) if self.reader is not None else Reading()
