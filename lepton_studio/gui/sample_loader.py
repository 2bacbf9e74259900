"""Loads datasets in the background: from the disk or from the network."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Signal

from lepton_studio.engine import Dataset, Progress, Samples
from lepton_studio.gui.runner import Runner


class SampleLoader(QObject):
    """Holds the samples of one dataset; a newer wish replaces an older one.

    Signals:
        changed: samples came or went, or there is progress.
        load_failed: the exception that ended a load.
    """

    changed = Signal()
    load_failed = Signal(object)

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
        self._may_fetch = False

    def load(self, dataset: Dataset, fetch: bool = False) -> None:
        """Loads a dataset; one that is not on this computer only if it may be fetched."""
        self.samples = None
        self._wanted, self._may_fetch = dataset, fetch
        if self.progress is not None:
            # Also when the thread has ended and only its last words are still on their way.
            self.runner.request_stop()
        elif fetch or dataset.is_here():
            self._wanted = None
            self.progress = Progress(QCoreApplication.translate("specs", dataset.label()))
            self.runner.walk(dataset.load())
        self.changed.emit()

    def replace(self, samples: Samples) -> None:
        """Shows the same dataset with other labels."""
        self.samples = samples
        self.changed.emit()

    def cancel(self) -> None:
        """Stops a download or a load."""
        self.runner.request_stop()

    def close(self) -> None:
        """Stops for good, whatever else was wanted."""
        self._wanted = None
        self.runner.stop()

    def _take(self, event: object) -> None:
        if self._wanted is not None:
            # What still comes belongs to a dataset that nobody wants any more.
            return
        if isinstance(event, Samples):
            self.samples = event
        elif isinstance(event, Progress):
            self.progress = event
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        if self._wanted is None:
            self.load_failed.emit(error)

    def _end(self) -> None:
        self.progress = None
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.load(wanted, self._may_fetch)
        self.changed.emit()
