"""The same few pictures through the epochs: what the network answers, how sure it is, and how it came to that."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.followed_painter import BAR, CURVE, GAP, PAD, FollowedLook, TilePainter
from lepton_studio.gui.widgets.painted_list import PaintedList
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, resized_pictures

# Designed pixels.
_PICTURE, _LARGEST_PICTURE = 54, 104


class FollowedPictures(PaintedList):
    """Four in a row, two where it is narrow. Arrows go from one to the other, Return enlarges.

    Signals:
        picture_chosen: the number of the one that a person wants to see closely.
    """

    picture_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent)
        self.setAccessibleName(self.tr("Followed pictures"))
        self._look = FollowedLook()
        self._images: list[QImage] = []
        self._images_of: tuple[Bytes | None, int] = (None, 0)
        self.setMinimumWidth(theme.px(120))

    def show_look(self, look: FollowedLook) -> None:
        """Shows another moment."""
        self._look = look
        self._show_others()

    def count(self) -> int:
        """How many pictures are followed."""
        return len(self._look)

    def text_of(self, at: int) -> str:
        """A picture in words."""
        look = self._look
        answer, label = int(look.answers[at]), int(look.labels[at])
        sure = f"{100 * float(look.probabilities[at, answer]):.1f}\u00a0%"
        if answer == label:
            return self.tr("{0}: answered right, {1} sure").format(look.names[label], sure)
        share = f"{100 * float(look.probabilities[at, label]):.1f}\u00a0%"
        text = self.tr("{0}: answered {1}, {2} sure; the right class has {3}")
        return text.format(look.names[label], look.names[answer], sure, share)

    def place_of(self, at: int) -> QRect:
        """Where a picture and all that belongs to it lies."""
        columns, (wide, high) = self._columns(), self._tile()
        row, column = divmod(at, columns)
        step, gap = wide + theme.px(GAP), theme.px(GAP)
        return QRect(round(column * step), row * (high + gap), int(wide), high)

    def arrange(self) -> None:
        """More or fewer in a row."""
        rows = -(-len(self._look) // self._columns())
        self._set_height(rows * (self._tile()[1] + theme.px(GAP)) - theme.px(GAP) if rows else 1)

    # --- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Enlarges the picture under the mouse."""
        at = self.entry_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self._go(at)
            self.picture_chosen.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from picture to picture."""
        keys, columns = Qt.Key, self._columns()
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_Up: -columns, keys.Key_Down: columns}
        if not len(self._look):
            event.ignore()
        elif event.key() in steps:
            self._go(min(max(self._current + steps[keys(event.key())], 0), len(self._look) - 1))
        elif event.key() in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self.picture_chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the pictures in sight."""
        painter = QPainter(self)
        is_wrong = self.tr("is {0}")
        tiles = TilePainter(painter, self._look, self._side(self._tile()[0]), is_wrong, self.devicePixelRatioF())
        for at in range(len(self._look)):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                is_lit = at == self._hovered or (self.hasFocus() and at == self._current)
                tiles.paint(at, QRectF(place), self._image(at), is_lit)

    # --- inside

    def _columns(self) -> int:
        return 4 if self.width() >= 4 * theme.px(_PICTURE) + 3 * theme.px(GAP) else 2

    def _tile(self) -> tuple[float, int]:
        columns = self._columns()
        wide = (self.width() - (columns - 1) * theme.px(GAP)) / columns
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        extra = theme.px(BAR) + theme.px(CURVE) + 2 * theme.px(PAD) + 4 * theme.px(GAP)
        return wide, round(self._side(wide) + 2 * line + extra)

    @staticmethod
    def _side(wide: float) -> int:
        return max(8, min(int(wide) - 2 * theme.px(PAD), theme.px(_LARGEST_PICTURE)))

    def _image(self, at: int) -> QImage:
        """A picture in pixels of the screen; all of them are made anew when they are others or of another size."""
        pictures = self._look.pictures
        side = round(self._side(self._tile()[0]) * self.devicePixelRatioF())
        if self._images_of[0] is not pictures or self._images_of[1] != side:
            self._images_of = (pictures, side)
            self._images = []
            if pictures is not None:
                self._images = [image_of(each) for each in colour_pictures(resized_pictures(pictures, side))]
        return self._images[at] if at < len(self._images) else QImage()
