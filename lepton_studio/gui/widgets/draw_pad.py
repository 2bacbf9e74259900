"""A square to draw on with mouse, touch or pen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme

DEFAULT_BRUSH = 0.075
# Points nearer than this share of the side add nothing but work.
NEAREST = 0.002


@dataclass(frozen=True)
class PadStroke:
    """One stroke as drawn: points as shares of the side (0..1, y down), and the mean width likewise."""

    points: tuple[tuple[float, float], ...]
    width: float


class DrawPad(QWidget):
    """Keeps what is drawn as points, so that it stays sharp at any size and every stroke can be undone.

    Signals:
        strokes_changed: a point or a stroke came or went.
        undo_passed: there was no stroke left to take back, and somebody else said that they know an earlier step.
    """

    strokes_changed = Signal()
    undo_passed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._strokes: list[PadStroke] = []
        self._undone: list[PadStroke] = []
        self._cleared: tuple[PadStroke, ...] = ()
        self._passes_undo = False
        self._current: list[tuple[float, float]] = []
        self._pressures: list[float] = []
        self._brush = DEFAULT_BRUSH
        self._hint = ""
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(200), theme.px(200))
        self.setAccessibleName(self.tr("Drawing canvas"))

    @property
    def strokes(self) -> tuple[PadStroke, ...]:
        """All strokes, the one under the pen included."""
        return (*self._strokes, self._stroke_under_way()) if self._current else tuple(self._strokes)

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back, or an earlier step of somebody else."""
        return bool(self._strokes or self._cleared or self._passes_undo)

    @property
    def can_redo(self) -> bool:
        """Whether a stroke was taken back."""
        return bool(self._undone)

    def set_brush(self, width: float) -> None:
        """Sets the width of the next strokes, as a share of the side."""
        self._brush = width

    def set_hint(self, text: str) -> None:
        """Sets the line that an empty canvas shows."""
        self._hint = text
        self.update()

    def set_strokes(self, strokes: tuple[PadStroke, ...]) -> None:
        """Replaces everything that is drawn."""
        self._strokes, self._undone, self._current, self._cleared = list(strokes), [], [], ()
        self._changed()

    def put_back(self, strokes: tuple[PadStroke, ...]) -> None:
        """Shows an earlier drawing; what was on the canvas comes back when all of it is undone."""
        drawn = self.strokes
        self.set_strokes(strokes)
        self._cleared = drawn

    def pass_undo(self, passes: bool) -> None:
        """Sets whether somebody knows an earlier step than the first stroke (see ``undo_passed``)."""
        if passes != self._passes_undo:
            self._passes_undo = passes
            self._changed()

    def clear(self) -> None:
        """Empties the canvas; Undo brings it back whole."""
        if drawn := self.strokes:
            self._strokes, self._undone, self._current, self._cleared = [], [], [], drawn
            self._changed()

    def undo_stroke(self) -> None:
        """Takes the last stroke back."""
        if self._strokes:
            self._undone.append(self._strokes.pop())
            self._changed()
        elif self._cleared:
            self._strokes, self._undone, self._cleared = list(self._cleared), [], ()
            self._changed()
        elif self._passes_undo:
            self.undo_passed.emit()

    def redo_stroke(self) -> None:
        """Brings back the stroke that was taken back last."""
        if self._undone:
            self._strokes.append(self._undone.pop())
            self._changed()

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(420))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A pen also sends mouse events; its own ones know the pressure.
        if event.button() == Qt.MouseButton.LeftButton and not _is_pen(event):
            self._begin(event.position(), 0.5)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._current and not _is_pen(event):
            self._extend(event.position(), 0.5)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._current and not _is_pen(event):
            self._end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._begin(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletMove and self._current:
            self._extend(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletRelease and self._current:
            self._end()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        square = self._square()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = QPen(QColor(colours.accent if self.hasFocus() else colours.line), 2 if self.hasFocus() else 1)
        painter.setPen(border)
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(square.adjusted(1, 1, -1, -1), theme.px(8), theme.px(8))
        if not self._strokes and not self._current:
            painter.setFont(theme.font_of(theme.SECTION_PIXELS))
            painter.setPen(QColor(colours.second_text))
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setClipRect(square)
        for stroke in self.strokes:
            pen = QPen(QColor(colours.text), max(1.0, stroke.width * square.width()))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPath(_smooth_path(stroke.points, square))

    # --- inside

    def _square(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _share(self, position: QPointF) -> tuple[float, float]:
        square = self._square()
        x = (position.x() - square.x()) / square.width()
        y = (position.y() - square.y()) / square.height()
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _stroke_under_way(self) -> PadStroke:
        # Pressure 0.5 is the brush as set; a firm hand doubles it, a light one halves it.
        pressure = sum(self._pressures) / len(self._pressures)
        return PadStroke(tuple(self._current), self._brush * (0.5 + pressure))

    def _begin(self, position: QPointF, pressure: float) -> None:
        self._current, self._pressures = [self._share(position)], [pressure]
        self._undone, self._cleared = [], ()
        self._changed()

    def _extend(self, position: QPointF, pressure: float) -> None:
        x, y = self._share(position)
        last_x, last_y = self._current[-1]
        if abs(x - last_x) + abs(y - last_y) < NEAREST:
            return
        self._current.append((x, y))
        self._pressures.append(pressure)
        self._changed()

    def _end(self) -> None:
        self._strokes.append(self._stroke_under_way())
        self._current = []
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.strokes_changed.emit()


def _is_pen(event: QMouseEvent) -> bool:
    return event.pointerType() in (QPointingDevice.PointerType.Pen, QPointingDevice.PointerType.Eraser)


def _smooth_path(points: tuple[tuple[float, float], ...], square: QRectF) -> QPainterPath:
    """A curve through the middles of neighbouring points: no corners, however fast the hand was."""
    placed = [QPointF(square.x() + x * square.width(), square.y() + y * square.height()) for x, y in points]
    path = QPainterPath(placed[0])
    if len(placed) == 1:
        # A dot: Qt draws nothing for a path without length.
        path.lineTo(placed[0] + QPointF(0.01, 0))
        return path
    for here, after in pairwise(placed[1:]):
        path.quadTo(here, (here + after) / 2)
    path.lineTo(placed[-1])
    return path
