"""What all pages share: a title, a place for the main action at the top right, a line for messages."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.message_line import MessageLine

# Grows with the zoom, but leaves room for what the page is about.
SETTINGS_WIDTH, WIDEST_SETTINGS = 312, 420
ICON_SIDE = 16
# Of a button as designed; where text is larger, the title is higher than buttons are.
HEADER_HEIGHT = 31


class Page(QWidget):
    """One step of the work. A page knows the session and its widgets, and no other page.

    Signals:
        page_wanted: the object name of the page to go to next.
        state_changed: what :meth:`state_text` says is another thing now.
    """

    page_wanted = Signal(str)
    state_changed = Signal()

    # How scripts call the page.
    object_name = ""

    def __init__(self, session: Session, title: str, parent: QWidget | None = None) -> None:
        """Makes the header; subclasses fill ``body`` and ``header``."""
        super().__init__(parent)
        self.session = session
        self.title = title
        self.setObjectName(self.object_name)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        outer.setSpacing(theme.GAP)
        self.header = QHBoxLayout()
        self.header.setSpacing(theme.GAP_SMALL)
        heading = QLabel(title)
        heading.setProperty("role", "title")
        heading.setFont(theme.font_of(theme.TITLE_PIXELS, semibold=True))
        # As high as the buttons beside it, so that nothing below moves when they are hidden.
        heading.setMinimumHeight(HEADER_HEIGHT)
        self.header.addWidget(heading)
        self.header.addStretch(1)
        outer.addLayout(self.header)
        self.message = MessageLine()
        outer.addWidget(self.message)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.GAP)
        outer.addLayout(self.body, 1)
        session.trouble_met.connect(self._trouble_met)

    def state_text(self) -> str:
        """A few words for the sidebar: what this step has come to."""
        return ""

    def keys(self) -> list[tuple[str, str]]:
        """Keys that work on this page alone, with what they do; for the list in the Help menu."""
        return []

    def stop(self) -> None:
        """Ends background work of the page's own, before the window closes."""

    def hand_over(self) -> object:
        """What the page that takes the place of this one shall go on with; None: nothing."""
        return None

    def take_over(self, work: Any) -> None:
        """Goes on with what the page before did not finish."""

    def shown(self) -> None:
        """Called each time the page comes to the front."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown()

    def _trouble_met(self, error: Exception, page: str) -> None:
        if page == self.objectName():
            self.message.say(str(error) or type(error).__name__)


def button(name: str, text: str, icon_name: str = "", main: bool = False) -> QPushButton:
    """A push button with an object name for scripts; ``main`` is the one thing to do next."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setProperty("main", main)
    # Enter presses it as Space does, also outside dialogs.
    made.setAutoDefault(True)
    if icon_name:
        made.setIconSize(QSize(theme.px(ICON_SIDE), theme.px(ICON_SIDE)))
        made.setIcon(theme.icon(icon_name, "on_accent" if main else "text"))
    return made


def section(text: str) -> QLabel:
    """A heading inside a page."""
    label = QLabel(text)
    label.setProperty("role", "section")
    return label


def second(text: str = "") -> QLabel:
    """A quieter line; long ones wrap."""
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "second")
    return label


def settings_column(content: QWidget) -> QScrollArea:
    """Puts settings into the scrolling column at the right of a page."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFixedWidth(min(theme.px(SETTINGS_WIDTH), WIDEST_SETTINGS))
    area.setHorizontalScrollBarPolicy(area.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
    area.setWidget(content)
    return area
