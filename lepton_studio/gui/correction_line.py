"""The quiet line below the canvas: what was just kept, what is done to the network, and ways to take it back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import InterventionNote
from lepton_studio.gui.page import button


class CorrectionLine(QWidget):
    """Empty until something is kept or done, and again as soon as something else is drawn."""

    def __init__(self, easel: Easel, corrections: Corrections) -> None:
        """Follows what is kept."""
        super().__init__()
        self.setObjectName("correction_line")
        self._corrections = corrections
        self._text = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._text.setObjectName("correction_text")
        # A long sentence takes a second line; the columns of the page stay as wide as they are.
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._undo: QPushButton = button("correction_undo", self.tr("Undo"), "undo")
        self._undo.setToolTip(self.tr("Take it out of the dataset again (Ctrl+Z)"))
        self._undo.clicked.connect(corrections.undo)
        # Here it is seen with the answer and with what explains it, and moves neither.
        self.note = InterventionNote(easel)
        # The row keeps its height, so that the canvas above it does not jump.
        lines = 2 * self._text.fontMetrics().height()
        self.setFixedHeight(max(lines, self._undo.sizeHint().height(), self.note.sizeHint().height()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self._text, 2)
        row.addWidget(self._undo)
        row.addWidget(self.note, 3)
        corrections.said.connect(self._say)
        easel.answered.connect(self._forget)
        # What one network said is nothing to the next; Ctrl+Z still takes the drawing back.
        easel.network_changed.connect(lambda: self._say("", "second"))
        self._say("", "second")

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def _say(self, text: str, role: str) -> None:
        self._text.setText(text)
        self._text.setToolTip(text)
        self._text.setVisible(bool(text))
        if self._text.property("role") != role:
            self._text.setProperty("role", role)
            self._text.style().unpolish(self._text)
            self._text.style().polish(self._text)
        self._undo.setVisible(bool(text) and self._corrections.can_undo)

    def _forget(self) -> None:
        if self.text and not self._corrections.can_undo:
            self._say("", "second")
