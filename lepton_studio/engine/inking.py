"""Draws the strokes of a pen in few pixels, as smooth as a scanner would see them.

All of it happens in the pixels of the network's picture: the points become a curve, the curve a row of discs that lie
closer than can be seen, and each pixel gets the share of it that the nearest disc covers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Discs are this share of the pen apart; the edge of the line then waves by about a hundredth of a pixel.
DISC_SPACING = 0.2
# A scribble longer than this many discs is a blot, however they lie.
MOST_DISCS = 4000
# The trembling of a mouse that only knows whole pixels is smoothed away over so many pixels of the network's picture.
SMOOTHING = 0.45
# Over how many pixels the edge of a line goes from ink to paper; the scans of MNIST are a little softer than 1.
EDGE = 1.15
# How finely a curve between two points may be divided.
MOST_PARTS = 16
# Points farther apart than so many pixels of the network's picture are those of a fast hand or a slow tablet: each of
# them counts, and the curve goes through it. Nearer ones tremble, and the curve goes between them.
FAR = 1.5


@dataclass(frozen=True, eq=False)
class Line:
    """A stroke as discs in the pixels of a picture.

    Attributes:
        points: N x 2, x and y; (0, 0) is the corner of the first pixel and (0.5, 0.5) its middle.
        radii: N, of the pen at each of them.
    """

    points: Floats
    radii: Floats

    def moved(self, by: Floats) -> Line:
        """The same line elsewhere."""
        return replace(self, points=self.points + by)


def curve(points: Floats, far: float = FAR) -> tuple[Floats, Floats]:
    """The curve that the canvas paints: through points that lie far apart, between those that lie close together.

    Args:
        points: N x 2, N > 0, in pixels.
        far: how far apart, in pixels.

    Returns:
        M x 2 points of the curve, and for each where it lies among the given ones: 0 the first, N - 1 the last.
    """
    filled, given = fill_in(points, far)
    bent, places = _between(filled)
    return bent, at(given, places)


def fill_in(points: Floats, far: float) -> tuple[Floats, Floats]:
    """Puts points between those that lie far apart, on a curve that goes through all: no corner of a digit is lost.

    The curve is a centripetal Catmull-Rom spline (Yuksel, Schaefer and Keyser 2011,
    https://doi.org/10.1016/j.cad.2010.08.008), which makes no loops.

    Args:
        points: N x 2, N > 0.
        far: points farther apart than this, in the unit of the points, get others between them.

    Returns:
        M x 2 points, the given ones among them, and where each lies among the given ones: 0 the first, N - 1 the last.
    """
    count = len(points)
    chords = np.hypot(*np.diff(points, axis=0).T) if count > 2 else np.zeros(0)
    wide = np.flatnonzero(chords > far)
    if not len(wide):
        return points, np.arange(count, dtype=float)
    parts = int(np.clip(np.ceil(float(chords.max()) / far), 2, MOST_PARTS))
    # Beyond its ends the line goes on as it came.
    whole = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    knots = np.sqrt(np.maximum(np.concatenate([chords[:1], chords, chords[-1:]]), 1e-9))
    before, here, after = (knots[wide + place, None] for place in range(3))
    start, end = whole[wide + 1], whole[wide + 2]
    # Where the ends of a cubic Bezier curve pull: Yuksel et al., equation 8.
    first = start + here * ((start - whole[wide]) / before * here + (end - start) / here * before) / (
        3 * (before + here)
    )
    last = end - here * ((whole[wide + 3] - end) / after * here + (end - start) / here * after) / (3 * (after + here))
    along = (np.arange(1, parts) / parts)[None, :, None]
    cubic = (
        (1 - along) ** 3 * start[:, None]
        + 3 * along * (1 - along) ** 2 * first[:, None]
        + 3 * along**2 * (1 - along) * last[:, None]
        + along**3 * end[:, None]
    )
    places = np.concatenate([np.arange(count, dtype=float), (wide[:, None] + along[0, :, 0]).ravel()])
    order = np.argsort(places)
    return np.concatenate([points, cubic.reshape(-1, 2)])[order], places[order]


def _between(points: Floats) -> tuple[Floats, Floats]:
    """Bezier curves through the middles of neighbouring points, as of :func:`curve`."""
    count = len(points)
    if count < 3:
        return points, np.arange(count, dtype=float)
    middles = (points[:-1] + points[1:]) / 2
    starts = np.concatenate([points[:1], middles[1:-1]])
    longest = float(np.abs(np.diff(points, axis=0)).max())
    parts = int(np.clip(np.ceil(longest), 2, MOST_PARTS))
    along = (np.arange(parts) / parts)[None, :, None]
    bends = (
        (1 - along) ** 2 * starts[:, None] + 2 * along * (1 - along) * points[1:-1, None] + along**2 * middles[1:, None]
    )
    places = np.arange(count - 2)[:, None] + 0.5 + along[0, :, 0]
    places[0] = 1.5 * along[0, :, 0]
    return (
        np.concatenate([bends.reshape(-1, 2), middles[-1:], points[-1:]]),
        np.concatenate([places.ravel(), [count - 1.5, count - 1.0]]),
    )


def evenly(points: Floats, spacing: float) -> tuple[Floats, Floats]:
    """Walks along a line in equal steps.

    Args:
        points: N x 2, N > 0.
        spacing: the length of a step; it is made a little shorter so that the last one ends at the end.

    Returns:
        M x 2 points, and for each where it lies among the given ones, as of :func:`curve`.
    """
    lengths = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    steps = int(min(np.ceil(travelled[-1] / spacing), MOST_DISCS))
    if not steps:
        return points[:1], np.zeros(1)
    # Places where the pen rested have no length, and would have no single place.
    places = np.interp(np.linspace(0, travelled[-1], steps + 1), travelled, np.arange(len(points), dtype=float))
    return at(points, places), places


def at(values: Floats, places: Floats) -> Floats:
    """What lies between the rows of ``values``: at 1.25 a quarter of the way from the second to the third."""
    below = np.minimum(places.astype(int), max(len(values) - 2, 0))
    above = np.minimum(below + 1, len(values) - 1)
    share = (places - below).reshape(-1, *[1] * (values.ndim - 1))
    result: Floats = values[below] * (1 - share) + values[above] * share
    return result


def smooth(points: Floats, spacing: float, deviation: float = SMOOTHING) -> Floats:
    """Takes the trembling out of a line whose points lie equally far apart; its ends stay where they are."""
    reach = int(min(np.ceil(2.5 * deviation / spacing), len(points) - 1))
    if reach < 1:
        return points
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) * spacing / deviation) ** 2)
    weights /= weights.sum()
    # Beyond its ends a line goes on as it came, turned about the end: so the end itself does not move.
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    whole = np.concatenate([before, points, after])
    return np.stack([np.convolve(whole[:, axis], weights, "valid") for axis in (0, 1)], axis=1)


def paint(lines: tuple[Line, ...], height: int, width: int) -> NDArray[np.uint8]:
    """Draws lines bright on black.

    Args:
        lines: what to draw; what lies outside of the picture is left out.
        height: of the picture.
        width: of the picture.

    Returns:
        height x width, uint8.
    """
    points = np.concatenate([line.points for line in lines]).astype(np.float32)
    radii = np.concatenate([line.radii for line in lines]).astype(np.float32)
    reach = int(np.ceil(float(radii.max(initial=0)) + EDGE / 2))
    # Around the picture is room for whatever reaches over its edge.
    cells = np.clip(np.floor(points).astype(np.int64), -reach - 1, np.array([width, height]) + reach)
    offsets = np.arange(-reach, reach + 1)
    columns, rows = (cells[:, axis, None] + offsets for axis in (0, 1))
    # All in one kind of number: numpy takes twenty times as long where it must convert.
    across = (columns.astype(np.float32) + np.float32(0.5) - points[:, :1]) ** 2
    down = (rows.astype(np.float32) + np.float32(0.5) - points[:, 1:]) ** 2
    distances = np.sqrt(down[:, :, None] + across[:, None, :])
    covered = (radii[:, None, None] - distances) / np.float32(EDGE) + np.float32(0.5)
    margin = 2 * reach + 1
    stride = width + 2 * margin
    places = (rows + margin)[:, :, None] * stride + (columns + margin)[:, None, :]
    ground = np.zeros((height + 2 * margin) * stride, np.float32)
    np.maximum.at(ground, places.ravel(), covered.ravel())
    picture = ground.reshape(-1, stride)[margin : margin + height, margin : margin + width]
    result: NDArray[np.uint8] = np.rint(np.minimum(picture, 1) * 255).astype(np.uint8)
    return result


def centre_of_mass(picture: NDArray[np.uint8]) -> Floats:
    """Where the ink of a picture, H x W, has its middle: x, y; (0, 0) is the corner of the first pixel."""
    weights = picture.astype(float)
    sums = [weights.sum(axis=0), weights.sum(axis=1)]
    return np.array([each @ (np.arange(len(each)) + 0.5) / each.sum() for each in sums])


def bounds(lines: tuple[Line, ...]) -> tuple[Floats, Floats]:
    """The corners of the box around lines, their width included: (left, top), (right, bottom)."""
    low = np.min([(line.points - line.radii[:, None]).min(axis=0) for line in lines], axis=0)
    high = np.max([(line.points + line.radii[:, None]).max(axis=0) for line in lines], axis=0)
    return low, high
