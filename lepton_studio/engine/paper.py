"""Levels photographs of ink: takes shadows, ruled lines and specks away, and turns dark ink on light paper over.

The ground is what remains when everything thinner than a pen can be is closed over (a morphological closing; an opening
for bright ink on dark): it follows shadows, also those with a hard edge. What the picture differs from its ground by is
ink, from a level on that Otsu's method finds in it (1979, https://doi.org/10.1109/TSMC.1979.4310076).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.strokes import INK_LEVEL, Picture

Floats = NDArray[np.float32]

# The longer side that photographs are levelled at; details of a pen are larger.
WORKING_SIDE = 480
# Pictures with a longer side than the first are levelled as they are; tiny ones at about the second: the grey of their
# few pixels tells where the edge of the ink runs between them, which levelling would take away.
TINY_SIDE, ENLARGED_SIDE = 40, 128
# The window that ink is closed over with, as a share of the mean side: wider than any stroke.
WINDOW = 0.22
# The windows by which thin ink is told from the paper between it.
FINE_WINDOWS = (0.03, 0.06, 0.12)
# A program or a scanner gives a ground of one grey: this share of it differs by no more than that from the usual one,
# and most of the border is ground. Then nothing needs levelling, unless what would be ink is more like a shadow.
ONE_GREY, SAME_GREY, MOST_OF_BORDER, BLOT = 0.5, 2.5 / 255, 0.6, 1.2
# What differs from that grey by more than this share of the contrast is the soft edge of the ink: where a picture was
# cut out tightly and enlarged there is more of it than of the ground.
SOFT_EDGE = 0.15
# So much of the border on one side of the middle grey says what is ground, if its greys differ by less than the second:
# then it comes from a scanner or a program.
PLAIN_BORDER, EVEN = 0.9, 0.04
# How clear thin ink must be to say which side it is on, and beyond what it is no clearer; logarithms of a ratio.
SURE, CLEAR, TINY = 3.0, 4.0, 1e-6
# Ink differs from its ground by at least so much of full scale, and by this many deviations of the noise.
LEAST_CONTRAST, NOISE_DEVIATIONS = 0.07, 5.0
# Where ink begins and where it is full, as shares of its usual darkness; what is nowhere darker than the third is a
# ruled line or a smear.
PALEST, FULL, DARKEST_OF_A_LINE = 0.3, 0.75, 0.62
# Pieces smaller than this share of the largest are specks.
SPECK = 0.02
# Lines that go from edge to edge over this share of the picture are rules, if they are thin: at most this share of it,
# and beside them at most the third is ink. A stroke of a digit that was cut out tightly ends less suddenly.
EDGE_TO_EDGE, THICKEST_RULE, BESIDE_RULE = 0.8, 0.012, 0.5


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink that hangs together.

    Attributes:
        top: row of its first pixel.
        left: column of its first pixel.
        ink: H x W, uint8: its levels, 0 for all other ink.
    """

    top: int
    left: int
    ink: Picture


def level_paper(pixels: Picture) -> Picture:
    """Makes bright ink on black of a photograph of ink on some ground.

    Args:
        pixels: H x W grey or H x W x 3 colour; dark ink on light or bright ink on dark.

    Returns:
        H x W, uint8: 0 the ground, 255 full ink. Black if there is no ink to be told from its ground.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    if not height or not width:
        return np.zeros((height, width), np.uint8)
    factor = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    small = np.asarray(image.resize(size, Image.Resampling.BOX) if factor < 1 else image, dtype=np.float32) / 255
    channels: Floats = (small[..., None] if small.ndim == 2 else small[..., :3]).astype(np.float32)
    grey = channels.mean(axis=-1, dtype=np.float32)
    soft = _of_even_ground(grey)
    if soft is None or _blottiness(soft) > BLOT:
        soft = _likeliest_ink([_ink_of(channels, is_dark) for is_dark in _possible_inks(grey)])
    levelled = np.rint(soft * 255).astype(np.uint8)
    if factor == 1:
        return levelled
    grown = Image.fromarray(levelled).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(grown, dtype=np.uint8)


def enlarged(pixels: Picture) -> Picture:
    """A tiny picture several times larger, its edges in between; all others as they are.

    Args:
        pixels: H x W grey or H x W x 3 colour.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    if not 1 < max(height, width) <= TINY_SIDE:
        return pixels
    factor = round(ENLARGED_SIDE / max(height, width))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.array(image.resize((width * factor, height * factor), Image.Resampling.BICUBIC))


