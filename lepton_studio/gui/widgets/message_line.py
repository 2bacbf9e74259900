"""A line under the thing that it speaks of: what happened, and what to do."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from lepton_studio.gui import theme

ICONS = {"good": "check", "warning": "warning", "bad": "warning", "second_text": "info"}


class MessageLine(QFrame):
    """Hidden while there is nothing to say; a person can close it, or press the button of what is offered.

    Signals:
        accepted: what was offered beside the text is wanted.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts hidden."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._picture = QLabel()
        # It names what people named, which is no markup.
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._offer = QPushButton()
        self._offer.setObjectName("message_offer")
        self._offer.setAutoDefault(True)
        self._offer.hide()
        self._offer.clicked.connect(self.accepted)
        self._close = QToolButton()
        self._close.setToolTip(self.tr("Close this message"))
        self._close.setAccessibleName(self._close.toolTip())
        self._close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._offer)
        layout.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty if nothing."""
        return self._text.text() if not self.isHidden() else ""

    def say(self, text: str, role: Literal["good", "warning", "bad", "second_text"] = "bad") -> None:
        """Shows a line in the manner of a role."""
        self._text.setText(text)
        self._offer.hide()
        side = theme.px(18)
        self._picture.setPixmap(theme.icon(ICONS[role], role).pixmap(side, side))
        self._close.setIcon(theme.icon("close", "second_text"))
        self.show()

    def offer(self, action: str) -> None:
        """Puts a button beside what is said; :attr:`accepted` tells that it was pressed."""
        self._offer.setText(action)
        self._offer.setVisible(bool(action))

    def clear(self) -> None:
        """Hides it, with what it offers."""
        self._offer.hide()
        self._text.clear()
        self.hide()
