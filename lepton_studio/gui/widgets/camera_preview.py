"""What a camera sees, with the square in it that will be taken."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role

# Of the shorter side of the picture; what is around it is dimmed.
SQUARE_SHARE = 0.8


class CameraPreview(QWidget):
    """Shows pictures as they come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with a word that no picture came yet."""
        super().__init__(parent)
        self._image = QImage()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(280), theme.px(210))
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("What the camera sees"))

    @property
    def square(self) -> QImage:
        """What is in the square now; an empty image while no picture came."""
        return self._image.copy(self._square_of(self._image.size()).toRect())

    def set_image(self, image: QImage) -> None:
        """Shows a picture."""
        self._image = image
        self.update()

    def set_text(self, text: str) -> None:
        """Sets what is said as long as there is no picture."""
        self._text = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(315))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        colours = theme.tokens()
        painter.fillRect(self.rect(), QColor(colours.raised))
        if self._image.isNull():
            painter.setPen(QColor(colours.second_text))
            margin = theme.px(24)
            text_place = self.rect().adjusted(margin, margin, -margin, -margin)
            painter.drawText(text_place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)
            return
        size = self._image.size()
        scale = min(self.width() / size.width(), self.height() / size.height())
        place = QRectF(0, 0, size.width() * scale, size.height() * scale)
        place.moveCenter(QRectF(self.rect()).center())
        painter.drawImage(place, self._image)
        inner = self._square_of(size)
        square = QRectF(inner.topLeft() * scale + place.topLeft(), inner.size() * scale)
        around = QPainterPath()
        around.addRect(place)
        around.addRect(square)
        veil = QColor(Qt.GlobalColor.black)
        veil.setAlphaF(0.5)
        painter.fillPath(around, veil)
        painter.setPen(QPen(QColor(Qt.GlobalColor.white), 2))
        painter.drawRect(square)

    def _square_of(self, size: QSize) -> QRectF:
        side = SQUARE_SHARE * min(size.width(), size.height())
        return QRectF((size.width() - side) / 2, (size.height() - side) / 2, side, side)
