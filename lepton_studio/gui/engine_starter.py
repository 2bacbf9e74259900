"""Imports torch in the background, while the window is looked at already."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import Progress, import_torch
from lepton_studio.gui.runner import Runner


class EngineStarter(Runner):
    """A runner with one job.

    Signals:
        ready: torch is there; its device is known.
    """

    ready = Signal()

    def __init__(self, parent: QObject) -> None:
        """Waits for :meth:`begin`."""
        super().__init__(parent)
        self.device_name = ""
        self.event_emitted.connect(self._take)
        self.finished.connect(self._tell)

    def begin(self) -> None:
        """Starts the import."""
        self.walk(import_torch())

    def _take(self, event: object) -> None:
        if isinstance(event, Progress) and event.total:
            self.device_name = event.text

    def _tell(self) -> None:
        if self.device_name:
            self.ready.emit()
