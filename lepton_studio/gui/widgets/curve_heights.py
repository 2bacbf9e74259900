"""Between which heights a plot of curves is worth looking at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.gui.widgets.curve_axis import Axis, Numbers, round_down, round_step, round_up
from lepton_studio.gui.widgets.curve_data import Band, CurveData, Overlay
from lepton_studio.gui.widgets.curve_thinning import shown_of, some_of, worth_seeing

# Of the height, beyond the highest and the lowest number, so that markers are whole.
MARGIN = 0.03
Heights = tuple[float, float]


@dataclass(frozen=True)
class HeightRule:
    """How the y axis of a plot is chosen.

    Attributes:
        log: in powers of ten; what is not above zero has no place then.
        clip: rare outliers may lie outside.
        fits: around what is seen, rather than from zero on.
        highest: where a whole axis ends, as 100 % does; None: above the numbers.
    """

    log: bool = False
    clip: bool = True
    fits: bool = False
    highest: float | None = None


def visible(x: Numbers, values: NDArray[np.floating], axis: Axis) -> NDArray[np.floating]:
    """The numbers that lie between the ends of an x axis."""
    return values[np.searchsorted(x, axis.low) : np.searchsorted(x, axis.high, "right")]


def heights_of(
    data: CurveData,
    trend: NDArray[np.float32],
    overlays: Iterable[tuple[Overlay, NDArray[np.float32]]],
    bands: Iterable[Band],
    *,
    axis: Axis,
    rule: HeightRule,
) -> Heights:
    """The ends of the y axis for what is seen on an x axis, round numbers so that they change in steps."""
    batches, steady = visible(data.ends, data.batches, axis), trend[shown_of(data.ends, axis.low, axis.high)]
    others = [*_of_epochs((data.train, data.validation), axis)]
    for overlay, smooth in overlays:
        others += [smooth[shown_of(overlay.ends, axis.low, axis.high)], *_of_epochs((overlay.validation,), axis)]
    for band in bands:
        others += [some_of(visible(band.x, each, axis)) for each in (band.low, band.high)]
    ranges = [_range(batches, steady, rule)]
    if others:
        # Each epoch is worth more than a batch, so few are never left out.
        pooled = np.concatenate(others)
        ranges.append(_range(pooled, pooled, rule))
    known = [each for each in ranges if each is not None]
    if not known:
        return (0.1, 1.0) if rule.log else (0.0, rule.highest or 1.0)
    low, high = min(each[0] for each in known), max(each[1] for each in known)
    return _log_ends(low, high) if rule.log else _even_ends(low, high, rule)


def _of_epochs(rows: tuple[tuple[float, ...], ...], axis: Axis) -> Iterable[NDArray[np.floating]]:
    for values in rows:
        first, last = max(0, math.ceil(axis.low) - 1), max(0, math.floor(axis.high))
        yield np.array(values[first:last], np.float64)


def _range(values: NDArray[np.floating], trend: NDArray[np.floating], rule: HeightRule) -> Heights | None:
    values = some_of(values) if rule.clip else values
    if not rule.log:
        return worth_seeing(values, trend, rule.clip)
    with np.errstate(all="ignore"):
        return worth_seeing(np.log10(values[values > 0]), np.log10(trend[trend > 0]), rule.clip)


def _log_ends(low: float, high: float) -> Heights:
    bottom, top = round_down(10.0**low), round_up(10.0**high)
    if top / bottom < 2:
        bottom, top = bottom / 2, top * 2
    room = (top / bottom) ** MARGIN
    return bottom / room, top * room


def _even_ends(low: float, high: float, rule: HeightRule) -> Heights:
    if not rule.fits:
        bottom = 0.0 if low >= 0 else -round_up(-low)
        top = rule.highest if rule.highest is not None else round_up(high) if high > 0 or bottom == 0 else 0.0
    else:
        step = round_step(max((high - low) / 4, abs(high) * 1e-6))
        bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        if top <= bottom:
            bottom, top = bottom - step, top + step
        bottom = max(bottom, 0.0) if low >= 0 else bottom
        top = min(top, rule.highest) if rule.highest is not None and high <= rule.highest else top
    room = (top - bottom) * MARGIN
    return bottom - room, top + room
