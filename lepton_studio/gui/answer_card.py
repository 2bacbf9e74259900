"""The answer of the network, and how it came to see the drawing."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.ink_steps_view import InkStepsView
from lepton_studio.gui.widgets.prediction_view import PredictionView, Verdict


class AnswerCard(QFrame):
    """First to hear of a new answer; its owner calls :meth:`stop`.

    Attributes:
        view: the answer and its bars.
        steps: from the drawing to what the network gets.
    """

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Shows what the easel answers."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._easel = easel
        self.view = PredictionView()
        self.view.setObjectName("prediction_view")
        self.view.part_chosen.connect(easel.choose_part)
        easel.answered.connect(self._show)
        easel.part_chosen.connect(self._show)
        easel.network_changed.connect(self._show_reason)
        easel.pictures.slowed.connect(self._show_reason)
        self.steps = InkStepsView(easel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.steps)

    def stop(self) -> None:
        """Looks no more."""
        self.steps.stop()

    def _show(self) -> None:
        part, predictor = self._easel.part, self._easel.predictor
        names = predictor.class_names if predictor is not None else ()
        if part is None:
            self.view.set_answer(names, ())
            self._show_reason()
            return
        parts = self._easel.reading.parts
        verdicts = [Verdict(each.label, each.probability, each.is_known, each.line) for each in parts]
        self.view.set_answer(names, part.probabilities.tolist(), verdicts, self._easel.chosen)

    def _show_reason(self) -> None:
        """Why there is no answer yet."""
        session, pictures = self._easel.session, self._easel.pictures
        if self._easel.predictor is not None and pictures.is_under_way:
            # What takes a moment only would flicker.
            text = self.tr("Looking for ink in the picture ...") if pictures.is_slow else ""
        elif self._easel.predictor is not None and self._easel.photograph is not None:
            text = pictures.trouble or self.tr("No ink was found in this picture.")
        elif self._easel.predictor is not None:
            text = self.tr("The answer will stand here.")
        elif not session.engine_ready:
            text = self.tr("Starting PyTorch ...")
        elif session.chosen is session.run and session.training_state != "idle":
            text = self.tr("The network is learning its first steps ...")
        else:
            text = self.tr("This network cannot answer. Choose another one above.")
        self.view.set_placeholder(text)
