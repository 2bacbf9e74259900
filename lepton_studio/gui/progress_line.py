"""One line that tells how far a job is, how long it takes still, and lets a person cancel it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from lepton_studio.engine import Progress
from lepton_studio.gui.page import button, second
from lepton_studio.gui.time_left import TimeLeft


class ProgressLine(QWidget):
    """Hidden while nothing is under way.

    Signals:
        cancel_wanted: the button was pressed.
    """

    cancel_wanted = Signal()

    def __init__(self, cancel_name: str) -> None:
        """Makes the line; ``cancel_name`` is the object name of its button."""
        super().__init__()
        self._time_left = TimeLeft(self)
        self._text = second()
        self._text.setWordWrap(False)
        self._bar = QProgressBar(textVisible=False)
        cancel = button(cancel_name, self.tr("Cancel"), "close")
        cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text)
        row.addWidget(self._bar, 1)
        row.addWidget(cancel)
        self.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Shows how far it is; None hides the line."""
        self.setVisible(progress is not None)
        if progress is not None:
            self._text.setText(self._time_left.words(progress))
            self._bar.setMaximum(progress.total)
            self._bar.setValue(progress.done)
