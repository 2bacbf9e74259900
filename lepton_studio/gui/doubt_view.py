"""When the network says "I don't know": what decides it, what it costs, and how honest the confidence is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSlider, QVBoxLayout, QWidget

from lepton_studio.engine import COVERAGES, Calibration, Reliability
from lepton_studio.gui import theme
from lepton_studio.gui.doubt_measuring import DoubtMeasuring
from lepton_studio.gui.doubt_wording import DoubtWording
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.widgets.coverage_curve import CoverageCurve
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.reliability_plot import ReliabilityBin, ReliabilityPlot
from lepton_studio.gui.widgets.score_scale import ScoreScale
from lepton_studio.gui.wording import percent

LEAST_PERCENT, MOST_PERCENT = round(100 * COVERAGES[0]), round(100 * COVERAGES[-1])


class DoubtView(QWidget):
    """Shows what was measured of the network, or how far that is, and lets a person choose how much is answered."""

    def __init__(self, easel: Easel, measuring: DoubtMeasuring, parent: QWidget | None = None) -> None:
        """Looks at the network of the easel."""
        super().__init__(parent)
        self.setObjectName("doubt_view")
        self._easel, self.measuring = easel, measuring
        self._words = DoubtWording(self)
        self.message = MessageLine()
        self.progress = NarrowProgress("doubt_cancel")
        self.progress.cancel_wanted.connect(measuring.cancel)
        self.measure_button = button("doubt_measure", self.tr("Measure"), "evaluate")
        self.measure_button.clicked.connect(measuring.begin)
        self.state = second()
        self._make_choice()
        self._make_drawing()
        self._make_honesty()
        self._arrange()
        measuring.changed.connect(self._show_network)
        easel.answered.connect(self._show_answer)
        easel.coverage_changed.connect(self._show_coverage)

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked; who looks here wants it measured, whatever must be loaded."""
        super().showEvent(event)
        self.measuring.may_load = True
        self.measuring.look()
        self._show_network()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing large is loaded for who looks elsewhere."""
        super().hideEvent(event)
        self.measuring.may_load = False

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

    # --- what is shown

    def _show_network(self) -> None:
        if not self.isVisible():
            return
        measuring = self.measuring
        self.progress.show_progress(measuring.progress)
        if measuring.trouble:
            self.message.say(measuring.trouble)
        else:
            self.message.clear()
        self.measure_button.setVisible(measuring.can_begin)
        self.state.setText(self._state_words())
        self._show_coverage()
        self._show_honesty(measuring.calibration)

    def _state_words(self) -> str:
        measuring = self.measuring
        if self._easel.run is None:
            return self._easel.trouble or self.tr("There is no network yet that could be measured.")
        if measuring.calibration is None:
            return self._words.unmeasured(measuring.is_under_way, measuring.is_learning)
        return self._words.measured(measuring.calibration)

    def _show_coverage(self) -> None:
        if not self.isVisible():
            return
        coverage, calibration = self._easel.coverage, self.measuring.calibration
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
        calibration = self.measuring.calibration
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


def _bins(reliability: Reliability) -> list[ReliabilityBin]:
    rows = zip(reliability.counts, reliability.confidence, reliability.accuracy, strict=True)
    return [ReliabilityBin(*row) for row in rows]


def _column(owner: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(owner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.GAP_SMALL)
    return column
