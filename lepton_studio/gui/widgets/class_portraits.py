"""For each class its mean picture, beside it where its pictures differ, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, paint_placeholder

PICTURE, PADDING, WIDEST = 84, 10, 320
# Five stops of viridis (https://bids.github.io/colormap/): even steps for the eye, also without colour vision.
_VIRIDIS = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float64)


@dataclass(frozen=True, eq=False)
class ClassPortrait:
    """What is known of a class.

    Attributes:
        name: of the class.
        mean: C x H x W, float32, 0..255.
        deviation: likewise.
        lines: what is written below the pictures.
    """

    name: str
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    lines: tuple[str, ...]


def heat_picture(values: NDArray[np.float32], highest: float) -> Bytes:
    """Values (H x W) from 0 to ``highest`` as colours, H x W x 3: dark violet for 0, yellow for the highest."""
    share = np.clip(values / max(highest, 1e-6), 0, 1) * (len(_VIRIDIS) - 1)
    stops = np.arange(len(_VIRIDIS))
    return np.stack([np.interp(share, stops, _VIRIDIS[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)


class ClassPortraits(PaintedWidget):
    """A card for each class, as many side by side as fit; stands in a scroll area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Graphic, QSizePolicy.Policy.Minimum)
        self._portraits: tuple[ClassPortrait, ...] = ()
        self._highest = 1.0
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("Mean picture and deviation of each class"))

    def set_portraits(self, portraits: Sequence[ClassPortrait]) -> None:
        """Shows these classes. All deviations share one scale, so that they can be compared."""
        self._portraits = tuple(portraits)
        self._highest = max((float(one.deviation.mean(axis=0).max()) for one in self._portraits), default=1.0)
        described = "; ".join(f"{one.name}: {', '.join(one.lines)}" for one in self._portraits)
        self.setAccessibleDescription(described)
        self.updateGeometry()
        self.update()

    def columns(self, width: int) -> int:
        """How many cards stand side by side."""
        return max(1, (width + theme.px(theme.GAP_SMALL)) // (self._least_width() + theme.px(theme.GAP_SMALL)))

    def card_place(self, index: int) -> QRect:
        """Where the card of a class lies."""
        gap, columns = theme.px(theme.GAP_SMALL), self.columns(self.width())
        width = min(theme.px(WIDEST), (self.width() - (columns - 1) * gap) // columns)
        row, column = divmod(index, columns)
        return QRect(column * (width + gap), row * (self._card_height() + gap), width, self._card_height())

    def hasHeightForWidth(self) -> bool:
        """Narrower is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Room for all cards."""
        rows = -(-len(self._portraits) // self.columns(width)) if self._portraits else 1
        return rows * (self._card_height() + theme.px(theme.GAP_SMALL)) - theme.px(theme.GAP_SMALL)

    def sizeHint(self) -> QSize:
        """Wide enough for three cards."""
        width = 3 * (self._least_width() + theme.px(theme.GAP_SMALL))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """One card."""
        return QSize(self._least_width(), self._card_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cards that are seen."""
        painter = QPainter(self)
        if not self._portraits:
            paint_placeholder(painter, self.rect(), self.tr("Here you will see the mean picture of each class."))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, portrait in enumerate(self._portraits):
            place = self.card_place(index)
            if place.intersects(event.rect()):
                self._paint_card(painter, place, portrait)

    def _least_width(self) -> int:
        return 2 * theme.px(PICTURE) + 3 * theme.px(PADDING)

    def _line_height(self) -> int:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()

    def _card_height(self) -> int:
        lines = max((len(one.lines) for one in self._portraits), default=1)
        title = QFontMetrics(theme.font_of(theme.BODY_PIXELS, semibold=True)).height()
        return title + theme.px(PICTURE) + lines * self._line_height() + 3 * theme.px(PADDING)

    def _paint_card(self, painter: QPainter, place: QRect, portrait: ClassPortrait) -> None:
        colours, padding, side = theme.tokens(), theme.px(PADDING), theme.px(PICTURE)
        painter.setPen(QPen(QColor(colours.line)))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
        inside = place.adjusted(padding, padding, -padding, -padding)
        font = theme.font_of(theme.BODY_PIXELS, semibold=True)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        metrics = QFontMetrics(font)
        name = metrics.elidedText(portrait.name, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(QRect(inside.topLeft(), QSize(inside.width(), metrics.height())), 0, name)
        top = inside.top() + metrics.height() + padding // 2
        mean = colour_pictures(np.rint(portrait.mean).astype(np.uint8)[None])[0]
        spread = heat_picture(portrait.deviation.mean(axis=0), self._highest)
        for number, pixels in enumerate((mean, spread)):
            height, width = pixels.shape[:2]
            factor = side / max(height, width)
            target = QRectF(0, 0, width * factor, height * factor)
            left = inside.left() + number * (side + padding)
            target.moveCenter(QRectF(left, top, side, side).center())
            painter.drawImage(target, image_of(pixels))
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        painter.setPen(QColor(colours.second_text))
        metrics = QFontMetrics(painter.font())
        for number, text in enumerate(portrait.lines):
            line = QRect(
                inside.left(), top + side + padding // 2 + number * metrics.height(), inside.width(), metrics.height()
            )
            painter.drawText(line, 0, metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width()))
