"""Paints ink on the canvas; what is finished is painted once and kept: a full sheet costs no more than an empty one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from lepton_studio.engine.inking import fill_in
from lepton_studio.gui import theme
from lepton_studio.gui.widgets.drawn_ink import FAR, Floats, PadStroke, Point, Sheet

CORNER = 8
# Round ends of a line of changing width are polygons of so many corners.
FEWEST_CORNERS, MOST_CORNERS = 8, 40
# The edge of a line is soft over a pixel; another is for what is rounded.
SOFT = 2.0
# So many earlier states of the sheet are kept, so that to take strokes back paints none.
MOST_STATES = 5


class InkPainter:
    """Keeps a picture of frame and finished ink in the pixels of the screen."""

    def __init__(self) -> None:
        """Has painted nothing yet."""
        self._key: tuple[object, ...] = ()
        self._photograph: NDArray[np.uint8] | None = None
        # The newest last; each holds all strokes of the one before and more.
        self._states: list[tuple[tuple[PadStroke, ...], QPixmap]] = []

    def paint(self, painter: QPainter, size: QSize, square: QRectF, sheet: Sheet, is_focused: bool) -> None:
        """Paints the frame with what is finished.

        Args:
            painter: of the widget; Qt has clipped it to what needs painting.
            size: of the widget.
            square: the place of the sheet in it.
            sheet: what lies there.
            is_focused: whether the keys go there.
        """
        # The painter knows the pixels that it paints on, also where a picture is taken of the widget.
        ratio = painter.deviceTransform().m11()
        key = (size, ratio, theme.tokens(), is_focused)
        if key != self._key or sheet.photograph is not self._photograph:
            self._key, self._photograph, self._states = key, sheet.photograph, []
        while self._states and sheet.strokes[: len(self._states[-1][0])] != self._states[-1][0]:
            self._states.pop()
        if not self._states:
            ground = QPixmap(size * ratio)
            ground.setDevicePixelRatio(ratio)
            # Where the widget is no square, what is below it shows.
            ground.fill(Qt.GlobalColor.transparent)
            self._paint_ground(ground, square, sheet.photograph, is_focused)
            self._states.append(((), ground))
        known, kept = self._states[-1]
        if len(known) < len(sheet.strokes):
            # Painting on a copy leaves the state before as it was.
            kept = QPixmap(kept)
            with QPainter(kept) as ink:
                ink.setRenderHint(QPainter.RenderHint.Antialiasing)
                ink.setClipRect(square)
                for stroke in sheet.strokes[len(known) :]:
                    paint_stroke(ink, stroke, square)
            self._states.append((sheet.strokes, kept))
            del self._states[1:-MOST_STATES]
        painter.drawPixmap(0, 0, kept)

    def _paint_ground(
        self, ground: QPixmap, square: QRectF, photograph: NDArray[np.uint8] | None, is_focused: bool
    ) -> None:
        colours = theme.tokens()
        with QPainter(ground) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.setPen(QPen(QColor(colours.accent if is_focused else colours.line), 2 if is_focused else 1))
            painter.setBrush(QColor(colours.surface))
            painter.drawRoundedRect(square.adjusted(1, 1, -1, -1), theme.px(CORNER), theme.px(CORNER))
            if photograph is not None:
                _paint_photograph(painter, photograph, square)


def paint_stroke(painter: QPainter, stroke: PadStroke, square: QRectF, colour: QColor | None = None) -> None:
    """Paints a stroke, or as much of it as the clip of the painter needs.

    Args:
        painter: antialiased; what it is clipped to is all that is painted.
        stroke: what to paint.
        square: the place of the sheet.
        colour: of the ink; None for the usual one.
    """
    ink = colour or QColor(theme.tokens().text)
    clip = painter.clipBoundingRect() if painter.hasClipping() else square
    if stroke.pressures:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawPath(_firm_path(stroke, square, clip))
    else:
        pen = QPen(ink, max(1.0, stroke.width * square.width()))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        around = pen.widthF() / 2 + SOFT
        painter.drawPath(_smooth_path(stroke.points, square, clip.adjusted(-around, -around, around, around)))


def place_of(points: Sequence[Point], width: float, square: QRectF) -> QRectF:
    """Where the ink of points is in a widget: the rectangle to paint anew when they came."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    # Between points that lie far apart the line leaves the way by half of it at most.
    longest = max((math.dist(*pair) for pair in pairwise(points)), default=0.0)
    around = max(1.0, width * square.width()) / 2 + SOFT + (longest * square.width() / 2 if longest > FAR else 0.0)
    place = QRectF(QPointF(min(xs), min(ys)) * square.width(), QPointF(max(xs), max(ys)) * square.width())
    return place.translated(square.topLeft()).adjusted(-around, -around, around, around)


