"""Finds the lines that several numbers in one picture stand in, from top to bottom.

Tall pieces that stand beside each other and near belong to one line, which may slope; small ones go to the nearest.
Two single pieces above each other may be one digit that a pen has skipped in: how far they are apart decides, and in
between the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lepton_studio.engine.digit_cutting import FLAT, SMALL, STACKED, Floats, Numbers

# All lengths are shares of the usual height of a digit.
# What stands beside each other and is no farther apart is in one line.
NEAR = 2.5
# Lines whose middles are nearer than this are one.
NARROW = 0.55
# A single piece so far above another one is a digit of its own; nearer than the second it is none.
APART, TOGETHER = 0.45, 0.08
# Pieces lower than this share of the highest say nothing of how high digits are.
LOW = 0.4


def lines_of(pieces: Sequence[Floats], judge: Callable[[list[Numbers]], Floats]) -> tuple[Numbers, ...]:
    """The numbers of the pieces of each line, lines from top to bottom.

    Args:
        pieces: for each its points, N x 2, N > 0; in any unit.
        judge: tells of each of some parts how sure the network is of it, as the logarithm of a probability; asked only
            where one digit stands above another.
    """
    boxes = np.array([[points.min(axis=0), points.max(axis=0)] for points in pieces])
    widths, heights = (boxes[:, 1] - boxes[:, 0]).T
    usual = max(float(np.median(heights[heights >= LOW * heights.max()])), 1e-9)
    tall = np.nonzero(heights >= np.maximum(SMALL * usual, FLAT * widths))[0].tolist()
    lines = _joined(_chains(tall, boxes, usual), boxes, usual, judge)
    if len(lines) < 2:
        return (tuple(range(len(pieces))),)
    for number in sorted(set(range(len(pieces))) - set(tall)):
        ways = [min(_way(boxes[number], boxes[other]) for other in line if other in tall) for line in lines]
        lines[int(np.argmin(ways))].append(number)
    return tuple(tuple(sorted(line)) for line in lines)


def _chains(tall: list[int], boxes: Floats, usual: float) -> list[list[int]]:
    """Groups of tall pieces of which each stands beside another one that is near."""
    waiting, chains = list(tall), []
    while waiting:
        chain = [waiting.pop(0)]
        for member in chain:
            linked = [other for other in waiting if _are_beside(boxes[member], boxes[other], usual)]
            chain.extend(linked)
            waiting = [other for other in waiting if other not in linked]
        chains.append(chain)
    return sorted(chains, key=lambda chain: _middle(boxes[chain]))


def _are_beside(one: Floats, other: Floats, usual: float) -> bool:
    # Negative where they share something.
    across, down = np.maximum(one[0], other[0]) - np.minimum(one[1], other[1])
    lower = min(one[1, 1] - one[0, 1], other[1, 1] - other[0, 1])
    return bool(-down >= STACKED * lower and across <= NEAR * usual)


def _joined(
    chains: list[list[int]], boxes: Floats, usual: float, judge: Callable[[list[Numbers]], Floats]
) -> list[list[int]]:
    """Joins what is one line after all: a number written with wide gaps, or a single digit in two pieces."""
    lines: list[list[int]] = []
    for chain in chains:
        before = lines[-1] if lines else None
        if before is not None and (
            _middle(boxes[chain]) - _middle(boxes[before]) < NARROW * usual
            or (len(chain) == len(before) == 1 and _are_one((before[0], chain[0]), boxes, usual, judge))
        ):
            before.extend(chain)
        else:
            lines.append(chain)
    return lines


def _are_one(pair: tuple[int, int], boxes: Floats, usual: float, judge: Callable[[list[Numbers]], Floats]) -> bool:
    """Whether two pieces, the upper one first, are one digit."""
    upper, lower = pair
    gap = (boxes[lower, 0, 1] - boxes[upper, 1, 1]) / usual
    if gap >= APART or gap < TOGETHER:
        return bool(gap < TOGETHER)
    first, second, both = judge([(upper,), (lower,), tuple(sorted((upper, lower)))])
    return bool(both >= min(first, second))


def _middle(boxes: Floats) -> float:
    return float(boxes[..., 1].mean())


def _way(one: Floats, other: Floats) -> float:
    """Between two boxes."""
    return float(np.hypot(*np.maximum(np.maximum(one[0], other[0]) - np.minimum(one[1], other[1]), 0)))
