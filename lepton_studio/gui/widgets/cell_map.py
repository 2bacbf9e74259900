"""A map of numbers, or a picture, on which one cell or one part is framed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.value_view import ValueView

Frame = tuple[int, int, int, int]
STEPS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class CellMap(ValueView):
    """What is framed follows the mouse and the arrow keys, if it may be pointed at.

    Signals:
        cell_pointed: row and column of another cell.
    """

    cell_pointed = Signal(int, int)

    def __init__(self, is_pointed: bool, parent: QWidget | None = None) -> None:
        """Starts empty; ``is_pointed``: people choose cells on it."""
        super().__init__(parent)
        self._is_pointed = is_pointed
        self._frame: Frame | None = None
        self._crossed = False
        if is_pointed:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def frame(self) -> Frame | None:
        """What is framed: top, left, bottom and right in pixels of the picture, the last two past the end."""
        return self._frame

    def set_frame(self, frame: Frame | None) -> None:
        """Frames a part of the picture, or nothing."""
        if frame != self._frame:
            self._frame = frame
            self.update()

    def set_crossed(self, is_crossed: bool) -> None:
        """Crosses it out, or not."""
        if is_crossed != self._crossed:
            self._crossed = is_crossed
            self.update()

    def frame_place(self) -> QRectF:
        """Where the frame lies in the widget."""
        if self._frame is None or self._picture is None:
            return QRectF()
        place, (top, left, bottom, right) = self.picture_place(), self._frame
        cell = place.width() / self._picture.shape[2]
        return QRectF(
            place.left() + left * cell, place.top() + top * cell, (right - left) * cell, (bottom - top) * cell
        )

    def cell_centre(self, row: int, column: int) -> QPoint:
        """The middle of a cell in the widget."""
        place = self.picture_place()
        cell = place.width() / self._image.width()
        return QPoint(int(place.left() + (column + 0.5) * cell), int(place.top() + (row + 0.5) * cell))

    def pixel_text(self, row: int, column: int) -> str:
        """No tip over what is told below in full."""
        return "" if self._is_pointed else super().pixel_text(row, column)

    # --- Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        pixel = self.pixel_at(event.position().toPoint())
        if self._is_pointed and pixel is not None:
            self._point(*pixel)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pixel = self.pixel_at(event.position().toPoint())
        if self._is_pointed and pixel is not None:
            self._point(*pixel)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if not self._is_pointed or step is None or self._picture is None or not plain:
            super().keyPressEvent(event)
            return
        row, column = self._frame[:2] if self._frame is not None else (0, 0)
        height, width = self._picture.shape[1:]
        self._point(min(max(row + step[0], 0), height - 1), min(max(column + step[1], 0), width - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        place = self.picture_place()
        if self._crossed and not place.isEmpty():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for colour, width in ((theme.tokens().surface, theme.px(6)), (theme.tokens().bad, theme.px(3))):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(place.topLeft(), place.bottomRight())
                painter.drawLine(place.topRight(), place.bottomLeft())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        frame = self.frame_place()
        if not frame.isEmpty():
            # Seen on black and on white.
            self._paint_frame(painter, frame, theme.tokens().validation, 2)
            self._paint_frame(painter, frame.adjusted(-2, -2, 2, 2), theme.tokens().surface, 1)
        painter.end()

    def _point(self, row: int, column: int) -> None:
        if self._frame is None or self._frame[:2] != (row, column):
            self.set_frame((row, column, row + 1, column + 1))
            self.cell_pointed.emit(row, column)
