"""A square to draw on with mouse, touch or pen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.drawn_ink import PadStroke, Point, Sheet
from lepton_studio.gui.widgets.ink_eraser import touched, without_parts, without_touched
from lepton_studio.gui.widgets.ink_input import InkInput
from lepton_studio.gui.widgets.ink_painter import (
    CORNER,
    InkPainter,
    paint_ring,
    paint_stroke,
    paint_words,
    place_of_photograph,
)
from lepton_studio.gui.widgets.ink_sheet import DEFAULT_BRUSH, InkSheet

__all__ = ["DEFAULT_BRUSH", "DrawPad", "PadStroke"]

TOUCHES = (QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TouchEnd, QEvent.Type.TouchCancel)
# Pixels around the ring at the pointer that are painted anew with it.
RING_EDGE = 4


class DrawPad(InkSheet):
    """Keeps what is drawn as points, so that it stays sharp at any size and every step can be undone.

    Signals:
        picture_dropped: a picture or a file, as ``QMimeData``.
    """

    picture_dropped = Signal(QMimeData)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._input = InkInput(self)
        self._painter = InkPainter()
        self._has_erased = False
        self._hovered: QPointF | None = None
        self._hint = ""
        self._overlay: QImage | None = None
        self._overlay_square, self._is_overlay_of_photograph = QRectF(), False
        self._is_offered = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(200), theme.px(200))
        self.setAccessibleName(self.tr("Drawing canvas"))

    def set_hint(self, text: str) -> None:
        """Sets the line that an empty canvas shows."""
        self._hint = text
        self.update()

    def set_overlay(self, image: QImage | None, square: QRectF, of_photograph: bool = False) -> None:
        """Lays a picture over what lies on the sheet; None: none any more.

        Args:
            image: the picture.
            square: where, in shares of the side of the sheet, or of the sides of the photograph that lies there.
            of_photograph: which of both; it is not shown over the other.
        """
        self._overlay, self._overlay_square, self._is_overlay_of_photograph = image, square, of_photograph
        self.update()

    def settle(self) -> None:
        self._input.let_go()
        super().settle()

    # --- what a hand does (see ``InkInput``)

    def begin(self, place: QPointF, pressure: float | None, erases: bool) -> bool:
        """Begins a stroke, or erasing; what is being drawn again is only ended by it."""
        if self._replay.is_going:
            self._replay.stop()
            return False
        here = self._share(place)
        is_eraser = erases or self.is_erasing
        self.hover(place if is_eraser else None)
        if is_eraser:
            self._has_erased = False
            self._erase(here)
        else:
            self._stroke.begin(here, pressure, self.brush)
            is_first = not self._ink.sheet.strokes
            self._changed(None if is_first else self._stroke.newest_place(self._square()))
        return True

    def extend(self, place: QPointF, pressure: float | None) -> None:
        """The stroke, or the eraser, goes on to here."""
        here = self._share(place)
        if self._eraser is not None:
            self.hover(place)
            self._erase(here)
        elif self._stroke.is_going and self._stroke.extend(here, pressure):
            self._changed(self._stroke.newest_place(self._square()))

    def drop(self) -> None:
        """The stroke was none, after all."""
        self._eraser = None
        if self._stroke.is_going:
            self._stroke.end()
            self._changed()

    def hover(self, place: QPointF | None) -> None:
        """Something that draws is here above the sheet, or nothing any more."""
        before, self._hovered = self._hovered, place
        if place == before:
            return
        if self.is_erasing and self._ink.sheet.strokes:
            # A stroke anywhere may show now that it would go.
            self.update()
            return
        for each in (before, place):
            if each is not None:
                self.update(self._ring_at(each).toAlignedRect())

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(420))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and event.type() in TOUCHES:
            self._input.take_touch(event)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._input.take_mouse(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._input.take_mouse(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._input.take_mouse(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._input.take_mouse(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        self._input.take_pen(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._replay.stop()
        super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hover(None)

    def hideEvent(self, event: QHideEvent) -> None:
        self.settle()
        self._brush_shown.stop()
        super().hideEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_picture(event.mimeData()):
            event.acceptProposedAction()
            self._offer(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._offer(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._offer(False)
        event.acceptProposedAction()
        self.picture_dropped.emit(event.mimeData())

    def paintEvent(self, event: QPaintEvent) -> None:
        square = self._square()
        painter = QPainter(self)
        strokes, is_unfinished = self.strokes, self._stroke.is_going or self._replay.is_going
        finished = strokes[:-1] if is_unfinished else strokes
        self._painter.paint(painter, self.size(), square, Sheet(finished, self.photograph), self.hasFocus())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not strokes and self.photograph is None and not self._replay.is_going:
            paint_words(painter, square, self._hint)
        painter.setClipRect(square.intersected(QRectF(event.rect())))
        if is_unfinished and strokes:
            paint_stroke(painter, strokes[-1], square)
        if self._overlay is not None and self._is_overlay_of_photograph == (self.photograph is not None):
            self._paint_overlay(painter, square, self._overlay)
        self._paint_tool(painter, square)
        if self._is_offered:
            paint_words(painter, square, self.tr("Drop the picture here"), is_offer=True)

    # --- inside

    def _share(self, place: QPointF) -> Point:
        square = self._square()
        x = (place.x() - square.x()) / square.width()
        y = (place.y() - square.y()) / square.height()
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _erase(self, here: Point) -> None:
        start, self._eraser = self._eraser or here, here
        erase = without_parts if self.erases_parts else without_touched
        left = erase(self._ink.sheet.strokes, start, here, self.brush / 2)
        if self._step("eraser", Sheet(left, self._ink.sheet.photograph), merges=self._has_erased):
            self._has_erased = True

    def _paint_overlay(self, painter: QPainter, square: QRectF, overlay: QImage) -> None:
        photograph, place = self.photograph, self._overlay_square
        under = square if photograph is None else place_of_photograph(photograph, square)
        painter.save()
        within = QPainterPath()
        within.addRoundedRect(square.adjusted(1.5, 1.5, -1.5, -1.5), theme.px(CORNER), theme.px(CORNER))
        painter.setClipPath(within, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if photograph is not None:
            painter.setClipRect(under, Qt.ClipOperation.IntersectClip)
        painter.translate(under.topLeft())
        wide, high = under.width(), under.height()
        where = QRectF(place.x() * wide, place.y() * high, place.width() * wide, place.height() * high)
        painter.drawImage(where, overlay)
        painter.restore()

    def _paint_tool(self, painter: QPainter, square: QRectF) -> None:
        """Shows how large brush and eraser are, and which strokes would go."""
        width = self.brush * square.width()
        if self._brush_shown.isActive():
            paint_ring(painter, square.center(), width, is_filled=True)
        elif self._hovered is not None and square.contains(self._hovered):
            if self.is_erasing and not self.erases_parts and self._eraser is None:
                place = self._share(self._hovered)
                for number in touched(self._ink.sheet.strokes, place, place, self.brush / 2):
                    paint_stroke(painter, self._ink.sheet.strokes[number], square, QColor(theme.tokens().disabled_text))
            paint_ring(painter, self._hovered, width)

    def _ring_at(self, place: QPointF) -> QRectF:
        side = self.brush * self._square().width() / 2 + RING_EDGE
        return QRectF(place.x() - side, place.y() - side, 2 * side, 2 * side)

    def _offer(self, is_offered: bool) -> None:
        self._is_offered = is_offered
        self.update()


def is_picture(mime: QMimeData) -> bool:
    """Whether something that is dropped or pasted may be a picture: pixels, or a file of this machine."""
    return mime.hasImage() or any(url.isLocalFile() for url in mime.urls())
