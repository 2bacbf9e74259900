"""Finds the digits in a picture of ink: levels it, takes its ink apart, and fits each digit for a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.digit_cutting import Floats, Numbers
from lepton_studio.engine.ink_fitting import FittedInk, fit_ink
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.paper import Piece, enlarged, level_paper, pen_width, pieces_of
from lepton_studio.engine.strokes import INK_LEVEL, Picture, fit_image, prepare_ink
from lepton_studio.engine.touching_digits import cut_touching

# Left, top, right and bottom.
Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
# More pieces of ink are no page of numbers.
MOST_ON_A_PAGE = 96
# Tells which pieces, given by their points, are the digits of each line; the second draws some for the network.
Choose = Callable[[list[Floats], Callable[[Numbers], Picture]], tuple[tuple[Numbers, ...], ...]]


@dataclass(frozen=True, eq=False)
class InkParts:
    """The ink of a picture, cut into digits.

    Attributes:
        levelled: uint8, bright ink on black, of a tiny picture larger than that; None if the picture already looked
            like the training set.
        boxes: of each digit left, top, right, bottom in shares of the picture.
        inks: of each digit its ink alone, uint8.
        pictures: of each digit what the network sees.
        fits: of each digit how it came there; none for a picture that went through untouched.
        rows: of each digit the line that it stands in, counted from the top; none: all stand in the first.
        frames: of each digit where the network's picture lies, in shares of the picture; it may reach over its edges.
            None where that is not known.
    """

    levelled: Picture | None
    boxes: tuple[Box, ...] = ()
    inks: tuple[Picture, ...] = ()
    pictures: tuple[Picture, ...] = ()
    fits: tuple[FittedInk, ...] = ()
    rows: tuple[int, ...] = ()
    frames: tuple[Box, ...] = ()

    @property
    def lines(self) -> tuple[int, ...]:
        """Of each digit the line that it stands in, counted from the top."""
        return self.rows or (0,) * len(self.pictures)


def find_parts(
    pixels: NDArray[np.uint8], shape: Shape, choose: Choose, judge: Callable[[list[Picture]], Floats]
) -> Iterator[InkParts | None]:
    """Levels a picture and cuts its ink into digits.

    Args:
        pixels: H x W or H x W x 3, uint8.
        shape: (channels, height, width) of the network's input.
        choose: which pieces are the digits.
        judge: how surely the network knows some pictures, as logarithms of a probability.

    Yields:
        None where it may be stopped, and at last the digits.
    """
    settled = settled_picture(pixels, shape)
    if settled is not None:
        whole = InkParts(None, (WHOLE,), (settled[0],), (settled,), frames=(WHOLE,))
        yield whole if settled.any() else InkParts(None)
        return
    pixels = enlarged(pixels)
    levelled = level_paper(pixels)
    yield None
    pieces = pieces_of(levelled)
    if not pieces:
        # Grey on grey: there may be something all the same, and a network can be asked about it.
        picture = prepare_ink(Image.fromarray(np.ascontiguousarray(pixels)), shape)
        yield InkParts(None, (WHOLE,), (picture[0],), (picture,)) if picture.any() else InkParts(levelled)
        return
    if len(pieces) <= MOST_ON_A_PAGE:
        cut: list[Piece] = []
        for piece in pieces:
            cut += cut_touching(piece, lambda inks: judge([fit_ink(ink, shape).picture for ink in inks]))
            yield None
        pieces = tuple(sorted(cut, key=lambda piece: piece.left))
    inks: dict[Numbers, Picture] = {}
    fits: dict[Numbers, FittedInk] = {}

    def draw(part: Numbers) -> Picture:
        if part not in fits:
            inks[part] = _together(pieces, part)
            fits[part] = fit_ink(inks[part], shape)
        return fits[part].picture

    shrunk = pen_width(levelled >= INK_LEVEL) / 2
    yield None
    lines = choose([_points_of(piece, shrunk) for piece in pieces], draw)
    parts = [part for line in lines for part in line]
    rows = tuple(number for number, line in enumerate(lines) for _ in line)
    pictures = tuple(draw(part) for part in parts)
    boxes = tuple(_box(pieces, part, levelled.shape) for part in parts)
    fitted = tuple(fits[part] for part in parts)
    frames = tuple(_frame(pieces, part, fits[part], levelled.shape) for part in parts)
    yield InkParts(levelled, boxes, tuple(inks[part] for part in parts), pictures, fitted, rows, frames)


def whole_picture(pixels: NDArray[np.uint8], shape: Shape) -> InkParts:
    """A picture as it is, for a network that did not learn from ink."""
    whole = fit_image(Image.fromarray(np.ascontiguousarray(pixels)), shape)
    # Black bars at two of its sides, where it is not as the network's picture is.
    (height, width), (_, high, wide) = pixels.shape[:2], shape
    scale = min(wide / width, high / height)
    across, down = (wide / scale / width - 1) / 2, (high / scale / height - 1) / 2
    return InkParts(None, (WHOLE,), (whole[0],), (whole,), frames=((-across, -down, 1 + across, 1 + down),))


def settled_picture(pixels: NDArray[np.uint8], shape: Shape) -> Picture | None:
    """A picture of the right size that already looks like the training set, as it is; None for all others.

    Args:
        pixels: H x W or H x W x 3, uint8.
        shape: (channels, height, width) of the network's input.
    """
    if pixels.shape[:2] != shape[1:]:
        return None
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))
    prepared = prepare_ink(Image.fromarray(grey), shape)
    is_same = np.array_equal(prepared[0], grey) or np.array_equal(prepared[0], 255 - grey)
    return prepared if is_same else None


def _box(pieces: Sequence[Piece], part: Numbers, sides: tuple[int, ...]) -> Box:
    left, top, right, bottom = _corners(pieces, part)
    return left / sides[1], top / sides[0], right / sides[1], bottom / sides[0]


def _frame(pieces: Sequence[Piece], part: Numbers, fit: FittedInk, sides: tuple[int, ...]) -> Box:
    """Where the network's picture of a part lies, in shares of the whole picture."""
    left, top, _, _ = _corners(pieces, part)
    x, y, right, bottom = fit.frame
    return (left + x) / sides[1], (top + y) / sides[0], (left + right) / sides[1], (top + bottom) / sides[0]


