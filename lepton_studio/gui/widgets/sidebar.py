"""The path of the work at the left of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.sidebar_entry import SidebarEntry

SIDEBAR_WIDTH, COMPACT_WIDTH = 192, 84


class Sidebar(QFrame):
    """One entry for each page, in order, and the device at the bottom.

    Signals:
        page_picked: the object name of the page whose entry was clicked.
    """

    page_picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with the logo alone."""
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setFixedWidth(theme.px(SIDEBAR_WIDTH))
        self._entries: dict[str, SidebarEntry] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GAP_SMALL, theme.GAP, theme.GAP_SMALL, theme.GAP)
        self._column.setSpacing(theme.GRID)
        self._name = QLabel("Lepton Studio")
        self._name.setFont(theme.font_of(theme.BODY_PIXELS + 1, semibold=True))
        self._column.addLayout(_logo(self._name))
        self._column.addSpacing(theme.GAP_SMALL)
        self._device = QLabel(wordWrap=True)
        self._device.setObjectName("device_label")
        self._device.setProperty("role", "second")
        self._device.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._device.setContentsMargins(theme.GAP_SMALL, 0, 0, 0)
        self._column.addStretch(1)
        self._column.addWidget(self._device)

    def add_entry(self, name: str, title: str, icon_name: str) -> None:
        """Adds the entry of a page below the others; its object name is ``go_<name>``."""
        entry = SidebarEntry(title, icon_name)
        entry.setObjectName(f"go_{name}")
        entry.clicked.connect(lambda: self.page_picked.emit(name))
        # Above the stretch and the device.
        self._column.insertWidget(self._column.count() - 2, entry)
        self._entries[name] = entry

    def set_compact(self, compact: bool) -> None:
        """Puts the words below the icons where the window is narrow."""
        self.setFixedWidth(theme.px(COMPACT_WIDTH if compact else SIDEBAR_WIDTH))
        self._name.setVisible(not compact)
        self._device.setVisible(not compact)
        for entry in self._entries.values():
            entry.set_compact(compact)

    def choose(self, name: str) -> None:
        """Marks the entry of the page in front."""
        self._entries[name].setChecked(True)
        # One stop for Tab, at the page in front; the arrows walk through the others.
        for each, entry in self._entries.items():
            entry.setFocusPolicy(Qt.FocusPolicy.TabFocus if each == name else Qt.FocusPolicy.NoFocus)

    def set_state(self, name: str, text: str) -> None:
        """Sets the quiet line of an entry."""
        self._entries[name].set_state(text)

    def set_device(self, text: str) -> None:
        """Says where things are computed."""
        self._device.setText(text)


def _logo(name: QLabel) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(theme.GAP_SMALL, 0, 0, 0)
    picture = QLabel()
    side = theme.px(24)
    picture.setPixmap(theme.icon("logo", "accent").pixmap(side, side))
    row.addWidget(picture)
    row.addWidget(name)
    row.addStretch(1)
    return row
