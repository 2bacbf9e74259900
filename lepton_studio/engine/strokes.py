"""From a drawing or a picture file to the image that the network was taught on.

MNIST's makers cropped each digit, scaled it into a box of 20 x 20 pixels, smoothed it, and put its centre of
mass into the middle of 28 x 28 (LeCun et al. 1998, http://yann.lecun.com/exdb/mnist/). What is drawn or
photographed goes the same way here, in one place for the canvas and for files.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.inking import (
    DISC_SPACING,
    SMOOTHING,
    Line,
    at,
    bounds,
    centre_of_mass,
    curve,
    evenly,
    paint,
    smooth,
)
from lepton_studio.engine.layer import Shape

Picture = NDArray[np.uint8]

# Pictures are laid into the frame this many times too large and averaged down: the grey edges of MNIST.
FINE = 8
# The share of the frame that the ink fills: 20 of 28 pixels.
BOX_SHARE = 20 / 28
# Pens of MNIST's writers, as shares of the frame: the usual one, and within what the width of a stroke is kept, so
# that a small drawing with a thick brush is not a blot and a large one with a thin brush not a hair.
USUAL, THINNEST, THICKEST = 2.6 / 28, 1.9 / 28, 3.4 / 28
# A brush ten times the usual one draws a line that is this power of ten thicker.
BRUSH_POWER = 0.35
# What is no longer than this share of the brush is a dot, which is not blown up to fill the box: the hand trembles at
# a click, which gives few points; a tiny digit drawn with a thick brush has more of them.
DOT, TINY_DOT, FEW_POINTS = 0.3, 0.075, 6
# Grey levels below are paper, in a picture of bright ink on a dark ground.
INK_LEVEL = 48
# A file larger than this is scaled down while it is decoded.
LARGEST_SIDE = 1024
# All that Pillow's readers raise for bytes that are no good picture.
DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, MemoryError, RuntimeError, LookupError, ArithmeticError, TypeError,
    AttributeError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Stroke:
    """One line of the pen.

    Attributes:
        points: (x, y) in any unit, x to the right and y down.
        width: of the brush, in the same unit.
        pressures: how firm the pen was at each point, 0..1; 0.5 is the width of the brush, 1 is half as wide again.
            Empty for a mouse, which knows none.
    """

    points: tuple[tuple[float, float], ...]
    width: float
    pressures: tuple[float, ...] = ()


def render_strokes(strokes: tuple[Stroke, ...], shape: Shape = (1, 28, 28)) -> Picture:
    """Draws strokes as the network wants to see them.

    Args:
        strokes: what was drawn; nothing gives an empty picture.
        shape: (channels, height, width) of the network's input.

    Returns:
        channels x height x width, uint8, bright ink on black.
    """
    lines = fit_strokes(strokes, shape)
    return paint_lines(centre_lines(lines, shape) if lines else (), shape)


def box_of(strokes: tuple[Stroke, ...]) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of the points of strokes, in their unit; None if there are none."""
    points = np.array([point for stroke in strokes for point in stroke.points], dtype=float).reshape(-1, 2)
    if not len(points):
        return None
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def draw_strokes(strokes: tuple[Stroke, ...], side: int) -> Picture:
    """Draws strokes where they are and as thick as they are, as the canvas shows them.

    Args:
        strokes: in shares of the side of the canvas.
        side: of the picture, in pixels.

    Returns:
        side x side, uint8, bright ink on black.
    """
    lines = []
    for stroke in strokes:
        if stroke.points:
            widths = stroke.width * _firmness(stroke) * side
            lines.append(_line(np.array(stroke.points, dtype=float) * side, widths, 0.0))
    return paint(tuple(lines), side, side) if lines else np.zeros((side, side), np.uint8)


def fit_strokes(strokes: tuple[Stroke, ...], shape: Shape) -> tuple[Line, ...]:
    """Scales strokes into the box that MNIST's digits fill, with its upper left corner at (0, 0).

    Args:
        strokes: what was drawn.
        shape: (channels, height, width) of the network's input.

    Returns:
        The lines in pixels of the network's picture; none if nothing was drawn.
    """
    strokes = tuple(stroke for stroke in strokes if stroke.points)
    box = box_of(strokes)
    if box is None:
        return ()
    frame = min(shape[1:])
    low, extent = np.array(box[:2]), max(box[2] - box[0], box[3] - box[1])
    brush = max(stroke.width for stroke in strokes)
    few = sum(len(stroke.points) for stroke in strokes) < FEW_POINTS
    is_dot = extent <= (DOT if few else TINY_DOT) * brush
    # The ink reaches half a pen beyond the points on each side.
    scale = BOX_SHARE * frame / max(extent + brush, 1e-6)
    widths = [_pen(stroke.width * _firmness(stroke) * scale, frame) for stroke in strokes]
    if not is_dot:
        scale = max(BOX_SHARE * frame - max(float(each.max()) for each in widths), 1e-6) / extent
    lines = tuple(
        _line((np.array(stroke.points, dtype=float) - low) * scale, each, SMOOTHING * frame / 28)
        for stroke, each in zip(strokes, widths, strict=True)
    )
    # Corners are rounded, so that the curve reaches less far than its points did.
    first, last = bounds(lines)
    radius = max(float(line.radii.max()) for line in lines)
    inner = float(max(last - first)) - 2 * radius
    grown = (BOX_SHARE * frame - 2 * radius) / inner if not is_dot and inner > radius else 1.0
    return tuple(Line((line.points - first - radius) * grown + radius, line.radii) for line in lines)


