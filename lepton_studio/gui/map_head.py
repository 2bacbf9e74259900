"""The line above an enlarged map: which one it is, those beside it, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.icon_button import icon_button


class MapHead(QWidget):
    """A caption and three buttons.

    Signals:
        turned: the map before (-1) or after (+1) is wanted.
        closed: all layers are wanted again.
    """

    turned = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Says nothing yet."""
        super().__init__(parent)
        self._caption = QLabel(wordWrap=True)
        self._caption.setObjectName("map_caption")
        # A long caption must not make the page wider.
        self._caption.setMinimumWidth(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self._caption, 1)
        self._before = self._tool("map_before", "chevron_left", self.tr("The map before (Page Up)"))
        self._before.clicked.connect(lambda: self.turned.emit(-1))
        self._after = self._tool("map_after", "chevron_right", self.tr("The next map (Page Down)"))
        self._after.clicked.connect(lambda: self.turned.emit(1))
        close = self._tool("map_close", "close", self.tr("Back to all layers (Escape)"))
        close.clicked.connect(self.closed)
        for tool in (self._before, self._after, close):
            layout.addWidget(tool)

    @property
    def caption(self) -> str:
        """Which map it is, and from where to where its numbers go."""
        return self._caption.text()

    def show_caption(self, text: str, can_turn: bool) -> None:
        """Says which map it is; ``can_turn``: there are others beside it."""
        self._caption.setText(text)
        for tool in (self._before, self._after):
            tool.setVisible(can_turn)

    @staticmethod
    def _tool(name: str, icon: str, tip: str) -> QToolButton:
        tool = icon_button(name, icon, tip)
        tool.setMinimumSize(theme.px(28), theme.px(28))
        return tool
