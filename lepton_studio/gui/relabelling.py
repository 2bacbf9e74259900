"""Changing labels by hand: a step that can be undone, and a small file beside the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand

from lepton_studio.engine import (
    Dataset,
    HandLabels,
    LeptonError,
    exchange_labels,
    labels_file,
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

    # By file, what could not be written. Pages come and go with the theme; this must not go with them.
    _unsaved: ClassVar[dict[Path, HandLabels]] = {}

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Changes nothing yet."""
        super().__init__(parent)
        self._session = session

    def relabel(self, positions: Iterable[int], class_name: str) -> None:
        """Gives these samples of the loaded dataset another class."""
        self.relabel_each({class_name: list(positions)})

    def relabel_each(self, wanted: Mapping[str, list[int]]) -> None:
        """Gives samples of the loaded dataset other classes, in one step: positions by the name of their new class."""
        count = grouped(sum(map(len, wanted.values())))
        name = next(iter(wanted)) if len(wanted) == 1 else self.tr("{} classes").format(grouped(len(wanted)))
        self._change(self.tr("Label {0} as {1}").format(count, name), wanted)

    def restore(self, positions: Iterable[int]) -> None:
        """Gives these samples the labels of the dataset back."""
        restored = list(positions)
        text = self.tr("Restore one label") if len(restored) == 1 else self.tr("Restore {} labels")
        self._change(text.format(grouped(len(restored))), {}, restored)

    def _change(self, text: str, wanted: Mapping[str, list[int]], restored: Iterable[int] = ()) -> None:
        samples, dataset = self._session.samples, self._session.experiment.dataset
        if samples is None:
            return
        try:
            before = self._unsaved.get(labels_file(dataset)) or read_hand_labels(dataset)
            after = before.without(restored)
            for class_name, positions in wanted.items():
                after = after.changed(samples, positions, class_name)
        except LeptonError as error:
            self._session.trouble_met.emit(error, "data_page")
            return
        if after != before:
            self._session.undo_stack.push(ChangeLabels(self, text, dataset, before, after))

    def exchange(self, dataset: Dataset, before: HandLabels, after: HandLabels) -> None:
        """Writes the file and shows the labels, if it is that dataset which is shown."""
        try:
            save_hand_labels(dataset, after)
            self._unsaved.pop(labels_file(dataset), None)
        except LeptonError as error:
            # Shown all the same, and written with the next change: what was done is not lost with a full disk.
            self._unsaved[labels_file(dataset)] = after
            self._session.trouble_met.emit(error, "data_page")
        samples = self._session.samples
        if samples is not None and dataset == self._session.experiment.dataset:
            self._session.loader.replace(exchange_labels(samples, before, after))
