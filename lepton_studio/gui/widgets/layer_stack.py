"""The stack of cards from the input to the answer, with the tensors that flow between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.stack_plan import CHEVRON, MARGIN, TEXT_RIGHT, DropPlace, StackRow
from lepton_studio.gui.widgets.stack_view import StackView

__all__ = ["KEYS", "TAG_MIME", "LayerStack", "StackRow"]

Path = tuple[int, ...]

# What a dragged entry of the palette carries: the tag of a layer.
TAG_MIME = "application/x-lepton-studio-layer"

# What the keys ask for; the words are those of ``command_wanted``.
KEYS: tuple[tuple[str, str], ...] = (
    ("Del", "remove"), ("Backspace", "remove"), ("Alt+Up", "move_up"), ("Alt+Down", "move_down"),
    ("Alt+Right", "move_in"), ("Alt+Left", "move_out"), ("Ctrl+D", "duplicate"), ("Ctrl+C", "copy"),
    ("Ctrl+X", "cut"), ("Ctrl+V", "paste"), ("Ctrl+A", "select_all"), ("Ctrl+/", "leave_out"), ("Ctrl+G", "wrap"),
    ("Ctrl+Shift+G", "unwrap"), ("Return", "settings"), ("Enter", "settings"), ("Ins", "find"), ("+", "find"),
)  # fmt: skip


class LayerStack(StackView):
    """Shows rows: the input first, one for each layer, the output last; says what people want to do with them.

    Attributes:
        drag_data: gives what the chosen cards carry when they are dragged; None: cards cannot be dragged.

    Signals:
        layer_chosen: the path of the row that settings should show; empty for the input.
        choice_changed: the paths of all chosen layers; the one that settings show is the last.
        command_wanted: a key asked for something: a word of ``KEYS``.
        cards_dropped: the chosen cards were dragged to a path; and whether copies of them shall be put there.
        data_dropped: something else was dropped at a path: the QMimeData, the path.
    """

    layer_chosen = Signal(object)
    choice_changed = Signal(object)
    command_wanted = Signal(str)
    cards_dropped = Signal(object, bool)
    data_dropped = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.drag_data: Callable[[], QMimeData] | None = None
        self._keys = {QKeySequence(keys)[0].toCombined(): word for keys, word in KEYS}  # type: ignore[index]
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)
        self.setAccessibleName(self.tr("Layers"))
        self._said: tuple[Path, ...] = ()
        self.itemSelectionChanged.connect(self._selection_changed)
        self.currentRowChanged.connect(self._row_changed)
        self.doubleClicked.connect(lambda _index: self.command_wanted.emit("settings"))

    def show_rows(self, rows: list[StackRow], chosen: Path, others: Iterable[Path] = ()) -> None:
        super().show_rows(rows, chosen, others)
        self._said = (*(path for path in self.chosen_paths if path != self.chosen_path), self.chosen_path)

    def event(self, event: QEvent) -> bool:
        # Before the shortcuts of the window get them.
        if event.type() == QEvent.Type.ShortcutOverride and self._word_of(event):  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        word = self._word_of(event)
        row = self.currentRow()
        if word:
            self.command_wanted.emit(word)
        elif event.modifiers() in _PLAIN and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and row >= 0:
            self._fold_by_key(self._plan.rows[row], event.key() == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)

    def _word_of(self, event: QKeyEvent) -> str:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Plus and not modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            return "find"
        if event.key() == Qt.Key.Key_Slash and modifiers & Qt.KeyboardModifier.ControlModifier:
            # On many keyboards the slash itself needs Shift.
            return "leave_out"
        return self._keys.get(modifiers.value | event.key(), "")

    def _fold_by_key(self, row: StackRow, left: bool) -> None:
        """As in trees: Left folds or goes to the container around, Right unfolds."""
        if row.container and left == self.is_open(row.path):
            self.set_folded(row.path, left)
        elif left and len(row.path) > 1:
            self.setCurrentRow(self._row_of(row.path[:-1]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.indexAt(event.position().toPoint()).row()
        if event.button() == Qt.MouseButton.LeftButton and number >= 0 and self._on_chevron(number, event.position()):
            path = self._plan.rows[number].path
            self.set_folded(path, self.is_open(path))
            return
        super().mousePressEvent(event)

    def _on_chevron(self, number: int, place: QPointF) -> bool:
        card = self._plan.card_rect(number, self._top_of(number))
        side = theme.px(CHEVRON + TEXT_RIGHT)
        return self._plan.rows[number].container and card.contains(place) and place.x() > card.right() - side

    def _selection_changed(self) -> None:
        chosen, current = self.chosen_paths, self.chosen_path
        if current in chosen:
            chosen = (*(path for path in chosen if path != current), current)
        # Qt tells of the selection first and of the current row then, and not always of both.
        if chosen != self._said or not chosen:
            self._said = chosen
            self.choice_changed.emit(chosen)

    def _row_changed(self, row: int) -> None:
        if 0 <= row < len(self._plan.rows) and self._plan.rows[row].kind != "output":
            self.layer_chosen.emit(self._plan.rows[row].path)
        self._selection_changed()

    # --- dragging

    def startDrag(self, supported: Qt.DropAction) -> None:
        """Lets the chosen cards be dragged, here or into another window."""
        if self.drag_data is None or not self.chosen_paths:
            return
        drag = QDrag(self)
        drag.setMimeData(self.drag_data())
        row = self.currentRow()
        if row >= 0:
            card = self._plan.card_rect(row, self._top_of(row)).toRect()
            picture = self.viewport().grab(card)
            drag.setPixmap(picture)
            drag.setHotSpot(QPoint(theme.px(MARGIN), card.height() // 2))
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._drag_over(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._drag_over(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        place = self._drop_at(event)
        self._show_drop(None)
        if place is None:
            event.ignore()
        elif event.source() is self:
            copies = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            # What has to happen to the cards is done by whoever hears this, not by the view that they came from.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.cards_dropped.emit(place.path, copies)
        else:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.data_dropped.emit(event.mimeData(), place.path)

    def _drag_over(self, event: QDragMoveEvent) -> None:
        place = self._drop_at(event)
        self._show_drop(place)
        # Near the edges the stack scrolls on.
        y, margin = event.position().y(), theme.px(30)
        if y < margin or y > self.viewport().height() - margin:
            self.startAutoScroll()
        else:
            self.stopAutoScroll()
        if place is None:
            event.ignore()
        else:
            event.accept()

    def _drop_at(self, event: QDropEvent) -> DropPlace | None:
        data = event.mimeData()
        if not (data.hasFormat(TAG_MIME) or data.hasText()):
            return None
        y = event.position().y()
        places = list(self._places_near(y))
        place = min(places, key=lambda each: abs(each.y - y), default=None)
        if place is None or event.source() is not self:
            return place
        inside_itself = any(
            len(place.path) > len(path) and place.path[: len(path)] == path for path in self.chosen_paths
        )
        return None if inside_itself else place

    def _places_near(self, y: float) -> Iterator[DropPlace]:
        """The places around a height, those of the rows just above and below as well."""
        rows = self._plan.rows
        near = self.indexAt(QPoint(theme.px(60), round(y))).row()
        if near < 0:
            near = len(rows) - 1
        shown = [number for number in range(len(rows)) if not self._plan.is_hidden(number)]
        at = shown.index(near) if near in shown else -1
        for number in shown[max(0, at - 1) : at + 2]:
            yield from self._plan.drop_places(number, self._top_of(number))

    def _show_drop(self, place: DropPlace | None) -> None:
        if place is None:
            self.stopAutoScroll()
        if place != self._drop:
            self._drop = place
            self.viewport().update()


_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
