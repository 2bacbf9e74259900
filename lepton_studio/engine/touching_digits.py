"""Cuts digits apart that touch each other in a picture, where the network knows the halves better than the whole.

Ink that hangs together and is wider than a digit of its height is cut along paths from top to bottom that go through as
little ink as possible (as for seams in pictures, Avidan & Shamir 2007, https://doi.org/10.1145/1276377.1276390). Of all
ways to take the cuts the one whose least sure part is the surest counts, and only if each part is surer than the whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.paper import Piece
from lepton_studio.engine.strokes import INK_LEVEL, Picture

Floats = NDArray[np.float64]
# Tells of pieces of ink how surely the network knows each of them, as the logarithm of a probability.
Judge = Callable[[list[Picture]], Floats]

# All lengths are shares of the height of the ink.
# What is not wider is one digit; a part that is wider than the second, for its own height, is none.
WIDE, WIDEST = 0.95, 1.15
# How narrow a digit may be; how far apart cuts are looked for, and how far a path may stray from its column.
NARROW, STEP, STRAY = 0.14, 0.05, 0.14
# A part that is lower than this is no digit.
LOWEST = 0.55
# Ink that a path may go through, and what a step aside costs beside a pixel of ink.
MOST_INK, ASIDE = 0.45, 0.02
# By how much the least sure part must be surer than the whole.
SURER = 0.4
MOST_CUTS = 12


def cut_touching(piece: Piece, judge: Judge) -> tuple[Piece, ...]:
    """The digits of a piece of ink from left to right; itself where it is no more than one, or nobody can tell."""
    height, width = piece.ink.shape
    if width <= WIDE * height or height < 8:
        return (piece,)
    paths = _paths(piece.ink)
    if not paths:
        return (piece,)
    edges = [np.zeros(height, int), *paths, np.full(height, width)]
    spans: dict[tuple[int, int], Piece] = {}
    for first in range(len(edges)):
        for last in range(first + 1, len(edges)):
            found = _between(piece, edges[first], edges[last])
            if found is not None and (last - first == len(edges) - 1 or _may_be_digit(found, height)):
                spans[first, last] = found
    whole = (0, len(edges) - 1)
    answers = judge([each.ink for each in spans.values()])
    sure = dict(zip(spans, (float(each) for each in answers), strict=True))
    best = _surest_row(sure, whole)
    if len(best) < 2 or min(sure[span] for span in best) < sure[whole] + SURER:
        return (piece,)
    return tuple(spans[span] for span in best)


def _surest_row(sure: dict[tuple[int, int], float], whole: tuple[int, int]) -> list[tuple[int, int]]:
    """The row of parts from edge to edge whose least sure part is the surest; the whole does not count as one."""
    rows: dict[int, tuple[float, float, list[tuple[int, int]]]] = {0: (0.0, 0.0, [])}
    for last in range(1, whole[1] + 1):
        ways = [
            (
                min(rows[first][0], sure[first, last]),
                rows[first][1] + sure[first, last],
                [*rows[first][2], (first, last)],
            )
            for first in range(last)
            if first in rows and (first, last) in sure and (first, last) != whole
        ]
        if ways:
            rows[last] = max(ways, key=lambda way: (way[0], way[1]))
    return rows[whole[1]][2] if whole[1] in rows else []


def _paths(ink: Picture) -> list[NDArray[np.int64]]:
    """Cuts from left to right: for each row the first column of what lies at the right of the cut."""
    height, width = ink.shape
    cost = (ink.astype(np.float64) / 255) ** 2
    stray = max(1, round(STRAY * height))
    found: list[tuple[float, NDArray[np.int64]]] = []
    for column in np.arange(NARROW * height, width - NARROW * height, max(1.0, STEP * height)):
        middle = round(float(column))
        left, right = max(1, middle - stray), min(width - 1, middle + stray + 1)
        if right - left < 2:
            continue
        way, price = _cheapest(cost[:, left:right], ASIDE)
        if price <= MOST_INK * height:
            found.append((price, way + left))
    return _different(found, height)


def _different(found: list[tuple[float, NDArray[np.int64]]], height: int) -> list[NDArray[np.int64]]:
    """The cheapest paths that lie apart from each other and do not cross, from left to right."""
    kept: list[NDArray[np.int64]] = []
    for _, way in sorted(found, key=lambda each: each[0]):
        apart = NARROW * height / 2
        if len(kept) < MOST_CUTS and all(
            abs(float((way - other).mean())) >= apart and ((way <= other).all() or (way >= other).all())
            for other in kept
        ):
            kept.append(way)
    return sorted(kept, key=lambda way: float(way.mean()))


def _cheapest(cost: Floats, aside: float) -> tuple[NDArray[np.int64], float]:
    """The path from top to bottom that costs least, one column for each row, and its price."""
    height, width = cost.shape
    total = cost[0].copy()
    came = np.zeros((height, width), np.int64)
    for row in range(1, height):
        ways = np.stack([np.full(width, np.inf), total, np.full(width, np.inf)])
        ways[0, 1:], ways[2, :-1] = total[:-1] + aside, total[1:] + aside
        came[row] = ways.argmin(axis=0)
        total = ways.min(axis=0) + cost[row]
    way = np.empty(height, np.int64)
    way[-1] = int(total.argmin())
    for row in range(height - 1, 0, -1):
        way[row - 1] = way[row] + came[row, way[row]] - 1
    return way, float(total.min())


def _between(piece: Piece, first: NDArray[np.int64], last: NDArray[np.int64]) -> Piece | None:
    """The ink between two cuts; None if there is none."""
    columns = np.arange(piece.ink.shape[1])
    inside = (columns >= first[:, None]) & (columns < last[:, None])
    ink = np.where(inside, piece.ink, 0).astype(np.uint8)
    rows, places = np.nonzero(ink >= INK_LEVEL)
    if not len(rows):
        return None
    top, left = int(rows.min()), int(places.min())
    return Piece(piece.top + top, piece.left + left, ink[top : rows.max() + 1, left : places.max() + 1])


def _may_be_digit(piece: Piece, height: int) -> bool:
    """Whether it is as high as a digit beside the others, and not too wide or narrow for one."""
    high, wide = piece.ink.shape
    return bool(high >= LOWEST * height and NARROW * height / 2 <= wide <= WIDEST * high)