def centre_lines(lines: tuple[Line, ...], shape: Shape) -> tuple[Line, ...]:
    """Moves lines so that the centre of mass is in the middle of the frame, as far as none is pushed over its edge.

    Args:
        lines: in pixels of the network's picture, from (0, 0) on; at least one.
        shape: (channels, height, width) of the network's input.
    """
    _, height, width = shape
    first, last = bounds(lines)
    frame = np.array([width, height], dtype=float)
    # The middle of MNIST is the middle of pixel 14, half a pixel beyond that of the frame.
    offset = (frame + 1) / 2 - centre_of_mass(paint(lines, height, width))
    offset = np.clip(offset, -first, np.maximum(frame - last, -first))
    return tuple(line.moved(offset) for line in lines)


def paint_lines(lines: tuple[Line, ...], shape: Shape) -> Picture:
    """Draws lines where they are, in pixels of the network's picture: channels x height x width, uint8."""
    if not lines:
        return np.zeros(shape, np.uint8)
    return np.ascontiguousarray(np.broadcast_to(paint(lines, *shape[1:]), shape))


def read_picture(path: Path, shape: Shape, is_ink: bool) -> Picture:
    """Reads an image file for a network.

    Args:
        path: any format that Pillow knows.
        shape: (channels, height, width) of the network's input.
        is_ink: crop and centre it like a drawing; otherwise it is only fitted into the frame.

    Returns:
        channels x height x width, uint8.

    Raises:
        LeptonError: the file is missing, no image, damaged or too large; the message names it.
    """
    image = open_image(path)
    return prepare_ink(image, shape) if is_ink else fit_image(image, shape)


def fit_image(image: Image.Image, shape: Shape) -> Picture:
    """Fits a picture as it is into the frame, black where it is too narrow: channels x height x width, uint8."""
    channels, height, width = shape
    fitted = ImageOps.pad(image.convert("RGB" if channels == 3 else "L"), (width, height), Image.Resampling.LANCZOS)
    array = np.asarray(fitted, dtype=np.uint8).reshape(height, width, -1)
    return np.ascontiguousarray(np.broadcast_to(array.transpose(2, 0, 1), shape))


def open_image(path: Path) -> Image.Image:
    """Opens an image file upright, in 8 bits, grey or RGB, no side longer than LARGEST_SIDE.

    Raises:
        LeptonError: the file is missing, no image, damaged or too large; the message names it.
    """
    try:
        # A pipe would be waited for, and some devices never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise LeptonError(f"{path} is no plain file.", "Choose a PNG or JPEG file.")
        with Image.open(path) as image:
            image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
            turned = ImageOps.exif_transpose(image)
            turned.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            return on_ground(turned, image.format == "PPM")
    except FileNotFoundError as error:
        raise LeptonError(f"{path} does not exist.", "Check the name.") from error
    except UnidentifiedImageError as error:
        raise LeptonError(f"{path} is no image that can be read.", "Use PNG or JPEG.") from error
    except Image.DecompressionBombError as error:
        raise LeptonError(f"{path} is too large a picture: {error}.", "Scale it down first.") from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.strerror:
            raise LeptonError(f"{path} cannot be read: {error.strerror}.", "Check the permissions.") from error
        raise LeptonError(f"{path} is damaged: {error}.", "Save it again.") from error


