"""What keys and the wheel say on a widget that is no text field: the digits of a number, and whole notches."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent

_FORGOTTEN_AFTER = 1500  # milliseconds
_DIGITS = 9
_NOTCH = 120  # Qt counts eighths of a degree; a notch is 15 degrees


class WheelNotches:
    """Counts notches of the wheel; touchpads send many small turns, which count together."""

    def __init__(self) -> None:
        """Starts with no turn."""
        self._turned = 0

    def take(self, event: QWheelEvent) -> int:
        """How many notches an event completes, up positive."""
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        return notches


class TypedNumber(QObject):
    """The number that is being typed; it is forgotten after a pause or with any other key.

    Signals:
        text_changed: the digits so far, empty when they are forgotten.
    """

    text_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FORGOTTEN_AFTER)
        self._timer.timeout.connect(self.forget)

    def text(self) -> str:
        """The digits so far."""
        return self._text

    def take(self, event: QKeyEvent) -> bool:
        """Takes a key press; True if it belongs to the number, so that nobody else should take it."""
        digit = event.text()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if digit.isascii() and digit.isdigit():
            self._set((self._text + digit)[-_DIGITS:])
            return True
        if not self._text:
            return False
        if event.key() == Qt.Key.Key_Backspace:
            self._set(self._text[:-1])
            return True
        self.forget()
        return event.key() == Qt.Key.Key_Escape

    def forget(self) -> None:
        """Starts anew."""
        self._set("")

    def _set(self, text: str) -> None:
        if text:
            self._timer.start()
        else:
            self._timer.stop()
        if text != self._text:
            self._text = text
            self.text_changed.emit(text)
