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
# So few that what a layer makes of them stays in the cache: a third faster than 250.
PICTURES_AT_ONCE = 125
# Wide features of many pictures would not fit: then fewer pictures are looked among, evenly spread.
MOST_FEATURE_BYTES = 1 << 28

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
    """Answers which pictures are nearest, pixel by pixel. Takes 200 bytes a sample beside the dataset.

    Attributes:
        samples: the dataset.
        among: the positions of those that are looked among, rising; None: all.
    """

    def __init__(
        self,
        samples: Samples,
        mean: Floats,
        directions: Floats,
        shadows: Floats,
        rests: Floats,
        *,
        among: Indices | None = None,
    ) -> None:
        """Made by :func:`pixel_neighbours`."""
        self.samples, self.among = samples, among
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
        left_out = _place_of(but, self.among)
        if left_out >= 0:
            bounds[left_out] = np.inf
        others = len(bounds) - (left_out >= 0)
        count = min(k, others)
        best, distances = np.empty(0, np.int64), np.empty(0)
        # Rounding of single precision must not hide a neighbour.
        bounds *= 0.999
        bounds -= 1.0
        for candidates in _in_order(bounds, others):
            if len(best) >= count and bounds[candidates[0]] > distances[-1]:
                break
            order = np.sort(candidates)
            # Squares of bytes and their sums are whole numbers, which float64 adds without loss.
            positions = order if self.among is None else self.among[order]
            rows = self.samples.images[positions].reshape(len(order), -1).astype(np.float64) - wanted
            best = np.concatenate([best, order])
            distances = np.concatenate([distances, np.einsum("ij,ij->i", rows, rows)])
            keep = np.lexsort((best, distances))[:count]
            best, distances = best[keep], distances[keep]
        return Neighbours(best if self.among is None else self.among[best], np.sqrt(distances))


class FeatureNeighbours:
    """Answers which pictures a network takes for most alike: by the numbers that go into its last layer.

    Attributes:
        among: the positions of the samples that are looked among, rising; None: all.
    """

    def __init__(self, features: Floats, among: Indices | None = None) -> None:
        """Made by :func:`feature_neighbours`; features are N x F."""
        self.among = among
        self._features = features
        self._squares = np.einsum("ij,ij->i", features, features)

    def __len__(self) -> int:
        """How many samples are looked among."""
        return len(self._features)

    @property
    def width(self) -> int:
        """How many numbers are compared."""
        return int(self._features.shape[1])

    def of(self, position: int, k: int = 12) -> Neighbours:
        """The k nearest to a sample, without itself; it must be one of those that are looked among."""
        place = _place_of(position, self.among)
        return self._nearest(self._features[place], k, place)

    def of_features(self, features: Floats, k: int = 12) -> Neighbours:
        """The k nearest to what the same network made of a picture: F numbers, float32."""
        return self._nearest(features, k, -1)

    def _nearest(self, wanted: Floats, k: int, left_out: int) -> Neighbours:
        rough = self._squares - 2 * (self._features @ wanted)
        others = len(rough) - (left_out >= 0)
        if left_out >= 0:
            rough[left_out] = np.inf
        count = min(k, others)
        # The difference of large squares is not exact; some more are looked at again.
        several = min(others, 4 * count + 16)
        found = np.argpartition(rough, several - 1)[:several] if several else np.empty(0, np.int64)
        rows = self._features[found].astype(np.float64) - wanted
        distances = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        order = np.lexsort((found, distances))[:count]
        positions = found[order].astype(np.int64)
        return Neighbours(positions if self.among is None else self.among[positions], distances[order])


def pixel_neighbours(samples: Samples, among: Indices | None = None) -> Iterator[Progress | PixelNeighbours]:
    """Prepares the search; yields progress, and what answers at last.

    Args:
        samples: the dataset.
        among: positions of those to look among, rising; None: all.
    """
    count, size = len(samples) if among is None else len(among), int(np.prod(samples.shape))
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(count, min(count, LEARNED_FROM), replace=False))
    some = samples.images[chosen if among is None else among[chosen]].reshape(len(chosen), size).astype(np.float32)
    mean = some.mean(axis=0) if count else np.zeros(size, np.float32)
    directions = _principal_directions(some - mean)
    shadows = np.empty((count, directions.shape[1]), np.float32)
    rests = np.empty(count, np.float32)
    at_once = max(1, AT_ONCE_BYTES // max(1, size))
    for start in range(0, count, at_once):
        piece = slice(start, start + at_once)
        images = samples.images[piece] if among is None else samples.images[among[piece]]
        rows = images.reshape(-1, size).astype(np.float32)
        shadows[piece], rests[piece] = _shadows_of(rows, mean, directions)
        yield Progress("Preparing the search for similar pictures", min(start + at_once, count), count)
    yield PixelNeighbours(samples, mean, directions, shadows, rests, among=among)


def feature_neighbours(
    samples: Samples, predictor: Predictor, among: Indices | None = None
) -> Iterator[Progress | FeatureNeighbours]:
    """Lets a network look at samples; yields progress, and what answers at last.

    Args:
        samples: the dataset.
        predictor: the network, which must stay as it is meanwhile.
        among: positions of those to look among, rising; None: all. Fewer, if their features took too much memory.

    Raises:
        LeptonError: the network takes pictures of another shape, or has no layer before its last.
    """
    if samples.shape != predictor.shape:
        raise LeptonError(
            "This network takes pictures of another size than those of the dataset.", "Choose another network."
        )
    if among is None and not len(samples):
        raise LeptonError("The dataset has no pictures.", "Choose another one.")
    width = predictor.last_features(samples.images[:1]).shape[1]
    total = len(samples) if among is None else len(among)
    most = max(1, MOST_FEATURE_BYTES // (4 * width))
    if total > most:
        thinned = np.linspace(0, total - 1, most).astype(np.int64)
        among, total = thinned if among is None else among[thinned], most
    features = np.empty((total, width), np.float32)
    for start in range(0, total, PICTURES_AT_ONCE):
        piece = slice(start, start + PICTURES_AT_ONCE)
        images = samples.images[piece] if among is None else samples.images[among[piece]]
        features[piece] = predictor.last_features(images)
        yield Progress("Asking the network", min(start + PICTURES_AT_ONCE, total), total)
    yield FeatureNeighbours(features, among)


def _place_of(position: int, among: Indices | None) -> int:
    """Where a sample stands among those that are looked among; -1 if it does not."""
    if among is None or position < 0:
        return position
    place = int(np.searchsorted(among, position))
    return place if place < len(among) and among[place] == position else -1


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
