"""The pictures of the gallery: found, or made in the background while somebody looks."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import Dataset, Preview, known_preview, make_previews, own_folder
from lepton_studio.gui.runner import Runner


class GalleryPictures(QObject):
    """Holds the previews of datasets.

    Signals:
        changed: a preview was made, or could not be made.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        """Starts without previews."""
        super().__init__(parent)
        self._previews: dict[Dataset, Preview] = {}
        # Those that could not be made are not tried again and again.
        self._tried: set[Dataset] = set()
        self._making: Dataset | None = None
        self._stopped = False
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.finished.connect(self._end)

    def of(self, dataset: Dataset) -> Preview | None:
        """What a dataset looks like; None if nobody knows yet."""
        preview = self._previews.get(dataset) or known_preview(dataset)
        if preview is not None:
            self._previews[dataset] = preview
        return preview

    def failed(self, dataset: Dataset) -> bool:
        """Whether its preview could not be made."""
        return dataset in self._tried and dataset not in self._previews and dataset != self._making

    def make(self, datasets: Iterable[Dataset]) -> None:
        """Makes the preview of the first of these that has none and is here; ``changed`` says when it is done."""
        self._stopped = False
        for dataset in datasets:
            if (
                self._making is None
                and dataset not in self._previews | dict.fromkeys(self._tried)
                and dataset.is_here()
            ):
                self._making = dataset
                self._tried.add(dataset)
                self.runner.walk(make_previews([dataset]))

    def hold(self) -> None:
        """Stops for as long as nobody looks."""
        self._stopped = True
        self.runner.request_stop()

    def forget(self, datasets: Iterable[Dataset]) -> None:
        """Looks at these anew: they may have changed, or can be read again."""
        for dataset in datasets:
            self._previews.pop(dataset, None)
            self._tried.discard(dataset)

    def forget_own(self, datasets: Iterable[Dataset]) -> None:
        """Looks anew at a person's own: drawings become more."""
        self.forget([dataset for dataset in datasets if own_folder(dataset) is not None])

    def stop(self) -> None:
        """Ends for good."""
        self._stopped = True
        self.runner.stop()

    def _take(self, event: object) -> None:
        if isinstance(event, Preview):
            self._previews[event.dataset] = event

    def _end(self) -> None:
        making, self._making = self._making, None
        if self._stopped and making is not None:
            # It did not fail, it was stopped.
            self._tried.discard(making)
        self.changed.emit()
