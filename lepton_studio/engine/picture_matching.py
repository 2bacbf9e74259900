"""How alike two pictures are, whatever was done to a copy: moved by a pixel or two, compressed, a little larger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.layer import Shape

# Pictures are compared at no more than about so many pixels a side: copies differ in detail, not in the whole.
SIDE = 32
# Cycles across a picture that a descriptor looks at, and the width of the bell by which the quicker count less.
HIGHEST, BELL = 5, 3.0
# A copy may be so much larger or smaller.
MOST_SCALE = 1.12
# The eight directions in which whole pixels are tried.
_STEPS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
# A ground is plain if its edge varies by less than this share of what the picture does.
PLAIN = 0.3
# To this mean distance from the centre, as a share of the side, what is shown is scaled before it is described.
USUAL_SPREAD = 0.25

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def shrunk(images: Bytes) -> Floats:
    """Pictures (N x C x H x W) as float32, larger ones as averages of squares so that no side is much above SIDE."""
    height, width = images.shape[2:]
    factor = max(1, round(max(height, width) / SIDE))
    if factor == 1:
        return images.astype(np.float32)
    # What does not fill a square at the lower and right edge is left out.
    rows, columns = max(1, height // factor), max(1, width // factor)
    tall, wide = min(factor, height), min(factor, width)
    cut = images[:, :, : rows * tall, : columns * wide]
    means: Floats = cut.reshape(*images.shape[:2], rows, tall, columns, wide).mean(axis=(3, 5), dtype=np.float32)
    return means


class Descriptor:
    """Describes pictures by numbers that hardly change when what they show is moved or scaled; see ``duplicates.py``.

    Attributes:
        length: how many numbers.
    """

    def __init__(self, shape: Shape) -> None:
        """Prepares the waves for pictures of a shape (C x H x W, before they are shrunk)."""
        _, height, width = shrunk(np.zeros((1, *shape), np.uint8)).shape[1:]
        side = max(height, width)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        x, y = (x.ravel() - (width - 1) / 2) / side, (y.ravel() - (height - 1) / 2) / side
        along = np.arange(-HIGHEST, HIGHEST + 1)
        # Of a real picture one half of the plane says all.
        waves = np.array(
            [
                (u, v)
                for v in along
                for u in along
                if (v > 0 or (v == 0 and u > 0)) and u * u + v * v <= HIGHEST * HIGHEST
            ],
            np.float32,
        )
        phases = 2 * np.pi * (x[:, None] * waves[:, 0] + y[:, None] * waves[:, 1])
        weights = np.exp(-np.square(waves).sum(axis=1) / (2 * BELL**2))
        self._basis = np.concatenate([np.cos(phases) * weights, np.sin(phases) * weights], axis=1).astype(np.float32)
        self.length = 2 * len(waves)

    def __call__(self, pictures: Floats) -> Floats:
        """N x length, of length 1 each; all 0 for pictures of one colour.

        Args:
            pictures: N x C x h x w, as :func:`shrunk` gives them.
        """
        grey = pictures.mean(axis=1, keepdims=True)
        height, width = grey.shape[2:]
        centres, spreads = _centre_and_spread(grey)
        middle = np.broadcast_to(np.array([(width - 1) / 2, (height - 1) / 2], np.float32), centres.shape)
        scales = np.clip(spreads / np.float32(USUAL_SPREAD * max(height, width)), 0.5, 2)
        # What fills the whole picture, as in a photograph, has no outline to go by and stays where it is.
        plain = _has_plain_ground(grey)
        scales = np.where(plain, scales, 1).astype(np.float32)
        centres = np.where(plain[:, None], centres, middle).astype(np.float32)
        normal = _moved(grey, middle, centres, scales).reshape(len(grey), -1)
        normal -= normal.mean(axis=1, keepdims=True)
        result = normal @ self._basis
        length = np.linalg.norm(result, axis=1, keepdims=True)
        return np.where(length > 1, result / np.maximum(length, 1e-6), 0).astype(np.float32)


def _has_plain_ground(grey: Floats) -> NDArray[np.bool_]:
    """Whether the edge of each picture (N x 1 x h x w) is of nearly one brightness."""
    edge = np.concatenate([grey[:, 0, 0], grey[:, 0, -1], grey[:, 0, :, 0], grey[:, 0, :, -1]], axis=1)
    result: NDArray[np.bool_] = edge.std(axis=1) < PLAIN * grey.std(axis=(1, 2, 3))
    return result


def likeness(one: Floats, other: Floats) -> Floats:
    """The correlation of the pixels of pairs (N, up to 1) where they lie best over each other.

    Tried are whole pixels in each direction, and the move and the scale that bring centre and spread together.

    Args:
        one: N x C x h x w, as :func:`shrunk` gives them.
        other: likewise.
    """
    # Blurred, so that noise and half a pixel weigh less than what is shown.
    one, other = _blurred(one), _blurred(other)
    best = _correlation(one, other)
    height, width = one.shape[2:]
    centre_one, spread_one = _centre_and_spread(one)
    centre_other, spread_other = _centre_and_spread(other)
    # The larger of the two is shrunk: enlarging the smaller would not bring back what it lost.
    turn = (spread_one > spread_other)[:, None, None, None]
    smaller, larger = np.where(turn, other, one), np.where(turn, one, other)
    to = np.where(turn[:, :, 0, 0], centre_other, centre_one)
    from_ = np.where(turn[:, :, 0, 0], centre_one, centre_other)
    ratio = np.maximum(spread_one, spread_other) / np.maximum(np.minimum(spread_one, spread_other), 1e-6)
    scale: Floats = np.where(ratio > MOST_SCALE, 1, ratio).astype(np.float32)
    best = np.maximum(best, _correlation(smaller, _moved(larger, to, from_, scale)))
    for down, right in _STEPS:
        there, back = _overlap(down, height), _overlap(right, width)
        best = np.maximum(
            best,
            _correlation(one[:, :, there[0], back[0]], other[:, :, there[1], back[1]]),
        )
    return best


def _overlap(move: int, size: int) -> tuple[slice, slice]:
    return slice(max(0, move), size + min(0, move)), slice(max(0, -move), size + min(0, -move))


def _blurred(pictures: Floats) -> Floats:
    """Each pixel with its neighbours by the weights 1 2 1 in both directions."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    blurred: Floats = (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 16
    return blurred


