"""A drawing of a whole network that can be zoomed, moved and clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMarginsF, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.network_painter import NetworkPainter, measure_text
from lepton_studio.gui.widgets.network_plan import DrawnLayer, NetworkPlan, Path, Shape, plan_network, walk
from lepton_studio.gui.widgets.painting import paint_placeholder

MARGIN = 16.0
SMALLEST, LARGEST = 0.05, 4.0
# A long network is first shown as large as can be read, not as a thread.
COMFORTABLE = 0.62
STEP = 1.25
PAN = 60.0


class NetworkDrawing(QWidget):
    """Shows the plan of a network. It fits itself to the room until somebody zooms or moves it.

    Signals:
        layer_chosen: the path of the box that was clicked; empty for the input.
        zoom_changed: how large a unit is drawn, 1.0 at 100 %.
    """

    layer_chosen = Signal(object)
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.plan = NetworkPlan()
        self._layers: tuple[DrawnLayer, ...] | None = None
        self._around: tuple[Shape, tuple[str, str], str] = ((), ("", ""), "")
        self._chosen: frozenset[Path] = frozenset()
        self._current: Path | None = None
        self._hovered: Path | None = None
        self._zoom = 1.0
        # Where the plan's origin lies in the widget.
        self._origin = QPointF()
        self._follows_room = True
        self._pressed_at: QPointF | None = None
        self._is_dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(160), theme.px(120))
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("Drawing of the network"))

    # --- what is shown

    def show_network(
        self, layers: Sequence[DrawnLayer], shape: Shape, ends: tuple[str, str], output_error: str = ""
    ) -> None:
        """Shows a network; the zoom stays if somebody chose it.

        Args:
            layers: the stack.
            shape: of its input.
            ends: what is written at the input and at the answer.
            output_error: why what comes out is no answer; empty if it is.
        """
        around = (shape, ends, output_error)
        if (tuple(layers), around) == (self._layers, self._around):
            return
        self._layers, self._around = tuple(layers), around
        self.plan = plan_network(self._layers, shape, measure_text, ends, output_error)
        self.setAccessibleDescription(", ".join(layer.title for layer in walk(self._layers)))
        self._keep_place()

    def set_chosen(self, paths: Sequence[Path], current: Path) -> None:
        """Lights up these layers and brings the current one into sight."""
        self._chosen = frozenset(paths or ((),))
        self._current = current
        self.reveal(current)
        self.update()

    @property
    def zoom(self) -> float:
        """How large it is drawn; 1.0 is 100 %."""
        return self._zoom

    def place_of(self, path: Path) -> QRect:
        """Where the box of a layer is in the widget; empty if there is none."""
        box = self.plan.box_of(path)
        if box is None:
            return QRect()
        scale = self._scale()
        corner = self._origin + QPointF(box.x, box.y) * scale
        return QRectF(corner.x(), corner.y(), box.width * scale, box.height * scale).toAlignedRect()

    def fit(self) -> None:
        """Shows all of it, and goes on to fit it to the room."""
        self._follows_room = True
        self._set_zoom(min(1.0, *self._fitting()), None)
        self._clamp()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms; the point of the drawing at ``at`` (the middle if None) stays where it is."""
        self._follows_room = False
        self._set_zoom(self._zoom * factor, at or QPointF(self.rect().center()))
        self._clamp()

    def show_full_size(self) -> None:
        """Goes to 100 %, with the current layer in sight."""
        self.zoom_by(1.0 / self._zoom)
        if self._current is not None:
            self.reveal(self._current)

    def reveal(self, path: Path) -> None:
        """Moves the drawing as little as it takes to see the box of a layer."""
        place = self.place_of(path)
        if place.isNull() or self.rect().contains(place):
            return
        margin = round(MARGIN)
        room = self.rect().adjusted(margin, margin, -margin, -margin)
        # A frame larger than the room shows its top, where its name is.
        right = _shift(place.left(), place.right(), room.left(), room.right())
        down = _shift(place.top(), place.bottom(), room.top(), room.bottom())
        self._origin += QPointF(right, down)
        self._clamp()
        self.update()

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(480))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.tokens()
        painter.fillRect(self.rect(), QColor(colours.surface))
        if self._layers is None:
            paint_placeholder(painter, self.rect(), self.tr("Here the network will be drawn."))
        else:
            scale = self._scale()
            painter.translate(self._origin)
            painter.scale(scale, scale)
            corner = -self._origin / scale
            visible = QRectF(corner.x(), corner.y(), self.width() / scale, self.height() / scale)
            NetworkPainter(painter, colours, scale).paint(self.plan, visible, self._chosen, self._hovered)
            painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.accent if self.hasFocus() else colours.line), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            box = self.plan.box_at(*self._in_plan(QPointF(event.pos())))
            text = "" if box is None else box.error if box.layer is None else box.layer.facts
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed_at, self._is_dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            box = self.plan.box_at(*self._in_plan(event.position()))
            self._hover(None if box is None else box.path)
            return
        way = event.position() - self._pressed_at
        if self._is_dragged or way.manhattanLength() >= QApplication.startDragDistance():
            self._is_dragged, self._follows_room = True, False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed_at = event.position()
            self._move(way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed_at = self._pressed_at, None
        if self._is_dragged:
            self._is_dragged = False
            self.unsetCursor()
        elif pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            box = self.plan.box_at(*self._in_plan(event.position()))
            if box is not None and box.path is not None:
                self.layer_chosen.emit(box.path)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key
        ways = {key.Key_Left: (1, 0), key.Key_Right: (-1, 0), key.Key_Up: (0, 1), key.Key_Down: (0, -1)}
        pressed = Qt.Key(event.key())
        if pressed in (key.Key_Plus, key.Key_Equal):
            self.zoom_by(STEP)
        elif pressed == key.Key_Minus:
            self.zoom_by(1 / STEP)
        elif pressed == key.Key_0:
            self.fit()
        elif pressed == key.Key_1:
            self.show_full_size()
        elif pressed in ways:
            right, down = ways[pressed]
            self._follows_room = False
            self._move(QPointF(right, down) * theme.px(PAN))
        else:
            super().keyPressEvent(event)

    # --- inside

    def _hover(self, path: Path | None) -> None:
        if path != self._hovered:
            self._hovered = path
            self.setCursor(Qt.CursorShape.ArrowCursor if path is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _scale(self) -> float:
        return self._zoom * theme.scale()

    def _in_plan(self, point: QPointF) -> tuple[float, float]:
        inside = (point - self._origin) / self._scale()
        return inside.x(), inside.y()

    def _fitting(self) -> tuple[float, float]:
        """The zooms at which width and height fill the room."""
        room = QSizeF(self.size()).shrunkBy(QMarginsF(MARGIN, MARGIN, MARGIN, MARGIN)) / theme.scale()
        return room.width() / max(1.0, self.plan.width), room.height() / max(1.0, self.plan.height)

    def _keep_place(self) -> None:
        """After a change of drawing or room: all of it if that can be read, else as wide as the room."""
        self.update()
        if not self._follows_room:
            self._clamp()
            return
        self._set_zoom(_readable(*self._fitting()), None)
        self._origin.setY(MARGIN)
        self._clamp()
        if self._current is not None:
            self.reveal(self._current)

    def _set_zoom(self, zoom: float, at: QPointF | None) -> None:
        zoom = min(LARGEST, max(SMALLEST, zoom))
        if at is not None:
            self._origin = at - (at - self._origin) * (zoom / self._zoom)
        if zoom != self._zoom:
            self._zoom = zoom
            self.zoom_changed.emit(zoom)
        self.update()

    def _move(self, way: QPointF) -> None:
        self._origin += way
        self._clamp()
        self.update()

    def _clamp(self) -> None:
        """Keeps the drawing in the room: in the middle if it is smaller, else without emptiness at its sides."""
        scale = self._scale()
        self._origin = QPointF(
            _kept(self._origin.x(), self.plan.width * scale, self.width()),
            _kept(self._origin.y(), self.plan.height * scale, self.height()),
        )


def _readable(across: float, down: float) -> float:
    """The zoom for a room that its width and height would be filled at; long networks are cut rather than tiny."""
    # Where there is twice the width that it needs, it may also be longer.
    comfortable = min(1.0, max(COMFORTABLE, across / 2))
    return max(min(1.0, across, down), min(across, comfortable))


def _kept(start: float, length: float, room: float) -> float:
    """Where a length starts that is kept inside a room."""
    if length + 2 * MARGIN <= room:
        return (room - length) / 2
    return min(MARGIN, max(room - length - MARGIN, start))


def _shift(start: float, end: float, first: float, last: float) -> float:
    """How far to move from start to end so that it lies between first and last; the start counts more."""
    if start < first or end - start > last - first:
        return first - start
    return min(0.0, last - end)
