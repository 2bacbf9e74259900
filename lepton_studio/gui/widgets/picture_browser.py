"""A grid of pictures in which several can be chosen at once, as in any file manager."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid
from lepton_studio.gui.widgets.thumbnail_painter import ThumbnailPainter

_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class PictureBrowser(ThumbnailGrid):
    """Ctrl+click adds one picture or takes it out, Shift spans from the last to this one, Ctrl+A takes all.

    Signals:
        selection_changed: other pictures are selected; :meth:`selected` tells which.
    """

    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._selected: NDArray[np.bool_] = np.zeros(0, bool)
        self._anchor: int | None = None

    def set_pictures(
        self,
        images: Bytes,
        labels: NDArray[np.int64],
        class_names: tuple[str, ...],
        indices: NDArray[np.int64],
    ) -> None:
        super().set_pictures(images, labels, class_names, indices)
        self._anchor = None
        self._select(np.zeros(len(images), bool))

    def selected(self) -> NDArray[np.int64]:
        """Dataset positions of all that are selected and shown, in the order shown; else the chosen one."""
        found, chosen = self.selection(), self.chosen()
        return found if len(found) or chosen is None else np.array([chosen])

    def selection(self) -> NDArray[np.int64]:
        """The same without the chosen one: nothing if nothing was selected."""
        shown = self._shown.indices
        found: NDArray[np.int64] = shown[self._selected[shown]]
        return found

    def slot(self) -> int | None:
        """Where the chosen picture stands among those shown."""
        return self._slot

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Adds Ctrl+A, Escape, Ctrl+Space and Shift with the keys that walk."""
        held, key = event.modifiers(), event.key()
        if key == Qt.Key.Key_A and held & _CTRL:
            mask = np.zeros(len(self._selected), bool)
            mask[self._shown.indices] = True
            self._select(mask)
        elif key == Qt.Key.Key_Escape and self._selected.any():
            self._select(np.zeros(len(self._selected), bool))
        elif key == Qt.Key.Key_Space and held & _CTRL and self._slot is not None:
            self._toggle(self._slot)
        else:
            before = self._slot
            super().keyPressEvent(event)
            if self._slot != before and self._slot is not None:
                self._span_or_leave(self._slot, bool(held & _SHIFT), before)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses, adds, or spans, as the keys held say; the right button takes what is not selected yet alone."""
        before, slot = self._slot, self._slot_under(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton and slot is not None:
            if int(self._shown.indices[slot]) not in self.selected():
                self._span_or_leave(slot, False, before)
            self._go(slot)
            return
        super().mousePressEvent(event)
        if slot is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & _CTRL:
            if before is not None and not self._selected.any() and before != slot:
                self._selected[self._shown.indices[before]] = True
            self._toggle(slot)
        else:
            self._span_or_leave(slot, bool(event.modifiers() & _SHIFT), before)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tints what is selected."""
        super().paintEvent(event)
        if not self._selected.any():
            return
        painter = QPainter(self.viewport())
        brush = ThumbnailPainter(painter, self._plan, self._offset())
        for row in self._rows_seen():
            slots = self._plan.row_slots(row)
            chosen = np.flatnonzero(self._selected[self._shown.positions(slots)])
            brush.paint_selected([slots[int(at)] for at in chosen])

    def _toggle(self, slot: int) -> None:
        mask = self._selected.copy()
        at = self._shown.indices[slot]
        mask[at] = not mask[at]
        self._anchor = slot
        self._select(mask)

    def _span_or_leave(self, slot: int, is_span: bool, before: int | None) -> None:
        mask = np.zeros(len(self._selected), bool)
        if is_span:
            if self._anchor is None or self._anchor >= len(self._shown):
                self._anchor = slot if before is None else before
            low, high = sorted((self._anchor, slot))
            mask[self._shown.indices[low : high + 1]] = True
        else:
            self._anchor = slot
        if mask.any() or self._selected.any():
            self._select(mask)

    def _select(self, mask: NDArray[np.bool_]) -> None:
        self._selected = mask
        self.viewport().update()
        self.selection_changed.emit()