def pieces_of(levelled: Picture) -> tuple[Piece, ...]:
    """The pieces that bright ink on black hangs together in, from left to right.

    Args:
        levelled: H x W, as of :func:`level_paper`.
    """
    from scipy import ndimage

    mask = levelled >= INK_LEVEL
    # A pen that skips leaves gaps narrower than its line.
    reach = max(1, round(pen_width(mask) / 4)) if mask.any() else 0
    labels, _ = ndimage.label(_dilated(mask, reach) if reach else mask, np.ones((3, 3)))
    pieces = []
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        ink = np.where(labels[place] == number, levelled[place], 0).astype(np.uint8)
        rows, columns = np.nonzero(ink >= INK_LEVEL)
        if len(rows):
            top, left = int(rows.min()), int(columns.min())
            ink = ink[top : rows.max() + 1, left : columns.max() + 1]
            pieces.append(Piece(place[0].start + top, place[1].start + left, ink))
    return tuple(sorted(pieces, key=lambda piece: piece.left))


def pen_width(mask: NDArray[np.bool_]) -> float:
    """How wide the strokes of some ink are, in pixels: across a line, the mean way out is a quarter of its width."""
    from scipy import ndimage

    ways = ndimage.distance_transform_edt(np.pad(mask, 1))
    inside = ways[ways > 0]
    return float(max(1.0, 4 * (inside.mean() - 0.5) if inside.size else 1.0))


def _ink_of(channels: Floats, is_dark: bool) -> Floats:
    """How much of each pixel is ink, 0..1 of the contrast that is possible: H x W x C to H x W."""
    bright = channels if is_dark else 1 - channels
    height, width = bright.shape[:2]
    # A one that was cut out tightly is nearly as wide as its picture.
    size = max(3, round(WINDOW * max(math.sqrt(height * width), height)) | 1)
    differences = []
    for number in range(bright.shape[-1]):
        channel = _smoothed(bright[..., number])
        ground = _closed(channel, size)
        # Paper in a shadow is darker, and its ink by as much: a share takes the shadow away from both.
        differences.append((ground - channel) / np.maximum(ground, 0.2))
    return np.asarray(np.mean(differences, axis=0), dtype=np.float32)


def _of_even_ground(grey: Floats) -> Floats | None:
    """The ink of a picture whose ground is of one grey, 0..1; None if the ground is another."""
    middle = _otsu(grey.ravel())
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]) > middle
    is_light = bool(border.mean() > 0.5)
    if max(border.mean(), 1 - border.mean()) < MOST_OF_BORDER:
        return None
    ground = grey[(grey > middle) == is_light]
    levels = np.bincount(np.rint(ground * 255).astype(int), minlength=256)
    usual = float(levels.argmax()) / 255
    away = np.abs(ground - usual)
    farthest = max(usual - float(grey.min()), float(grey.max()) - usual)
    if float((away[away <= max(SOFT_EDGE * farthest, SAME_GREY)] <= SAME_GREY).mean()) < ONE_GREY:
        return None
    contrast = np.maximum(usual - grey if is_light else grey - usual, 0)
    return _cleaned(contrast.astype(np.float32), LEAST_CONTRAST)


def _possible_inks(grey: Floats) -> tuple[bool, ...]:
    """Whether the ink is darker than its ground: by the border where it is plain, by what is thin, or maybe both."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    share = float((border > _otsu(grey.ravel())).mean())
    is_plain = max(share, 1 - share) >= PLAIN_BORDER
    if is_plain and float(np.ptp(np.percentile(border, (5, 95)))) < EVEN:
        return (share > 0.5,)
    ratios = [math.log((_detail(grey, window) + TINY) / (_detail(1 - grey, window) + TINY)) for window in FINE_WINDOWS]
    thinness = float(np.clip(ratios, -CLEAR, CLEAR).mean())
    return (thinness > 0,) if abs(thinness) > SURE else (True, False)


def _likeliest_ink(differences: list[Floats]) -> Floats:
    """Of some ways to tell ink from its ground the one whose ink looks most like lines of a pen, cleaned."""
    ways = []
    for each in differences:
        least = _above_noise(each)
        soft = _cleaned(each, least)
        # What differs from its ground nearly everywhere is the paper between two lines of writing.
        ways.append((_blottiness(soft) + least, soft))
    return min(ways, key=lambda way: way[0])[1]


def _blottiness(soft: Floats) -> float:
    """How little ink looks like the lines of a pen: wide for its length, much of it, and along the edges."""
    from scipy import ndimage

    mask = soft > 0.5
    if not mask.any():
        return math.inf
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    largest = ndimage.find_objects(labels)[int(areas.argmax())]
    longest = max(part.stop - part.start for part in largest)
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return float(pen_width(mask) / longest + mask.mean() + border.mean())


def _detail(grey: Floats, window: float) -> float:
    """How much of a picture is dark and thinner than a window; strong contrast counts far more than squared paper."""
    size = max(3, round(window * min(grey.shape)) | 1)
    smooth = _smoothed(grey)
    return float(((_closed(smooth, size) - smooth) ** 4).sum())


def _above_noise(differences: Floats) -> float:
    """From where on a difference is none of the camera's noise."""
    usual = float(np.median(differences))
    noise = 1.4826 * float(np.median(np.abs(differences - usual)))
    return max(LEAST_CONTRAST, usual + NOISE_DEVIATIONS * noise)


