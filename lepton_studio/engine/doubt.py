"""Whether to answer at all: one score for each picture, made of several signs of knowing it.

Each sign is turned into its rank among validation pictures, which makes them comparable; the logarithms of the ranks
are added up (Fisher 1932, Statistical Methods for Research Workers, section 21.1), and the sum is ranked once more.
So the score of a picture is the share of validation pictures that are known no better than it, and to answer a share
of such pictures means to refuse those that score lower than the rest: no matter what the signs are, and how they hang
together (conformal prediction; Vovk et al. 2005, Algorithmic Learning in a Random World).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Ranks that are kept: all of the lowest, where thresholds lie, and some of the others.
LOWEST, OTHERS = 256, 256
# Nothing is less known than this to any sign: one in so many.
FLOOR = 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranks:
    """Where a number stands among those that were measured.

    Attributes:
        values: some of the measured numbers, rising.
        levels: the share of them all that is not higher, 0..1.
        fall: by how much the logarithm of the level falls for each unit below the lowest.
    """

    values: Floats
    levels: Floats
    fall: float

    @classmethod
    def of(cls, measured: Floats, fall: float | None = None) -> Ranks:
        """Ranks among N measured numbers; how it goes on below them is told by the lowest tenth if not by ``fall``."""
        count = len(measured)
        values, last = _unique_last(np.sort(measured))
        others = np.linspace(0, len(values) - 1, OTHERS).astype(np.int64)
        kept = np.union1d(np.arange(min(LOWEST, len(values))), others)
        if fall is None:
            reach = float(np.quantile(measured, 0.1) - values[0])
            fall = np.log(max(2.0, 0.1 * count)) / reach if reach > 0 else 0.0
        return cls(values[kept], (last[kept] + 1) / (count + 1), float(fall))

    def log_levels(self, numbers: Floats) -> Floats:
        """The logarithm of the share of measured numbers that are not higher than these."""
        found = np.log(np.interp(numbers, self.values, self.levels))
        below = np.maximum(self.values[0] - numbers, 0.0) * self.fall
        result: Floats = np.maximum(found - below, np.log(FLOOR))
        return result


@dataclass(frozen=True, eq=False)
class Doubt:
    """Makes one score of several signs.

    Attributes:
        signs: the ranks of each sign.
        total: those of the sum of their logarithms.
    """

    signs: tuple[Ranks, ...]
    total: Ranks

    @classmethod
    def measured(cls, parts: Floats) -> Doubt:
        """Learns what is usual from validation pictures, N x signs."""
        signs = tuple(Ranks.of(parts[:, number]) for number in range(parts.shape[1]))
        return cls(signs, Ranks.of(_sum(signs, parts), fall=1.0))

    def scores(self, parts: Floats) -> Floats:
        """The score, 0..1, of N x signs; what is no number is not known at all."""
        is_number = np.asarray(np.isfinite(parts).all(axis=1))
        total = _sum(self.signs, np.where(is_number[:, None], parts, 0.0))
        return np.where(is_number, np.exp(self.total.log_levels(total)), 0.0)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it, by name."""
        return {
            f"{name}.{number}": np.ascontiguousarray(part)
            for number, ranks in enumerate((*self.signs, self.total))
            for name, part in (
                ("values", ranks.values), ("levels", ranks.levels), ("fall", np.array([ranks.fall], np.float64)),
            )
        }  # fmt: skip

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], signs: int) -> Doubt:
        """The same from :meth:`arrays`; ValueError or KeyError if they do not belong together."""
        if f"values.{signs + 1}" in arrays:
            raise ValueError("there are more ranks than signs")
        ranks = [_read_ranks([arrays[f"{name}.{number}"] for name in ("values", "levels", "fall")])
                 for number in range(signs + 1)]  # fmt: skip
        return cls(tuple(ranks[:-1]), ranks[-1])


def _sum(signs: Sequence[Ranks], parts: Floats) -> Floats:
    total: Floats = np.sum([ranks.log_levels(parts[:, number]) for number, ranks in enumerate(signs)], axis=0)
    return total


def _unique_last(rising: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Each number once, and where it stands last: of equal ones each is as well known as the best."""
    is_last = np.append(rising[1:] > rising[:-1], True)
    return rising[is_last], np.flatnonzero(is_last)


def _read_ranks(arrays: Sequence[NDArray[np.generic]]) -> Ranks:
    values, levels, fall = (array.astype(np.float64) for array in arrays)
    if values.ndim != 1 or values.shape != levels.shape or not len(values) or fall.shape != (1,):
        raise ValueError("the ranks do not belong together")
    rises = (np.diff(values) > 0).all() and (np.diff(levels) > 0).all()
    if not rises or not np.isfinite(values).all() or not 0 < levels[0] <= levels[-1] <= 1 or not 0 <= fall[0] < np.inf:
        raise ValueError("the ranks do not rise")
    return Ranks(values, levels, float(fall[0]))
