"""What stands in place of a dataset that is not here: what it is, and the button that brings it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from lepton_studio.gui import theme


class AbsentView(QWidget):
    """Offers a download, or shows how far it is.

    Signals:
        fetch_wanted, cancel_wanted: a button was pressed.
    """

    fetch_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing to say."""
        super().__init__(parent)
        self._text = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        # It names what people dropped or named, which is no markup.
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setFont(theme.font_of(theme.SECTION_PIXELS))
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedWidth(theme.px(320))
        self.fetch_button = QPushButton()
        self.fetch_button.setObjectName("data_download")
        self.fetch_button.setIcon(theme.icon("download"))
        self.fetch_button.clicked.connect(self.fetch_wanted)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setObjectName("data_cancel")
        self.cancel_button.setIcon(theme.icon("close"))
        self.cancel_button.clicked.connect(self.cancel_wanted)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.fetch_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.GAP)
        layout.addStretch(2)
        layout.addWidget(self._text)
        layout.addWidget(self._progress, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(buttons)
        layout.addStretch(3)

    def offer(self, text: str, button: str) -> None:
        """Says what is missing; the button carries its own words, or is not there without any."""
        self._text.setText(text)
        self.fetch_button.setText(button)
        self._show_busy(False)
        self.fetch_button.setVisible(bool(button))

    def show_progress(self, text: str, done: int, total: int) -> None:
        """Says what is being done and how far it is; a total of 0 means that nobody knows."""
        self._text.setText(text)
        # Bytes of large files are more than the bar can count.
        per_mille = done * 1000 // total if total else 0
        self._progress.setMaximum(1000 if total else 0)
        self._progress.setValue(per_mille)
        self._show_busy(True)

    def _show_busy(self, busy: bool) -> None:
        self._progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.fetch_button.setVisible(not busy)
