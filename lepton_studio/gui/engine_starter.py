"""Imports torch in the background, while the window is looked at already."""

from __future__ import annotations

from collections.abc import Iterator

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

    def begin(self) -> None:
        """Starts the import, and that of the plots after it: done when the first is shown, it would be felt."""
        self.walk(_imports())

    def _take(self, event: object) -> None:
        if isinstance(event, Progress) and event.total:
            self.device_name = event.text
            self.ready.emit()


def _imports() -> Iterator[Progress]:
    yield from import_torch()
    # Only classes are made by this, no object of Qt: those belong to the thread of the window.
    import pyqtgraph  # noqa: F401
