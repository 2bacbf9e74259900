"""Long rows of numbers made short enough to draw: their trend, and their peaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lepton_studio.gui.widgets.curve_axis import Numbers

# More points than this no projector can tell apart in a smooth line.
TREND_POINTS = 250
# So many numbers are looked at to tell what is usual among them.
LOOKED_AT = 2_000
# Among fewer numbers nobody can say which is an outlier.
FEW = 20
# How much further than the usual numbers reach from their middle the trend is followed.
REACH = 4.0
_BLOCK = 128


class Trend:
    """A running mean that is continued from where it was: only new numbers cost time.

    About the last ``strength`` numbers count; the strength 1 is the numbers themselves. What is no finite number
    changes nothing.
    """

    def __init__(self, strength: int = 15) -> None:
        """Starts with no numbers."""
        self.strength = strength
        self.values = np.empty(0, np.float32)
        self._source: object = None
        self._last, self._finite = np.nan, 0

    def extend(self, numbers: NDArray[np.float32], source: object, strength: int) -> None:
        """Follows a row of numbers that has grown; another source, or fewer numbers, are begun anew."""
        if source is not self._source or strength != self.strength or len(numbers) < len(self.values):
            self._source, self.strength = source, strength
            self.values, self._last, self._finite = np.empty(0, np.float32), np.nan, 0
        new = np.asarray(numbers[len(self.values) :], np.float64)
        if not len(new):
            return
        is_finite = np.isfinite(new)
        means = self._means(new[is_finite])
        # Where there is no number, the mean stays what it was.
        known = np.concatenate([[self._last], means])[np.cumsum(is_finite)]
        self._last, self._finite = float(known[-1]), self._finite + len(means)
        self.values = np.concatenate([self.values, known.astype(np.float32)])

    def _means(self, numbers: Numbers) -> Numbers:
        share = 1.0 / self.strength
        means = np.empty(len(numbers))
        last, at = self._last, 0
        while at < len(numbers) and 2.0 / (self._finite + at + 1) > share:
            # Early on, when few numbers are known, each of them counts more.
            seen = self._finite + at
            last = numbers[at] if seen == 0 else last + (numbers[at] - last) * max(share, 2.0 / (seen + 1))
            means[at] = last
            at += 1
        while at < len(numbers) <= _BLOCK:
            last = last + (numbers[at] - last) * share
            means[at] = last
            at += 1
        if at == len(numbers):
            return means
        # In blocks, because a loop over 100,000 numbers takes Python 30 ms: within one, mean = fading * the last mean
        # of the block before + weights @ its numbers.
        ages = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
        weights = np.where(ages >= 0, share * (1 - share) ** np.maximum(ages, 0), 0.0)
        fading = (1 - share) ** np.arange(1, _BLOCK + 1)
        for begin in range(at, len(numbers), _BLOCK):
            block = numbers[begin : begin + _BLOCK]
            size = len(block)
            means[begin : begin + size] = fading[:size] * last + weights[:size, :size] @ block
            last = means[begin + size - 1]
        return means


def peaks(x: Numbers, y: NDArray[np.floating], low: float, high: float, columns: int) -> tuple[Numbers, Numbers]:
    """Lowest and highest number in each of so many columns between two places; few numbers stay as they are.

    Args:
        x: where the numbers lie, ascending.
        y: as many numbers; those that are nan are left out.
        low: the place at the left side of the plot.
        high: the place at its right side.
        columns: how many columns there are room for.

    Returns:
        Where, and how high; one number beyond either side stays, so that lines go on to the edge.
    """
    first = max(0, int(np.searchsorted(x, low)) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, heights = x[first:last], np.asarray(y[first:last], np.float64)
    if len(x) > 3 * columns:
        edges = np.searchsorted(x, np.linspace(low, high, columns + 1)[:-1])
        edges = np.unique(np.minimum(edges, len(x) - 1))
        extremes = np.empty(2 * len(edges))
        with np.errstate(invalid="ignore"):
            np.fmin.reduceat(heights, edges, out=extremes[::2])
            np.fmax.reduceat(heights, edges, out=extremes[1::2])
        x, heights = np.repeat(x[edges], 2), extremes
    is_number = ~np.isnan(heights)
    return (x, heights) if is_number.all() else (x[is_number], heights[is_number])


def few_of(count: int, first: int = 0, points: int = TREND_POINTS) -> NDArray[np.int64]:
    """Positions spread evenly from ``first`` to below ``count``, the last one among them."""
    step = max(1, -(-(count - first) // points))
    return np.arange(count - 1, first - 1, -step, dtype=np.int64)[::-1]


def shown_of(x: Numbers, low: float, high: float) -> NDArray[np.int64]:
    """Positions of a smooth line between two places, few enough to draw, and one beyond either side."""
    first = max(0, int(np.searchsorted(x, low)) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    return few_of(last, first)


def some_of(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Enough of many numbers to tell what is usual among them."""
    # An odd stride, because the batches of an epoch are often a round number.
    return values[:: max(1, len(values) // LOOKED_AT) | 1]


def worth_seeing(values: NDArray[np.floating], trend: NDArray[np.floating], clip: bool) -> tuple[float, float] | None:
    """Between which heights numbers are worth looking at.

    Args:
        values: the numbers.
        trend: their trend, which single outliers hardly move.
        clip: whether outliers may be left outside; else every finite number is inside.

    Returns:
        The lowest and highest height; None if no number is finite.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        return None
    if not clip or len(finite) < FEW:
        return float(finite.min()), float(finite.max())
    low, middle, high = np.percentile(finite, (2, 50, 98))
    steady = trend[np.isfinite(trend)]
    if len(steady):
        # How the first batches fall is worth seeing, too, unless they tower over all the rest.
        low = min(low, max(float(steady.min()), low - REACH * (middle - low)))
        high = max(high, min(float(steady.max()), high + REACH * (high - middle)))
    return float(low), float(high)
