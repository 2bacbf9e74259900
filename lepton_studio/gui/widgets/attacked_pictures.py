"""Pictures as they were, how an attack changed them, and as they are now, with what a network says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, paint_placeholder, resized_pictures
from lepton_studio.gui.widgets.value_colours import value_colours

ROWS = 3
SMALLEST_SIDE, LARGEST_SIDE = 56, 96  # designed pixels
_SIGN = 12


@dataclass(frozen=True, eq=False)
class AttackedPicture:
    """One picture before and after.

    Attributes:
        before, after: uint8 C x H x W.
        said_before, said_after: what the network says of each, in a few words.
        right_before, right_after: whether that is right.
    """

    before: Bytes
    after: Bytes
    said_before: str
    said_after: str
    right_before: bool
    right_after: bool


class AttackedPictures(PaintedWidget):
    """A column for each picture, as many as there is room for; three rows with a heading each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Graphic, QSizePolicy.Policy.Expanding)
        self._pictures: tuple[AttackedPicture, ...] = ()
        self._headings = ("", "", "")
        self._radius = 0.0
        self._placeholder = ""
        self.setAccessibleName(self.tr("Attacked pictures"))

    def show_pictures(self, pictures: Sequence[AttackedPicture], radius: float, headings: tuple[str, str, str]) -> None:
        """Shows pictures.

        Args:
            pictures: all of one shape.
            radius: the farthest that a pixel was moved, 0 to 1 of black to white; the change is drawn to this scale.
            headings: of the three rows.
        """
        self._pictures, self._radius, self._headings = tuple(pictures), radius, headings
        said = (f"{picture.said_before}; {picture.said_after}" for picture in self._pictures)
        self.setAccessibleDescription(". ".join(said))
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that is shown without pictures."""
        self._placeholder = text
        self.update()

    def clear(self) -> None:
        """Forgets the pictures."""
        self._pictures = ()
        self.setAccessibleDescription("")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for some pictures of a good size."""
        return QSize(theme.px(560), theme.px(420))

    def minimumSizeHint(self) -> QSize:
        """Room for three small ones."""
        return QSize(3 * (theme.px(SMALLEST_SIDE) + self._gap()), self._height(theme.px(SMALLEST_SIDE)))

    def places(self) -> list[list[QRect]]:
        """Where the pictures are, column by column: before, change, after."""
        side, count = self._fit()
        top, line = self._line() + theme.px(4), self._line()
        tops = (top, top + side + 2 * line + self._gap(), top + 2 * (side + self._gap()) + 3 * line)
        return [[QRect(column * (side + self._gap()), y, side, side) for y in tops] for column in range(count)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints headings, pictures and answers."""
        painter = QPainter(self)
        if not self._pictures:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        places = self.places()
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        painter.setPen(QColor(theme.tokens().second_text))
        for heading, place in zip(self._headings, places[0], strict=True):
            line = QRect(0, place.top() - self._line() - theme.px(2), self.width(), self._line())
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, heading)
        for picture, column in zip(self._pictures, places, strict=False):
            self._paint_picture(painter, column[0], colour_pictures(picture.before[None])[0])
            self._paint_picture(painter, column[1], self._change(picture))
            self._paint_picture(painter, column[2], colour_pictures(picture.after[None])[0])
            self._paint_words(painter, column[0], picture.said_before, picture.right_before)
            self._paint_words(painter, column[2], picture.said_after, picture.right_after)

    def _change(self, picture: AttackedPicture) -> Bytes:
        """H x W x 3: darker in one colour, lighter in another, the whole radius in full; the mean over channels."""
        change = (picture.after.astype(np.float32) - picture.before.astype(np.float32)).mean(axis=0)
        farthest = max(1.0, self._radius * 255)
        return value_colours(change, -farthest, farthest)

    def _paint_picture(self, painter: QPainter, place: QRect, colours: Bytes) -> None:
        ratio = self.devicePixelRatioF()
        pixels = resized_pictures(colours.transpose(2, 0, 1)[None], max(1, round(place.width() * ratio)))
        image = image_of(pixels[0].transpose(1, 2, 0))
        image.setDevicePixelRatio(ratio)
        shown = QRect(0, 0, round(image.width() / ratio), round(image.height() / ratio))
        shown.moveCenter(place.center())
        painter.drawImage(shown.topLeft(), image)
        painter.setPen(QPen(QColor(theme.tokens().line), 1))
        painter.drawRect(shown.adjusted(0, 0, -1, -1))

    def _paint_words(self, painter: QPainter, place: QRect, text: str, is_right: bool) -> None:
        """The answer below a picture, with a sign and a colour for right and wrong."""
        role, sign = ("good", "check") if is_right else ("bad", "close")
        side, line = theme.px(_SIGN), QRect(place.left(), place.bottom() + theme.px(2), place.width(), self._line())
        theme.icon(sign, role).paint(painter, line.left(), line.center().y() - side // 2, side, side)
        room = line.adjusted(side + theme.px(3), 0, self._gap() - theme.px(2), 0)
        painter.setPen(QColor(getattr(theme.tokens(), role)))
        shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _fit(self) -> tuple[int, int]:
        """The side of the pictures and how many columns there are: large ones rather than many."""
        tallest = (self.height() - self._height(0)) // ROWS
        side = max(theme.px(SMALLEST_SIDE), min(tallest, theme.px(LARGEST_SIDE)))
        fitting = max(1, (self.width() + self._gap()) // (side + self._gap()))
        count = min(fitting, len(self._pictures))
        return side, count

    def _height(self, side: int) -> int:
        """What three rows with headings and answers need, for pictures of that side."""
        return ROWS * side + 2 * self._gap() + 5 * self._line() + 3 * theme.px(4)

    @staticmethod
    def _gap() -> int:
        return theme.px(theme.GAP)

    @staticmethod
    def _line() -> int:
        return QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height() + theme.px(2)
