"""The same few pictures through the epochs: what the network answers, how sure it is, and how it came to that."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.followed_painter import BAR, CURVE, GAP, PAD, FollowedLook, TilePainter
from lepton_studio.gui.widgets.picture_tiles import PictureTiles

# Designed pixels.
_PICTURE, _LARGEST_PICTURE = 54, 104


class FollowedPictures(PictureTiles):
    """Four in a row, two where it is narrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(GAP, parent)
        self.setAccessibleName(self.tr("Followed pictures"))
        self._look = FollowedLook()
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

    def columns(self) -> int:
        """As many as have room for small pictures."""
        return 4 if self.width() >= 4 * theme.px(_PICTURE) + 3 * theme.px(GAP) else 2

    def side(self) -> int:
        """As wide as the tile, up to a size that is large enough."""
        return max(8, min(int(self.tile_width()) - 2 * theme.px(PAD), theme.px(_LARGEST_PICTURE)))

    def tile_height(self) -> int:
        """The picture, two lines, the bar and the curve."""
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        extra = theme.px(BAR) + theme.px(CURVE) + 2 * theme.px(PAD) + 4 * theme.px(GAP)
        return round(self.side() + 2 * line + extra)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the pictures in sight."""
        painter = QPainter(self)
        is_wrong = self.tr("is {0}")
        tiles = TilePainter(painter, self._look, self.side(), is_wrong, self.devicePixelRatioF())
        for at in range(len(self._look)):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                tiles.paint(at, QRectF(place), self._image(at, self._look.pictures), self._is_lit(at))
