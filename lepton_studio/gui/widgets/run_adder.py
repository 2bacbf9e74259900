"""A list to add runs from: it never shows one as chosen, and only the open list adds."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from lepton_studio.gui.widgets.run_picker import RunPicker


class RunAdder(RunPicker):
    """A :class:`RunPicker` whose picks are taken one after the other."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        """Shows what it is for.

        Args:
            text: what stands in it.
            parent: the widget to be in.
        """
        super().__init__(parent)
        self.setPlaceholderText(text)
        self.setMinimumContentsLength(14)
        self.setAccessibleName(text)
        self.activated.connect(lambda: self.setCurrentIndex(-1))

    def show_runs(self, runs: list[tuple[str, str]], chosen: str = "") -> None:
        """Lists (id, text) pairs; the list that opens is as wide as they need."""
        super().show_runs(runs, chosen)
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24 if runs else 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Whoever scrolls the page wants to add nothing.
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys open the list; those that would pick from a closed one do, too."""
        opening = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_F4)
        if event.key() in opening:
            self.showPopup()
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            QComboBox.keyPressEvent(self, event)
        else:
            event.ignore()
