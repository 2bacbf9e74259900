"""Paints followed pictures: each with the answer, how sure it is, and how probable the right class was before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.epoch_chart import Scale, curve_parts, paint_curve
from lepton_studio.gui.widgets.painting import Bytes, mixed

# Designed pixels: the bar, the curve, between parts, between a part and the frame.
BAR, CURVE, GAP, PAD = 5, 18, 4, 5
_SHARES = Scale(0.0, 1.0)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


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


class TilePainter:
    """Paints one tile after the other; what they share is measured once."""

    def __init__(self, painter: QPainter, look: FollowedLook, side: int, wrong_text: str, ratio: float) -> None:
        """Begins to paint.

        Args:
            painter: of the widget.
            look: what is known of the pictures.
            side: pixels of the edge of a picture.
            wrong_text: what is written below a wrong answer, with a place for the right class.
            ratio: pixels of the screen in one of the widget.
        """
        self._painter, self._look, self._side, self._ratio = painter, look, side, ratio
        self._wrong_text = wrong_text
        self._colours = theme.tokens()
        self._small, self._strong = theme.font_of(theme.SMALL_PIXELS), theme.font_of(theme.SMALL_PIXELS, semibold=True)
        self._measures = {False: QFontMetricsF(self._small), True: QFontMetricsF(self._strong)}
        self._line = self._measures[False].height()
        self._gap, self._pad, self._bar, self._curve = (theme.px(size) for size in (GAP, PAD, BAR, CURVE))
        self._answers, self._epochs = look.answers, look.epochs.astype(np.float64)
        self._papers = {
            True: QColor(self._colours.surface),
            False: mixed(self._colours.surface, self._colours.bad, 0.08),
        }
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint(self, at: int, tile: QRectF, image: QImage, is_lit: bool) -> None:
        """Paints a tile.

        Args:
            at: which picture.
            tile: where.
            image: it, in pixels of the screen; none if it is not here.
            is_lit: whether the mouse or the keys are at it.
        """
        colours, look, painter = self._colours, self._look, self._painter
        is_right = bool(self._answers[at] == look.labels[at])
        ink = QColor(colours.good if is_right else colours.bad)
        painter.setPen(QPen(QColor(colours.accent if is_lit else colours.line), 2 if is_lit else 1))
        painter.setBrush(self._papers[is_right])
        painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        inner = tile.adjusted(self._pad, self._pad, -self._pad, -self._pad)
        self._picture(image, QRectF(inner.center().x() - self._side / 2, inner.top(), self._side, self._side))
        words = QRectF(inner.left(), inner.top() + self._side + self._gap, inner.width(), self._line)
        mark = paint_mark(painter, words, is_right, ink)
        self._write(words.adjusted(mark, 0, 0, 0), ink, look.names[int(self._answers[at])], True)
        sure = float(look.probabilities[at].max())
        bar = QRectF(inner.left(), words.bottom() + self._gap / 2, inner.width(), self._bar)
        painter.fillRect(bar, QColor(colours.raised))
        bar.setWidth(max(1.0, bar.width() * sure))
        painter.fillRect(bar, ink)
        second = words.translated(0, self._line + self._bar + self._gap)
        label = look.names[int(look.labels[at])]
        text = f"{100 * sure:.0f} %" if is_right else self._wrong_text.format(label)
        self._write(second, QColor(colours.second_text), text, False)
        self._history(at, QRectF(inner.left(), second.bottom() + self._gap, inner.width(), self._curve))

    def _picture(self, image: QImage, place: QRectF) -> None:
        if image.isNull():
            self._painter.fillRect(place, QColor(self._colours.raised))
            self._painter.setPen(QColor(self._colours.second_text))
            self._painter.setFont(theme.font_of(theme.SECTION_PIXELS))
            self._painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
            return
        wide, high = image.width() / self._ratio, image.height() / self._ratio
        left, top = place.center().x() - wide / 2, place.center().y() - high / 2
        self._painter.drawImage(QRectF(round(left), round(top), wide, high), image)

    def _history(self, at: int, place: QRectF) -> None:
        """How probable the right class was, from 0 at the bottom to 1 at the top."""
        look, painter = self._look, self._painter
        painter.setPen(QPen(QColor(self._colours.line), 1))
        painter.drawLine(QLineF(place.bottomLeft(), place.bottomRight()))
        if not look.history.shape[1]:
            return
        first, last = float(self._epochs[0]), float(self._epochs[-1])
        parts = curve_parts(self._epochs, look.history[at], _SHARES, place, (first, last))
        paint_curve(painter, parts, QPen(QColor(self._colours.accent), theme.px(1.5)))
        if look.marked is not None and first <= look.marked <= last:
            x = place.left() + (look.marked - first) / ((last - first) or 1.0) * place.width()
            painter.setPen(QPen(QColor(self._colours.text), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, place.top(), x, place.bottom()))

    def _write(self, place: QRectF, ink: QColor, text: str, strong: bool) -> None:
        font: QFont = self._strong if strong else self._small
        self._painter.setFont(font)
        self._painter.setPen(ink)
        measures = self._measures[strong]
        if measures.horizontalAdvance(text) > place.width():
            text = measures.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        self._painter.drawText(place, _LEFT, text)


def paint_mark(painter: QPainter, line: QRectF, is_right: bool, ink: QColor) -> float:
    """A tick for right, a cross for wrong, so that colour is not all that tells them apart.

    Args:
        painter: of the widget.
        line: the line of words that it stands at the left end of.
        is_right: which of the two.
        ink: its colour.

    Returns:
        the pixels that it takes.
    """
    size = theme.px(4)
    middle = QPointF(line.left() + size, line.center().y())
    pen = QPen(ink, theme.px(2))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    if is_right:
        corner = middle + QPointF(-size * 0.2, size * 0.7)
        painter.drawPolyline([middle + QPointF(-size * 0.9, 0), corner, corner + QPointF(size * 1.1, -size * 1.5)])
    else:
        reach = size * 0.75
        painter.drawLine(QLineF(middle + QPointF(-reach, -reach), middle + QPointF(reach, reach)))
        painter.drawLine(QLineF(middle + QPointF(-reach, reach), middle + QPointF(reach, -reach)))
    return float(2 * size + theme.px(5))
