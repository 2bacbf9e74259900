"""The samples most like one sample: by their pixels, or by what a network makes of them.

Exact, and yet without looking at every pixel of every picture: no picture can be nearer than its shadow on a few
directions says (the triangle inequality), so only those whose shadow is near enough are looked at in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress

if TYPE_CHECKING:
    from lepton_studio.engine.prediction import Predictor

AT_ONCE_BYTES = 1 << 22
# From so many pictures the directions are learned; that many directions are kept.
LEARNED_FROM, DIRECTIONS = 1024, 48
CANDIDATES_AT_ONCE = 512
PICTURES_AT_ONCE = 250

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest samples, nearest first.

    Attributes:
        positions: k, in the dataset.
        distances: k, float64: the Euclidean distance; of pixels in units of 0..255.
    """

    positions: Indices
    distances: NDArray[np.float64]


class PixelNeighbours:
    """Answers which pictures are nearest, pixel by pixel. Takes 200 bytes a sample beside the dataset."""

    def __init__(self, samples: Samples, mean: Floats, directions: Floats, shadows: Floats, rests: Floats) -> None:
        """Made by :func:`pixel_neighbours`."""
        self.samples = samples
        self._mean, self._directions = mean, directions
        self._shadows, self._rests = shadows, rests

    def of(self, position: int, k: int = 12) -> Neighbours:
        """The k nearest to a sample, without itself."""
        return self.of_picture(self.samples.images[position], k, but=position)

    def of_picture(self, picture: NDArray[np.uint8], k: int = 12, but: int = -1) -> Neighbours:
        """The k nearest to a picture (C x H x W, uint8).

        Args:
            picture: of the dataset's shape.
            k: how many, if there are so many.
            but: a position that is left out.
        """
        wanted = np.asarray(picture, np.float32).ravel()
        shadow, rest = _shadows_of(wanted[None], self._mean, self._directions)
        differences = self._shadows - shadow
        bounds = np.einsum("ij,ij->i", differences, differences) + np.square(self._rests - rest)
        if but >= 0:
            bounds[but] = np.inf
        count = min(k, len(bounds) - (but >= 0))
        best, distances = np.empty(0, np.int64), np.empty(0)
        # Rounding of single precision must not hide a neighbour.
        bounds *= 0.999
        bounds -= 1.0
        for candidates in _in_order(bounds, len(bounds) - (but >= 0)):
            if len(best) >= count and bounds[candidates[0]] > distances[-1]:
                break
            order = np.sort(candidates)
            # Squares of bytes and their sums are whole numbers, which float64 adds without loss.
            rows = self.samples.images[order].reshape(len(order), -1).astype(np.float64) - wanted
            best = np.concatenate([best, order])
            distances = np.concatenate([distances, np.einsum("ij,ij->i", rows, rows)])
            keep = np.lexsort((best, distances))[:count]
            best, distances = best[keep], distances[keep]
        return Neighbours(best, np.sqrt(distances))


class FeatureNeighbours:
    """Answers which pictures a network takes for most alike: by the numbers that go into its last layer."""

    def __init__(self, features: Floats) -> None:
        """Made by :func:`feature_neighbours`; features are N x F."""
        self._features = features
        self._squares = np.einsum("ij,ij->i", features, features)

    def of(self, position: int, k: int = 12) -> Neighbours:
        """The k nearest to a sample, without itself."""
        wanted = self._features[position]
        rough = self._squares - 2 * (self._features @ wanted)
        rough[position] = np.inf
        count = min(k, len(rough) - 1)
        # The difference of large squares is not exact; some more are looked at again.
        several = min(len(rough) - 1, 4 * count + 16)
        found = np.argpartition(rough, several - 1)[:several] if several else np.empty(0, np.int64)
        rows = self._features[found].astype(np.float64) - wanted
        distances = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        order = np.lexsort((found, distances))[:count]
        return Neighbours(found[order].astype(np.int64), distances[order])


def pixel_neighbours(samples: Samples) -> Iterator[Progress | PixelNeighbours]:
    """Prepares the search; yields progress, and what answers at last."""
    count, size = len(samples), int(np.prod(samples.shape))
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(count, min(count, LEARNED_FROM), replace=False))
    some = samples.images[chosen].reshape(len(chosen), size).astype(np.float32)
    mean = some.mean(axis=0) if count else np.zeros(size, np.float32)
    directions = _principal_directions(some - mean)
    shadows = np.empty((count, directions.shape[1]), np.float32)
    rests = np.empty(count, np.float32)
    at_once = max(1, AT_ONCE_BYTES // max(1, size))
    for start in range(0, count, at_once):
        piece = slice(start, start + at_once)
        rows = samples.images[piece].reshape(-1, size).astype(np.float32)
        shadows[piece], rests[piece] = _shadows_of(rows, mean, directions)
        yield Progress("Preparing the search for similar pictures", min(start + at_once, count), count)
    yield PixelNeighbours(samples, mean, directions, shadows, rests)


def feature_neighbours(samples: Samples, predictor: Predictor) -> Iterator[Progress | FeatureNeighbours]:
    """Lets a network look at all samples; yields progress, and what answers at last.

    Raises:
        LeptonError: the network takes pictures of another shape, or has no layer before its last.
    """
    if samples.shape != predictor.shape:
        raise LeptonError(
            "This network takes pictures of another size than those of the dataset.", "Choose another network."
        )
    features = np.empty((len(samples), 0), np.float32)
    for start in range(0, len(samples), PICTURES_AT_ONCE):
        piece = slice(start, start + PICTURES_AT_ONCE)
        found = predictor.last_features(samples.images[piece])
        if not start:
            features = np.empty((len(samples), found.shape[1]), np.float32)
        features[piece] = found
        yield Progress("Asking the network", min(start + PICTURES_AT_ONCE, len(samples)), len(samples))
    yield FeatureNeighbours(features)


def _principal_directions(centred: Floats) -> Floats:
    """The directions (size x at most DIRECTIONS, orthonormal) in which pictures (n x size) differ most."""
    count = min(DIRECTIONS, *centred.shape)
    # The eigenvectors of the small n x n matrix of products give those of the size x size covariance.
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    some = values[-count:] > max(1e-6, 1e-9 * float(values[-1])) if count else np.zeros(0, bool)
    directions = centred.T @ vectors[:, -count:][:, some] if count else np.zeros((centred.shape[1], 0))
    # Again orthogonal to the last bit, because the bounds rest on it.
    return np.asarray(np.linalg.qr(directions)[0], np.float32)


def _shadows_of(rows: Floats, mean: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """What is seen of pictures along the directions (N x d), and the length of what is not (N)."""
    centred: Floats = rows - mean
    shadows: Floats = centred @ directions
    squares = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", shadows, shadows)
    rests: Floats = np.sqrt(np.maximum(squares, 0)).astype(np.float32)
    return shadows, rests


def _in_order(bounds: Floats, count: int) -> Iterator[Indices]:
    """Positions by rising bounds, some at a time; the first ``count`` of them."""
    order = np.argsort(bounds, kind="stable")[:count]
    for start in range(0, count, CANDIDATES_AT_ONCE):
        yield order[start : start + CANDIDATES_AT_ONCE]
