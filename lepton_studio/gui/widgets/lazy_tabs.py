"""Tabs whose parts are made when they are first looked at, so that a page costs what is seen of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.tab_rows import TabRows

# How narrow they may be: a name for the style sheet, what it leaves at either side of a word, and designed pixels.
TIGHTER = (
    ("no", 12, theme.BODY_PIXELS),
    ("more", 4, theme.BODY_PIXELS),
    ("most", 2, theme.SMALL_PIXELS),
    ("most", 2, theme.SMALL_PIXELS - 1),
)


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
        self._is_expanding, self._tight = expanding, TIGHTER[0]
        # In their place where words would be shortened all the same.
        self.rows = TabRows(name)
        self.rows.hide()
        self.rows.chosen.connect(self.turn_to)
        if expanding:
            # Until then, a shortened word is better than a tab behind an arrow.
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
        layout.addWidget(self.rows)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Where the words would be cut they get less around them, then smaller letters, and at last several rows."""
        if not self._is_expanding:
            return
        tabs = range(self.bar.count())
        words = [self.bar.tabText(tab) for tab in tabs]
        fitting = next((each for each in TIGHTER if self._width_of(words, *each[1:]) <= self.width()), None)
        tight = fitting or TIGHTER[-1]
        if fitting is None:
            self.rows.show_words(words, [self.bar.tabToolTip(tab) for tab in tabs], self.width())
            self.rows.mark(self.tab)
        self.bar.setVisible(fitting is not None)
        self.rows.setVisible(fitting is None)
        if self._tight != tight:
            self._tight = tight
            self.bar.setProperty("tight", tight[0])
            self.bar.style().unpolish(self.bar)
            self.bar.style().polish(self.bar)
            # The style takes back what was set before.
            self.bar.setFont(theme.font_of(tight[2]))

    @staticmethod
    def _width_of(words: list[str], around: int, pixels: int) -> int:
        metrics = QFontMetrics(theme.font_of(pixels))
        return sum(metrics.horizontalAdvance(word) + 2 * around + 1 for word in words)

    def _turn(self, tab: int) -> None:
        if tab not in self._parts:
            self._parts[tab] = self._makers[tab]()
            self._stack.addWidget(self._parts[tab])
        self._stack.setCurrentWidget(self._parts[tab])
        self.rows.mark(tab)
        self.turned.emit(tab)
