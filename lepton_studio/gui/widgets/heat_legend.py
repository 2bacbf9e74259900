"""What the colours of a heat map mean: a strip from little to much, with words and numbers at its ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.heat_colours import drawing_ground, over_ground
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import image_of

STRIP_HEIGHT, COLUMNS = 10, 128


class HeatLegend(PaintedWidget):
    """Goes from the strongest below zero to the strongest above it, or from nothing to the strongest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with a map that is not signed."""
        super().__init__(parent, QAccessible.Role.Graphic)
        self._is_signed = False
        self._texts = ("", "", "")

    @property
    def texts(self) -> tuple[str, str, str]:
        """What stands at the left end, in the middle and at the right end."""
        return self._texts

    def show_scale(self, is_signed: bool, left: str, middle: str, right: str) -> None:
        """Shows the colours of a kind of map, with words below its ends and its middle."""
        if (is_signed, (left, middle, right)) != (self._is_signed, self._texts):
            self._is_signed, self._texts = is_signed, (left, middle, right)
            self.setAccessibleName(", ".join(text for text in self._texts if text))
            self.update()

    def sizeHint(self) -> QSize:
        """As high as the strip and its words."""
        return QSize(theme.px(200), theme.px(STRIP_HEIGHT + 3) + self._metrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        strip = QRectF(0.5, 0.5, self.width() - 1, theme.px(STRIP_HEIGHT))
        values = np.linspace(-1 if self._is_signed else 0, 1, COLUMNS, dtype=np.float32)[None]
        ground = drawing_ground(np.zeros((1, 1, COLUMNS), np.uint8), 1.0)
        painter.drawImage(strip, image_of(over_ground(values, self._is_signed, ground, 1.0)))
        painter.setPen(QPen(QColor(theme.tokens().line), 1))
        painter.drawRect(strip)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        painter.setPen(QColor(theme.tokens().second_text))
        words = QRectF(0, strip.bottom() + theme.px(2), self.width(), self._metrics().height())
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        for text, side in zip(self._texts, sides, strict=True):
            painter.drawText(words, side, text)

    @staticmethod
    def _metrics() -> QFontMetrics:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS))
