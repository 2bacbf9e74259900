"""Photographs of digits on paper that nobody took: shadows, rules, noise, coloured paper, JPEG, blackboards."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
SIDE = 360


def ink_on_a_sheet(
    digit: Pixels, random: np.random.Generator, side: int = SIDE, share: float = 0.5, pen: float = 0.0
) -> NDArray[np.float64]:
    """How much of each pixel is ink: a 28 x 28 digit, somewhere on a sheet of side x side; 0..1.

    Args:
        digit: bright on black.
        random: where it lies.
        side: of the sheet.
        share: how much of the side its frame takes.
        pen: how much thinner (negative) or thicker the line becomes, in pixels of 28.
    """
    from scipy import ndimage

    size = max(28, round(side * share))
    large = np.asarray(Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC), float) / 255
    large = ndimage.gaussian_filter(large, size / 28 * 0.4)
    if pen:
        mask = large > 0.5
        ways = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
        large = np.clip(ways + pen * size / 56 + 0.5, 0, 1)
    sheet = np.zeros((side, side))
    left, top = (int(random.integers(0, side - size + 1)) for _ in range(2))
    sheet[top : top + size, left : left + size] = large
    return sheet


def _photographed(sheet: NDArray[np.float64], paper: NDArray[np.float64], ink: NDArray[np.float64]) -> Pixels:
    """Puts ink of a colour on paper: both H x W x 3 or 3, 0..255."""
    mixed = paper * (1 - sheet[..., None]) + ink * sheet[..., None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _grained(pixels: NDArray[np.floating[Any]], random: np.random.Generator, deviation: float = 2.5) -> Pixels:
    """The grain that every camera leaves."""
    return np.clip(pixels + random.normal(0, deviation, pixels.shape), 0, 255).astype(np.uint8)


def _plain(colour: tuple[int, int, int], side: int) -> NDArray[np.float64]:
    return np.full((side, side, 3), colour, float)


def _slope(side: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Light that comes from one side: 1 to 0.35."""
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    ramp = rows * np.sin(angle) + columns * np.cos(angle)
    return 0.35 + 0.65 * (ramp - ramp.min()) / np.ptp(ramp)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, "JPEG", quality=quality)
    return np.asarray(Image.open(kept))


WHITE, CREAM, BLACK, BLUE, PENCIL = (235, 235, 230), (240, 215, 150), (30, 30, 35), (40, 50, 150), (110, 110, 115)


def clean(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Black on white, as a scanner gives it."""
    return _photographed(ink_on_a_sheet(digit, random), _plain((255, 255, 255), SIDE), np.array((0, 0, 0), float))


def gradient(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Light from one side."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain(WHITE, SIDE), np.array(BLACK, float))
    return _grained(pixels * _slope(SIDE, random)[..., None], random)


def hard_shadow(digit: Pixels, random: np.random.Generator) -> Pixels:
    """The edge of a shadow runs across the sheet, often through the digit."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain(WHITE, SIDE), np.array(BLACK, float))
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    angle = random.uniform(0, 2 * np.pi)
    is_lit = rows * np.sin(angle) + columns * np.cos(angle) > random.uniform(-0.15, 0.15)
    light = np.asarray(Image.fromarray((is_lit * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5)), float)
    return _grained(pixels * (0.45 + 0.55 * light / 255)[..., None], random)


def flash(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Bright in the middle, dark towards the edges."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain(WHITE, SIDE), np.array(BLACK, float))
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    light = 0.3 + 0.7 * np.exp(-6 * ((rows - random.uniform(-0.1, 0.1)) ** 2 + columns**2))
    return _grained(pixels * light[..., None], random)


def ruled(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Blue lines, as exercise books have them."""
    paper = _plain(WHITE, SIDE)
    paper[random.integers(5, 30) :: 40] = (150, 175, 220)
    paper[random.integers(5, 30) + 1 :: 40] = (150, 175, 220)
    return _photographed(ink_on_a_sheet(digit, random), paper, np.array(BLUE, float))


def squared(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Squared paper, a pencil, light from one side."""
    paper = _plain(WHITE, SIDE)
    first = random.integers(0, 20)
    paper[first::20] = paper[:, first::20] = (190, 200, 215)
    pixels = _photographed(ink_on_a_sheet(digit, random), paper, np.array((80, 80, 85), float))
    return _grained(pixels * _slope(SIDE, random)[..., None] ** 0.5, random)


def noisy(digit: Pixels, random: np.random.Generator) -> Pixels:
    """A pencil in the grain of a camera at night."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain(WHITE, SIDE) * 0.7, np.array(PENCIL, float) * 0.7)
    return np.clip(pixels + random.normal(0, 14, pixels.shape), 0, 255).astype(np.uint8)


def coloured(digit: Pixels, random: np.random.Generator) -> Pixels:
    """A blue pen on cream paper, at JPEG's quality 30."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain(CREAM, SIDE), np.array(BLUE, float))
    return _jpeg((pixels * _slope(SIDE, random)[..., None] ** 0.5).astype(np.uint8), 30)


def thin_pen(digit: Pixels, random: np.random.Generator) -> Pixels:
    """A ball pen that writes large: hairlines."""
    sheet = ink_on_a_sheet(digit, random, share=0.85, pen=-1.2)
    return _photographed(sheet, _plain(WHITE, SIDE), np.array(BLACK, float))


def felt_pen(digit: Pixels, random: np.random.Generator) -> Pixels:
    """A marker, whose lines are half as wide again."""
    sheet = ink_on_a_sheet(digit, random, pen=1.5)
    return _photographed(sheet, _plain(WHITE, SIDE), np.array(BLACK, float))


def small_and_specked(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Small on a large sheet, with crumbs on it."""
    sheet = ink_on_a_sheet(digit, random, share=0.25)
    for row, column in random.integers(0, SIDE - 3, (12, 2)):
        sheet[row : row + 2, column : column + 2] = 0.8
    return _photographed(sheet, _plain(WHITE, SIDE), np.array(BLACK, float))


def dark_table(digit: Pixels, random: np.random.Generator) -> Pixels:
    """The sheet does not fill the picture: a dark table is seen at two edges."""
    pixels = _photographed(ink_on_a_sheet(digit, random, share=0.45), _plain(WHITE, SIDE), np.array(BLACK, float))
    ground = np.full((SIDE + 60, SIDE + 60, 3), (60, 45, 35), np.uint8)
    ground[60:, :SIDE] = pixels
    return ground


def blackboard(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Chalk on a green board, light from one side."""
    pixels = _photographed(ink_on_a_sheet(digit, random), _plain((40, 75, 60), SIDE), np.array((220, 220, 215), float))
    return _grained(pixels * _slope(SIDE, random)[..., None] ** 0.5, random)


def in_perspective(digit: Pixels, random: np.random.Generator) -> Pixels:
    """Seen from the side, a little turned."""
    pixels = Image.fromarray(gradient(digit, random))
    turned = pixels.rotate(random.uniform(-8, 8), Image.Resampling.BICUBIC, fillcolor=(150, 150, 145))
    near, far = random.uniform(0.0, 0.12), random.uniform(0.0, 0.12)
    corners = (near * SIDE, 0, 0, SIDE, SIDE, SIDE, (1 - far) * SIDE, 0)
    return np.asarray(turned.transform((SIDE, SIDE), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC))


KINDS: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    each.__name__: each
    for each in (
        clean, gradient, hard_shadow, flash, ruled, squared, noisy, coloured, thin_pen, felt_pen, small_and_specked,
        dark_table, blackboard, in_perspective,
    )
}  # fmt: skip
