"""Weights with which a training would begin but which are not on this computer: one click gets them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import KNOWN_WEIGHTS, Progress, fetch_weights, missing_weights
from lepton_studio.gui import theme
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.wording import megabytes


class WeightsOffer(QWidget):
    """Hidden while all weights are here."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follows the session's experiment."""
        super().__init__(parent)
        self._session = session
        self._missing: tuple[str, ...] = ()
        self._trouble = ""
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        # The column has its width; a long text shall not ask for more.
        self._text.setMinimumWidth(1)
        self.get_button = button("get_weights", self.tr("Get the weights"), "download")
        self.get_button.clicked.connect(self._get)
        self._progress = NarrowProgress("cancel_weights", self)
        self._progress.cancel_wanted.connect(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for widget in (self._text, self.get_button, self._progress):
            layout.addWidget(widget)
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._fetching)
        self.runner.job_failed.connect(self._failed)
        self.runner.finished.connect(self._ended)
        session.experiment_changed.connect(self._experiment_changed)
        self.refresh()

    @property
    def text(self) -> str:
        """What it says; empty if nothing."""
        return "" if self.isHidden() else self._text.text()

    def refresh(self) -> None:
        """Looks at what is missing."""
        self._missing = missing_weights(self._session.experiment.architecture)
        is_fetching = self.runner.isRunning()
        self.setVisible(bool(self._missing) or is_fetching)
        if not self._missing:
            return
        size = megabytes(sum(KNOWN_WEIGHTS[network].size for network in self._missing))
        names = ", ".join(self._missing)
        text = self.tr("Not on this computer yet: the weights of {0} ({1}).").format(names, size)
        self._text.setText(f"{text} {self._trouble}".strip())
        self.get_button.setVisible(not is_fetching)

    def stop(self) -> None:
        """Ends a download; what came is kept for the next time."""
        self.runner.stop()

    def _experiment_changed(self) -> None:
        self._trouble = ""
        self.refresh()

    def _get(self) -> None:
        self._trouble = ""
        self.runner.walk(_fetched(self._missing))
        self._progress.show_progress(Progress(self.tr("Fetching the weights")))
        self.refresh()

    def _cancel(self) -> None:
        self.runner.request_stop()

    def _fetching(self, event: object) -> None:
        if isinstance(event, Progress):
            self._progress.show_progress(event)

    def _failed(self, error: Exception) -> None:
        self._trouble = str(error) or type(error).__name__

    def _ended(self) -> None:
        self._progress.show_progress(None)
        self.refresh()
        if not self._missing:
            # What kept the experiment from being trained is gone.
            self._session.experiment_changed.emit()


def _fetched(networks: tuple[str, ...]) -> Iterator[Progress]:
    for network in networks:
        yield from fetch_weights(network)
