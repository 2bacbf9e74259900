"""A text that changes many times a second, without the page being laid out anew each time."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class SteadyLabel(QWidget):
    """Holds a label that is in no layout: only a text that needs another height moves the rest of the page."""

    def __init__(self, label: QLabel) -> None:
        """Takes over a label, one that wraps."""
        super().__init__()
        self._label = label
        label.setParent(self)
        self._height = 0
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_text(self, text: str) -> None:
        """Shows another text."""
        if text == self._label.text():
            return
        self._label.setText(text)
        height = self.heightForWidth(self.width())
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(self._label.heightForWidth(width), self._line_height())

    def sizeHint(self) -> QSize:
        return QSize(0, self._line_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label.setGeometry(self.rect())

    def _line_height(self) -> int:
        return self._label.fontMetrics().height()
