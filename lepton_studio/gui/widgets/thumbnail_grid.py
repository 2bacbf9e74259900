"""A grid of pictures that paints only what is seen, so that 60,000 of them open at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.shown_pictures import ShownPictures
from lepton_studio.gui.widgets.strip_cache import StripCache
from lepton_studio.gui.widgets.thumbnail_painter import CAPTION_PIXELS, Caption, ThumbnailPainter
from lepton_studio.gui.widgets.thumbnail_plan import ThumbnailPlan
from lepton_studio.gui.widgets.typed_number import TypedNumber, WheelNotches

SMALLEST_SIDE, LARGEST_SIDE, CAPTION_FROM = 24, 160, 48


class ThumbnailGrid(QAbstractScrollArea):
    """Pictures to look through, with one chosen.

    Signals:
        sample_chosen: the dataset position that a person has gone to, by mouse or keys.
        sample_activated: the dataset position that was double-clicked, or Enter pressed on.
        side_changed: the new edge of the thumbnails in designed pixels.
    """

    sample_chosen = Signal(int)
    sample_activated = Signal(int)
    side_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ShownPictures()
        self._strips = StripCache()
        self._slot: int | None = None
        self._side = 56
        self._caption: Caption = "none"
        self._placeholder = self.tr("No pictures to show")
        self._notches = WheelNotches()
        self._typed = TypedNumber(self)
        self._typed.text_changed.connect(self._jump)
        self._plan = ThumbnailPlan.fitted(0, 0, self._side)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setBackgroundRole(QPalette.ColorRole.Base)  # behind the scroll bar, as behind the pictures
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        give_role(self, QAccessible.Role.List)
        self.setAccessibleName(self.tr("Pictures"))

    def set_pictures(
        self,
        images: Bytes,
        labels: NDArray[np.int64],
        class_names: tuple[str, ...],
        indices: NDArray[np.int64],
    ) -> None:
        """Shows pictures (arrays as in ShownPictures) from the first on; marks and choice are forgotten."""
        self._set_shown(ShownPictures(images, labels, class_names, np.asarray(indices, dtype=np.int64)), None)

    def set_indices(self, indices: NDArray[np.int64]) -> None:
        """Shows these dataset positions in this order; the chosen one stays chosen if it is among them."""
        shown = replace(self._shown, indices=np.asarray(indices, dtype=np.int64))
        self._set_shown(shown, self.chosen())

    def set_labels(self, labels: NDArray[np.int64]) -> None:
        """Other labels for the same pictures; order and choice stay."""
        self._shown = replace(self._shown, labels=labels)
        self.viewport().update()

    def set_marks(self, marks: NDArray[np.bool_] | None) -> None:
        """Puts the mark of a wrong answer where the array (bool, one for each dataset position) is True."""
        self._shown = replace(self._shown, marks=marks)
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Sets the edge of the thumbnails in designed pixels, 24 to 160."""
        side = min(LARGEST_SIDE, max(SMALLEST_SIDE, side))
        if side != self._side:
            self._side = side
            self._arrange()
            self.side_changed.emit(side)

    def side(self) -> int:
        """The edge of the thumbnails in designed pixels."""
        return self._side

    def set_caption(self, caption: Caption) -> None:
        """Writes the class or the number under each picture, from a side of 48 on."""
        self._caption = caption
        self._arrange()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty grid shows."""
        self._placeholder = text
        self.viewport().update()

    def chosen(self) -> int | None:
        """The dataset position of the chosen picture."""
        return None if self._slot is None else int(self._shown.indices[self._slot])

    def choose(self, position: int | None) -> bool:
        """Chooses a picture and scrolls to it without a signal; False if it is not among those shown."""
        self._set_slot(self._shown.slot_of(position))
        return self._slot is not None

    def place_of(self, position: int) -> QPoint | None:
        """The middle of a picture in the viewport's coordinates, seen or not; None if it is not shown."""
        slot = self._shown.slot_of(position)
        return None if slot is None else self._plan.place(slot).center() - QPoint(0, self._offset())

    def describe(self, position: int) -> str:
        """A picture in words."""
        text = self.tr("Number {0}, class {1}").format(position, self._shown.class_name(position))
        return self.tr("{0}, answered wrongly").format(text) if self._shown.is_marked(position) else text

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks through the pictures, activates one, or collects the digits of a number to jump to."""
        if self._typed.take(event):
            return
        slot = self._slot_after(event.key())
        if slot is not None:
            self._go(slot)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._slot is not None:
            self.sample_activated.emit(self.chosen())
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the picture under the mouse."""
        slot = self._slot_under(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and slot is not None:
            self._go(slot)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Activates the picture under the mouse."""
        self.mousePressEvent(event)
        slot = self._slot_under(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and slot is not None:
            self.sample_activated.emit(self.chosen())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it belongs to a press here; the widgets behind shall not get it

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls, or with Ctrl makes the thumbnails larger or smaller."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        if notches := self._notches.take(event):
            self.set_side(round(self._side * 1.15**notches))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tells what is under a resting mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            slot = self._slot_under(event.pos())
            text = "" if slot is None else self.describe(int(self._shown.indices[slot]))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the rows that are seen."""
        viewport = self.viewport()
        painter = QPainter(viewport)
        painter.fillRect(viewport.rect(), theme.tokens().surface)
        brush = ThumbnailPainter(painter, self._plan, self._offset(), self._strips)
        brush.paint_rows(self._shown, self._rows_seen(), self._caption)
        if not len(self._shown):
            brush.paint_placeholder(viewport.rect(), self._placeholder)
        elif self._slot is not None:
            brush.paint_frame(self._slot, self.hasFocus())
        if self._typed.text():
            brush.paint_note(viewport.rect(), self._typed_note(), self._slot)
        elif self.hasFocus() and self._slot is None:
            brush.paint_focus(viewport.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Finds room for more or fewer columns."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Takes over focus, new colours and new sizes."""
        result = super().event(event)
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.viewport().update()
        elif event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()
        return result

    def _set_shown(self, shown: ShownPictures, position: int | None) -> None:
        self._strips.clear()
        self._shown, self._slot = shown, None
        self._typed.forget()
        self._arrange()
        self.verticalScrollBar().setValue(0)
        self._set_slot(shown.slot_of(position))

    def _arrange(self) -> None:
        """Makes a new plan and holds the chosen, else the first picture seen, at the height where it was."""
        old, offset, bar = self._plan, self._offset(), self.verticalScrollBar()
        rows = self._rows_seen()
        is_seen = self._slot is not None and self._slot // old.columns in rows
        held = self._slot if self._slot is not None and is_seen else rows.start * old.columns
        before = old.top(held // old.columns) - offset
        caption = 0
        if self._caption != "none" and self._side >= CAPTION_FROM:
            caption = QFontMetrics(theme.font_of(CAPTION_PIXELS)).height() + theme.px(2)
        width, height = self.viewport().width(), self.viewport().height()
        lengths = {"gap": theme.px(6), "margin": theme.px(theme.GAP_SMALL), "caption": caption}
        self._plan = plan = ThumbnailPlan.fitted(len(self._shown), width, theme.px(self._side), **lengths)
        bar.setRange(0, max(0, plan.height - height))
        bar.setPageStep(height)
        bar.setSingleStep(max(theme.px(16), plan.row_height // 3))
        if offset and (old.columns, old.row_height) != (plan.columns, plan.row_height):
            bar.setValue(plan.top(held // plan.columns) - before)
        self.viewport().update()

    def _offset(self) -> int:
        return self.verticalScrollBar().value()

    def _rows_seen(self) -> range:
        return self._plan.rows_between(self._offset(), self._offset() + self.viewport().height() - 1)

    def _slot_under(self, point: QPoint) -> int | None:
        return self._plan.slot_at(point + QPoint(0, self._offset()))

    def _slot_after(self, key: int) -> int | None:
        """Where a key leads to, None if nowhere; the first key of all chooses the first picture seen."""
        page = max(1, self.viewport().height() // self._plan.row_height)
        first_seen = self._rows_seen().start * self._plan.columns
        target = self._plan.after_key(first_seen if self._slot is None else self._slot, key, page)
        at_end = key in (Qt.Key.Key_Home, Qt.Key.Key_End)
        return first_seen if self._slot is None and target is not None and not at_end else target

    def _go(self, slot: int) -> None:
        is_new = slot != self._slot
        self._set_slot(slot)
        if is_new:
            self.sample_chosen.emit(self.chosen())

    def _set_slot(self, slot: int | None) -> None:
        self._slot = slot
        position = self.chosen()
        self.setAccessibleDescription("" if position is None else self.describe(position))
        if slot is not None:
            place, margin = self._plan.place(slot), self._plan.margin
            low = place.bottom() + self._plan.caption + margin - self.viewport().height()
            self.verticalScrollBar().setValue(min(place.top() - margin, max(low, self._offset())))
        self.viewport().update()

    def _jump(self, digits: str) -> None:
        slot = self._shown.slot_of(int(digits)) if digits else None
        if slot is not None:
            height = self.viewport().height()
            self.verticalScrollBar().setValue(self._plan.place(slot).center().y() - height // 2)
            self._go(slot)
        self.viewport().update()

    def _typed_note(self) -> str:
        digits = self._typed.text()
        if self._shown.slot_of(int(digits)) is None:
            return self.tr("Number {0} is not shown here").format(digits)
        return self.tr("Number {0}").format(digits)
