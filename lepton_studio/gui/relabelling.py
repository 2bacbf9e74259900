"""Changing labels by hand: a step that can be undone, and a small file beside the dataset."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand

from lepton_studio.engine import (
    Dataset,
    HandLabels,
    LeptonError,
    exchange_labels,
    read_hand_labels,
    save_hand_labels,
)
from lepton_studio.gui.session import Session
from lepton_studio.gui.wording import grouped


class ChangeLabels(QUndoCommand):
    """Holds all changed labels of a dataset before and after."""

    def __init__(
        self, relabelling: Relabelling, text: str, dataset: Dataset, before: HandLabels, after: HandLabels
    ) -> None:
        """Pushing it on the stack makes the change."""
        super().__init__(text)
        self._relabelling, self._dataset, self._before, self._after = relabelling, dataset, before, after

    def redo(self) -> None:
        self._relabelling.exchange(self._dataset, self._before, self._after)

    def undo(self) -> None:
        self._relabelling.exchange(self._dataset, self._after, self._before)


class Relabelling(QObject):
    """Gives samples of the session's dataset other classes."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Changes nothing yet."""
        super().__init__(parent)
        self._session = session

    def relabel(self, positions: Iterable[int], class_name: str) -> None:
        """Gives these samples of the loaded dataset another class."""
        self._change(list(positions), class_name)

    def restore(self, positions: Iterable[int]) -> None:
        """Gives these samples the labels of the dataset back."""
        self._change(list(positions), None)

    def _change(self, positions: list[int], class_name: str | None) -> None:
        samples, dataset = self._session.samples, self._session.experiment.dataset
        if samples is None:
            return
        try:
            before = read_hand_labels(dataset)
        except LeptonError as error:
            self._session.trouble_met.emit(error, "data_page")
            return
        if class_name is None:
            after = before.without(positions)
            text = self.tr("Restore {} labels").format(grouped(len(positions)))
        else:
            after = before.changed(samples, positions, class_name)
            text = self.tr("Label {0} as {1}").format(grouped(len(positions)), class_name)
        if after != before:
            self._session.undo_stack.push(ChangeLabels(self, text, dataset, before, after))

    def exchange(self, dataset: Dataset, before: HandLabels, after: HandLabels) -> None:
        """Writes the file and shows the labels, if it is that dataset which is shown."""
        try:
            save_hand_labels(dataset, after)
        except LeptonError as error:
            # Shown all the same: what was done is on the screen and can be tried again.
            self._session.trouble_met.emit(error, "data_page")
        samples = self._session.samples
        if samples is not None and dataset == self._session.experiment.dataset:
            self._session.loader.replace(exchange_labels(samples, before, after))
