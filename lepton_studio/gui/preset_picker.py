"""Chooses one of the networks that ship, on whatever page."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import Experiment, experiment_with_preset, preset_cards, with_outputs_for
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox


class PresetPicker(QuietComboBox):
    """Lists the networks that ship, with what they are known for; shows the name of a person's own as well."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Shows the network of the session and follows it."""
        super().__init__(parent)
        self._session = session
        self._cards = preset_cards()
        self.setToolTip(self.tr("Start from a known network"))
        self.setAccessibleName(self.tr("Known networks"))
        for name, card in self._cards.items():
            self.addItem(card.name, name)
            self.setItemData(self.count() - 1, spec_text(card.summary), Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._pick)
        session.experiment_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows what the session holds."""
        architecture = self._session.experiment.architecture
        if self.count() > len(self._cards):
            self.removeItem(len(self._cards))
        # A preset whose outputs were fitted to the classes is the same network.
        if architecture.name not in (card.name for card in self._cards.values()):
            self.addItem(architecture.name, "")
        self.setCurrentIndex(self.findText(architecture.name))

    def open_list(self) -> None:
        """Shows all of them, for somebody who pressed something else."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.showPopup()

    def _pick(self) -> None:
        card = self._cards.get(self.currentData())
        if card is not None:
            experiment = self._with_outputs(experiment_with_preset(self._session.experiment, card))
            self._session.edit(self.tr("Choose {}").format(card.name), experiment)

    def _with_outputs(self, experiment: Experiment) -> Experiment:
        """With one output for each class of the dataset, where that is all that does not fit."""
        samples = self._session.samples
        if samples is None or not self._session.engine_ready:
            return experiment
        fitting = with_outputs_for(experiment.architecture, samples.shape, len(samples.class_names))
        return msgspec.structs.replace(experiment, architecture=fitting)
