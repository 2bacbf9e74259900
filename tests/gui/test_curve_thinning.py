"""Long rows of numbers, made short enough to draw without losing what is seen of them."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.gui.widgets.curve_thinning import (
    TREND_POINTS,
    Trend,
    few_of,
    peaks,
    shown_of,
    worth_seeing,
)

NOISE = np.random.default_rng(0)


def slow_trend(values: np.ndarray, strength: int) -> list[float]:
    """The definition: number by number, in Python."""
    means: list[float] = []
    last, seen = float("nan"), 0
    for value in values.astype(float):
        if np.isfinite(value):
            last = value if seen == 0 else last + (value - last) * max(1 / strength, 2 / (seen + 1))
            seen += 1
        means.append(last)
    return means


@pytest.mark.parametrize("strength", [1, 5, 15, 200])
@pytest.mark.parametrize("count", [1, 7, 129, 3_000])
def test_the_trend_is_what_its_definition_says(strength: int, count: int) -> None:
    values = NOISE.normal(1, 0.3, count).astype(np.float32)
    values[count // 2 :: 17] = np.nan
    values[count // 3 :: 31] = np.inf
    trend = Trend()
    trend.extend(values, "run", strength)
    np.testing.assert_allclose(trend.values, np.array(slow_trend(values, strength), np.float32), rtol=1e-4)


def test_the_trend_is_the_same_in_one_go_or_in_many() -> None:
    values = NOISE.normal(1, 0.3, 5_000).astype(np.float32)
    whole, grown = Trend(), Trend()
    whole.extend(values, "run", 50)
    for count in (1, 2, 50, 51, 700, 4_000, 5_000):
        grown.extend(values[:count], "run", 50)
    np.testing.assert_allclose(grown.values, whole.values, rtol=1e-5)


@pytest.mark.parametrize("change", ["source", "shorter", "strength"])
def test_another_run_or_strength_begins_anew(change: str) -> None:
    trend = Trend()
    trend.extend(np.full(40, 9, np.float32), "run", 15)
    source, strength, count = ("other" if change == "source" else "run"), (5 if change == "strength" else 15), 30
    trend.extend(np.ones(count if change == "shorter" else 60, np.float32), source, strength)
    np.testing.assert_array_equal(trend.values, 1)


def test_peaks_stay_however_many_numbers_there_are() -> None:
    x = np.arange(100_000) / 1_000
    y = NOISE.normal(0, 0.1, len(x)).astype(np.float32)
    y[54_321], y[77_000] = 8, -5
    shown_x, shown_y = peaks(x, y, 0, 100, 500)
    assert len(shown_x) <= 1_002
    assert (shown_y.max(), shown_y.min()) == (8, -5)
    assert abs(shown_x[shown_y.argmax()] - 54.321) < 0.2
    assert (np.diff(shown_x) >= 0).all()


def test_a_closer_look_shows_every_number_and_one_beyond_either_side() -> None:
    x = np.arange(10_000, dtype=float)
    shown, _ = peaks(x, x, 99.5, 200.5, 500)
    assert (shown[0], shown[-1], len(shown)) == (99, 201, 103)
    places = shown_of(x, 99.5, 200.5)
    assert (places[0], places[-1]) == (99, 201)


def test_what_is_no_number_is_left_out() -> None:
    x, y = peaks(np.arange(5.0), np.array([1, np.nan, 3, np.inf, np.nan]), 0, 4, 100)
    assert (x.tolist(), y.tolist()) == ([0, 2, 3], [1, 3, np.inf])
    numbers = np.full(1_000, np.nan)
    numbers[500] = 1
    assert peaks(np.arange(1_000.0), numbers, 0, 999, 10)[1].tolist() == [1, 1]
    assert len(peaks(np.empty(0), np.empty(0), 0, 1, 10)[0]) == 0


@pytest.mark.parametrize("count", [1, 2, 499, 500, 501, 12_345])
def test_a_thinned_line_has_few_points_and_the_last_of_them(count: int) -> None:
    shown = few_of(count)
    assert len(shown) <= TREND_POINTS
    assert shown[-1] == count - 1
    assert shown[0] < max(1, count / TREND_POINTS) + 1
    assert np.all(np.diff(shown) > 0)


def test_outliers_are_left_outside_but_not_the_way_down() -> None:
    falling = np.linspace(2.3, 0.2, 1_000)
    spiked = falling.copy()
    spiked[600] = 50
    assert worth_seeing(spiked, falling, clip=True)[1] == pytest.approx(2.3, rel=0.05)
    assert worth_seeing(spiked, falling, clip=False) == (pytest.approx(0.2), 50)
    towering = np.concatenate([[1_000.0], np.ones(500)])
    trend = Trend()
    trend.extend(towering.astype(np.float32), "run", 15)
    assert worth_seeing(towering, trend.values, clip=True)[1] == pytest.approx(1)


def test_nothing_finite_has_no_range() -> None:
    nothing = np.array([np.nan, np.inf, -np.inf])
    assert worth_seeing(nothing, nothing, clip=True) is None
    assert worth_seeing(np.empty(0), np.empty(0), clip=False) is None