def _correlation(one: Floats, other: Floats) -> Floats:
    one, other = one.reshape(len(one), -1), other.reshape(len(other), -1)
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    product = np.einsum("ij,ij->i", one, other)
    squares = np.einsum("ij,ij->i", one, one) * np.einsum("ij,ij->i", other, other)
    result: Floats = product / np.sqrt(np.maximum(squares, 1e-6))
    return result


def _centre_and_spread(pictures: Floats) -> tuple[Floats, Floats]:
    """The centre of mass (N x 2: x, y) and the mean distance from it (N), in pixels.

    Only what is brighter than the picture's mean has weight: faint noise on a large ground would move both.
    """
    grey = pictures.mean(axis=1)
    grey = np.maximum(grey - grey.mean(axis=(1, 2), keepdims=True), 0)
    _, height, width = grey.shape
    mass = np.maximum(grey.sum(axis=(1, 2)), 1e-6)
    columns, rows = grey.sum(axis=1) / mass[:, None], grey.sum(axis=2) / mass[:, None]
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    x, y = columns @ across, rows @ down
    variance = columns @ across**2 - x**2 + rows @ down**2 - y**2
    return np.stack([x, y], axis=1), np.sqrt(np.maximum(variance, 0))


def _moved(pictures: Floats, to: Floats, from_: Floats, scale: Floats) -> Floats:
    """Pictures whose centre was moved and which were scaled about it, by bilinear interpolation; edges are repeated."""
    count, channels, height, width = pictures.shape
    x = (np.arange(width, dtype=np.float32) - to[:, :1]) * scale[:, None] + from_[:, :1]
    y = (np.arange(height, dtype=np.float32) - to[:, 1:]) * scale[:, None] + from_[:, 1:]
    return _interpolated(_interpolated(pictures, y, 2), x, 3).reshape(count, channels, height, width)


def _interpolated(pictures: Floats, places: Floats, axis: int) -> Floats:
    """Values between the pixels along one axis, at places (N x size) in pixels."""
    places = np.clip(places, 0, pictures.shape[axis] - 1)
    low = np.minimum(places.astype(np.intp), pictures.shape[axis] - 2 if pictures.shape[axis] > 1 else 0)
    share = (places - low).astype(np.float32)
    shape = [len(pictures), 1, 1, 1]
    shape[axis] = places.shape[1]
    low, share = low.reshape(shape), share.reshape(shape)
    high = np.minimum(low + 1, pictures.shape[axis] - 1)
    below, above = np.take_along_axis(pictures, low, axis), np.take_along_axis(pictures, high, axis)
    result: Floats = below + (above - below) * share
    return result
