"""Loads datasets in the background: from disk, from the network, from a person's own folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal

from lepton_studio.engine import Dataset, ImportReport, Progress, Samples, import_folder
from lepton_studio.gui.runner import Runner


class SampleLoader(QObject):
    """Holds the samples of one dataset; a newer wish replaces an older one.

    Signals:
        changed: samples came or went, or there is progress.
        load_failed: the exception that ended a load.
        pictures_imported: a person's own pictures were brought in: the report.
    """

    changed = Signal()
    load_failed = Signal(object)
    pictures_imported = Signal(object)

    def __init__(self, parent: QObject) -> None:
        """Starts without samples."""
        super().__init__(parent)
        self.samples: Samples | None = None
        self.progress: Progress | None = None
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.job_failed.connect(self._fail)
        self.runner.finished.connect(self._end)
        self._wanted: Dataset | None = None
        self._folder: Path | None = None

    def load(self, dataset: Dataset, fetch: bool = False) -> None:
        """Loads a dataset; one that is not on this computer only if it may be fetched."""
        self.samples = None
        self._wanted = dataset
        if self.progress is not None:
            # Also when the thread has ended and only its last words are still on their way.
            self.runner.request_stop()
        elif fetch or dataset.is_here():
            self._wanted = None
            self.progress = Progress(QCoreApplication.translate("specs", dataset.label()))
            self.runner.walk(dataset.load())
        self.changed.emit()

    def bring_in(self, folder: Path) -> None:
        """Imports a folder of pictures; at the start of the program the dataset is loaded first."""
        if self.progress is not None:
            self._folder = folder
            return
        self._wanted = None
        self.progress = Progress(self.tr("Looking at {}").format(folder.name))
        self.runner.walk(import_folder(folder))
        self.changed.emit()

    def cancel(self) -> None:
        """Stops a download or an import; nothing half-done stays."""
        self.runner.request_stop()

    def close(self) -> None:
        """Stops for good, whatever else was wanted."""
        self._wanted = self._folder = None
        self.runner.stop()

    def _take(self, event: object) -> None:
        if self._wanted is not None:
            # What still comes belongs to a dataset that nobody wants any more.
            return
        if isinstance(event, Samples):
            self.samples = event
        elif isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, ImportReport):
            self.pictures_imported.emit(event)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        if self._wanted is None:
            self.load_failed.emit(error)

    def _end(self) -> None:
        self.progress = None
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.load(wanted)
        folder = self._folder
        if folder is not None and self.progress is None:
            self._folder = None
            self.bring_in(folder)
        self.changed.emit()
