"""Cuts what was written apart into digits, from left to right, with the network's own answers as the judge.

First what needs no network: strokes that cross, stand above each other, or are too small to be a digit belong to what
they touch, and what stands far apart are two digits. That settles nearly all drawings of one digit. For the rest each
way to join neighbours is weighed: how surely the network knows the parts, how wide the gap is, and how well the parts
agree in height and stand on one line. The best partition of a row is found with dynamic programming, as in
over-segmentation with a recogniser (Bengio et al. 1995, https://doi.org/10.1162/neco.1995.7.6.1289).

Digits in one row only: what stands above each other is taken for one digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A part is the numbers of the pieces of ink that make it up.
Numbers = tuple[int, ...]

# The height of what was written is looked at in so many bands.
BANDS = 32
# All lengths below are shares of the height of the tallest piece.
# What is lower than this can be no digit beside such a tall one; what is flatter than this can be none at all.
SMALL, FLAT = 0.42, 0.3
# A small piece so near to a large one is a part of it.
NEAR = 0.25
# What shares less than this of the lower one's height stands above each other.
STACKED = 0.35
# Pieces that reach so far into each other in the same band are one digit; those so far apart are two.
CROSSING, FAR = -0.12, 0.5
# More pieces are no number that anybody writes: a scribble is read as a whole.
MOST_PIECES, MOST_JOINED = 24, 3
# What decides about a cut, in nats: fitted to digits of one set of writers, with a nat to spare for the single digit.
# Two digits of a number stand on one line, and are about as high as each other.
CUT, GAP_WORTH, SIZE_COST, TOP_COST, LINE_COST = 2.6, 3.0, 4.0, 0.5, 8.0
# Worth less, a cut is none; worth more, and with such a gap, it is one: the network need not be asked.
ONE_DIGIT, TWO_DIGITS, APART = -3.0, 1.5, 0.1
# What the sureness of the network counts; it is never quite sure and never at its wits' end.
SURENESS_WORTH, SUREST, LEAST_SURE = 3.0, -0.01, -5.3


@dataclass(frozen=True, eq=False)
class Profile:
    """Where a piece of ink lies.

    Attributes:
        left: BANDS, its smallest x in each band; inf where it has no ink.
        right: BANDS, its largest x in each; -inf where it has none.
        top: its smallest y.
        bottom: its largest y.
    """

    left: Floats
    right: Floats
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """From its top to its bottom."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """From its left to its right."""
        return float(self.right.max() - self.left.min())

    @property
    def middle(self) -> float:
        """The middle of its width."""
        return float(self.right.max() + self.left.min()) / 2

    def joined(self, other: Profile) -> Profile:
        """Both together."""
        left, right = np.minimum(self.left, other.left), np.maximum(self.right, other.right)
        return Profile(left, right, min(self.top, other.top), max(self.bottom, other.bottom))

    def gap_to(self, other: Profile) -> float:
        """How much room there is to what stands at its right, in the band where there is least; negative: none.

        Where they share no band, the room between their boxes counts.
        """
        shared = np.isfinite(self.left) & np.isfinite(other.left)
        if shared.any():
            return float((other.left[shared] - self.right[shared]).min())
        return float(other.left.min() - self.right.max())


def profiles_of(pieces: Sequence[Floats]) -> tuple[Profile, ...]:
    """Where pieces of ink lie.

    Args:
        pieces: for each its points in the order in which they are joined by lines, N x 2, N > 0; in any unit.
    """
    top = min(float(points[:, 1].min()) for points in pieces)
    bottom = max(float(points[:, 1].max()) for points in pieces)
    band = max(bottom - top, 1e-9) / BANDS
    return tuple(_profile(_filled(points, band), top, band) for points in pieces)


def cut(profiles: Sequence[Profile], judge: Callable[[list[Numbers]], Floats]) -> tuple[Numbers, ...]:
    """Which pieces are the digits, from left to right.

    Args:
        profiles: where the pieces lie.
        judge: tells of each of some parts how sure the network is of it, as the logarithm of a probability, 0 at most;
            asked once at most, and not at all where there is no doubt.
    """
    if not profiles:
        return ()
    everything = tuple(range(len(profiles)))
    if len(profiles) == 1 or len(profiles) > MOST_PIECES:
        return (everything,)
    tallest = max(1e-9, *(profile.height for profile in profiles))
    groups = _without_certain_joins(_certain_groups(profiles, tallest), tallest)
    if len(groups) == 1:
        return (everything,)
    wanted = _candidates(groups, tallest)
    scores: dict[tuple[int, ...], float] = {}
    if len(wanted) > len(groups):
        # All in one look: those that are no question are needed for the answer anyway.
        answers = judge([_pieces(groups, part) for part in wanted])
        scores = {part: float(answer) for part, answer in zip(wanted, answers, strict=True)}
    best = _best_partition(groups, wanted, scores)
    return tuple(_pieces(groups, part) for part in best)


def _filled(points: Floats, band: float) -> Floats:
    """Points so close that a line between two of them skips no band."""
    if len(points) < 2:
        return points
    parts = np.maximum(np.ceil(np.abs(np.diff(points[:, 1])) / band * 2), 1)
    places = np.concatenate([[0.0], np.cumsum(parts)])
    wanted = np.arange(places[-1] + 1)
    return np.stack([np.interp(wanted, places, points[:, axis]) for axis in (0, 1)], axis=1)


def _profile(points: Floats, top: float, band: float) -> Profile:
    bands = np.clip(((points[:, 1] - top) / band).astype(int), 0, BANDS - 1)
    left, right = np.full(BANDS, np.inf), np.full(BANDS, -np.inf)
    np.minimum.at(left, bands, points[:, 0])
    np.maximum.at(right, bands, points[:, 0])
    return Profile(left, right, float(points[:, 1].min()), float(points[:, 1].max()))


Group = tuple[Numbers, Profile]


def _certain_groups(profiles: Sequence[Profile], tallest: float) -> list[Group]:
    """Joins what belongs together without a doubt; from left to right."""
    pieces: list[Group] = [((number,), profile) for number, profile in enumerate(profiles)]
    large = _merged([group for group in pieces if not _is_small(group[1], tallest)], tallest)
    lonely = []
    for group in pieces:
        if _is_small(group[1], tallest):
            nearest = min(range(len(large)), key=lambda number: _distance(large[number][1], group[1]), default=None)
            if nearest is None or _distance(large[nearest][1], group[1]) > NEAR * tallest:
                lonely.append(group)
            else:
                large[nearest] = _joined(large[nearest], group)
    # Small pieces far from all others may be a digit in many strokes.
    large = _merged(large + _merged(lonely, tallest), tallest)
    kept = [group for group in large if not _is_small(group[1], tallest)]
    if not kept:
        return [_all_joined(large)]
    for group in large:
        if _is_small(group[1], tallest):
            nearest = min(range(len(kept)), key=lambda number: _distance(kept[number][1], group[1]))
            kept[nearest] = _joined(kept[nearest], group)
    return sorted(kept, key=lambda group: group[1].middle)


def _merged(groups: list[Group], tallest: float) -> list[Group]:
    """Joins what belongs together until nothing does any more."""
    done: list[Group] = []
    waiting = list(groups)
    while waiting:
        group = waiting.pop()
        for number, other in enumerate(done):
            if _belong_together(group[1], other[1], tallest):
                waiting.append(_joined(group, done.pop(number)))
                break
        else:
            done.append(group)
    return done


def _belong_together(one: Profile, other: Profile, tallest: float) -> bool:
    """Whether two pieces cross, or stand above each other."""
    before, after = (one, other) if one.middle <= other.middle else (other, one)
    beside = min(one.bottom, other.bottom) - max(one.top, other.top)
    if beside < STACKED * min(one.height, other.height):
        return float(after.left.min() - before.right.max()) < 0
    return before.gap_to(after) < CROSSING * tallest


def _is_small(profile: Profile, tallest: float) -> bool:
    return profile.height < max(SMALL * tallest, FLAT * profile.width)


def _distance(large: Profile, small: Profile) -> float:
    """From a small piece to a large one: between their boxes."""
    across = max(small.left.min() - large.right.max(), large.left.min() - small.right.max())
    # Of two that both reach over it, the one whose middle is nearer.
    return float(max(across, 0.0) + 1e-3 * abs(small.middle - large.middle))


def _joined(one: Group, other: Group) -> Group:
    return tuple(sorted(one[0] + other[0])), one[1].joined(other[1])


def _all_joined(groups: list[Group]) -> Group:
    whole = groups[0]
    for group in groups[1:]:
        whole = _joined(whole, group)
    return whole


def _pieces(groups: list[Group], part: Numbers) -> Numbers:
    return tuple(sorted(number for group in part for number in groups[group][0]))


def _without_certain_joins(groups: list[Group], tallest: float) -> list[Group]:
    """Joins neighbours whose places alone say that they are one digit."""
    row = list(groups)
    number = 1
    while number < len(row):
        if _worth_of_cut(row[number - 1][1], row[number][1], tallest) < ONE_DIGIT:
            row[number - 1] = _joined(row[number - 1], row.pop(number))
            number = max(1, number - 1)
        else:
            number += 1
    return row


def _is_certain_cut(before: Profile, after: Profile, tallest: float) -> bool:
    gap = before.gap_to(after) / tallest
    return gap >= FAR or (gap >= APART and _worth_of_cut(before, after, tallest) > TWO_DIGITS)


def _candidates(groups: list[Group], tallest: float) -> list[Numbers]:
    """Every part that could be a digit: neighbours between which no cut is certain."""
    is_cut = [_is_certain_cut(before, after, tallest) for (_, before), (_, after) in pairwise(groups)]
    parts = []
    for first in range(len(groups)):
        for last in range(first, min(first + MOST_JOINED, len(groups))):
            if last > first and is_cut[last - 1]:
                break
            parts.append(tuple(range(first, last + 1)))
    return parts


def _best_partition(groups: list[Group], parts: list[Numbers], scores: dict[Numbers, float]) -> list[Numbers]:
    """The partition of the row that is worth most; dynamic programming from left to right, by its last part."""
    tallest = max(1e-9, *(profile.height for _, profile in groups))
    profiles = {part: _all_joined([groups[number] for number in part])[1] for part in parts}
    # For each part the worth of the best row that ends with it, and that row.
    rows: dict[Numbers, tuple[float, list[Numbers]]] = {}
    for part in sorted(parts, key=lambda part: part[-1]):
        own = SURENESS_WORTH * min(max(scores.get(part, SUREST), LEAST_SURE), SUREST)
        ways = [
            (worth + own + _worth_of_cut(profiles[before], profiles[part], tallest), [*row, part])
            for before, (worth, row) in rows.items()
            if before[-1] == part[0] - 1
        ]
        rows[part] = max(ways, key=lambda way: way[0]) if part[0] else (own, [part])
    last = len(groups) - 1
    return max((way for part, way in rows.items() if part[-1] == last), key=lambda way: way[0])[1]


def _worth_of_cut(before: Profile, after: Profile, tallest: float) -> float:
    """What speaks for two digits rather than one, as far as their places tell."""
    sizes = 1 - min(before.height, after.height) / max(before.height, after.height, 1e-9)
    apart = GAP_WORTH * min(before.gap_to(after) / tallest, FAR)
    tops, lines = abs(before.top - after.top) / tallest, abs(before.bottom - after.bottom) / tallest
    return CUT + apart - SIZE_COST * sizes - TOP_COST * tops - LINE_COST * lines
