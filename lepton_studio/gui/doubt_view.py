"""When the network says "I don't know": what decides it, what it costs, and how honest the confidence is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSlider, QVBoxLayout, QWidget

from lepton_studio.engine import (
    COVERAGES,
    Calibration,
    Progress,
    Reliability,
    Run,
    load_and_calibrate,
)
from lepton_studio.gui import theme
from lepton_studio.gui.doubt_wording import DoubtWording
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.widgets.coverage_curve import CoverageCurve
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.reliability_plot import ReliabilityBin, ReliabilityPlot
from lepton_studio.gui.widgets.score_scale import ScoreScale
from lepton_studio.gui.wording import percent

LEAST_PERCENT, MOST_PERCENT = round(100 * COVERAGES[0]), round(100 * COVERAGES[-1])
# A run in one of these states has weights that stay what they are; one that was stopped is measured when asked.
MEASURED_BY_ITSELF, MEASURABLE = ("finished",), ("finished", "stopped", "interrupted", "failed")


class DoubtView(QWidget):
    """A run that was never measured is measured when somebody looks; its owner calls :meth:`stop`."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Looks at the network of the easel."""
        super().__init__(parent)
        self.setObjectName("doubt_view")
        self._easel = easel
        self._words = DoubtWording(self)
        # What the person does not want to have measured by itself: its work was cancelled, or failed.
        self._left_alone: object = None
        # Which network is measured just now, if any, and what was last seen of the chosen one.
        self._under_way: object = None
        self._seen: object = None
        self.work = LatestWork(self, self._job)
        self.work.event_emitted.connect(self._take)
        self.work.job_failed.connect(self._fail)
        self.work.ended.connect(self._ended)
        self.message = MessageLine()
        self.progress = NarrowProgress("doubt_cancel")
        self.progress.cancel_wanted.connect(self._cancel)
        self.measure_button = button("doubt_measure", self.tr("Measure"), "evaluate")
        self.measure_button.clicked.connect(self._measure)
        self.state = second()
        self._make_choice()
        self._make_drawing()
        self._make_honesty()
        self._arrange()
        easel.network_changed.connect(self._show_network)
        easel.answered.connect(self._show_answer)
        easel.coverage_changed.connect(self._show_coverage)
        self._show_network()

    def stop(self) -> None:
        """Ends background work for good."""
        self.work.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self._show_network()

    @property
    def calibration(self) -> Calibration | None:
        """What was measured of the network; None if nothing was."""
        reader = self._easel.reader
        # Without any measurement a reader has one that was made of nothing.
        return reader.calibration if reader is not None and reader.calibration.figures.weights else None

    # --- parts

    def _make_choice(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("doubt_coverage")
        self.slider.setRange(LEAST_PERCENT, MOST_PERCENT)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName(self.tr("Share of pictures that are answered at least"))
        self.slider.valueChanged.connect(lambda value: self._choose(value / 100))
        self.least = QLabel()
        self.effect = QLabel(wordWrap=True)
        self.effect.setObjectName("doubt_effect")
        self.effect.setFont(theme.font_of(theme.BODY_PIXELS, semibold=True))
        self.curve = CoverageCurve()
        self.curve.setObjectName("doubt_curve")
        self.curve.coverage_chosen.connect(self._choose)
        self._choice = QWidget()
        column = _column(self._choice)
        row = QHBoxLayout()
        row.addWidget(self.least)
        row.addWidget(self.slider, 1)
        column.addLayout(row)
        for part in (self.effect, self.curve):
            column.addWidget(part)

    def _make_drawing(self) -> None:
        self.scale = ScoreScale()
        self.scale.setObjectName("doubt_scale")
        self.standing = second()
        self._drawing = QWidget()
        column = _column(self._drawing)
        for part in (section(self.tr("This drawing")), self.scale, self.standing):
            column.addWidget(part)

    def _make_honesty(self) -> None:
        self.plot = ReliabilityPlot()
        self.plot.setObjectName("doubt_reliability")
        self.honesty = second()
        self._honest = QWidget()
        column = _column(self._honest)
        for part in (section(self.tr("How honest its confidence is")), self.plot, self.honesty):
            column.addWidget(part)

    def _arrange(self) -> None:
        explanation = self.tr(
            "A network names a class for whatever it is shown, even for a letter or a shoe. Here it answers only what "
            "it knows as well as pictures that were kept back from its learning; else it says “I don't know”."
        )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.GRID, 0)
        column.setSpacing(theme.GAP)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.measure_button)
        column.addWidget(second(explanation))
        column.addLayout(row)
        for part in (self._choice, self._drawing, self._honest):
            column.addWidget(part)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        layout = _column(self)
        for piece in (self.message, self.progress):
            layout.addWidget(piece)
        layout.addWidget(self.area, 1)

    # --- what people do

    def _choose(self, coverage: float) -> None:
        self._easel.set_coverage(round(coverage, 2))

    def _measure(self) -> None:
        self._left_alone = None
        self._begin()
        self._show_state()

    def _cancel(self) -> None:
        self._left_alone = self._key()
        self._forget()
        self._show_state()

    # --- work

    def _key(self) -> tuple[str, int | None] | None:
        run = self._easel.run
        return None if run is None else (run.id, run.shown_epoch)

    def _looked_at(self) -> object:
        """What decides what is shown; another one when a training has ended, or was measured elsewhere."""
        run = self._easel.run
        return None if run is None else (self._key(), run.record.state, id(self.calibration))

    def _job(self) -> Iterator[Any] | None:
        run, session = self._easel.run, self._easel.session
        if run is None:
            return None
        return load_and_calibrate(
            run, session.samples if run.experiment.dataset == session.experiment.dataset else None
        )

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress.show_progress(event)
        elif isinstance(event, Calibration):
            self._easel.set_calibration(event)

    def _fail(self, error: Exception) -> None:
        self._left_alone = self._key()
        self.message.say(str(error) or type(error).__name__)

    def _ended(self) -> None:
        self._under_way = None
        self.progress.show_progress(None)
        self._show_network()

    # --- what is shown

    def _show_network(self) -> None:
        """Shows what is known of the network; begins to measure it if nothing is and somebody looks."""
        if not self.isVisible():
            return
        self._seen = self._looked_at()
        if self._under_way not in (None, self._key()):
            self._forget()
        calibration, run = self.calibration, self._easel.run
        is_wanted = calibration is None and self._key() not in (self._under_way, self._left_alone)
        if run is not None and is_wanted and _is_over(run, MEASURED_BY_ITSELF):
            self._begin()
        self._show_state()
        self._show_coverage()
        self._show_honesty(calibration)

    def _begin(self) -> None:
        self._under_way = self._key()
        self.message.clear()
        self.progress.show_progress(Progress(self.tr("Measuring how sure it may be")))
        self.work.wish()

    def _forget(self) -> None:
        self._under_way = None
        self.work.drop()
        self.progress.show_progress(None)

    def _show_state(self) -> None:
        calibration, run = self.calibration, self._easel.run
        can = run is not None and _is_over(run, MEASURABLE) and self._under_way is None
        self.measure_button.setVisible(calibration is None and can)
        if run is None:
            text = self._easel.trouble or self.tr("There is no network yet that could be measured.")
        elif calibration is None:
            text = self._words.unmeasured(self._under_way is not None, not _is_over(run, MEASURABLE))
        else:
            text = self._words.measured(calibration)
        self.state.setText(text)

    def _show_coverage(self) -> None:
        if not self.isVisible():
            return
        coverage, calibration = self._easel.coverage, self.calibration
        is_enough = calibration is not None and calibration.is_enough
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round(coverage * 100))
        self.slider.blockSignals(blocked)
        self.least.setText(self.tr("Answer at least {}").format(percent(coverage, 0)))
        self._choice.setVisible(is_enough)
        predictor = self._easel.predictor
        if calibration is not None and predictor is not None and is_enough:
            self.curve.show_curve(COVERAGES, calibration.figures.accuracies)
            self.curve.choose(coverage)
            self.effect.setText(self._words.effect(calibration, coverage, predictor.class_names))
        self._show_answer()

    def _show_answer(self) -> None:
        if not self.isVisible():
            return
        if self._looked_at() != self._seen:
            self._show_network()
            return
        calibration = self.calibration
        is_enough = calibration is not None and calibration.is_enough
        self._drawing.setVisible(is_enough)
        if calibration is not None and is_enough:
            parts, threshold = self._easel.reading.parts, calibration.threshold(self._easel.coverage)
            self.scale.show_marks([(part.label, part.score) for part in parts], threshold)
            self.standing.setText(self._words.standing(parts))

    def _show_honesty(self, calibration: Calibration | None) -> None:
        self._honest.setVisible(calibration is not None and calibration.is_enough)
        if calibration is None:
            return
        figures = calibration.figures
        self.plot.show_bins(_bins(figures.before), _bins(figures.after))
        self.honesty.setText(self._words.honesty(calibration))


def _is_over(run: Run, states: tuple[str, ...]) -> bool:
    """Whether the weights of a run stay what they are; those of a kept epoch always do."""
    return run.shown_epoch is not None or run.record.state in states


def _bins(reliability: Reliability) -> list[ReliabilityBin]:
    rows = zip(reliability.counts, reliability.confidence, reliability.accuracy, strict=True)
    return [ReliabilityBin(*row) for row in rows]


def _column(owner: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(owner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.GAP_SMALL)
    return column
