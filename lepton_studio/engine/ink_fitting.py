"""From the ink of a photograph or file to the picture of a network, with strokes as wide as its pens draw them.

A thin pen on a large sheet would vanish when it is scaled down to 20 x 20, and a felt pen fill the holes. So the edge
of the ink is moved in or out until its strokes are as wide as those that the network knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.layer import Shape
from lepton_studio.engine.paper import pen_width
from lepton_studio.engine.strokes import BOX_SHARE, FINE, INK_LEVEL, THICKEST, THINNEST, Picture

# Over how many pixels of the network's picture the edge of a stroke goes from ink to paper.
EDGE = 1.15
# Ink is never laid out larger than the box times this, however long and thin it is.
MARGIN = 4


@dataclass(frozen=True, eq=False)
class FittedInk:
    """The way of some ink into the picture of a network.

    Attributes:
        scaled: what fills the box, about 20 x 20, uint8, before it is moved.
        centred: the same in the middle of the frame, FINE times finer than the picture, uint8.
        picture: channels x height x width, uint8, its centre of mass in the middle.
        width: of its strokes before, in pixels of the network's picture.
        frame: left, top, right and bottom of the network's picture, in pixels of the ink before.
    """

    scaled: Picture
    centred: Picture
    picture: Picture
    width: float
    frame: tuple[float, float, float, float]


def fit_ink(ink: Picture, shape: Shape, pen: float = 1.0) -> FittedInk:
    """Scales bright ink on black into the box and puts its centre of mass into the middle of the frame.

    Args:
        ink: H x W, uint8, as of :func:`lepton_studio.engine.paper.level_paper`.
        shape: (channels, height, width) of the network's input.
        pen: how much wider than usual the strokes become.

    Raises:
        ValueError: there is no ink.
    """
    box = Image.fromarray(np.where(ink >= INK_LEVEL, 255, 0).astype(np.uint8)).getbbox()
    if box is None:
        raise ValueError("There is no ink that could be fitted.")
    frame = min(shape[1:])
    room = max(1, round(BOX_SHARE * frame)) * FINE
    cropped = Image.fromarray(ink).crop(box)
    factor = room / max(cropped.size)
    sides = (max(1, round(cropped.width * factor)), max(1, round(cropped.height * factor)))
    resampling = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX
    # What the crop cuts away around the ink must not end in a hard edge.
    fine = np.asarray(cropped.resize(sides, resampling), dtype=np.uint8)
    even, width = _evened(fine, frame, pen)
    scaled = Image.fromarray(even)
    inked = scaled.point(lambda level: 255 if level >= 128 else 0).getbbox() or (0, 0, *scaled.size)
    cropped_again = scaled.crop(inked)
    factor = room / max(cropped_again.size)
    new_sides = (max(1, round(cropped_again.width * factor)), max(1, round(cropped_again.height * factor)))
    scaled = cropped_again.resize(new_sides, Image.Resampling.BILINEAR)
    centred, offset = _centred(scaled, shape)
    frame_of = []
    for at in (0, 1):
        # The way back: out of the frame, up to the size before, out of the margin, up to the ink.
        first, second = sides[at] / cropped.size[at], new_sides[at] / cropped_again.size[at]
        edges = (-offset[at], centred.size[at] - offset[at])
        frame_of.append([(edge / second + inked[at] - MARGIN * FINE) / first + box[at] for edge in edges])
    (left, right), (top, bottom) = frame_of
    small = np.asarray(centred.reduce(FINE), dtype=np.uint8)
    picture = np.ascontiguousarray(np.broadcast_to(small, shape))
    return FittedInk(
        _reduced(scaled), np.asarray(centred, dtype=np.uint8), picture, width / FINE, (left, top, right, bottom)
    )


def _evened(fine: Picture, frame: int, pen: float) -> tuple[Picture, float]:
    """Draws ink anew with strokes of a usual width; also tells how wide they were, in fine pixels."""
    from scipy import ndimage

    margin = MARGIN * FINE
    padded = np.pad(fine.astype(np.float32), margin)
    mask = ndimage.gaussian_filter(padded, FINE / 6) >= 127.5
    if not mask.any():
        mask = padded >= INK_LEVEL
    width = pen_width(mask)
    wanted = float(np.clip(width, THINNEST * frame * FINE, THICKEST * frame * FINE)) * pen
    ways: NDArray[np.float64] = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    moved = ways - 0.5 * np.sign(ways) + (wanted - width) / 2
    return np.rint(np.clip(moved / (EDGE * FINE) + 0.5, 0, 1) * 255).astype(np.uint8), width


def _reduced(fine: Image.Image) -> Picture:
    """Averages a picture that is FINE times too large."""
    sides = [-(-side // FINE) * FINE for side in fine.size]
    ground = Image.new("L", (sides[0], sides[1]), 0)
    ground.paste(fine, (0, 0))
    return np.asarray(ground.reduce(FINE), dtype=np.uint8)


def _centred(fine: Image.Image, shape: Shape) -> tuple[Image.Image, tuple[int, int]]:
    """Puts ink that is FINE times too large into the frame, so that its mass lies in the middle; also tells where."""
    _, height, width = shape
    weights = np.asarray(fine, dtype=float)
    total = weights.sum()
    centre_x = float(weights.sum(axis=0) @ np.arange(fine.width)) / total
    centre_y = float(weights.sum(axis=1) @ np.arange(fine.height)) / total
    # The middle of MNIST is the middle of pixel 14, half a pixel beyond that of the frame.
    left = _within((width + 1) * FINE / 2 - centre_x - 0.5, width * FINE - fine.width)
    top = _within((height + 1) * FINE / 2 - centre_y - 0.5, height * FINE - fine.height)
    frame = Image.new("L", (width * FINE, height * FINE), 0)
    frame.paste(fine, (left, top))
    return frame, (left, top)


def _within(offset: float, largest: int) -> int:
    """Ink is never pushed over the edge, however lopsided its mass."""
    return round(min(max(offset, 0), largest))
