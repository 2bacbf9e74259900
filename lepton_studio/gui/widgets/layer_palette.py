"""The layers that can be added, by group, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.layer_stack import TAG_MIME
from lepton_studio.gui.widgets.painting import paint_placeholder
from lepton_studio.gui.widgets.quiet_line_edit import QuietLineEdit
from lepton_studio.gui.widgets.stack_painter import mark_colour

PALETTE_WIDTH = 176

# Large enough to hit, also with a finger.
ROW_HEIGHT = 28
# Less high, the palette has room for its list only.
ROOM_FOR_HINT = 470

_TAG = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class PaletteEntry:
    """One layer.

    Attributes:
        tag: its name in files.
        group: the heading that it stands under.
        title: its name on screen.
        tip: what it does, in a sentence.
        glyph: the name of its icon.
        kind: the name of the group in the program; gives the colour.
        also: what else people call it, for the search.
    """

    tag: str
    group: str
    title: str
    tip: str
    glyph: str = ""
    kind: str = ""
    also: tuple[str, ...] = ()

    def rank(self, wanted: str) -> int | None:
        """How well it answers a search in small letters: 0 is best, None not at all."""
        title, names = self.title.lower(), (self.tag.replace("_", " "), self.tag, *map(str.lower, self.also))
        if wanted in (title, *names):
            return 0
        if title.startswith(wanted):
            return 1
        if any(name.startswith(wanted) for name in names) or f" {wanted}" in title:
            return 2
        if wanted in title or any(wanted in name for name in names):
            return 3
        return 4 if wanted in self.group.lower() else None


class LayerPalette(QWidget):
    """Offers layers; a double click, Enter, the plus of an entry or a button asks for one; an entry can be dragged.

    Signals:
        layer_wanted: the tag of the layer, and whether it should go inside the chosen container.
    """

    layer_wanted = Signal(str, bool)

    def __init__(self, entries: Sequence[PaletteEntry], parent: QWidget | None = None) -> None:
        """Lists the entries in their order, under a heading for each run of one group."""
        super().__init__(parent)
        self._entries = {entry.tag: entry for entry in entries}
        self.setFixedWidth(theme.px(PALETTE_WIDTH))
        self.search = _SearchLine()
        self.search.setObjectName("palette_search")
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setToolTip(self.tr("Type what you look for (Ctrl+F); Enter adds the marked layer"))
        self.search.setAccessibleName(self.tr("Search for a layer"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._add_first)
        self.search.list_wanted.connect(self._go_to_list)
        self.list = _EntryList()
        self.list.setObjectName("palette")
        self.list.setAccessibleName(self.tr("Layers to add"))
        for group, members in groupby(entries, key=lambda entry: entry.group):
            self._add_group(group, list(members))
        self.list.itemActivated.connect(self._activate)
        self.list.plus_pressed.connect(self._activate)
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.entry_hovered.connect(self._show_hint)
        self.hint = QLabel(wordWrap=True)
        self.hint.setObjectName("palette_hint")
        self.hint.setProperty("role", "second")
        self.hint.setFont(theme.font_of(theme.SMALL_PIXELS))
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hint.setFixedHeight(self._hint_height())
        self.add_button = self._button("layer_add", self.tr("Add after"), False)
        self.add_button.setToolTip(self.tr("Put the picked layer after the chosen one (or double-click it)"))
        self.inside_button = self._button("layer_add_inside", self.tr("Add inside"), True)
        self.inside_button.setToolTip(self.tr("Put the picked layer into the chosen container"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for widget in (self.search, self.list, self.hint, self.add_button, self.inside_button):
            layout.addWidget(widget, 1 if widget is self.list else 0)
        self.set_container_chosen(False)
        self._show_buttons()

    def set_container_chosen(self, chosen: bool, opened: bool = False) -> None:
        """Offers to add inside only where there is an inside; into an open container everything goes unasked."""
        self._goes_inside = chosen and opened
        self.inside_button.setVisible(chosen)

    def focus_search(self) -> None:
        """Puts the keyboard into the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.hint.setVisible(event.size().height() >= theme.px(ROOM_FOR_HINT))

    def _button(self, name: str, text: str, inside: bool) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setAutoDefault(True)
        made.setIcon(theme.icon("plus"))
        made.clicked.connect(lambda: self._want(self.list.currentItem(), inside))
        return made

    def _add_group(self, group: str, entries: list[PaletteEntry]) -> None:
        heading = QListWidgetItem(group)
        # Enabled, so that it is not greyed out, but nothing to pick.
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        heading.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        heading.setForeground(QColor(theme.tokens().second_text))
        heading.setSizeHint(QSize(0, theme.px(ROW_HEIGHT)))
        self.list.addItem(heading)
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(_TAG, entry.tag)
            item.setToolTip(entry.tip)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, entry.tip)
            item.setSizeHint(QSize(0, theme.px(ROW_HEIGHT)))
            if entry.glyph:
                ink = mark_colour(entry.kind, theme.tokens().surface)
                icon = QIcon(theme.glyph(entry.glyph, ink))
                icon.addPixmap(theme.glyph(entry.glyph, QColor(theme.tokens().on_accent)), QIcon.Mode.Selected)
                item.setIcon(icon)
            self.list.addItem(item)

    def _hint_height(self) -> int:
        """Room for the longest of the sentences, so that nothing jumps."""
        metrics = QFontMetrics(self.hint.font())
        room = QRectF(0, 0, theme.px(PALETTE_WIDTH) - 4, 1000).toRect()
        flags = int(Qt.TextFlag.TextWordWrap.value)
        tips = [entry.tip for entry in self._entries.values()]
        return max((metrics.boundingRect(room, flags, tip).height() for tip in tips), default=0) + 2

    def _entry_of(self, item: QListWidgetItem | None) -> PaletteEntry | None:
        return self._entries.get(item.data(_TAG)) if item is not None else None

    def _want(self, item: QListWidgetItem | None, inside: bool) -> None:
        entry = self._entry_of(item)
        if entry is not None:
            self.layer_wanted.emit(entry.tag, inside)

    def _activate(self, item: QListWidgetItem | None) -> None:
        """Without a word where: into the chosen container if its cards are shown, else after the chosen card."""
        self._want(item, self._goes_inside)

    def _add_first(self) -> None:
        if self.search.text().strip() and self.list.selectedItems():
            self._activate(self.list.currentItem())
            self.search.selectAll()

    def _go_to_list(self) -> None:
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.list.selectedItems():
            rows = [row for row in range(self.list.count()) if self._entry_of(self.list.item(row)) is not None]
            shown = [row for row in rows if not self.list.isRowHidden(row)]
            if shown:
                self.list.setCurrentRow(shown[0])

    def _show_buttons(self) -> None:
        picked = bool(self.list.selectedItems())
        self.add_button.setEnabled(picked)
        self.inside_button.setEnabled(picked)
        self._show_hint(None)

    def _show_hint(self, item: QListWidgetItem | None) -> None:
        """Says what the entry under the mouse does, or the picked one."""
        selected = self.list.selectedItems()
        entry = self._entry_of(item) or (self._entry_of(selected[0]) if selected else None)
        self.hint.setText(entry.tip if entry else self.tr("Point at a layer to read what it does."))

    def _filter(self, text: str) -> None:
        wanted = " ".join(text.lower().split())
        best: tuple[int, int] | None = None
        for row in range(self.list.count()):
            item = self.list.item(row)
            entry = self._entry_of(item)
            rank = entry.rank(wanted) if entry is not None and wanted else None
            item.setHidden(bool(wanted) and rank is None)
            if item.isHidden():
                # Nothing shall be added that is not to be seen.
                item.setSelected(False)
            if rank is not None and (best is None or rank < best[0]):
                best = (rank, row)
        if best is not None:
            # What Enter will add is marked.
            self.list.setCurrentRow(best[1])
        nothing = self.tr("No layer is called that. A group can be looked for, too: pooling, sequence.")
        self.list.set_placeholder(nothing if wanted and best is None else "")


