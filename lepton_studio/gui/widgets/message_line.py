"""A line under the thing that it speaks of: what happened, and what to do."""

from __future__ import annotations

from typing import Literal

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from lepton_studio.gui import theme

ICONS = {"good": "check", "warning": "warning", "bad": "warning", "second_text": "info"}


class MessageLine(QFrame):
    """Hidden while there is nothing to say; a person can close it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts hidden."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._picture = QLabel()
        self._text = QLabel(wordWrap=True)
        self._close = QToolButton()
        self._close.setToolTip(self.tr("Close this message"))
        self._close.setAccessibleName(self._close.toolTip())
        self._close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty if nothing."""
        return self._text.text() if not self.isHidden() else ""

    def say(self, text: str, role: Literal["good", "warning", "bad", "second_text"] = "bad") -> None:
        """Shows a line in the manner of a role."""
        self._text.setText(text)
        side = theme.px(18)
        self._picture.setPixmap(theme.icon(ICONS[role], role).pixmap(side, side))
        self._close.setIcon(theme.icon("close", "second_text"))
        self.show()

    def clear(self) -> None:
        """Hides it."""
        self._text.clear()
        self.hide()