def _corners(pieces: Sequence[Piece], part: Numbers) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of some pieces together, in pixels."""
    chosen = [pieces[number] for number in part]
    return (
        min(piece.left for piece in chosen), min(piece.top for piece in chosen),
        max(piece.left + piece.ink.shape[1] for piece in chosen),
        max(piece.top + piece.ink.shape[0] for piece in chosen),
    )  # fmt: skip


def _together(pieces: Sequence[Piece], part: Numbers) -> Picture:
    """The ink of some pieces alone, cropped to it."""
    left, top, right, bottom = _corners(pieces, part)
    ground = np.zeros((bottom - top, right - left), np.uint8)
    for number in part:
        piece = pieces[number]
        rows, columns = piece.ink.shape
        place = ground[piece.top - top : piece.top - top + rows, piece.left - left : piece.left - left + columns]
        np.maximum(place, piece.ink, out=place)
    return ground


def _points_of(piece: Piece, shrunk: float) -> Floats:
    """The outline of a piece, moved in to the middle of its strokes: the leftmost and rightmost ink of each row."""
    mask = piece.ink >= INK_LEVEL
    rows = np.nonzero(mask.any(axis=1))[0]
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    inset = np.minimum(shrunk, (right - left) / 2)
    x = np.stack([left + inset, right - inset], axis=1).ravel() + piece.left
    return np.stack([x, np.repeat(rows, 2) + piece.top], axis=1).astype(float)