def paint_ring(painter: QPainter, middle: QPointF, diameter: float, is_filled: bool = False) -> None:
    """Paints how large brush or eraser are; light around dark, so that it shows on ink and paper alike."""
    colours = theme.tokens()
    radius = max(diameter, 3.0) / 2
    fill = QColor(colours.text)
    fill.setAlphaF(0.2)
    painter.setBrush(fill if is_filled else Qt.BrushStyle.NoBrush)
    for colour, width in ((colours.surface, 3.5), (colours.accent, 1.5)):
        painter.setPen(QPen(QColor(colour), width))
        painter.drawEllipse(middle, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_words(painter: QPainter, square: QRectF, text: str, is_offer: bool = False) -> None:
    """Paints a line into the middle of the sheet; ``is_offer`` says that something would be taken here."""
    colours = theme.tokens()
    if is_offer:
        veil = QColor(colours.surface)
        veil.setAlphaF(0.85)
        inner = square.adjusted(4, 4, -4, -4)
        painter.setPen(QPen(QColor(colours.accent), 2, Qt.PenStyle.DashLine))
        painter.setBrush(veil)
        painter.drawRoundedRect(inner, theme.px(CORNER), theme.px(CORNER))
    margin = theme.px(24)
    painter.setFont(theme.font_of(theme.SECTION_PIXELS))
    painter.setPen(QColor(colours.text if is_offer else colours.second_text))
    place = square.adjusted(margin, margin, -margin, -margin)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def place_of_photograph(photograph: NDArray[np.uint8], square: QRectF) -> QRectF:
    """Where a picture lies that is fitted into the sheet."""
    height, width = photograph.shape[:2]
    inner = square.adjusted(3, 3, -3, -3)
    side = max(inner.width(), 1.0) / max(height, width)
    place = QRectF(0, 0, width * side, height * side)
    place.moveCenter(inner.center())
    return place


def _paint_photograph(painter: QPainter, photograph: NDArray[np.uint8], square: QRectF) -> None:
    pixels = np.ascontiguousarray(photograph)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    painter.drawImage(place_of_photograph(photograph, square), image)


def _smooth_path(points: Sequence[Point], square: QRectF, wanted: QRectF) -> QPainterPath:
    """A curve through the middles of neighbouring points, without the parts that cannot be seen in ``wanted``."""
    flat = np.fromiter(chain.from_iterable(points), float, 2 * len(points))
    placed = fill_in(flat.reshape(-1, 2), FAR)[0] * square.width() + [square.x(), square.y()]
    path = QPainterPath(QPointF(*placed[0]))
    if len(placed) == 1:
        # A dot: Qt draws nothing for a path without length.
        path.lineTo(QPointF(*placed[0]) + QPointF(0.01, 0))
        return path
    ends = (placed[1:-1] + placed[2:]) / 2
    bends = np.concatenate([np.concatenate([placed[:1], ends])[:-1], placed[1:-1], ends], axis=1)
    # A long scribble has thousands of bends, of which the newest few are painted.
    seen = np.arange(len(bends)) if wanted.contains(square) else np.flatnonzero(_may_touch(wanted, bends))
    before = -1
    for number, (start_x, start_y, x, y, end_x, end_y) in zip(seen.tolist(), bends[seen].tolist(), strict=True):
        if number != before + 1:
            path.moveTo(start_x, start_y)
        path.quadTo(x, y, end_x, end_y)
        before = number
    if before != len(bends) - 1:
        path.moveTo(*ends[-1])
    path.lineTo(*placed[-1])
    return path


def _may_touch(wanted: QRectF, bends: Floats) -> NDArray[np.bool_]:
    """Which bends, each x and y of three points, may have ink in ``wanted``."""
    xs, ys = bends[:, 0::2], bends[:, 1::2]
    found: NDArray[np.bool_] = (
        (xs.max(axis=1) >= wanted.left())
        & (xs.min(axis=1) <= wanted.right())
        & (ys.max(axis=1) >= wanted.top())
        & (ys.min(axis=1) <= wanted.bottom())
    )
    return found


def _firm_path(stroke: PadStroke, square: QRectF, clip: QRectF) -> QPainterPath:
    """A line that is as wide at each place as the pen was firm there, without the parts outside of ``clip``."""
    points, widths = stroke.curve
    placed = points * square.width() + [square.x(), square.y()]
    radii = np.maximum(widths * square.width() / 2, 0.5)
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for outline in _outlines(placed, radii, clip):
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
        path.closeSubpath()
    return path


def _outlines(points: Floats, radii: Floats, clip: QRectF) -> Iterator[list[list[float]]]:
    """The outline of each pair of neighbouring discs with what is between them; all run the same way round."""
    corners = int(np.clip(float(radii.max()) * 1.5, FEWEST_CORNERS, MOST_CORNERS))
    if len(points) == 1:
        points, radii = np.repeat(points, 2, axis=0), np.repeat(radii, 2)
    first, second, one, other = points[:-1], points[1:], radii[:-1], radii[1:]
    reach = np.maximum(one, other)[:, None] + SOFT
    low, high = np.minimum(first, second) - reach, np.maximum(first, second) + reach
    corner, opposite = [clip.left(), clip.top()], [clip.right(), clip.bottom()]
    seen = np.flatnonzero(((high >= corner) & (low <= opposite)).all(axis=1))
    first, second, one, other = first[seen], second[seen], one[seen], other[seen]
    way = second - first
    length = np.hypot(*way.T)
    # Where the common tangents touch, seen from the way; where one disc lies in the other there are none.
    lean = np.arccos(np.clip((one - other) / np.maximum(length, 1e-9), -1, 1))
    towards = np.arctan2(way[:, 1], way[:, 0])
    share = np.linspace(0, 1, corners)
    behind = (towards + lean)[:, None] + share * (2 * np.pi - 2 * lean)[:, None]
    ahead = (towards - lean)[:, None] + share * (2 * lean)[:, None]
    arcs = (
        first[:, None] + one[:, None, None] * np.stack([np.cos(behind), np.sin(behind)], axis=2),
        second[:, None] + other[:, None, None] * np.stack([np.cos(ahead), np.sin(ahead)], axis=2),
    )
    yield from np.concatenate(arcs, axis=1).tolist()
