"""A dot beside the slider of the brush: how thick it draws."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme

SIDE, SMALLEST = 32, 3.0


class BrushDot(QWidget):
    """Grows with the brush; as large as itself for the widest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with the smallest dot."""
        super().__init__(parent)
        self._share = 0.0
        self.setFixedSize(theme.px(SIDE), theme.px(SIDE))

    def set_share(self, share: float) -> None:
        """Sets the size, as a share (0..1) of the widest brush."""
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens().text))
        radius = max(SMALLEST, self._share * (self.width() - 2)) / 2
        painter.drawEllipse(QPointF(self.rect().center()) + QPointF(0.5, 0.5), radius, radius)