def prepare_ink(image: Image.Image, shape: Shape) -> Picture:
    """Crops, scales and centres ink on a plain ground; dark ink on light paper is turned over by itself."""
    grey = image.convert("L")
    pixels = np.asarray(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if np.median(border) > 127:
        grey = ImageOps.invert(grey)
        pixels = np.asarray(grey)
    if pixels.shape == shape[1:] and _is_settled(pixels):
        return np.ascontiguousarray(np.broadcast_to(pixels, shape))
    # Paper is rarely quite black after turning over: take its level away, and stretch what is left.
    paper = float(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
    brightest = float(pixels.max())
    if brightest - paper < INK_LEVEL:
        return np.zeros(shape, np.uint8)
    stretched = np.clip((pixels - paper) * (255 / (brightest - paper)), 0, 255).astype(np.uint8)
    return _settle(Image.fromarray(stretched), shape)


def _firmness(stroke: Stroke) -> NDArray[np.float64]:
    """How much wider than the brush the line is at each point."""
    if len(stroke.pressures) != len(stroke.points):
        return np.ones(len(stroke.points))
    firmness: NDArray[np.float64] = 0.5 + np.clip(np.array(stroke.pressures, dtype=float), 0, 1)
    return firmness


def _pen(widths: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    """The width of the line for a width of the brush, in pixels: thicker for a thicker brush, but as pens are."""
    usual = USUAL * frame
    bent: NDArray[np.float64] = usual * (np.maximum(widths, 1e-9) / usual) ** BRUSH_POWER
    result: NDArray[np.float64] = np.clip(bent, THINNEST * frame, THICKEST * frame)
    return result


def _line(points: NDArray[np.float64], widths: NDArray[np.float64], smoothing: float) -> Line:
    """A stroke as the canvas paints it, in pixels."""
    spacing = max(DISC_SPACING * float(widths.min()), 0.05)
    bent, bent_places = curve(points)
    even, even_places = evenly(bent, spacing)
    places = at(bent_places, even_places)
    return Line(smooth(even, spacing, smoothing) if smoothing else even, at(widths, places) / 2)


def _settle(ink: Image.Image, shape: Shape) -> Picture:
    """Scales bright ink into the box and puts its centre of mass into the middle of the frame."""
    _, height, width = shape
    box = ink.point(lambda level: 255 if level >= INK_LEVEL else 0).getbbox()
    if box is None:
        return np.zeros(shape, np.uint8)
    ink = ink.crop(box)
    target = BOX_SHARE * min(height, width) * FINE
    factor = target / max(ink.size)
    sides = (max(1, round(ink.width * factor)), max(1, round(ink.height * factor)))
    return _centred(ink.resize(sides, Image.Resampling.BILINEAR if factor > 1 else Image.Resampling.BOX), shape)


def _centred(ink: Image.Image, shape: Shape) -> Picture:
    """Puts the centre of mass of ink, drawn FINE times too large, into the middle of the frame."""
    _, height, width = shape
    ink = ink.crop(ink.getbbox())
    weights = np.asarray(ink, dtype=float)
    total = weights.sum()
    centre_x = float(weights.sum(axis=0) @ np.arange(ink.width)) / total
    centre_y = float(weights.sum(axis=1) @ np.arange(ink.height)) / total
    # The middle of MNIST is the middle of pixel 14, half a pixel beyond that of the frame.
    left = _within((width + 1) * FINE / 2 - centre_x - 0.5, width * FINE - ink.width)
    top = _within((height + 1) * FINE / 2 - centre_y - 0.5, height * FINE - ink.height)
    frame = Image.new("L", (width * FINE, height * FINE), 0)
    frame.paste(ink, (left, top))
    return np.ascontiguousarray(np.broadcast_to(np.asarray(frame.reduce(FINE), dtype=np.uint8), shape))


def _within(offset: float, largest: int) -> int:
    """Ink is never pushed over the edge, however lopsided its mass."""
    return round(min(max(offset, 0), largest))


def _is_settled(pixels: Picture) -> bool:
    """Whether a picture already looks like the training set: in the box, its mass in the middle."""
    rows, columns = np.nonzero(pixels)
    if not len(rows):
        return True
    height, width = pixels.shape
    box = BOX_SHARE * min(height, width)
    if np.ptp(rows) >= box + 1 or np.ptp(columns) >= box + 1 or pixels.max() < 128:
        return False
    weights = pixels[rows, columns].astype(float)
    centre = np.array([np.average(rows, weights=weights), np.average(columns, weights=weights)])
    return bool(np.all(np.abs(centre - np.array([height, width]) / 2) <= 1.5))


def _contrast_to(image: Image.Image) -> str:
    """White behind dark ink, black behind bright ink: what is drawn must not vanish in its ground."""
    pixels = np.asarray(image, dtype=float)
    opaque = pixels[..., 3].sum()
    grey = float((pixels[..., :3].mean(axis=-1) * pixels[..., 3]).sum() / opaque) if opaque else 0.0
    return "black" if grey > 127 else "white"


def on_ground(image: Image.Image, is_16_bit: bool = False) -> Image.Image:
    """Puts pictures with transparency on white or black, and those of 16 bits or more into 8 bits.

    The same number gives the same grey in every picture: 16 bits are divided by 257, never stretched.

    Args:
        image: in any of Pillow's modes.
        is_16_bit: whether whole numbers (mode I) are known to reach from 0 to 65535.

    Returns:
        Grey or RGB.

    Raises:
        ValueError: its numbers are in no known range.
    """
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        solid = Image.new("RGBA", image.size, _contrast_to(layered))
        solid.alpha_composite(layered)
        return solid.convert("RGB")
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=float)
        is_16_bit = is_16_bit or image.mode.startswith("I;16")
        return Image.fromarray(
            np.rint(values * _scale_to_8_bits(values, is_16_bit, image.mode == "F")).astype(np.uint8)
        )
    return image if image.mode == "L" else image.convert("RGB")


def _scale_to_8_bits(values: NDArray[np.float64], is_16_bit: bool, is_float: bool) -> float:
    low, high = float(values.min()), float(values.max())
    if low < 0 or not high <= 65535:
        raise ValueError(f"its numbers reach from {low:g} to {high:g}, and not from 0 to 1, 255 or 65535")
    if is_16_bit or high > 255:
        return 1 / 257
    return 255.0 if is_float and high <= 1 else 1.0
