"""Picks the run that a page looks at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget


class RunPicker(QComboBox):
    """Lists runs by name; knows them only by their id.

    Signals:
        run_picked: the id of the run that a person chose.
        list_wanted: the list is about to be opened and should be true.
    """

    run_picked = Signal(str)
    list_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.setMinimumContentsLength(30)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda row: self.run_picked.emit(self.itemData(row)))
        self.setAccessibleName(self.tr("Trained network"))

    def show_runs(self, runs: list[tuple[str, str]], chosen: str) -> None:
        """Lists (id, text) pairs and shows one, without saying so."""
        blocked = self.blockSignals(True)
        self.clear()
        for identity, text in runs:
            self.addItem(text, identity)
        self.setCurrentIndex(self.findData(chosen))
        self.blockSignals(blocked)

    def showPopup(self) -> None:
        self.list_wanted.emit()
        super().showPopup()
