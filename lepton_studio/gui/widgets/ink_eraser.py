"""What an eraser takes away from strokes: those that it touches, or only where it touches them."""

from __future__ import annotations

import numpy as np

from lepton_studio.gui.widgets.drawn_ink import Floats, PadStroke, Point

# What is left between two cuts and is shorter than this, as a share of the side, is a crumb and goes, too.
CRUMB = 0.01


def touched(strokes: tuple[PadStroke, ...], start: Point, end: Point, radius: float) -> tuple[int, ...]:
    """The numbers of the strokes whose ink an eraser touches on its way, the oldest first.

    Args:
        strokes: what is drawn.
        start: where the eraser came from, in shares of the side.
        end: where it is now.
        radius: of the eraser, likewise.
    """
    return tuple(number for number, stroke in enumerate(strokes) if _is_touched(stroke, start, end, radius))


def without_touched(strokes: tuple[PadStroke, ...], start: Point, end: Point, radius: float) -> tuple[PadStroke, ...]:
    """The strokes that an eraser leaves on its way if it takes whole ones; arguments as of :func:`touched`."""
    gone = set(touched(strokes, start, end, radius))
    return tuple(stroke for number, stroke in enumerate(strokes) if number not in gone)


def without_parts(strokes: tuple[PadStroke, ...], start: Point, end: Point, radius: float) -> tuple[PadStroke, ...]:
    """What an eraser leaves on its way if it takes only what it touches; arguments as of :func:`touched`.

    A stroke ends before the eraser and begins again behind it, each time with the round end of a brush.
    """
    left: list[PadStroke] = []
    for stroke in strokes:
        left += _pieces(stroke, start, end, radius) if _is_touched(stroke, start, end, radius) else [stroke]
    return tuple(left)


def _is_touched(stroke: PadStroke, start: Point, end: Point, radius: float) -> bool:
    left, top, right, bottom = stroke.box
    (x, y), (other_x, other_y) = start, end
    if max(x, other_x) + radius < left or min(x, other_x) - radius > right:
        return False
    if max(y, other_y) + radius < top or min(y, other_y) - radius > bottom:
        return False
    points, widths = _dense(stroke, radius)
    return bool((_distances(points, start, end) <= widths / 2 + radius).any())


def _dense(stroke: PadStroke, radius: float) -> tuple[Floats, Floats]:
    """The curve of a stroke in steps that no eraser jumps over; straight lines have only their ends otherwise."""
    points, widths = stroke.curve
    if len(points) < 2:
        return points, widths
    lengths = np.hypot(*np.diff(points, axis=0).T)
    step = max(min(radius, float(widths.min()) / 2) / 3, 1e-4)
    if float(lengths.max()) <= step:
        return points, widths
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    # Places where the pen rested would have no single one.
    moved = np.concatenate([[True], lengths > 0])
    count = min(int(np.ceil(travelled[-1] / step)) + 1, 4000)
    even = np.union1d(np.linspace(0, travelled[-1], count), travelled)
    columns = (points[:, 0], points[:, 1], widths)
    x, y, width = (np.interp(even, travelled[moved], column[moved]) for column in columns)
    return np.column_stack([x, y]), width


def _distances(points: Floats, start: Point, end: Point) -> Floats:
    """How far points (N x 2) are from the way between two places."""
    first, way = np.array(start), np.array(end) - np.array(start)
    length = float(way @ way)
    along = np.clip((points - first) @ way / length, 0, 1) if length > 0 else np.zeros(len(points))
    result: Floats = np.hypot(*(points - first - along[:, None] * way).T)
    return result


def _pieces(stroke: PadStroke, start: Point, end: Point, radius: float) -> list[PadStroke]:
    points, widths = _dense(stroke, radius)
    stays = np.concatenate([[False], _distances(points, start, end) > widths / 2 + radius, [False]])
    edges = np.flatnonzero(np.diff(stays.astype(int)))
    pieces = []
    for first, beyond in zip(edges[::2], edges[1::2], strict=True):
        part = points[first:beyond]
        if float(np.hypot(*np.diff(part, axis=0).T).sum()) < CRUMB:
            continue
        firm = np.clip(widths[first:beyond] / stroke.width - 0.5, 0, 1)
        pressures = tuple(map(float, firm)) if stroke.pressures else ()
        pieces.append(PadStroke(tuple((float(x), float(y)) for x, y in part), stroke.width, pressures))
    return pieces
