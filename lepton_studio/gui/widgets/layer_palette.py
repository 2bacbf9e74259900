"""The layers that can be added, by group, with a search."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from lepton_studio.gui import theme

PALETTE_WIDTH = 168

# Large enough to hit, also with a finger.
ROW_HEIGHT = 28


@dataclass(frozen=True)
class PaletteEntry:
    """One layer: its name in files, its group, its name on screen, and what it does."""

    tag: str
    group: str
    title: str
    tip: str


class LayerPalette(QWidget):
    """Offers layers; a double click, Enter or the button asks for one.

    Signals:
        layer_wanted: the tag of the layer, and whether it should go inside the chosen container.
    """

    layer_wanted = Signal(str, bool)

    def __init__(self, entries: list[PaletteEntry], parent: QWidget | None = None) -> None:
        """Lists the entries by their groups."""
        super().__init__(parent)
        self.setFixedWidth(theme.px(PALETTE_WIDTH))
        self.search = QLineEdit()
        self.search.setObjectName("palette_search")
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setObjectName("palette")
        self.list.setAccessibleName(self.tr("Layers to add"))
        for group in sorted({entry.group for entry in entries}):
            self._add_group(group, [entry for entry in entries if entry.group == group])
        self.list.itemActivated.connect(lambda item: self._want(item, False))
        self.add_button = QPushButton(self.tr("Add after"))
        self.add_button.setObjectName("layer_add")
        self.add_button.setIcon(theme.icon("plus"))
        self.add_button.setToolTip(self.tr("Put the picked layer after the chosen one (or double-click it)"))
        self.add_button.clicked.connect(lambda: self._want(self.list.currentItem(), False))
        self.inside_button = QPushButton(self.tr("Add inside"))
        self.inside_button.setObjectName("layer_add_inside")
        self.inside_button.setIcon(theme.icon("plus"))
        self.inside_button.setToolTip(self.tr("Put the picked layer into the chosen container"))
        self.inside_button.clicked.connect(lambda: self._want(self.list.currentItem(), True))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.add_button)
        layout.addWidget(self.inside_button)
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.set_container_chosen(False)
        self._show_buttons()

    def set_container_chosen(self, chosen: bool) -> None:
        """Offers to add inside only where there is an inside."""
        self.inside_button.setVisible(chosen)

    def _add_group(self, group: str, entries: list[PaletteEntry]) -> None:
        heading = QListWidgetItem(group)
        # Enabled, so that it is not greyed out, but nothing to pick.
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        heading.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        heading.setSizeHint(QSize(0, theme.px(ROW_HEIGHT)))
        self.list.addItem(heading)
        for entry in entries:
            item = QListWidgetItem(f"   {entry.title}")
            item.setData(Qt.ItemDataRole.UserRole, entry.tag)
            item.setToolTip(entry.tip)
            item.setSizeHint(QSize(0, theme.px(ROW_HEIGHT)))
            self.list.addItem(item)

    def _want(self, item: QListWidgetItem | None, inside: bool) -> None:
        tag = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if tag is not None:
            self.layer_wanted.emit(tag, inside)

    def _show_buttons(self) -> None:
        picked = bool(self.list.selectedItems())
        self.add_button.setEnabled(picked)
        self.inside_button.setEnabled(picked)

    def _filter(self, text: str) -> None:
        wanted = text.strip().lower()
        for row in range(self.list.count()):
            item = self.list.item(row)
            is_layer = item.data(Qt.ItemDataRole.UserRole) is not None
            item.setHidden(bool(wanted) and not (is_layer and wanted in item.text().lower()))
            if item.isHidden():
                # Nothing shall be added that is not to be seen.
                item.setSelected(False)
