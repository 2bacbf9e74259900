"""Groups of pictures below each other, each with a title and a few words under every picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.group_plan import GroupPlan
from lepton_studio.gui.widgets.painted_widget import is_other_look
from lepton_studio.gui.widgets.painting import (
    Bytes,
    colour_pictures,
    faded,
    image_of,
    paint_placeholder,
    resized_pictures,
    split_colour,
)

PICTURE, CELL, EDGE = 72, 112, 3


@dataclass(frozen=True, eq=False)
class PictureGroup:
    """Pictures that belong together.

    Attributes:
        title: written above them; empty for none.
        positions: in the dataset.
        captions: for each picture its lines of text.
        splits: for each picture the split that colours its edge; empty for none.
        is_warning: whether the title bears a warning sign.
    """

    title: str
    positions: NDArray[np.int64]
    captions: tuple[tuple[str, ...], ...]
    splits: tuple[str, ...] = ()
    is_warning: bool = False


class PictureGroups(QAbstractScrollArea):
    """Paints what is visible only; one picture is chosen, more can be selected with Ctrl and Shift.

    Signals:
        sample_chosen: the position in the dataset of the picture that was clicked or gone to.
        sample_activated: the position in the dataset of the picture that was double-clicked, or Enter pressed on.
        selection_changed: others are selected.
    """

    sample_chosen = Signal(int)
    sample_activated = Signal(int)
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: Bytes = np.zeros((0, 1, 1, 1), np.uint8)
        self._groups: tuple[PictureGroup, ...] = ()
        self._positions = np.zeros(0, np.int64)
        self._plan = GroupPlan.fitted([], [], 1, (1, 1), 0)
        self._lines = 1
        self._current: int | None = None
        self._anchor: int | None = None
        self._selected: set[int] = set()
        self._placeholder = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        give_role(self, QAccessible.Role.List)

    # --- what is shown

    def set_groups(self, images: Bytes, groups: Sequence[PictureGroup]) -> None:
        """Shows groups of the pictures of a dataset (N x C x H x W, uint8); nothing is copied."""
        self._images, self._groups = images, tuple(groups)
        self._positions = np.concatenate([np.zeros(0, np.int64), *(group.positions for group in groups)])
        self._lines = max((len(lines) for group in groups for lines in group.captions), default=1)
        self._current = self._anchor = None
        self._selected = set()
        self.verticalScrollBar().setValue(0)
        self._lay_out()
        self.setAccessibleDescription("; ".join(group.title for group in self._groups[:20] if group.title))
        self.selection_changed.emit()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that is shown without groups."""
        self._placeholder = text
        self.viewport().update()

    def selected_positions(self) -> list[int]:
        """Positions in the dataset of all selected pictures, in the order shown."""
        return [int(self._positions[entry]) for entry in sorted(self._selected)]

    def selected_entries(self) -> list[int]:
        """Which of all pictures shown are selected, counted from 0."""
        return sorted(self._selected)

    def choose(self, entry: int, extend: bool = False, toggle: bool = False) -> None:
        """Goes to a picture, as a click does.

        Args:
            entry: counted from 0 over all groups.
            extend: select all from the last one that was chosen.
            toggle: select it beside the others, or no longer.
        """
        if not 0 <= entry < len(self._positions):
            return
        if extend and self._anchor is not None:
            low, high = sorted((self._anchor, entry))
            self._selected = set(range(low, high + 1))
        elif toggle:
            self._selected ^= {entry}
            self._anchor = entry
        else:
            self._selected, self._anchor = {entry}, entry
        self._current = entry
        self._reveal(entry)
        self.viewport().update()
        self.selection_changed.emit()
        self.sample_chosen.emit(int(self._positions[entry]))

    # --- where things lie

    def entry_place(self, entry: int) -> QRect:
        """Where a picture with its captions lies in the viewport."""
        return self._plan.place(entry).translated(0, -self.verticalScrollBar().value())

    def entry_at(self, point: QPoint) -> int | None:
        """The picture at a point of the viewport."""
        return self._plan.entry_at(point + QPoint(0, self.verticalScrollBar().value()))

    def sizeHint(self) -> QSize:
        """Room for some pictures."""
        return QSize(theme.px(5 * CELL), theme.px(240))

    def _line_height(self) -> int:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()

    def _cell_height(self) -> int:
        return theme.px(PICTURE + 2 * EDGE) + self._lines * self._line_height() + theme.px(14)

    @staticmethod
    def _title_height(group: PictureGroup) -> int:
        if not group.title:
            return theme.px(theme.GAP_SMALL)
        return QFontMetrics(theme.font_of(theme.BODY_PIXELS, semibold=True)).height() + theme.px(theme.GAP)

    def _lay_out(self) -> None:
        cell = (theme.px(CELL), self._cell_height())
        sizes = [len(group.positions) for group in self._groups]
        titles = [self._title_height(group) for group in self._groups]
        self._plan = GroupPlan.fitted(sizes, titles, self.viewport().width(), cell, theme.px(theme.GAP_SMALL))
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, int(self._plan.tops[-1]) - page))
        bar.setPageStep(page)
        bar.setSingleStep(cell[1] // 2)
        self.viewport().update()

    def _reveal(self, entry: int) -> None:
        place, bar = self.entry_place(entry), self.verticalScrollBar()
        if place.top() < 0:
            bar.setValue(bar.value() + place.top() - theme.px(theme.GAP_LARGE))
        elif place.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + place.bottom() + 1 - self.viewport().height())

    # --- mouse, keys and changes

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Breaks the rows anew."""
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """Takes over new colours and sizes."""
        super().changeEvent(event)
        if is_other_look(event):
            self._lay_out()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the picture under the mouse."""
        entry = self.entry_at(event.position().toPoint())
        if entry is not None and event.button() == Qt.MouseButton.LeftButton:
            held = event.modifiers()
            self.choose(
                entry,
                extend=bool(held & Qt.KeyboardModifier.ShiftModifier),
                toggle=bool(held & Qt.KeyboardModifier.ControlModifier),
            )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Activates the picture under the mouse."""
        self.mousePressEvent(event)
        entry = self.entry_at(event.position().toPoint())
        if entry is not None and event.button() == Qt.MouseButton.LeftButton:
            self.sample_activated.emit(int(self._positions[entry]))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click is nobody else's."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End go from picture to picture, Enter activates one; Ctrl+A selects all."""
        last, key = len(self._positions) - 1, event.key()
        if last >= 0 and key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._selected = set(range(last + 1))
            self.viewport().update()
            self.selection_changed.emit()
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.sample_activated.emit(int(self._positions[self._current]))
            return
        target = self._plan.after_key(self._current, key)
        if target is None:
            super().keyPressEvent(event)
            return
        self.choose(target, extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the groups that are seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._groups:
            paint_placeholder(painter, self.viewport().rect(), self._placeholder)
            return
        top = self.verticalScrollBar().value()
        for number in self._plan.groups_between(top, top + self.viewport().height()):
            self._paint_title(painter, number)
            first = int(self._plan.firsts[number])
            for at in range(len(self._groups[number].positions)):
                place = self.entry_place(first + at)
                if place.top() > self.viewport().height():
                    break
                if place.bottom() >= 0:
                    self._paint_entry(painter, place, first + at, self._groups[number], at)

    def _paint_title(self, painter: QPainter, number: int) -> None:
        group, colours = self._groups[number], theme.tokens()
        top = int(self._plan.tops[number]) - self.verticalScrollBar().value()
        if number:
            painter.setPen(QColor(colours.faint_line))
            painter.drawLine(0, top, self.viewport().width(), top)
        if not group.title:
            return
        line = QRect(theme.px(12), top + theme.px(4), self.viewport().width() - theme.px(20), self._title_height(group))
        if group.is_warning:
            sign = theme.px(18)
            theme.icon("warning", "warning").paint(painter, line.left(), line.center().y() - sign // 2, sign, sign)
            line.adjust(sign + theme.px(6), 0, 0, 0)
        painter.setFont(theme.font_of(theme.BODY_PIXELS, semibold=True))
        painter.setPen(QColor(colours.text))
        title = QFontMetrics(painter.font()).elidedText(group.title, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, title)

    def _paint_entry(self, painter: QPainter, place: QRect, entry: int, group: PictureGroup, at: int) -> None:
        colours = theme.tokens()
        if entry in self._selected:
            painter.setPen(QPen(QColor(colours.accent), theme.px(2)))
            painter.setBrush(faded(colours.accent, 0.16))
            inset = theme.px(2)
            painter.drawRoundedRect(
                QRectF(place).adjusted(inset, inset, -inset, -inset), theme.px(theme.RADIUS), theme.px(theme.RADIUS)
            )
        side, edge = theme.px(PICTURE), theme.px(EDGE)
        left = place.left() + (place.width() - side) // 2
        box = QRect(left, place.top() + theme.px(6) + edge, side, side)
        if group.splits:
            painter.fillRect(box.adjusted(-edge, -edge, edge, edge), split_colour(group.splits[at]))
        ratio = self.devicePixelRatioF()
        picture = self._images[group.positions[at : at + 1]]
        pixels = colour_pictures(resized_pictures(picture, max(1, round(side * ratio))))[0]
        target = QRectF(0, 0, pixels.shape[1] / ratio, pixels.shape[0] / ratio)
        target.moveCenter(QRectF(box).center())
        painter.drawImage(target, image_of(pixels))
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        metrics = QFontMetrics(painter.font())
        for number, text in enumerate(group.captions[at]):
            painter.setPen(QColor(colours.text if not number else colours.second_text))
            line = QRect(place.left() + theme.px(3), box.bottom() + edge + theme.px(3) + number * metrics.height(),
                         place.width() - theme.px(6), metrics.height())  # fmt: skip
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, shown)
        if entry == self._current and self.hasFocus():
            painter.setPen(QPen(QColor(colours.text), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(1, 1, -2, -2))
