"""Axes of plots: there and back, in even steps and in powers of ten, with round figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.gui.widgets.curve_axis import Axis, round_down, round_step, round_up, written

heights = st.floats(1e-6, 1e6)


@given(heights, st.floats(1.1, 1e6), st.floats(-0.5, 1.5), st.booleans())
def test_a_number_comes_back_from_its_pixel(low: float, factor: float, share: float, log: bool) -> None:
    axis = Axis(low, low * factor, 300.0, 20.0, log)
    pixel = 300.0 - 280.0 * share
    assert axis.pixel(axis.value(pixel)) == pytest.approx(pixel, abs=1e-3)
    np.testing.assert_allclose(axis.pixels(np.array([axis.value(pixel)])), axis.pixel(axis.value(pixel)), atol=1e-6)


@given(heights, st.floats(1.05, 1e8), st.integers(20, 900), st.booleans())
def test_figures_are_inside_told_apart_and_not_too_many(low: float, factor: float, size: int, log: bool) -> None:
    axis = Axis(low, low * factor, float(size), 0.0, log)
    ticks = axis.ticks(30.0)
    values = [value for value, _ in ticks]
    assert values == sorted(set(values))
    assert all(low * 0.998 <= value <= low * factor * 1.002 for value in values)
    assert len(values) <= size / 30 + 3
    assert len({text for _, text in ticks}) == len(ticks)
    for value, text in ticks:
        assert float(text) == pytest.approx(value, rel=2e-3)


def test_powers_of_ten_are_equally_far_apart() -> None:
    axis = Axis(0.001, 10, 400.0, 0.0, log=True)
    assert [axis.pixel(value) for value in (0.001, 0.01, 0.1, 1, 10)] == pytest.approx([400, 300, 200, 100, 0])
    assert [text for _, text in axis.ticks(80)] == ["0.001", "0.01", "0.1", "1", "10"]
    assert [text for _, text in Axis(0.1, 1, 300.0, 0.0, log=True).ticks(60)] == ["0.1", "0.2", "0.5", "1"]


def test_what_has_no_logarithm_lies_outside_and_breaks_nothing() -> None:
    axis = Axis(0.01, 1, 200.0, 0.0, log=True)
    pixels = axis.pixels(np.array([0.0, -3.0, np.inf, -np.inf, np.nan, 0.1]))
    assert (pixels[[0, 1, 3]] > 200).all()
    assert pixels[2] < 0
    assert np.isnan(pixels[4])
    assert pixels[5] == pytest.approx(100)
    assert np.isfinite(pixels[[0, 1, 2, 3]]).all()


def test_closer_looks_stay_where_the_pointer_is() -> None:
    axis = Axis(0, 10, 100.0, 200.0)
    low, high = axis.zoomed(0.5, 130.0)
    assert Axis(low, high, 100.0, 200.0).value(130.0) == pytest.approx(axis.value(130.0))
    assert high - low == pytest.approx(5)
    assert axis.moved(10.0) == pytest.approx((-1, 9))


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 1e-6), (0.09, 0.1), (0.1, 0.1), (2.31, 2.5), (2.5, 2.5), (7.0, 8.0), (99.0, 100.0)]
)
def test_an_axis_ends_at_a_round_number_above_the_highest(value: float, top: float) -> None:
    assert round_up(value) == pytest.approx(top)


@given(heights)
def test_round_numbers_are_on_their_side(value: float) -> None:
    assert round_down(value) <= value * (1 + 1e-6) <= round_up(value) * (1 + 1e-5)
    assert value <= round_step(value) * (1 + 1e-6) <= 2.6 * value


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.0, 0.1, "0"), (0.1, 0.1, "0.1"), (2.5, 2.5, "2.5"), (5.0, 2.5, "5.0"), (20.0, 10.0, "20"), (1e-5, 0, "1e-5"),
        (2e6, 0, "2e6"), (0.5, 0, "0.5"), (12.3456, 0, "12.35"), (123456.0, 0, "123456"), (float("nan"), 0, "nan"),
    ],
)  # fmt: skip
def test_figures_are_as_short_as_can_be(value: float, step: float, text: str) -> None:
    assert written(value, step) == text
