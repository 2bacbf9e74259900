"""From numbers to pixels and back, even or in powers of ten, and where an axis has its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Steps that people count in, for one power of ten.
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TOPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
# Beyond these, figures are written with a power of ten.
_SMALLEST, _LARGEST = 1e-4, 1e6
# In powers of ten; an axis that shows less counts in even steps.
FACTOR_OF_FIVE = 0.7
# One figure alone is no axis.
LEAST_FIGURES = 2
# What a logarithm can still be taken of; float32 knows nothing smaller.
TINY = 1e-45


@dataclass(frozen=True)
class Axis:
    """One direction of a plot.

    Attributes:
        low, high: the numbers at its ends; both above zero if ``log`` is set.
        start, stop: where these lie, in pixels.
        log: whether equal factors are equally far apart.
    """

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def pixels(self, values: NDArray[np.floating]) -> Numbers:
        """Where numbers lie; infinite ones a little outside, as those that no logarithm has; nan stays nan."""
        with np.errstate(all="ignore"):
            numbers = np.asarray(values, np.float64)
            numbers = np.log10(np.maximum(numbers, TINY)) if self.log else numbers
            low, high = self._ends()
            shares = np.clip((numbers - low) / (high - low), -50.0, 50.0)
        return np.asarray(self.start + shares * (self.stop - self.start))

    def pixel(self, value: float) -> float:
        """Where one number lies."""
        low, high = self._ends()
        number = math.log10(max(value, TINY)) if self.log else value
        if math.isnan(number) or high == low:
            return math.nan
        return self.start + min(max((number - low) / (high - low), -50.0), 50.0) * (self.stop - self.start)

    def value(self, pixel: float) -> float:
        """The number at a place."""
        low, high = self._ends()
        number = low + (pixel - self.start) / (self.stop - self.start) * (high - low)
        return float(10.0 ** min(max(number, -300.0), 300.0)) if self.log else number

    def ticks(self, space: float) -> list[tuple[float, str]]:
        """Round numbers, at least so many pixels apart, and how they are written."""
        room = max(1, int(abs(self.stop - self.start) / space))
        return self._log_ticks(room) if self.log else _even_ticks(self.low, self.high, room)

    def zoomed(self, factor: float, pixel: float) -> tuple[float, float]:
        """The ends after all but one place went away from it, or came closer, by a factor."""
        ends = (pixel + (end - pixel) * factor for end in (self.start, self.stop))
        low, high = (self.value(end) for end in ends)
        return low, high

    def moved(self, pixels: float) -> tuple[float, float]:
        """The ends after the paper was pulled along by some pixels."""
        return self.value(self.start - pixels), self.value(self.stop - pixels)

    def _ends(self) -> tuple[float, float]:
        if self.log:
            return math.log10(max(self.low, TINY)), math.log10(max(self.high, TINY))
        return self.low, self.high

    def _log_ticks(self, room: int) -> list[tuple[float, str]]:
        low, high = self._ends()
        if high - low < FACTOR_OF_FIVE and room > 1:
            return _even_ticks(self.low, self.high, room)
        powers = range(math.floor(low), math.ceil(high) + 1)
        fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
        found = [value for value in fine if self.low * 0.999 <= value <= self.high * 1.001]
        for stride in range(1, len(powers) + 1):
            if len(found) <= room + 1:
                break
            found = [10.0**power for power in powers[::stride] if low - 1e-9 <= power <= high + 1e-9] or found[::2]
        if len(found) > room + 1 or len(found) < 2:
            # A low plot: where it begins and where it ends.
            inside = [value for value in fine if self.low * 0.999 <= value <= self.high * 1.001]
            found = list(dict.fromkeys((*inside[:1], *inside[-1:])))
        return [(value, written(value)) for value in found]


def _even_ticks(low: float, high: float, room: int) -> list[tuple[float, str]]:
    step, count = round_step((high - low) / room), 0
    while count < LEAST_FIGURES:
        first = math.ceil(low / step - 1e-9)
        count = max(0, min(math.floor(high / step + 1e-9) - first + 1, room + 2))
        # A step as wide as the axis may lie on both sides of it.
        step = step if count >= LEAST_FIGURES else round_step(step * 0.4)
    return [((first + each) * step, written((first + each) * step, step)) for each in range(count)]


def round_step(least: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(max(least, TINY)))
    return next(step * power for step in (*_STEPS, 20.0) if step * power >= least * (1 - 1e-9))


def round_up(value: float) -> float:
    """The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 times a power of ten; a little above zero for zero."""
    if value <= 0:
        return 1e-6
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _TOPS if step * power >= value)


def round_down(value: float) -> float:
    """The next of 1, 2 and 5 times a power of ten that is not above a number above zero."""
    power = 10.0 ** math.floor(math.log10(max(value, TINY)))
    return next(step * power for step in (5.0, 2.0, 1.0, 0.5) if step * power <= value * (1 + 1e-9))


def written(value: float, step: float = 0.0) -> str:
    """A number for an axis or a label; with the decimals that tell it from one ``step`` further."""
    size = abs(value)
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    # 2.5 has one digit more than 2 or 5.
    unit = math.floor(math.log10(step) + 1e-9) if step else 0
    unit -= bool(step) and abs(step / 10.0**unit - round(step / 10.0**unit)) > 1e-6
    if size >= _LARGEST or size < _SMALLEST:
        digits = max(1, math.floor(math.log10(size)) - unit + 1) if step else 3
        return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    if not step:
        return f"{value:.4g}" if size < 1000 else f"{value:.0f}"
    return f"{value:.{max(0, -unit)}f}"
