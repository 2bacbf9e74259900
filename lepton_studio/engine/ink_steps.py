"""What the network sees, step by step: how a drawing or a photograph becomes the picture that it is shown.

Everything here is taken from the road itself (``strokes.py``, ``paper.py``, ``ink_fitting.py``); the last step is the
very picture that the network gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.ink_fitting import fit_ink
from lepton_studio.engine.ink_parts import Box, InkParts, settled_picture
from lepton_studio.engine.inking import Line, bounds, centre_of_mass, paint
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.paper import enlarged, level_paper
from lepton_studio.engine.strokes import (
    INK_LEVEL,
    Picture,
    Stroke,
    centre_lines,
    draw_strokes,
    fit_strokes,
    paint_lines,
)

Kind = Literal["drawn", "photographed", "levelled", "box", "scaled", "centred", "seen"]

# The pictures before the last one are at most so large.
SIDE = 84


@dataclass(frozen=True, eq=False)
class InkStep:
    """One step on the way.

    Attributes:
        kind: what was done.
        picture: what came of it: H x W, or H x W x 3 of a photograph in colours; uint8.
        box: left, top, right and bottom, as shares of the picture, of what matters in it; None: all of it.
        mass: x and y, as shares of the picture, of its centre of mass; None where it plays no part.
    """

    kind: Kind
    picture: NDArray[np.uint8]
    box: Box | None = None
    mass: tuple[float, float] | None = None


def ink_steps(ink: Sequence[Stroke] | NDArray[np.uint8], shape: Shape) -> tuple[InkStep, ...]:
    """All steps of one digit, or of a picture that is taken as one.

    Args:
        ink: strokes in shares of the canvas's side, or pixels: H x W or H x W x 3, uint8.
        shape: (channels, height, width) of the network's input.

    Returns:
        None if there is no ink.
    """
    if not isinstance(ink, np.ndarray):
        return stroke_steps(ink, shape)
    settled = settled_picture(ink, shape)
    if settled is not None:
        return picture_steps(ink, InkParts(None, ((0.0, 0.0, 1.0, 1.0),), (settled[0],), (settled,)))
    levelled = level_paper(enlarged(ink))
    rows, columns = np.nonzero(levelled >= INK_LEVEL)
    if not len(rows):
        return ()
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    fit = fit_ink(levelled, shape)
    height, width = levelled.shape
    box = (left / width, top / height, right / width, bottom / height)
    alone = levelled[top:bottom, left:right]
    return picture_steps(ink, InkParts(levelled, (box,), (alone,), (fit.picture,), (fit,)))


def stroke_steps(strokes: Sequence[Stroke], shape: Shape, chosen: Sequence[int] = ()) -> tuple[InkStep, ...]:
    """The steps of a drawing, or of one digit of it.

    Args:
        strokes: in shares of the canvas's side.
        shape: (channels, height, width) of the network's input.
        chosen: the numbers of the strokes of the digit; empty: all.

    Returns:
        None if nothing is drawn.
    """
    wanted = tuple(strokes[number] for number in chosen) if chosen else tuple(strokes)
    lines = fit_strokes(wanted, shape)
    if not lines:
        return ()
    drawn = draw_strokes(tuple(strokes), SIDE)
    alone = draw_strokes(wanted, SIDE) if chosen else drawn
    box = _box_of_ink(alone)
    _, height, width = shape
    last = bounds(lines)[1]
    sides = np.maximum(np.ceil(last - 1e-6), 1).astype(int)
    scaled = paint(lines, int(sides[1]), int(sides[0]))
    centred = centre_lines(lines, shape)
    finer = max(1, SIDE // max(height, width))
    large = paint(
        tuple(Line(line.points * finer, line.radii * finer) for line in centred), height * finer, width * finer
    )
    seen = paint_lines(centred, shape)[0]
    return (
        InkStep("drawn", drawn, box),
        InkStep("box", _cropped(alone, box)),
        *_last_steps(scaled, large, seen),
    )


def picture_steps(pixels: NDArray[np.uint8], parts: InkParts, number: int = 0) -> tuple[InkStep, ...]:
    """The steps of one digit of a photograph or a picture file.

    Args:
        pixels: the picture: H x W or H x W x 3, uint8.
        parts: what ``Reader.ink_parts`` found in it.
        number: which of them, from the left.

    Returns:
        Only what it was and what is seen, if it already looked like the training set; none if there is no ink.
    """
    if not parts.pictures:
        return ()
    number = min(number, len(parts.pictures) - 1)
    seen = np.array(parts.pictures[number][0])
    whole = InkStep("photographed", _shrunk(pixels))
    if parts.levelled is None:
        return whole, InkStep("seen", seen, mass=_mass(seen))
    fit, box = parts.fits[number], parts.boxes[number]
    return (
        replace(whole, box=box),
        InkStep("levelled", _shrunk(parts.levelled), box),
        InkStep("box", _shrunk(parts.inks[number])),
        *_last_steps(fit.scaled, _shrunk(fit.centred), seen),
    )


def _last_steps(scaled: Picture, centred: Picture, seen: Picture) -> tuple[InkStep, ...]:
    return (
        InkStep("scaled", scaled, mass=_mass(scaled)),
        InkStep("centred", centred, mass=_mass(centred)),
        InkStep("seen", seen),
    )


def _mass(picture: Picture) -> tuple[float, float] | None:
    if not picture.any():
        return None
    x, y = centre_of_mass(picture)
    return float(x) / picture.shape[1], float(y) / picture.shape[0]


def _box_of_ink(picture: Picture) -> Box:
    """Around the ink, as shares; of strokes that lie outside of the canvas nothing is left, and all of it is taken."""
    rows, columns = np.nonzero(picture)
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = picture.shape
    return (
        float(columns.min()) / width, float(rows.min()) / height,
        float(columns.max() + 1) / width, float(rows.max() + 1) / height,
    )  # fmt: skip


def _cropped(picture: Picture, box: Box) -> Picture:
    height, width = picture.shape
    left, top, right, bottom = (round(at * side) for at, side in zip(box, (width, height) * 2, strict=True))
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """No side longer than SIDE."""
    factor = SIDE / max(pixels.shape[:2])
    if factor >= 1:
        return np.array(pixels)
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    shrunk = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BOX)
    return cast("NDArray[np.uint8]", np.asarray(shrunk, dtype=np.uint8))
