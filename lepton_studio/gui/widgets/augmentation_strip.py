"""A picture as it is, and beside it what the network may see of it: the same picture changed in several ways."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, resized_pictures

# Two rows of four beside the original, which is as high as both.
ROWS, COLUMNS = 2, 4
GAP = 4
NARROWEST = 160
ICON_SIDE = 16


class AugmentationStrip(QWidget):
    """The original at the left, eight changed ones at the right, two buttons, and a line of caution if there is one.

    Signals:
        other_picture_wanted: another original is to be shown.
        roll_wanted: the same picture is to be changed by other random numbers.
    """

    other_picture_wanted = Signal()
    roll_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.setObjectName("augmentation_strip")
        self.pictures = ChangedPictures()
        self._text = QLabel(wordWrap=True)
        self._text.setProperty("role", "second")
        self.other_button = QPushButton(self.tr("Other picture"))
        self.other_button.setObjectName("augmentation_other_picture")
        self.other_button.setToolTip(self.tr("Shows another picture of the training."))
        self.other_button.clicked.connect(self.other_picture_wanted)
        self.roll_button = QPushButton(self.tr("Roll again"))
        self.roll_button.setObjectName("augmentation_roll")
        self.roll_button.setToolTip(self.tr("Changes the same picture by other random numbers."))
        self.roll_button.clicked.connect(self.roll_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_SMALL)
        for button in (self.other_button, self.roll_button):
            button.setAutoDefault(True)
            buttons.addWidget(button, 1)
        self._caution_icon, self._caution = QLabel(), QLabel(wordWrap=True)
        self._caution.setProperty("role", "warning")
        self._caution.setObjectName("augmentation_caution")
        caution = QHBoxLayout()
        caution.setSpacing(theme.GAP_SMALL)
        caution.addWidget(self._caution_icon, 0, Qt.AlignmentFlag.AlignTop)
        caution.addWidget(self._caution, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.pictures)
        layout.addWidget(self._text)
        layout.addLayout(caution)
        layout.addLayout(buttons)
        self.say("")
        self.caution("")

    @property
    def text(self) -> str:
        """The line under the pictures."""
        return self._text.text()

    @property
    def caution_text(self) -> str:
        """The line of caution; empty if there is none."""
        return self._caution.text()

    def say(self, text: str) -> None:
        """Shows a line instead of pictures; an empty one hides all but the caution."""
        self.pictures.clear()
        self._show(text, False)

    def show_pictures(self, original: Bytes, changed: Bytes, text: str) -> None:
        """Shows a picture and what became of it.

        Args:
            original: uint8 C x H x W.
            changed: uint8 N x C x H x W; the first eight are shown.
            text: a line under them.
        """
        self.pictures.show_pictures(original, changed)
        self._show(text, True)

    def caution(self, text: str) -> None:
        """Warns of what is switched on; an empty text takes the warning away."""
        self._caution.setText(text)
        side = theme.px(ICON_SIDE)
        self._caution_icon.setPixmap(theme.icon("warning", "warning").pixmap(side, side))
        for part in (self._caution_icon, self._caution):
            part.setVisible(bool(text))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Gives wrapped lines their height: forms do not ask for it, and would press their rows together."""
        beside_icon = self.width() - theme.px(ICON_SIDE) - theme.GAP_SMALL
        for label, width in ((self._text, self.width()), (self._caution, beside_icon)):
            # Its least height would count as needed.
            label.setMinimumHeight(0)
            label.setMinimumHeight(max(0, label.heightForWidth(max(0, width))))

    def _show(self, text: str, has_pictures: bool) -> None:
        self._text.setText(text)
        self._text.setVisible(bool(text))
        for part in (self.pictures, self.other_button, self.roll_button):
            part.setVisible(has_pictures)
        self._make_room()


class ChangedPictures(QWidget):
    """Paints the pictures, as large as the width allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without pictures."""
        super().__init__(parent)
        self.original: Bytes | None = None
        self.changed: Bytes | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(NARROWEST)
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("One picture, changed in eight ways"))

    def clear(self) -> None:
        """Forgets the pictures."""
        self.original = self.changed = None
        self.update()

    def show_pictures(self, original: Bytes, changed: Bytes) -> None:
        """Shows uint8 C x H x W and N x C x H x W."""
        self.original, self.changed = original, changed[: ROWS * COLUMNS]
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Forms do not ask their rows how high they are at a width.
        self.setFixedHeight(self._large(self._side(self.width())))

    def places(self) -> list[QRect]:
        """Where the pictures are: the original's, then row by row those of the changed ones."""
        side = self._side(self.width())
        left = self._large(side) + 2 * GAP
        cells = [
            QRect(left + column * (side + GAP), row * (side + GAP), side, side)
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]
        return [QRect(0, 0, self._large(side), self._large(side)), *cells]

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.original is None or self.changed is None:
            return
        painter = QPainter(self)
        places = self.places()
        self._paint(painter, places[0], self.original, theme.tokens().accent)
        for place, picture in zip(places[1:], self.changed, strict=False):
            self._paint(painter, place, picture, theme.tokens().line)
        painter.end()

    def _paint(self, painter: QPainter, place: QRect, picture: Bytes, frame: str) -> None:
        ratio = self.devicePixelRatioF()
        pixels = resized_pictures(picture[None], max(1, round(place.width() * ratio)))
        image = image_of(colour_pictures(pixels)[0])
        image.setDevicePixelRatio(ratio)
        shown = QRect(0, 0, round(image.width() / ratio), round(image.height() / ratio))
        shown.moveCenter(place.center())
        painter.drawImage(shown.topLeft(), image)
        painter.setPen(QPen(QColor(frame), 1))
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    @staticmethod
    def _large(side: int) -> int:
        return ROWS * side + (ROWS - 1) * GAP

    @staticmethod
    def _side(width: int) -> int:
        """The side of a small picture: the original takes as much as two, and a wider gap is beside it."""
        return max(8, (width - (COLUMNS + ROWS) * GAP) // (COLUMNS + ROWS))
