"""One hand at a time: makes strokes of what mouse, finger and pen do."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QEventPoint, QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent, QTouchEvent

# Who draws, if it is no finger; those have numbers from 0 on.
NOBODY, MOUSE, PEN = -1, -2, -3

Press, Move, Release = QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease
Kind = QPointingDevice.PointerType


class Drawable(Protocol):
    """What can be drawn on; places are in the pixels of the widget."""

    def begin(self, place: QPointF, pressure: float | None, erases: bool) -> bool:
        """Begins a stroke; whether it did. ``pressure`` (0..1) is None where it is not known."""

    def extend(self, place: QPointF, pressure: float | None) -> None:
        """The stroke goes on to here."""

    def finish(self) -> None:
        """The stroke has ended."""

    def drop(self) -> None:
        """The stroke was none, after all."""

    def hover(self, place: QPointF | None) -> None:
        """Something that draws is above the sheet, or nothing any more."""


class InkInput:
    """Tells a sheet of strokes; while one hand draws, all others are ignored."""

    def __init__(self, sheet: Drawable) -> None:
        """Nobody draws yet."""
        self._sheet = sheet
        self._who = NOBODY
        self._compresses = False

    def let_go(self) -> None:
        """Whoever draws has to begin anew."""
        if self._who != NOBODY:
            self._who = NOBODY
            QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, self._compresses)

    def take_mouse(self, event: QMouseEvent) -> None:
        """Takes an event of the mouse."""
        if _is_of_another(event):
            # Pens and fingers also send mouse events; their own ones know more.
            return
        kind, left = event.type(), Qt.MouseButton.LeftButton
        # A second click within a moment is a dot like any other.
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            if event.button() == left:
                self._begin(MOUSE, event.position(), None, erases=False)
        elif kind == QEvent.Type.MouseButtonRelease:
            if event.button() == left and self._who == MOUSE:
                self._end(event.points())
                self._sheet.hover(event.position())
        elif self._who == MOUSE:
            self._go_on(event.points(), None)
        elif self._who == NOBODY:
            self._sheet.hover(event.position())

    def take_pen(self, event: QTabletEvent) -> None:
        """Takes an event of a pen on a tablet; its other end is an eraser."""
        knows = QInputDevice.Capability.Pressure in event.pointingDevice().capabilities()
        pressure = event.pressure() if knows else None
        if event.type() == Press:
            if event.button() == Qt.MouseButton.LeftButton:
                # A hand that lies on the screen is a finger to it.
                if self._who >= 0:
                    self._sheet.drop()
                    self.let_go()
                self._begin(PEN, event.position(), pressure, erases=event.pointerType() == Kind.Eraser)
        elif event.type() == Release:
            if self._who == PEN:
                self._end([])
        elif self._who == PEN:
            self._go_on(event.points(), pressure)
        elif self._who == NOBODY:
            self._sheet.hover(event.position())
        event.accept()

    def take_touch(self, event: QTouchEvent) -> None:
        """Takes an event of a touch screen: the first finger draws."""
        kind = event.type()
        event.accept()
        if kind == QEvent.Type.TouchCancel:
            if self._who >= 0:
                self.let_go()
                self._sheet.drop()
            return
        if kind == QEvent.Type.TouchBegin and event.points():
            first = event.points()[0]
            self._begin(first.id(), first.position(), None, erases=False)
            return
        mine = [point for point in event.points() if point.id() == self._who]
        if mine and (kind == QEvent.Type.TouchEnd or mine[0].state() == QEventPoint.State.Released):
            self._end(mine)
        elif mine and mine[0].state() != QEventPoint.State.Stationary:
            self._go_on(mine, None)

    def _begin(self, who: int, place: QPointF, pressure: float | None, erases: bool) -> None:
        if self._who == NOBODY and self._sheet.begin(place, pressure, erases):
            self._who = who
            # X11 joins moves that wait into one; a stroke wants them all, or it has corners.
            attribute = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
            self._compresses = QCoreApplication.testAttribute(attribute)
            QCoreApplication.setAttribute(attribute, False)

    def _go_on(self, points: list[QEventPoint], pressure: float | None) -> None:
        for point in points:
            self._sheet.extend(point.position(), pressure)

    def _end(self, points: list[QEventPoint]) -> None:
        self._go_on(points, None)
        self.let_go()
        self._sheet.finish()


def _is_of_another(event: QMouseEvent) -> bool:
    is_touch = event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchScreen
    return is_touch or event.pointerType() in (Kind.Pen, Kind.Eraser, Kind.Finger)
