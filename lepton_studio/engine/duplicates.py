"""Pictures that are in a dataset more than once, exactly or nearly; above all in training and test at once.

Equal pictures have equal hashes. For those that are nearly equal, three sieves, each finer and dearer than the last:

1. A descriptor: low frequencies of the picture, after its centre of mass was moved to the middle and what it shows
   was brought to one size. A shifted or scaled copy has almost the same descriptor.
2. Descriptors are put into about sqrt(N) cells, and only those of a cell are compared, by a matrix product (an
   inverted file, Jegou et al. 2011, doi:10.1109/TPAMI.2010.57). Work and memory grow with N * sqrt(N), not N * N.
3. The pixels of the pairs that are left are laid over each other (``picture_matching.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.picture_matching import Descriptor, likeness, shrunk

AT_ONCE_BYTES = 1 << 22
# So many of the most alike descriptors are kept for each picture. A pair is looked at pixel by pixel if it is much
# more alike than the last of them, which is no copy, or so alike that all of them may be copies.
NEIGHBOURS, LIKE_ENOUGH, NEARER, SO_ALIKE = 8, 0.85, 0.5, 0.995
# Correlations of the pixels (1: equal). Above SURE two pictures are taken for copies; above LIKELY only if they stand
# out from their neighbours, because two handwritten ones are often more alike than two copies of a photograph. Where
# no two pictures are alike (the last neighbour is FAR), POSSIBLE is enough. Measured on MNIST and on 1/f noise.
SURE, LIKELY, POSSIBLE, STANDS_OUT, FAR = 0.998, 0.992, 0.9, 0.25, 0.2
ONE_CELL = 2048
PAIRS_AT_ONCE = 4096

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DuplicateGroup:
    """Pictures that are copies of each other.

    Attributes:
        positions: in the dataset, sorted.
        is_exact: whether all are equal, pixel by pixel.
        splits: names of the splits that they lie in, in the order of the splits; more than one is a leak.
        labels_differ: whether they are labelled as different classes.
    """

    positions: Indices
    is_exact: bool
    splits: tuple[str, ...]
    labels_differ: bool


@dataclass(frozen=True, eq=False)
class Duplicates:
    """All groups of a dataset: those between splits first, then those whose labels differ, then the largest.

    Attributes:
        groups: at least two pictures each, no picture in two of them.
        split_of: N, the name of the split of each sample, by number.
        split_names: what the numbers mean.
    """

    groups: tuple[DuplicateGroup, ...]
    split_of: NDArray[np.int8]
    split_names: tuple[str, ...]

    def leaked(self, split: str = "test", into: str = "train") -> int:
        """How many pictures of one split have a copy in another."""
        numbers = self.split_names.index(split)
        return sum(
            int((self.split_of[group.positions] == numbers).sum()) for group in self.groups if into in group.splits
        )


def find_duplicates(
    samples: Samples, splits: Mapping[str, Indices], near: bool = True
) -> Iterator[Progress | Duplicates]:
    """Yields progress, and the groups at last.

    Args:
        samples: the dataset; a memory-mapped one is read piece by piece.
        splits: positions for each split.
        near: also those that are shifted by a pixel or two, a little noisy, compressed, brighter or scaled.
    """
    count = len(samples)
    first_of = np.arange(count)
    seen: dict[bytes, int] = {}
    at_once = _at_once(samples)
    for start in range(0, count, at_once):
        for at, picture in enumerate(np.ascontiguousarray(samples.images[start : start + at_once]), start):
            first_of[at] = seen.setdefault(hashlib.blake2b(picture.data, digest_size=16).digest(), at)
        yield Progress("Looking for equal pictures", min(start + at_once, count), count)
    exact = first_of.copy()
    if near:
        for item in _near_pairs(samples, np.flatnonzero(first_of == np.arange(count))):
            if isinstance(item, Progress):
                yield item
            else:
                _join(first_of, item)
    yield _grouped(samples, splits, first_of, exact)


def _at_once(samples: Samples) -> int:
    return max(1, AT_ONCE_BYTES // max(1, int(np.prod(samples.shape))))


def _join(first_of: Indices, pairs: Indices) -> None:
    """Gives all that are connected by pairs (M x 2) the same first one, in place."""
    for one, other in pairs:
        roots = sorted((_root(first_of, int(one)), _root(first_of, int(other))))
        first_of[roots[1]] = roots[0]


def _root(first_of: Indices, at: int) -> int:
    while first_of[at] != at:
        first_of[at] = first_of[first_of[at]]
        at = int(first_of[at])
    return at


def _grouped(samples: Samples, splits: Mapping[str, Indices], first_of: Indices, exact: Indices) -> Duplicates:
    # Following twice as far each time reaches the roots of all in a few steps.
    while not np.array_equal(first_of, first_of[first_of]):
        first_of = first_of[first_of]
    split_of = np.full(len(samples), -1, np.int8)
    for number, indices in enumerate(splits.values()):
        split_of[indices] = number
    names = tuple(splits)
    order = np.argsort(first_of, kind="stable")
    starts = np.flatnonzero(np.diff(first_of[order], prepend=-1))
    groups = []
    for members in np.split(order, starts[1:]):
        if len(members) > 1:
            within = tuple(name for number, name in enumerate(names) if (split_of[members] == number).any())
            differ = len(np.unique(samples.labels[members])) > 1
            groups.append(DuplicateGroup(members, len(np.unique(exact[members])) == 1, within, differ))
    groups.sort(key=lambda group: (len(group.splits) < 2, not group.labels_differ, -len(group.positions)))
    return Duplicates(tuple(groups), split_of, names)


def _near_pairs(samples: Samples, chosen: Indices) -> Iterator[Progress | Indices]:
    """Pairs (M x 2 positions in the dataset) of nearly equal pictures among the chosen ones."""
    describe = Descriptor(samples.shape)
    descriptors = np.empty((len(chosen), describe.length), np.float32)
    at_once = _at_once(samples)
    for start in range(0, len(chosen), at_once):
        piece = slice(start, start + at_once)
        descriptors[piece] = describe(shrunk(samples.images[chosen[piece]]))
        yield Progress("Describing the pictures", min(start + at_once, len(chosen)), len(chosen))
    # Pictures of one colour have nothing to compare.
    plain = np.linalg.norm(descriptors, axis=1) < 0.5
    chosen, descriptors = chosen[~plain], descriptors[~plain]
    if len(chosen) < 2:
        return
    best = np.full((len(chosen), NEIGHBOURS), -1, np.int64)
    likes = np.full((len(chosen), NEIGHBOURS), -1, np.float32)
    cells = _cells(descriptors)
    for number, cell in enumerate(cells):
        _compare(descriptors, cell, best, likes)
        yield Progress("Comparing the pictures", number + 1, len(cells))
    pairs, ratios, far = _pairs_to_look_at(best, likes)
    scores = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        piece = slice(start, start + PAIRS_AT_ONCE)
        one, other = (shrunk(samples.images[chosen[pairs[piece, side]]]) for side in (0, 1))
        scores[piece] = likeness(one, other)
        yield Progress("Laying pictures over each other", min(start + PAIRS_AT_ONCE, len(pairs)), len(pairs))
    stands_out = ratios <= STANDS_OUT
    copies = (scores >= SURE) | ((scores >= LIKELY) & stands_out) | ((scores >= POSSIBLE) & stands_out & far)
    yield chosen[pairs[copies]]


def _cells(descriptors: Floats) -> list[Indices]:
    """Overlapping sets of descriptors that are near each other."""
    count = len(descriptors)
    if count <= ONE_CELL:
        return [np.arange(count)]
    number = round(count**0.5)
    # Members of the data as centres need no learning, and lie dense where the data does.
    centres = descriptors[np.random.default_rng(0).choice(count, number, replace=False)]
    nearest = np.empty((count, 2), np.int64)
    for start in range(0, count, 8192):
        piece = slice(start, start + 8192)
        nearest[piece] = np.argpartition(-(descriptors[piece] @ centres.T), 2, axis=1)[:, :2]
    order = np.argsort(nearest.ravel(), kind="stable")
    starts = np.searchsorted(nearest.ravel()[order], np.arange(1, number))
    return [np.sort(cell // 2) for cell in np.split(order, starts)]


def _compare(descriptors: Floats, cell: Indices, best: Indices, likes: Floats) -> None:
    """Betters the lists of the most alike by what a cell knows, in place."""
    members = descriptors[cell]
    wanted = min(NEIGHBOURS, len(cell) - 1)
    if wanted < 1:
        return
    for start in range(0, len(cell), 2048):
        rows = cell[start : start + 2048]
        alike = members[start : start + 2048] @ members.T
        alike[np.arange(len(rows)), np.arange(start, start + len(rows))] = -1
        found = np.argpartition(-alike, wanted - 1, axis=1)[:, :wanted]
        values = np.take_along_axis(alike, found, axis=1)
        partners = cell[found]
        # The same partner from another cell is not a second one.
        known = (partners[:, :, None] == best[rows][:, None, :]).any(axis=2)
        all_likes = np.concatenate([likes[rows], np.where(known, -1, values)], axis=1)
        all_best = np.concatenate([best[rows], np.where(known, -1, partners)], axis=1)
        keep = np.argpartition(-all_likes, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
        likes[rows] = np.take_along_axis(all_likes, keep, axis=1)
        best[rows] = np.take_along_axis(all_best, keep, axis=1)


def _pairs_to_look_at(best: Indices, likes: Floats) -> tuple[Indices, Floats, NDArray[np.bool_]]:
    """Pairs in which each is among the most alike of the other.

    Returns:
        M x 2 positions, the smaller first; M, how far they are apart as a share of what is usual for them; M, whether
        it is usual for both that no picture is near.
    """
    count = len(best)
    # With so few pictures that all are neighbours, nothing is known of what is usual.
    usual = np.maximum(1 - likes.min(axis=1), 1e-6) if count > NEIGHBOURS else np.ones(count, np.float32)
    one, other = np.repeat(np.arange(count), best.shape[1]), best.ravel()
    known = other >= 0
    one, other, like = one[known], other[known], likes.ravel()[known]
    keys = np.minimum(one, other) * count + np.maximum(one, other)
    keys, first, counts = np.unique(keys, return_index=True, return_counts=True)
    pairs = np.stack(np.divmod(keys, count), axis=1)
    apart = 1 - like[first]
    ratios = apart / usual[pairs].max(axis=1)
    wanted = (counts == 2) & (apart <= 1 - LIKE_ENOUGH) & ((ratios <= NEARER) | (apart <= 1 - SO_ALIKE))
    return pairs[wanted], ratios[wanted].astype(np.float32), (usual[pairs].min(axis=1) >= FAR)[wanted]
