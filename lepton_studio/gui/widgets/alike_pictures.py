"""The pictures most like another, nearest first: each with its label, and whether that is what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.followed_painter import paint_mark
from lepton_studio.gui.widgets.painting import Bytes, mixed
from lepton_studio.gui.widgets.picture_tiles import PictureTiles

# Designed pixels: between tiles, inside one, the smallest tile.
GAP, PAD, NARROWEST, LEAST = 6, 5, 62, 54
FEWEST_COLUMNS, MOST_COLUMNS = 4, 6
DIM = 0.4


@dataclass(frozen=True, eq=False)
class AlikeLook:
    """Pictures that are alike.

    Attributes:
        pictures: uint8 N x C x H x W, nearest first.
        labels: the class of each.
        is_same: of each whether that is the class that was answered.
        distances: of each how far away it is, in words.
    """

    pictures: Bytes = field(default_factory=lambda: np.zeros((0, 1, 1, 1), np.uint8))
    labels: tuple[str, ...] = ()
    is_same: tuple[bool, ...] = ()
    distances: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)


class AlikePictures(PictureTiles):
    """Rows of four or six."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(GAP, parent)
        self.setAccessibleName(self.tr("Pictures most like the drawing"))
        self._look, self._is_dim = AlikeLook(), False

    @property
    def look(self) -> AlikeLook:
        """What is shown."""
        return self._look

    @property
    def is_dim(self) -> bool:
        """Whether it is shown as belonging to a drawing of before."""
        return self._is_dim

    def show_look(self, look: AlikeLook, is_dim: bool = False) -> None:
        """Shows others, or the same as belonging to a drawing of before."""
        if look is self._look and is_dim == self._is_dim:
            return
        before, self._look, self._is_dim = self._look, look, is_dim
        if len(before) != len(look):
            self._show_others()
        else:
            self._tell()
            self.update()

    def count(self) -> int:
        """How many there are."""
        return len(self._look)

    def text_of(self, at: int) -> str:
        """A picture in words."""
        look = self._look
        text = (
            self.tr("{0}, at a distance of {1}")
            if look.is_same[at]
            else self.tr("{0}, at a distance of {1}; another class")
        )
        return text.format(look.labels[at], look.distances[at])

    def columns(self) -> int:
        """As many as have room for the distances below them."""
        fits = (self.width() + theme.px(GAP)) // (theme.px(NARROWEST) + theme.px(GAP))
        return MOST_COLUMNS if fits >= MOST_COLUMNS + 1 else FEWEST_COLUMNS

    def side(self) -> int:
        """As wide as the tile."""
        return max(8, int(self.tile_width()) - 2 * theme.px(PAD))

    def tile_height(self) -> int:
        """The picture and two lines."""
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        return round(self.side() + 2 * line + 2 * theme.px(PAD) + 2)

    # --- Qt

    def minimumSizeHint(self) -> QSize:
        """Four in a row."""
        return QSize(FEWEST_COLUMNS * theme.px(LEAST), 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints those in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(DIM if self._is_dim else 1.0)
        for at in range(len(self._look)):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                self._paint(painter, at, QRectF(place))

    # --- inside

    def _paint(self, painter: QPainter, at: int, tile: QRectF) -> None:
        colours, look, pad = theme.tokens(), self._look, theme.px(PAD)
        is_same = look.is_same[at]
        is_lit = self._is_lit(at)
        ink = QColor(colours.good if is_same else colours.bad)
        pen = QPen(QColor(colours.accent if is_lit else colours.line if is_same else colours.bad), 2 if is_lit else 1)
        if not is_same:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colours.surface) if is_same else mixed(colours.surface, colours.bad, 0.08))
        painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        image, side = self._image(at, look.pictures), self.side()
        target = QRectF(tile.left() + pad, tile.top() + pad, side, side)
        wide, high = (size / self.devicePixelRatioF() for size in (image.width(), image.height()))
        left, top = round(target.center().x() - wide / 2), round(target.center().y() - high / 2)
        painter.drawImage(QRectF(left, top, wide, high), image)
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        line = QRectF(tile.left() + pad, target.bottom() + 1, tile.width() - 2 * pad, QFontMetricsF(font).height())
        mark = paint_mark(painter, line, is_same, ink)
        words = line.adjusted(mark, 0, 0, 0)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        label = QFontMetricsF(font).elidedText(look.labels[at], Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        painter.setPen(QColor(colours.second_text))
        painter.drawText(line.translated(0, line.height()), Qt.AlignmentFlag.AlignLeft, look.distances[at])
