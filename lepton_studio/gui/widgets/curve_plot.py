"""A live plot of one quantity of a run that people look into: with wheel, mouse and keys."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_paper import CurvePaper

# How much closer one notch of the wheel looks, and in which units Qt counts it.
NOTCH, UNITS_OF_A_NOTCH = 0.8, 120.0
KEY_SHARE = 0.15
# Near enough to take the line of the epoch, in designed pixels.
NEAR = 6


class CurvePlot(CurvePaper):
    """Wheel: closer along x, with Ctrl along y. Pull: along. Double click: all of it. Click: look back at an epoch.

    Signals:
        place_clicked: a place, in epochs.
        place_dragged: where the line of the epoch that is looked back at was pulled to.
        all_wanted: a person wants to see all of it again.
    """

    place_clicked = Signal(float)
    place_dragged = Signal(float)
    all_wanted = Signal()

    def __init__(
        self,
        title: str,
        unit: str = "",
        *,
        highest: float | None = None,
        log: bool | None = False,
        role: str = "train",
        parent: QWidget | None = None,
    ) -> None:
        """Names the quantity; see :class:`CurvePaper`."""
        super().__init__(title, unit, highest=highest, log=log, role=role, parent=parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pressed: QPointF | None = None
        self._pulled: QPointF | None = None
        self._drags_epoch = False
        self._is_double = False
        self._shows_focus = False

    @property
    def is_zoomed(self) -> bool:
        """Whether a person looks closer than all of it."""
        return self.span.is_zoomed or self._y_zoom is not None

    def show_all(self) -> None:
        """Gives the view back: it follows the numbers again."""
        self.span.reset()
        if self._y_zoom is not None:
            self._y_zoom = None
            self._renew()
            self.span.zoom_changed.emit()

    # --- Qt

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.is_empty or not event.angleDelta().y():
            event.ignore()
            return
        factor = NOTCH ** (event.angleDelta().y() / UNITS_OF_A_NOTCH)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_y(self._current().y.zoomed(factor, event.position().y()))
        else:
            self.span.zoom(*self._current().x.zoomed(factor, event.position().x()))
        self._point(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.is_empty:
            return
        self._pressed = self._pulled = event.position()
        self._drags_epoch, self._is_double = self._is_near_epoch(event.position()), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.is_empty:
            return
        place = event.position()
        self._point(place)
        if self._pressed is None or self._pulled is None:
            self.setCursor(Qt.CursorShape.SizeHorCursor if self._is_near_epoch(place) else Qt.CursorShape.ArrowCursor)
            return
        is_pull = self._pulled is not self._pressed
        if not is_pull and (place - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        picture, step = self._current(), place - self._pulled
        if self._drags_epoch:
            self.place_dragged.emit(picture.x.value(place.x()))
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.span.zoom(*picture.x.moved(step.x()))
            if self._y_zoom is not None:
                self._zoom_y(picture.y.moved(step.y()))
        self._pulled = QPointF(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        is_click = self._pulled is self._pressed and not self._is_double
        self._pressed = self._pulled = None
        self.unsetCursor()
        if is_click and self._current().paper.contains(event.position()):
            self.place_clicked.emit(self._current().x.value(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.is_empty:
            self._pressed = self._pulled = event.position()
            self._is_double = True
            self.show_all()
            self.all_wanted.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.span.point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if (
            self.is_empty
            or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier
        ):
            super().keyPressEvent(event)
            return
        x = self._current().x
        width = x.stop - x.start
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            factor = 1 / NOTCH if key == Qt.Key.Key_Minus else NOTCH
            self.span.zoom(*x.zoomed(factor, x.start + width / 2))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.span.zoom(*x.moved(KEY_SHARE * width * (1 if key == Qt.Key.Key_Left else -1)))
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_all()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        # Who clicks knows where the focus is.
        self._shows_focus = event.reason() != Qt.FocusReason.MouseFocusReason

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._shows_focus and self.hasFocus():
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(theme.tokens().accent), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    # --- inside

    def _zoom_y(self, ends: tuple[float, float]) -> None:
        low, high = ends
        if high - low > 1e-12 * max(abs(low), abs(high)) and np.isfinite([low, high]).all():
            is_new, self._y_zoom = self._y_zoom is None, (low, high)
            self._renew()
            if is_new:
                self.span.zoom_changed.emit()

    def _point(self, place: QPointF) -> None:
        """Puts the crosshair at the batch that is nearest."""
        if self.is_empty:
            return
        picture = self._current()
        if not picture.paper.adjusted(-1, -theme.px(4), 1, theme.px(4)).contains(place):
            self.span.point(None)
            return
        at, ends = picture.x.value(place.x()), picture.data.ends
        if len(ends):
            position = int(np.searchsorted(ends, at))
            near = ends[max(0, position - 1) : position + 1]
            at = float(near[np.argmin(np.abs(near - at))])
        self.span.point(at)

    def _is_near_epoch(self, place: QPointF) -> bool:
        epoch = self.span.epoch
        return epoch is not None and abs(self._current().x.pixel(epoch) - place.x()) <= theme.px(NEAR)
