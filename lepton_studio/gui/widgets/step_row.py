"""Small pictures in a row with arrows between them: how one becomes the next. One can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import SMALLEST_LETTERS, image_of, paint_placeholder

# Designed pixels.
LARGEST, SMALLEST, ARROW = 64, 30, 12
CAPTION_GAP = 3


@dataclass(frozen=True, eq=False)
class ShownStep:
    """One picture of the row.

    Attributes:
        picture: H x W or H x W x 3, uint8.
        caption: a word or two.
        tip: a sentence.
        box: left, top, right and bottom, as shares of the picture, of what is framed in it; None: nothing.
        mark: x and y, as shares of the picture, of a cross; None: none.
    """

    picture: NDArray[np.uint8]
    caption: str
    tip: str
    box: tuple[float, float, float, float] | None = None
    mark: tuple[float, float] | None = None


class StepRow(PaintedWidget):
    """Paints the steps as large as they fit.

    Signals:
        step_chosen: the number of the step that is chosen now, from 0; -1 for none.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without steps."""
        super().__init__(parent, QAccessible.Role.List)
        self._steps: tuple[ShownStep, ...] = ()
        self._images: list[QImage] = []
        self._chosen = -1
        self._placeholder = ""
        self._most = 1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def steps(self) -> tuple[ShownStep, ...]:
        """What is shown."""
        return self._steps

    @property
    def chosen(self) -> int:
        """The number of the chosen step; -1: none."""
        return self._chosen

    def set_steps(self, steps: Sequence[ShownStep]) -> None:
        """Shows other steps; the choice stays as long as there is a step of its number."""
        self._steps = tuple(steps)
        self._images = [image_of(_colours(step.picture)) for step in self._steps]
        self.setAccessibleDescription(", ".join(step.caption for step in self._steps) or self._placeholder)
        if self._chosen >= len(self._steps) > 0:
            self.choose(-1)
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that stands there while there are no steps."""
        self._placeholder = text
        self.update()

    def set_most(self, count: int) -> None:
        """Leaves room for so many steps, so that all have one size however many there are."""
        self._most = count
        self.update()

    def choose(self, number: int) -> None:
        """Chooses a step; -1 chooses none."""
        number = number if 0 <= number < len(self._steps) else -1
        if number != self._chosen:
            self._chosen = number
            self.update()
            self.step_chosen.emit(number)

    def place_of(self, number: int) -> QRectF:
        """Where a step's picture lies."""
        side, arrow = self._side(), self._arrow()
        return QRectF(1 + number * (side + arrow), 1, side, side)

    def sizeHint(self) -> QSize:
        side = theme.px(LARGEST)
        return QSize(self._most * side + (self._most - 1) * theme.px(ARROW) + 2, self._height_for(side))

    def minimumSizeHint(self) -> QSize:
        side = theme.px(SMALLEST)
        return QSize(self._most * side + (self._most - 1) * theme.px(ARROW) + 2, self._height_for(side))

    def resizeEvent(self, event: QEvent) -> None:
        self.setFixedHeight(self._height_for(self._side()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event.position())
        self.choose(-1 if number == self._chosen else number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turn = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if turn is not None and self._steps:
            first = 0 if turn > 0 else len(self._steps) - 1
            wanted = first if self._chosen < 0 else self._chosen + turn
            self.choose(min(max(wanted, 0), len(self._steps) - 1))
        elif event.key() == Qt.Key.Key_Escape and self._chosen >= 0:
            self.choose(-1)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._number_at(QPointF(event.pos()))
            if number >= 0:
                QToolTip.showText(event.globalPos(), self._steps[number].tip, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._steps:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (step, image) in enumerate(zip(self._steps, self._images, strict=True)):
            place = self.place_of(number)
            self._paint_step(painter, place, step, image, number == self._chosen)
            if number + 1 < len(self._steps):
                self._paint_arrow(painter, place)

    # --- parts

    def _side(self) -> float:
        room = (self.width() - 2 - (self._most - 1) * self._arrow()) / self._most
        return float(min(max(room, 8), theme.px(LARGEST)))

    def _arrow(self) -> int:
        return theme.px(ARROW)

    def _height_for(self, side: float) -> int:
        return round(side) + 2 + theme.px(CAPTION_GAP) + QFontMetrics(self._font()).height()

    def _font(self) -> QFont:
        return theme.font_of(theme.SMALL_PIXELS - 1)

    def _caption_font(self, room: float) -> QFont:
        """Smaller letters rather than words that are cut, all of them alike."""
        font = self._font()
        while font.pixelSize() > theme.px(SMALLEST_LETTERS):
            metrics = QFontMetrics(font)
            if max(metrics.horizontalAdvance(step.caption) for step in self._steps) < int(room):
                break
            font.setPixelSize(font.pixelSize() - 1)
        return font

    def _number_at(self, point: QPointF) -> int:
        for number in range(len(self._steps)):
            if self.place_of(number).adjusted(0, 0, 0, self.height()).contains(point):
                return number
        return -1

    def _paint_step(self, painter: QPainter, place: QRectF, step: ShownStep, image: QImage, is_chosen: bool) -> None:
        colours = theme.tokens()
        painter.fillRect(place, QColor("black"))
        height, width = image.height(), image.width()
        factor = min(place.width() / width, place.height() / height)
        inner = QRectF(0, 0, width * factor, height * factor)
        inner.moveCenter(place.center())
        # Large pixels are shown as such; what is finer than the screen is averaged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor * self.devicePixelRatioF() < 1)
        painter.drawImage(inner, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if step.box is not None:
            left, top, right, bottom = step.box
            frame = QRectF(
                QPointF(inner.left() + left * inner.width(), inner.top() + top * inner.height()),
                QPointF(inner.left() + right * inner.width(), inner.top() + bottom * inner.height()),
            )
            painter.setPen(QPen(QColor(colours.accent), max(1.0, theme.scale())))
            painter.drawRect(frame)
        if step.mark is not None:
            x, y = inner.left() + step.mark[0] * inner.width(), inner.top() + step.mark[1] * inner.height()
            reach = theme.px(5)
            for colour, width_ in (("#000000", 3.0), (colours.warning, 1.4)):
                painter.setPen(QPen(QColor(colour), width_ * theme.scale()))
                painter.drawLine(QPointF(x - reach, y), QPointF(x + reach, y))
                painter.drawLine(QPointF(x, y - reach), QPointF(x, y + reach))
        painter.setPen(QPen(QColor(colours.accent if is_chosen else colours.line), theme.px(2) if is_chosen else 1))
        painter.drawRect(place)
        spare = self._arrow() / 2 - 1
        painter.setFont(self._caption_font(place.width() + 2 * spare))
        painter.setPen(QColor(colours.text if is_chosen else colours.second_text))
        metrics = QFontMetrics(painter.font())
        line = QRectF(
            place.left() - spare, place.bottom() + theme.px(CAPTION_GAP), place.width() + 2 * spare, metrics.height()
        )
        shown = metrics.elidedText(step.caption, Qt.TextElideMode.ElideRight, int(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, shown)

    def _paint_arrow(self, painter: QPainter, place: QRectF) -> None:
        middle = QPointF(place.right() + self._arrow() / 2 + 0.5, place.center().y())
        reach = theme.px(3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens().second_text))
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(middle.x() - reach * 0.7, middle.y() - reach),
                    QPointF(middle.x() + reach * 0.9, middle.y()),
                    QPointF(middle.x() - reach * 0.7, middle.y() + reach),
                ]
            )
        )


def _colours(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