def _cleaned(differences: Floats, least: float) -> Floats:
    """Takes away what differs less, rules and specks, and stretches what is left to 0..1."""
    from scipy import ndimage

    possible = differences[differences > least]
    if possible.size < 4:
        return np.zeros_like(differences)
    usual = float(np.median(possible[possible >= _otsu(possible)]))
    soft = np.clip((differences / usual - PALEST) / (FULL - PALEST), 0, 1)
    soft[differences < least] = 0
    soft = _without_rules(soft)
    labels, count = ndimage.label(soft > 0.2, np.ones((3, 3)))
    if not count:
        return np.zeros_like(soft)
    numbers = np.arange(1, count + 1)
    darkest = ndimage.maximum(differences, labels, numbers)
    areas = ndimage.sum_labels(soft, labels, numbers)
    places = ndimage.find_objects(labels)
    is_kept = (darkest >= DARKEST_OF_A_LINE * usual) & (areas >= 3)
    if not is_kept.any():
        return np.zeros_like(soft)
    sides = np.array([max(part.stop - part.start for part in place) for place in places])
    at_edge = np.array([_is_at_edge(place, soft.shape) for place in places])
    # A shadow, the table, a digit cut in half. One that was cut out tightly touches edges too, but then it is alone.
    if (is_kept & ~at_edge & (sides >= 0.25 * sides[is_kept & at_edge].max(initial=0))).any():
        is_kept &= ~at_edge
    longest = sides[is_kept].max()
    # A speck is small in area, and short.
    is_kept &= (areas >= SPECK * areas[is_kept].max()) | (sides >= 0.3 * longest)
    wanted = np.concatenate([[False], is_kept])[labels]
    # The soft rim of what is kept lies outside of its label.
    return np.where(_dilated(wanted, 1), soft, 0)


def _without_rules(soft: Floats) -> Floats:
    """Takes away thin straight lines from edge to edge, along rows and columns."""
    from scipy import ndimage

    result = soft
    for axis in (1, 0):
        thickest = int(THICKEST_RULE * soft.shape[1 - axis])
        shares = (result > 0.2).mean(axis=axis)
        is_line, count = ndimage.label(shares >= EDGE_TO_EDGE)
        for (place,) in ndimage.find_objects(is_line)[: count if thickest else 0]:
            # Two pixels for its soft edges. The bar of a seven that was cut out tightly goes from edge to edge, too.
            beside = shares[[max(place.start - 3, 0), min(place.stop + 2, len(shares) - 1)]]
            if place.stop - place.start <= thickest and beside.max() <= BESIDE_RULE:
                result = result.copy()
                result[(place, slice(None)) if axis == 1 else (slice(None), place)] = 0
    return result


def _is_at_edge(place: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    return any(part.start == 0 or part.stop == side for part, side in zip(place, shape, strict=True))


def _smoothed(grey: Floats) -> Floats:
    from scipy import ndimage

    # Less than the line of a pen, more than the grain of a camera; small pictures have none.
    deviation = min(1.0, min(grey.shape) / 200)
    if deviation <= 0.3:
        return grey.astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(grey, deviation, mode="nearest"), dtype=np.float32)


def _closed(grey: Floats, size: int) -> Floats:
    """A closing, with a square window of odd size."""
    from scipy import ndimage

    opened: Any = ndimage.minimum_filter(ndimage.maximum_filter(grey, size, mode="nearest"), size, mode="nearest")
    return np.asarray(opened, dtype=np.float32)


def _dilated(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    from scipy import ndimage

    return np.asarray(ndimage.maximum_filter(mask.astype(np.uint8), 2 * reach + 1) > 0)


def _otsu(values: NDArray[Any]) -> float:
    """The level that parts numbers into two classes which differ most."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return low
    counts, edges = np.histogram(values, bins=128, range=(low, high))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    is_parted = (below > 0) & (above > 0)
    between = np.zeros(len(counts))
    means = sums[is_parted] / below[is_parted] - (sums[-1] - sums[is_parted]) / above[is_parted]
    between[is_parted] = below[is_parted] * above[is_parted].astype(float) * means**2
    best = float(edges[int(between.argmax()) + 1])
    return best if math.isfinite(best) else low