class _SearchLine(QuietLineEdit):
    """A search whose Down key leads into the list below it."""

    list_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.list_wanted.emit()
        else:
            super().keyPressEvent(event)


class _EntryList(QListWidget):
    """Entries that can be dragged, each with a plus at its end."""

    plus_pressed = Signal(QListWidgetItem)
    entry_hovered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setDragEnabled(True)
        self.setDragDropMode(QListWidget.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.setItemDelegate(_PlusDelegate(self))
        self._placeholder = ""

    def set_placeholder(self, text: str) -> None:
        """Sets what is said where nothing is listed."""
        self._placeholder = text
        self.setAccessibleDescription(text)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._placeholder:
            paint_placeholder(QPainter(self.viewport()), self.viewport().rect(), self._placeholder)

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        if items:
            data.setData(TAG_MIME, str(items[0].data(_TAG)).encode())
        return data

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and item.data(_TAG) and _plus_place(self.visualItemRect(item)).contains(event.position()):
            self.setCurrentItem(item)
            self.plus_pressed.emit(item)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and _plus_place(self.visualItemRect(item)).contains(event.position()):
            # Two quick presses of the plus: the second one counts as well, once.
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.entry_hovered.emit(self.itemAt(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.entry_hovered.emit(None)


class _PlusDelegate(QStyledItemDelegate):
    """Paints a plus on the entry under the mouse and on the picked one."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        picked = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.data(_TAG) is None or not (picked or option.state & QStyle.StateFlag.State_MouseOver):
            return
        colours = theme.tokens()
        pixmap = theme.glyph("plus", QColor(colours.on_accent if picked else colours.accent))
        place = _plus_place(option.rect)
        side = theme.px(16)
        corner = QPointF(place.center().x() - side / 2, place.center().y() - side / 2)
        painter.drawPixmap(QRectF(corner.x(), corner.y(), side, side), pixmap, QRectF(pixmap.rect()))


def _plus_place(row: object) -> QRectF:
    """Where the plus of a row is hit."""
    place = QRectF(row)  # type: ignore[call-overload]
    return QRectF(place.right() - theme.px(ROW_HEIGHT), place.top(), theme.px(ROW_HEIGHT), place.height())
