"""Paints the drawing of a network by its plan; on the screen, into an SVG and onto a picture alike."""

from __future__ import annotations

import functools
import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.layer_colours import group_colour
from lepton_studio.gui.widgets.network_plan import Box, NetworkPlan, Path, Tensor, Wire
from lepton_studio.gui.widgets.painting import mixed

TITLE_PIXELS, DETAIL_PIXELS = 12, 11
# Letters smaller than this on the screen are not read but only cost time.
READABLE_PIXELS = 4.0
HEAD = 5.0
EDGE = 4.0
_TINT, _FRAME_TINT = 0.16, 0.5
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter


def plan_font(is_title: bool) -> QFont:
    """The font of titles or of what stands below them, in the units of a plan."""
    font = theme.font_of(DETAIL_PIXELS, semibold=is_title)
    font.setPixelSize(TITLE_PIXELS if is_title else DETAIL_PIXELS)
    return font


def measure_text(text: str, is_title: bool) -> float:
    """How wide a text is in the units of a plan."""
    return _measured(text, is_title, QApplication.font().family())


@functools.lru_cache(maxsize=4096)
def _measured(text: str, is_title: bool, _family: str) -> float:
    # A pixel more: the same letters are a little wider at other sizes.
    return QFontMetricsF(plan_font(is_title)).horizontalAdvance(text) * 1.02 + 1


