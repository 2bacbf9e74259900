"""What lists of small pictures share: rows of equal tiles, keys that go through them, a click that enlarges one."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_list import PaintedList
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, resized_pictures


class PictureTiles(PaintedList):
    """Arrows go from one to the other; Return, Space or a click asks for it to be shown closely.

    Signals:
        picture_chosen: the number of the one that a person wants to see closely.
    """

    picture_chosen = Signal(int)

    def __init__(self, gap: int, parent: QWidget | None = None) -> None:
        """Shows none; ``gap`` is what lies between tiles, in designed pixels."""
        super().__init__(parent)
        self._gap = gap
        self._images: list[QImage] = []
        self._images_of: tuple[Bytes | None, int] = (None, 0)

    def columns(self) -> int:
        """How many lie side by side."""
        raise NotImplementedError

    def side(self) -> int:
        """Pixels of the longer edge of a picture."""
        raise NotImplementedError

    def tile_height(self) -> int:
        """Pixels of a picture and all that belongs to it."""
        raise NotImplementedError

    def tile_width(self) -> float:
        """Pixels for each of a row that is as wide as the widget."""
        columns = self.columns()
        return (self.width() - (columns - 1) * theme.px(self._gap)) / columns

    def place_of(self, at: int) -> QRect:
        """Where a picture and all that belongs to it lies."""
        row, column = divmod(at, self.columns())
        wide, high, gap = self.tile_width(), self.tile_height(), theme.px(self._gap)
        return QRect(round(column * (wide + gap)), row * (high + gap), int(wide), high)

    def arrange(self) -> None:
        """More or fewer in a row."""
        rows, gap = -(-self.count() // self.columns()), theme.px(self._gap)
        self._set_height(max(1, rows * (self.tile_height() + gap) - gap))

    # --- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Asks for the one under the mouse."""
        at = self.entry_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self._go(at)
            self.picture_chosen.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from picture to picture."""
        keys, columns = Qt.Key, self.columns()
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_Up: -columns, keys.Key_Down: columns}
        if not self.count():
            event.ignore()
        elif event.key() in steps:
            self._go(min(max(self._current + steps[keys(event.key())], 0), self.count() - 1))
        elif event.key() in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self.picture_chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    # --- for those that are one

    def _is_lit(self, at: int) -> bool:
        """Whether it is under the mouse or has the keys."""
        return at == self._hovered or (self.hasFocus() and at == self._current)

    def _image(self, at: int, pictures: Bytes | None) -> QImage:
        """One of these pictures in pixels of the screen; all are made anew for others, or for another size."""
        side = round(self.side() * self.devicePixelRatioF())
        if self._images_of[0] is not pictures or self._images_of[1] != side:
            self._images_of = (pictures, side)
            self._images = []
            if pictures is not None:
                self._images = [image_of(each) for each in colour_pictures(resized_pictures(pictures, side))]
        return self._images[at] if at < len(self._images) else QImage()
