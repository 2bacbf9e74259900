"""How far a job is, for a narrow column: words above, and below a bar with Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from lepton_studio.engine import Progress
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.time_left import TimeLeft


class NarrowProgress(QWidget):
    """Hidden while nothing is under way.

    Signals:
        cancel_wanted: the button was pressed.
    """

    cancel_wanted = Signal()

    def __init__(self, cancel_name: str, parent: QWidget | None = None) -> None:
        """Makes the lines; ``cancel_name`` is the object name of the button."""
        super().__init__(parent)
        self._time_left = TimeLeft(self)
        self._text = second()
        # The column has its width; a long text shall not ask for more.
        self._text.setMinimumWidth(1)
        self._bar = QProgressBar(textVisible=False)
        cancel = button(cancel_name, self.tr("Cancel"))
        cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self._bar, 1)
        row.addWidget(cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self._text)
        layout.addLayout(row)
        self.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Shows how far it is; None hides it."""
        if progress is not None:
            self._text.setText(self._time_left.words(progress))
            self._bar.setMaximum(progress.total)
            self._bar.setValue(progress.done)
        self.setVisible(progress is not None)
