"""Writes collected drawings to a zip or a folder in the background."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import DrawingBook, DrawingsExported, LeptonError, Progress, export_drawings
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.wording import grouped


class DrawingsExporter(QObject):
    """Asks where to, and says how far it is.

    Signals:
        said: a line for people, and its role.
        changed: an export began or ended.
    """

    said = Signal(str, str)
    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        """Starts with nothing to do."""
        super().__init__(parent)
        self._asker = parent
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(lambda error: self.said.emit(str(error), "bad"))
        self._runner.finished.connect(self.changed)

    @property
    def is_busy(self) -> bool:
        """Whether an export is under way."""
        return self._runner.isRunning()

    def begin(self, book: DrawingBook) -> None:
        """Asks for a place and writes a zip there."""
        title, kinds = self.tr("Export drawings"), {".zip": self.tr("Zip files")}
        try:
            path = path_to_save(self._asker, title, f"{book.name}.zip", kinds)
        except LeptonError as error:
            self.said.emit(str(error), "bad")
            return
        if path is None or self.is_busy:
            return
        self._runner.walk(export_drawings(book, path))
        self.changed.emit()

    def stop(self) -> None:
        """Ends an export; nothing half-written stays."""
        self._runner.stop()

    def _take(self, event: object) -> None:
        if isinstance(event, Progress) and event.total:
            self.said.emit(self.tr("{}: {} of {}").format(event.text, event.done, event.total), "second")
        elif isinstance(event, DrawingsExported):
            several = self.tr("{} drawings are in {}.").format(grouped(event.drawings), event.path)
            one = self.tr("1 drawing is in {}.").format(event.path)
            self.said.emit(several if event.drawings > 1 else one, "good")
