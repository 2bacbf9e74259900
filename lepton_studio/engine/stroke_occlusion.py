"""Which stroke mattered: each is left out in turn, and the network looks at what remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.inking import Floats, Line, curve, evenly
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.reading import Reader
from lepton_studio.engine.strokes import Picture, Stroke, centre_lines, fit_strokes, paint_lines

# A drawing of a single stroke is cut into so many parts, if each is at least so many pixels long.
PARTS, SHORTEST = 8, 3.0
# Of a drawing of very many strokes so many are asked about, the longest.
MOST_STROKES = 16


@dataclass(frozen=True, eq=False)
class StrokePart:
    """One stroke, or a part of the only one, and the answer without it.

    Attributes:
        stroke: which of the strokes it belongs to.
        places: M x 2, float32, x and y of its line in pixels of the picture; (0, 0) is the corner of the first pixel.
        width: of the line, in pixels of the picture.
        picture: the drawing without it, C x H x W, uint8; all the rest is where it was, as large as it was.
        probabilities: of each class for that picture, float32.
        loss: how much probability the answer loses without it, -1..1; below zero: it is likelier without.
        fall: by how much its score, the logit before the softmax, falls without it. Where the network is sure of its
            answer anyway, only this tells strokes apart.
    """

    stroke: int
    places: NDArray[np.float32]
    width: float
    picture: Picture
    probabilities: NDArray[np.float32]
    loss: float
    fall: float

    @property
    def answer(self) -> int:
        """The likeliest class without it."""
        return int(self.probabilities.argmax())


@dataclass(frozen=True, eq=False)
class StrokeOcclusion:
    """What each stroke is worth to an answer.

    Attributes:
        picture: the whole drawing, C x H x W, uint8.
        probabilities: of each class for it, float32.
        target: the class that was asked for.
        is_cut: whether the parts are parts of one stroke.
        parts: in the order in which they were drawn; none if nothing would be left.
    """

    picture: Picture
    probabilities: NDArray[np.float32]
    target: int
    is_cut: bool
    parts: tuple[StrokePart, ...]


@dataclass(frozen=True)
class Placing:
    """Where a drawing lies in the network's picture: ``pixel = scale * point + (left, top)``.

    Attributes:
        scale: pixels of the picture for one unit of the strokes.
        left, top: where the unit's (0, 0) is, in pixels of the picture.
    """

    scale: float
    left: float
    top: float

    def square(self, side: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of a picture of ``side`` pixels, in the unit of the strokes."""
        return -self.left / self.scale, -self.top / self.scale, side / self.scale, side / self.scale


def occlude_strokes(reader: Reader, strokes: Sequence[Stroke], target: int | None = None) -> StrokeOcclusion:
    """Leaves out each stroke in turn, or each part of the only one.

    What remains stays in its place and size: cropped and centred anew, it would be another picture, and one would
    measure that instead. It is an occlusion (Zeiler and Fergus 2013, https://arxiv.org/abs/1311.2901) whose patches are
    what people draw.

    Args:
        reader: whose network answers; the probabilities are calibrated like its own.
        strokes: the drawing, in any unit.
        target: the class whose probability is watched; None: the likeliest for the whole drawing.
    """
    shape = reader.predictor.shape
    numbers = [number for number, stroke in enumerate(strokes) if stroke.points]
    lines = _placed(strokes, shape)
    pieces = _pieces(numbers, lines)
    pictures = [paint_lines(lines, shape)]
    pictures += [paint_lines(_without(lines, at, span), shape) for _, at, span in pieces]
    looked = reader.predictor.look(np.stack(pictures))
    probabilities = reader.calibration.probabilities(looked)
    asked = int(probabilities[0].argmax()) if target is None else target
    losses = probabilities[0, asked] - probabilities[1:, asked]
    falls = looked.logits[0, asked] - looked.logits[1:, asked]
    parts = []
    for row, (number, at, span) in enumerate(pieces):
        places, width = lines[at].points[span].astype(np.float32), 2 * float(lines[at].radii[span].mean())
        without = (pictures[row + 1], probabilities[row + 1], float(losses[row]), float(falls[row]))
        parts.append(StrokePart(number, places, width, *without))
    return StrokeOcclusion(pictures[0], probabilities[0], asked, len(lines) == 1, tuple(parts))


def placing_of(strokes: Sequence[Stroke], shape: Shape) -> Placing | None:
    """Where a drawing lies in the network's picture; None if nothing is drawn or it is a single point."""
    lines = _placed(strokes, shape)
    if not lines:
        return None
    drawn = [stroke for stroke in strokes if stroke.points]
    before = np.concatenate([_as_long_as(stroke, line) for stroke, line in zip(drawn, lines, strict=True)])
    after = np.concatenate([line.points for line in lines])
    # The best scale by least squares: the line was smoothed on its way, so that no two points tell it exactly.
    spread = before - before.mean(axis=0)
    squares = float((spread**2).sum())
    if squares < 1e-12:
        return None
    scale = float((spread * (after - after.mean(axis=0))).sum()) / squares
    left, top = after.mean(axis=0) - scale * before.mean(axis=0)
    return Placing(scale, float(left), float(top)) if scale > 0 else None


def _placed(strokes: Sequence[Stroke], shape: Shape) -> tuple[Line, ...]:
    """The lines of the strokes that have points, where the network sees them."""
    lines = fit_strokes(tuple(strokes), shape)
    return centre_lines(lines, shape) if lines else ()


def _as_long_as(stroke: Stroke, line: Line) -> Floats:
    """The curve of a stroke in its own unit, with as many points as its line has, likewise equally far apart."""
    bent, _ = curve(np.array(stroke.points, dtype=float))
    length = float(np.hypot(*np.diff(bent, axis=0).T).sum()) if len(bent) > 1 else 0.0
    count = len(line.points)
    if count < 2 or length == 0:
        return np.repeat(bent[:1], count, axis=0)
    # A hair more than fits, lest rounding makes it one step more.
    even, _ = evenly(bent, length / (count - 1) * (1 + 1e-9))
    return even


def _pieces(numbers: list[int], lines: tuple[Line, ...]) -> list[tuple[int, int, slice]]:
    """What to leave out: the number of the stroke, which line that is, and which of its points."""
    if len(lines) > 1:
        longest = sorted(range(len(lines)), key=lambda at: -_length(lines[at]))[:MOST_STROKES]
        return [(numbers[at], at, slice(None)) for at in sorted(longest)]
    if not lines:
        return []
    count = min(PARTS, int(_length(lines[0]) // SHORTEST))
    if count < 2:
        return []
    # Its points lie equally far apart.
    cuts = np.linspace(0, len(lines[0].points), count + 1).round().astype(int).tolist()
    return [(numbers[0], 0, slice(first, last)) for first, last in pairwise(cuts)]


def _without(lines: tuple[Line, ...], at: int, span: slice) -> tuple[Line, ...]:
    kept = np.ones(len(lines[at].points), bool)
    kept[span] = False
    rest = (Line(lines[at].points[kept], lines[at].radii[kept]),) if kept.any() else ()
    return (*lines[:at], *rest, *lines[at + 1 :])


def _length(line: Line) -> float:
    """In pixels of the picture."""
    return float(np.hypot(*np.diff(line.points, axis=0).T).sum()) if len(line.points) > 1 else 0.0