class NetworkPainter:
    """Paints a plan in its own units: whoever calls has moved and scaled the painter."""

    def __init__(self, painter: QPainter, colours: theme.Tokens, scale: float = 1.0) -> None:
        """Takes the colours to paint in and how many pixels a unit is."""
        self._painter = painter
        self._colours = colours
        self._scale = scale
        self._title, self._detail = plan_font(True), plan_font(False)
        self._has_text = DETAIL_PIXELS * scale >= READABLE_PIXELS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint(
        self, plan: NetworkPlan, visible: QRectF, chosen: frozenset[Path] = frozenset(), hovered: Path | None = None
    ) -> None:
        """Paints what is in sight; ``chosen`` boxes are lit up."""
        top, bottom, left, right = visible.top(), visible.bottom(), visible.left(), visible.right()
        seen = [
            box
            for box in plan.boxes
            if box.y <= bottom and box.y + box.height >= top and box.x <= right and box.x + box.width >= left
        ]
        for box in seen:
            if box.kind == "frame":
                self._frame(box, box.path in chosen, box.path == hovered)
        self._wires([wire for wire in plan.wires if wire.points[0][1] <= bottom and wire.points[-1][1] >= top])
        for tensor in plan.tensors:
            if tensor.y <= bottom and tensor.y + tensor.height + tensor.depth >= top:
                self._tensor(tensor)
        for box in seen:
            if box.kind == "joint":
                self._joint(box)
            elif box.kind != "frame":
                self._box(box, box.path in chosen, hovered is not None and box.path == hovered)

    # --- parts

    def _pen(self, box: Box, is_chosen: bool, is_hovered: bool) -> QPen:
        colours = self._colours
        faulty, left_out = bool(box.error), box.layer is not None and box.layer.is_left_out
        colour = colours.accent if is_chosen else colours.second_text if is_hovered else colours.line
        # A box in sight at any distance: at least a pixel, two if it is chosen.
        width = 2.0 if is_chosen or faulty else 1.0
        pen = QPen(QColor(colours.bad if faulty and not is_chosen else colour), max(width, width / self._scale))
        if left_out:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen

    def _frame(self, box: Box, is_chosen: bool, is_hovered: bool) -> None:
        colours, painter = self._colours, self._painter
        assert box.layer is not None
        # Frames in frames are told apart by their ground.
        ground = mixed(colours.surface, colours.raised, 0.9 if box.depth % 2 else 0.2)
        if is_chosen:
            ground = mixed(ground, colours.accent, 0.1)
        painter.setPen(self._pen(box, is_chosen, is_hovered))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(box.x, box.y, box.width, box.height), 8, 8)
        if not self._has_text:
            return
        line = QRectF(box.x + 10, box.y + 3, box.width - 20, 18)
        faulty = bool(box.error)
        ink = colours.bad if faulty else colours.disabled_text if box.layer.is_left_out else colours.second_text
        self._write(line, _LEFT, self._title, ink, box.text)
        if box.layer.times > 1:
            self._write(line, _RIGHT, self._title, colours.text, f"× {box.layer.times}")
        if faulty:
            self._mark(box)

    def _box(self, box: Box, is_chosen: bool, is_hovered: bool) -> None:
        colours, painter, layer = self._colours, self._painter, box.layer
        place = QRectF(box.x, box.y, box.width, box.height)
        is_end = box.kind in ("input", "answer")
        hue = QColor(colours.second_text) if layer is None else group_colour(layer.group)
        left_out = layer is not None and layer.is_left_out
        ground = mixed(colours.surface, hue, 0.0 if left_out else _TINT / 2 if is_end else _TINT)
        if box.error:
            ground = mixed(colours.surface, colours.bad, 0.12)
        painter.setPen(self._pen(box, is_chosen, is_hovered))
        painter.setBrush(mixed(ground, colours.accent, 0.16) if is_chosen else ground)
        radius = box.height / 2 if is_end else 5.0
        painter.drawRoundedRect(place, radius, radius)
        if layer is not None and not left_out:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(hue if not box.error else QColor(colours.bad))
            painter.drawRoundedRect(QRectF(box.x + 3, box.y + 4, EDGE - 1, box.height - 8), 1.5, 1.5)
        if not self._has_text:
            return
        room = place if is_end else place.adjusted(EDGE + 7, 0, -6, 0)
        ink = colours.disabled_text if left_out else colours.text
        if layer is None or not layer.detail:
            self._write(room, _CENTRE if is_end else _LEFT, self._title, ink, box.text)
        else:
            half = box.height / 2
            self._write(room.adjusted(0, 3, 0, -half + 2), _LEFT, self._title, ink, box.text)
            ink = colours.disabled_text if left_out else colours.second_text
            self._write(room.adjusted(0, half - 2, 0, -3), _LEFT, self._detail, ink, layer.detail)
        if box.error:
            self._mark(box)

    def _mark(self, box: Box) -> None:
        """An exclamation mark on a disc in the corner of what does not fit."""
        painter, colours = self._painter, self._colours
        middle = QPointF(box.x + box.width - 4, box.y + 4)
        painter.setPen(QPen(QColor(colours.surface), 1.5))
        painter.setBrush(QColor(colours.bad))
        painter.drawEllipse(middle, 8, 8)
        self._write(QRectF(middle.x() - 8, middle.y() - 8, 16, 16), _CENTRE, self._title, colours.surface, "!")

    def _joint(self, box: Box) -> None:
        painter, colours = self._painter, self._colours
        painter.setPen(QPen(QColor(colours.second_text), 1.2))
        painter.setBrush(QColor(colours.surface))
        place = QRectF(box.x, box.y, box.width, box.height)
        painter.drawRoundedRect(place, box.height / 2, box.height / 2)
        if box.text == "+":
            # Drawn rather than written, so that it stands exactly in the middle.
            middle, arm = place.center(), box.height * 0.26
            painter.setPen(QPen(QColor(colours.text), 1.6))
            painter.drawLines([
                QLineF(middle.x() - arm, middle.y(), middle.x() + arm, middle.y()),
                QLineF(middle.x(), middle.y() - arm, middle.x(), middle.y() + arm),
            ])  # fmt: skip
        elif self._has_text:
            self._write(place, _CENTRE, self._detail, colours.text, box.text)

    def _wires(self, wires: list[Wire]) -> None:
        painter, colours = self._painter, self._colours
        for is_live in (False, True):
            colour = QColor(colours.second_text if is_live else colours.disabled_text)
            pen = QPen(colour, max(1.2, 0.8 / self._scale))
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if not is_live:
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            some = [wire for wire in wires if wire.is_live == is_live]
            for wire in some:
                points = [QPointF(*point) for point in wire.points]
                if wire.has_head:
                    # The line ends inside its arrow head, whose point is sharp.
                    points[-1] = _before(points[-2], points[-1], HEAD * 0.6)
                painter.drawPolyline(points)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for wire in some:
                if wire.has_head:
                    painter.drawPolygon(_head(QPointF(*wire.points[-2]), QPointF(*wire.points[-1])))

    def _tensor(self, tensor: Tensor) -> None:
        painter, colours = self._painter, self._colours
        line, fill = mixed(colours.surface, colours.accent, 0.75), mixed(colours.surface, colours.accent, 0.16)
        painter.setPen(QPen(line, 1))
        painter.setBrush(fill)
        depth = tensor.depth
        front = QRectF(tensor.x, tensor.y + depth, tensor.width, tensor.height)
        # The last channel first, so that the first one lies on top.
        for sheet in reversed(range(tensor.sheets)):
            away = depth * sheet / max(1, tensor.sheets - 1)
            painter.drawRect(front.translated(away, -away))
        if len(tensor.shape) < 3:
            self._steps(front, tensor)
        if self._has_text:
            middle = tensor.y + (tensor.height + depth) / 2
            place = QRectF(tensor.x + tensor.width + depth + 8, middle - 9, 400, 18)
            self._write(place, _LEFT, self._detail, colours.second_text, tensor.label)

    def _steps(self, front: QRectF, tensor: Tensor) -> None:
        """A line for each step of a sequence, for each number of a short row."""
        count = tensor.shape[0]
        painter = self._painter
        painter.setPen(QPen(mixed(self._colours.surface, self._colours.accent, 0.5), 0.6))
        if len(tensor.shape) == 2 and 1 < count <= front.height() / 1.4:
            rows = [front.top() + front.height() * row / count for row in range(1, count)]
            painter.drawLines([QLineF(front.left(), y, front.right(), y) for y in rows])
        elif len(tensor.shape) == 1 and 1 < count <= front.width() / 2:
            columns = [front.left() + front.width() * column / count for column in range(1, count)]
            painter.drawLines([QLineF(x, front.top(), x, front.bottom()) for x in columns])

    def _write(self, place: QRectF, flags: Qt.AlignmentFlag, font: QFont, colour: str, text: str) -> None:
        painter = self._painter
        if measure_text(text, font is self._title) > place.width() + 2:
            text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(place, flags | Qt.TextFlag.TextDontClip, text)


def _before(start: QPointF, end: QPointF, distance: float) -> QPointF:
    """The point on the line that lies so far before its end."""
    length = math.hypot(end.x() - start.x(), end.y() - start.y()) or 1.0
    return end - (end - start) * (min(distance, length) / length)


def _head(start: QPointF, end: QPointF) -> QPolygonF:
    """An arrow head whose point is the end of a line."""
    back = _before(start, end, HEAD * 1.4)
    across = QPointF(back.y() - end.y(), end.x() - back.x()) * 0.42
    return QPolygonF([end, back + across, back - across])
