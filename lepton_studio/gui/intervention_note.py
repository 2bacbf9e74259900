"""Says plainly that something is done to the network, and takes it away."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from lepton_studio.engine import Interventions
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.page import button, second


class InterventionNote(QWidget):
    """Hidden while the network is as it was learned."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Shows what is done now, and follows."""
        super().__init__(parent)
        self.setObjectName("intervention_note")
        self._easel = easel
        self._shown: Interventions | None = None
        picture = QLabel()
        side = theme.px(18)
        picture.setPixmap(theme.icon("warning", "warning").pixmap(side, side))
        self._text = second()
        self.reset_button = button("interventions_reset", self.tr("Reset"), "reset")
        self.reset_button.setToolTip(self.tr("Switch everything on again and take the noise away"))
        self.reset_button.clicked.connect(lambda: intervene(easel, Interventions()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.reset_button)
        easel.answered.connect(self._show)
        easel.network_changed.connect(self._show)
        self.hide()
        self._show()

    @property
    def text(self) -> str:
        """What it says; empty if nothing is done."""
        return self._text.text() if not self.isHidden() else ""

    def _show(self) -> None:
        done = interventions_of(self._easel)
        if done == self._shown:
            return
        self._shown = done
        texts = []
        if done.silenced:
            count = len(done.silenced)
            texts.append(self.tr("1 channel is off") if count == 1 else self.tr("{} channels are off").format(count))
        if done.factors:
            count = len(done.factors)
            one = self.tr("1 channel is turned up or down")
            texts.append(one if count == 1 else self.tr("{} channels are turned up or down").format(count))
        if done.noises:
            count = len(done.noises)
            texts.append(self.tr("noise on 1 layer") if count == 1 else self.tr("noise on {} layers").format(count))
        self._text.setText(", ".join(texts))
        self._text.setToolTip(self._text.text())
        self.setVisible(bool(texts))


def interventions_of(easel: Easel) -> Interventions:
    """What is done to the network of an easel."""
    return easel.predictor.interventions if easel.predictor is not None else Interventions()


def intervene(easel: Easel, interventions: Interventions) -> None:
    """Does it, and has the drawing answered anew."""
    if easel.predictor is not None and interventions != easel.predictor.interventions:
        easel.predictor.intervene(interventions)
        easel.answer()
