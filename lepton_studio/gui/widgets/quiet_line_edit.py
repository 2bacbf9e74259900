"""A line to type into that keeps Enter to itself, where Enter means something else beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class QuietLineEdit(QLineEdit):
    """Says ``returnPressed`` and does not pass the key on, as a plain one does after that."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        super().keyPressEvent(event)
        if is_enter:
            event.accept()
