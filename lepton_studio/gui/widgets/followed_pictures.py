"""The same few pictures through the epochs: what the network answers, how sure it is, and how it came to that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.epoch_chart import curve_parts, paint_curve
from lepton_studio.gui.widgets.painting import Bytes, colour_pictures, image_of, mixed, resized_pictures

# Designed pixels.
_PICTURE, _LARGEST_PICTURE, _BAR, _CURVE, _GAP, _PAD = 54, 104, 5, 18, 4, 5


@dataclass(frozen=True, eq=False)
class FollowedLook:
    """What is known of F followed pictures at one moment.

    Attributes:
        pictures: uint8 F x C x H x W; None: they are not here.
        labels: F, int64: their classes.
        probabilities: F x K, float32.
        names: K class names.
        history: F x E, float32: how probable the right class was after each epoch.
        epochs: E, int64.
        marked: the epoch that is looked at, or none.
    """

    pictures: Bytes | None = None
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    probabilities: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    names: tuple[str, ...] = ()
    history: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    epochs: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    marked: int | None = None

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.labels)

    @property
    def answers(self) -> NDArray[np.int64]:
        """The likeliest class of each."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def right(self) -> int:
        """How many are answered right."""
        return int((self.answers == self.labels).sum()) if len(self) else 0


class FollowedPictures(QWidget):
    """Four in a row, two where it is narrow. Arrows go from one to the other, Return enlarges.

    Signals:
        picture_chosen: the number of the one that a person wants to see closely.
    """

    picture_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent)
        self._look = FollowedLook()
        self._images: list[QImage] = []
        self._images_of: tuple[Bytes | None, int] = (None, 0)
        self._current = 0
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(theme.px(120))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Followed pictures"))
        give_role(self, QAccessible.Role.List)

    def show_look(self, look: FollowedLook) -> None:
        """Shows another moment."""
        self._look = look
        self._current = min(self._current, max(0, len(look) - 1))
        self._arrange()
        self._tell()
        self.update()

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
        step, gap = wide + theme.px(_GAP), theme.px(_GAP)
        return QRect(round(column * step), row * (high + gap), int(wide), high)

    # --- Qt

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(theme.px(312), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer in a row."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Tells what is under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self.text_of(at) if at >= 0 else "", self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lights up what can be enlarged."""
        self._hover(self._at(int(event.position().x()), int(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:
        """Lights up nothing."""
        super().leaveEvent(event)
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Enlarges the picture under the mouse."""
        at = self._at(int(event.position().x()), int(event.position().y()))
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
        for at in range(len(self._look)):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                self._paint(painter, at, QRectF(place))

    # --- inside

    def _columns(self) -> int:
        return 4 if self.width() >= 4 * theme.px(_PICTURE) + 3 * theme.px(_GAP) else 2

    def _tile(self) -> tuple[float, int]:
        columns = self._columns()
        wide = (self.width() - (columns - 1) * theme.px(_GAP)) / columns
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        extra = theme.px(_BAR) + theme.px(_CURVE) + 2 * theme.px(_PAD) + 4 * theme.px(_GAP)
        return wide, round(self._side(wide) + 2 * line + extra)

    @staticmethod
    def _side(wide: float) -> int:
        return max(8, min(int(wide) - 2 * theme.px(_PAD), theme.px(_LARGEST_PICTURE)))

    def _arrange(self) -> None:
        rows = -(-len(self._look) // self._columns())
        high = rows * (self._tile()[1] + theme.px(_GAP)) - theme.px(_GAP) if rows else 1
        if self.height() != high:
            self.setFixedHeight(high)

    def _at(self, x: int, y: int) -> int:
        return next((at for at in range(len(self._look)) if self.place_of(at).contains(x, y)), -1)

    def _hover(self, at: int) -> None:
        if at != self._hovered:
            self._hovered = at
            self.setCursor(Qt.CursorShape.ArrowCursor if at < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _go(self, at: int) -> None:
        self._current = at
        self._tell()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(self.text_of(self._current) if len(self._look) else "")

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

    def _paint(self, painter: QPainter, at: int, tile: QRectF) -> None:
        colours, look = theme.tokens(), self._look
        is_right = bool(look.answers[at] == look.labels[at])
        ink = QColor(colours.good if is_right else colours.bad)
        is_lit = at == self._hovered or (self.hasFocus() and at == self._current)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.accent if is_lit else colours.line), theme.px(2) if is_lit else 1))
        painter.setBrush(mixed(colours.surface, ink, 0.0 if is_right else 0.08))
        painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        pad, gap = theme.px(_PAD), theme.px(_GAP)
        side = self._side(tile.width())
        inner = tile.adjusted(pad, pad, -pad, -pad)
        self._paint_picture(painter, at, QRectF(inner.center().x() - side / 2, inner.top(), side, side))
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()
        words = QRectF(inner.left(), inner.top() + side + gap, inner.width(), line)
        self._paint_words(painter, at, words, ink)
        bar = QRectF(inner.left(), words.bottom() + gap / 2, inner.width(), theme.px(_BAR))
        painter.fillRect(bar, QColor(colours.raised))
        bar.setWidth(max(1.0, bar.width() * float(look.probabilities[at].max())))
        painter.fillRect(bar, ink)
        second = words.translated(0, line + theme.px(_BAR) + gap)
        self._paint_second(painter, at, second, is_right)
        curve = QRectF(inner.left(), second.bottom() + gap, inner.width(), theme.px(_CURVE))
        self._paint_curve(painter, at, curve)

    def _paint_picture(self, painter: QPainter, at: int, place: QRectF) -> None:
        image = self._image(at)
        if image.isNull():
            painter.fillRect(place, QColor(theme.tokens().raised))
            painter.setPen(QColor(theme.tokens().second_text))
            painter.setFont(theme.font_of(theme.SECTION_PIXELS))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
            return
        size = image.size() / self.devicePixelRatioF()
        left, top = place.center().x() - size.width() / 2, place.center().y() - size.height() / 2
        painter.drawImage(QRectF(round(left), round(top), size.width(), size.height()), image)

    def _paint_words(self, painter: QPainter, at: int, place: QRectF, ink: QColor) -> None:
        """A tick or a cross, and the answer."""
        look, size = self._look, theme.px(4)
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        answer = int(look.answers[at])
        paint_mark(painter, QPointF(place.left() + size, place.center().y()), answer == look.labels[at], ink)
        room = place.adjusted(2 * size + theme.px(5), 0, 0, 0)
        _write(painter, room, font, ink, look.names[answer])

    def _paint_second(self, painter: QPainter, at: int, place: QRectF, is_right: bool) -> None:
        look = self._look
        share = f"{100 * float(look.probabilities[at].max()):.0f} %"
        text = share if is_right else self.tr("is {0}").format(look.names[int(look.labels[at])])
        _write(painter, place, theme.font_of(theme.SMALL_PIXELS), QColor(theme.tokens().second_text), text)

    def _paint_curve(self, painter: QPainter, at: int, place: QRectF) -> None:
        """How probable the right class was, from 0 at the bottom to 1 at the top."""
        colours, look = theme.tokens(), self._look
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QLineF(place.bottomLeft(), place.bottomRight()))
        if not look.history.shape[1]:
            return
        first, last = float(look.epochs[0]), float(look.epochs[-1])
        parts = curve_parts(look.epochs.astype(np.float64), look.history[at], place, first, last)
        paint_curve(painter, parts, QPen(QColor(colours.accent), theme.px(1.5)))
        if look.marked is not None and first <= look.marked <= last:
            x = place.left() + (look.marked - first) / ((last - first) or 1.0) * place.width()
            painter.setPen(QPen(QColor(colours.text), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, place.top(), x, place.bottom()))


def paint_mark(painter: QPainter, middle: QPointF, is_right: bool, ink: QColor) -> None:
    """A tick for right, a cross for wrong, so that colour is not all that tells them apart."""
    size = theme.px(4)
    pen = QPen(ink, theme.px(2))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    if is_right:
        corner = middle + QPointF(-size * 0.2, size * 0.7)
        painter.drawLine(QLineF(middle + QPointF(-size * 0.9, 0), corner))
        painter.drawLine(QLineF(corner, middle + QPointF(size * 0.9, -size * 0.8)))
    else:
        reach = size * 0.75
        painter.drawLine(QLineF(middle + QPointF(-reach, -reach), middle + QPointF(reach, reach)))
        painter.drawLine(QLineF(middle + QPointF(-reach, reach), middle + QPointF(reach, -reach)))


def _write(painter: QPainter, place: QRectF, font: QFont, ink: QColor, text: str) -> None:
    painter.setFont(font)
    painter.setPen(ink)
    shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
