"""One picture, large, with sharp pixels whose values can be read."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, faded, image_of, paint_placeholder

_GRID_FROM = 6  # pixels of the picture smaller than this on screen would drown in grid lines


class PixelView(PaintedWidget):
    """Shows a picture as large as it fits, each of its pixels the same number of screen pixels wide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Graphic, QSizePolicy.Policy.Expanding)
        self._picture: Bytes | None = None
        self._image = QImage()
        self._grid_shown = False
        self._hovered: tuple[int, int] | None = None
        self._placeholder = self.tr("No picture chosen")
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Picture, enlarged"))

    def set_picture(self, picture: Bytes | None) -> None:
        """Shows a uint8 C x H x W picture (C = 1 grey, C = 3 red, green, blue), or the placeholder."""
        self._picture = None if picture is None or picture.size == 0 else np.array(picture, dtype=np.uint8)
        self._hovered = None
        if self._picture is None:
            self._image = QImage()
            self.setAccessibleDescription(self._placeholder)
        else:
            self._image = image_of(colour_pictures(self._picture[None])[0])
            height, width = self._picture.shape[1:]
            self.setAccessibleDescription(self.tr("{0} × {1} pixels").format(height, width))
        self.update()

    def set_grid(self, shown: bool) -> None:
        """Draws lines between the pixels, where they are large enough for that."""
        self._grid_shown = shown
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty view shows."""
        self._placeholder = text
        self.update()

    def picture_place(self) -> QRectF:
        """Where the picture lies in the widget; empty without a picture."""
        if self._picture is None:
            return QRectF()
        height, width = self._picture.shape[1:]
        ratio = self.devicePixelRatioF()
        room = min((self.width() - 2) / width, (self.height() - 2) / height) * ratio
        # Whole screen pixels for each pixel, so that all are equally wide; too large a picture is shrunk.
        cell = (np.floor(room) if room >= 1 else room) / ratio
        left = np.floor((self.width() - width * cell) / 2 * ratio) / ratio
        top = np.floor((self.height() - height * cell) / 2 * ratio) / ratio
        return QRectF(left, top, width * cell, height * cell)

    def pixel_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column of the picture at a point of the widget, counted from 0 as in code."""
        place = self.picture_place()
        if self._picture is None or not place.contains(QPointF(point)):
            return None
        height, width = self._picture.shape[1:]
        row = int((point.y() - place.top()) / place.height() * height)
        column = int((point.x() - place.left()) / place.width() * width)
        return min(row, height - 1), min(column, width - 1)

    def pixel_text(self, row: int, column: int) -> str:
        """What a pixel holds, in words."""
        assert self._picture is not None
        values = [int(value) for value in self._picture[:, row, column]]
        if len(values) >= 3:
            text = self.tr("row {0}, column {1}: red {2}, green {3}, blue {4}")
            return text.format(row, column, *values[:3])
        return self.tr("row {0}, column {1}: {2}").format(row, column, values[0])

    def sizeHint(self) -> QSize:
        """Room for 28 x 28 pixels of ten."""
        return QSize(theme.px(282), theme.px(282))

    def minimumSizeHint(self) -> QSize:
        """The smallest size at which a digit is still looked at with pleasure."""
        return QSize(theme.px(114), theme.px(114))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the value under the mouse."""
        pixel = self.pixel_at(event.position().toPoint())
        if pixel != self._hovered:
            self._hovered = pixel
            # An empty text closes the tip; hiding it first lets the next one follow the mouse.
            QToolTip.showText(event.globalPosition().toPoint(), "" if pixel is None else self.pixel_text(*pixel), self)
            self.update()
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pixel that was under the mouse."""
        self._hovered = None
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints picture, grid lines and the pixel under the mouse."""
        painter = QPainter(self)
        if self._picture is None:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        place = self.picture_place()
        cell = place.width() / self._image.width()
        shrunk = cell * self.devicePixelRatioF() < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        painter.drawImage(place, self._image)
        if self._grid_shown and cell >= _GRID_FROM:
            self._paint_grid(painter, place, cell)
        self._paint_frame(painter, place, theme.tokens().line, 1)
        if self._hovered is not None and not shrunk:
            row, column = self._hovered
            pixel = QRectF(place.left() + column * cell, place.top() + row * cell, cell, cell)
            self._paint_frame(painter, pixel, theme.tokens().accent, 2)

    def _paint_grid(self, painter: QPainter, place: QRectF, cell: float) -> None:
        # Half-clear, so that the lines are seen on black and on white alike.
        painter.setPen(QPen(faded(theme.tokens().second_text, 0.5), 1 / self.devicePixelRatioF()))
        lines = [
            QLineF(place.left() + i * cell, place.top(), place.left() + i * cell, place.bottom())
            for i in range(1, self._image.width())
        ] + [
            QLineF(place.left(), place.top() + i * cell, place.right(), place.top() + i * cell)
            for i in range(1, self._image.height())
        ]
        painter.drawLines(lines)

    @staticmethod
    def _paint_frame(painter: QPainter, place: QRectF, colour: str, width: int) -> None:
        """Paints a frame just outside the place."""
        pen = QPen(QColor(colour), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = width / 2
        painter.drawRect(place.adjusted(-half, -half, half, half))
