"""Tabs whose parts are made when they are first looked at, so that a page costs what is seen of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from lepton_studio.gui import theme


class LazyTabs(QWidget):
    """A row of tabs over one part at a time.

    Signals:
        turned: another part is in front: its number.
    """

    turned = Signal(int)

    def __init__(self, name: str, expanding: bool = False, parent: QWidget | None = None) -> None:
        """Holds nothing yet.

        Args:
            name: the object name of the row of tabs.
            expanding: whether the tabs share the whole width.
            parent: the widget to be in.
        """
        super().__init__(parent)
        self.bar = QTabBar()
        self.bar.setObjectName(name)
        self.bar.setExpanding(expanding)
        if expanding:
            # They share what room is left anyway; words matter more than what is around them.
            self.bar.setProperty("tight", True)
            # In a column that is as wide as it is, a shortened word is better than a tab behind an arrow.
            self.bar.setUsesScrollButtons(False)
            self.bar.setElideMode(Qt.TextElideMode.ElideRight)
        self.bar.setDrawBase(False)
        self._stack = QStackedWidget()
        self._makers: list[Callable[[], QWidget]] = []
        self._parts: dict[int, QWidget] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self.bar.currentChanged.connect(self._turn)

    def add(self, text: str, tip: str, make: Callable[[], QWidget]) -> None:
        """Adds a tab; ``make`` is asked for its part when it is first in front, for the first tab at once."""
        self._makers.append(make)
        self.bar.setTabToolTip(self.bar.addTab(text), tip)

    @property
    def tab(self) -> int:
        """The number of the part in front."""
        return self.bar.currentIndex()

    def part(self, tab: int) -> QWidget | None:
        """A part; None while nobody has looked at it."""
        return self._parts.get(tab)

    def turn_to(self, tab: int) -> None:
        """Brings a part to the front."""
        self.bar.setCurrentIndex(tab)

    def _turn(self, tab: int) -> None:
        if tab not in self._parts:
            self._parts[tab] = self._makers[tab]()
            self._stack.addWidget(self._parts[tab])
        self._stack.setCurrentWidget(self._parts[tab])
        self.turned.emit(tab)
