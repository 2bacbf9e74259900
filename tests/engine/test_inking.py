"""From the points of a pen to a smooth line in few pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lepton_studio.engine.inking import Line, bounds, centre_of_mass, curve, evenly, fill_in, paint, smooth
from lepton_studio.engine.strokes import Stroke, box_of, draw_strokes, fit_strokes, render_strokes

# An S as a fast hand leaves it: few points, far apart.
BOW = tuple((0.5 + 0.3 * math.cos(step), 0.1 + 0.1 * step) for step in range(9))


def on_pixels(points: tuple[tuple[float, float], ...], side: int, size: float) -> tuple[tuple[float, float], ...]:
    """The same points drawn ``size`` pixels large with a mouse that knows whole pixels of a canvas of ``side``."""
    return tuple((round(x * size) / side, round(y * size) / side) for x, y in points)


def test_a_curve_begins_and_ends_where_the_pen_did_and_has_no_corner() -> None:
    points = np.array(BOW) * 20
    bent, places = curve(points)
    assert np.allclose(bent[0], points[0])
    assert np.allclose(bent[-1], points[-1])
    assert places[0] == 0
    assert places[-1] == len(points) - 1
    assert np.all(np.diff(places) > 0)
    steps = np.diff(bent, axis=0)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    sharpest = np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi).max()
    raw = np.diff(points, axis=0)
    raw_angles = np.arctan2(raw[:, 1], raw[:, 0])
    assert sharpest < np.abs((np.diff(raw_angles) + np.pi) % (2 * np.pi) - np.pi).max() / 2


@pytest.mark.parametrize("count", [1, 2])
def test_a_dot_and_a_straight_line_stay_what_they_are(count: int) -> None:
    points = np.array([[1.0, 2.0], [7.0, 2.0]])[:count]
    bent, _ = curve(points)
    assert np.array_equal(bent, points)
    even, places = evenly(bent, 0.5)
    assert np.array_equal(even[[0, -1]], points[[0, -1]])
    assert len(places) == (13 if count == 2 else 1)


def test_a_curve_goes_through_points_that_lie_far_apart() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 12.0], [4.0, 3.0]])
    bent, places = curve(points)
    nearest = [np.hypot(*(bent - point).T).min() for point in points]
    assert max(nearest) < 0.2
    assert np.all(np.diff(places) > 0)
    filled, given = fill_in(points, 1.5)
    assert np.array_equal(filled[np.isin(given, range(4))], points)
    assert np.hypot(*np.diff(filled, axis=0).T).max() < 2 * 1.5


def test_only_points_that_lie_far_apart_get_others_between_them() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.3], [8.0, 0.0], [9.0, 0.0]])
    _, given = fill_in(points, 1.5)
    between = given[~np.isin(given, range(5))]
    assert between.min() > 2
    assert between.max() < 3
    assert np.array_equal(fill_in(points, 7.0)[0], points)


def test_points_put_into_a_straight_line_lie_on_it() -> None:
    line = np.array([[0.0, 0.0], [1.0, 1.0], [6.0, 6.0], [14.0, 14.0]])
    filled, _ = fill_in(line, 1.5)
    assert np.allclose(filled[:, 0], filled[:, 1])
    assert np.all(np.diff(filled[:, 0]) > 0)


def test_smoothing_takes_the_stairs_out_of_a_slope_and_leaves_its_ends() -> None:
    stairs = np.array([[step, round(step / 3)] for step in range(16)], dtype=float)
    even, _ = evenly(stairs, 0.2)
    smoothed = smooth(even, 0.2, 1.0)
    assert np.allclose(smoothed[[0, -1]], even[[0, -1]])
    off = np.abs(even[:, 1] - even[:, 0] / 3).max(), np.abs(smoothed[:, 1] - smoothed[:, 0] / 3).max()
    assert off[1] < off[0] / 2


def test_a_line_is_as_thick_as_its_pen_and_grey_only_at_its_edges() -> None:
    line = Line(np.stack([np.arange(5, 25, 0.3), np.full(67, 14.5)], axis=1), np.full(67, 1.5))
    picture = paint((line,), 28, 28)
    assert picture[:, 10:20].sum(axis=0) / 255 == pytest.approx([3.0] * 10, abs=0.1)
    assert picture[14, 10:20].tolist() == [255] * 10
    assert not picture[:12].any()
    assert centre_of_mass(picture)[1] == pytest.approx(14.5, abs=0.01)


def test_what_lies_outside_of_a_picture_is_left_out() -> None:
    inside = Line(np.array([[5.0, 5.0]]), np.array([1.0]))
    outside = Line(np.array([[-300.0, 5.0], [5.0, 4000.0]]), np.array([1.0, 3.0]))
    assert np.array_equal(paint((inside, outside), 20, 10), paint((inside,), 20, 10))


def test_a_tiny_drawing_looks_like_a_large_one() -> None:
    large = render_strokes((Stroke(on_pixels(BOW, 400, 350), 0.02),))
    tiny = render_strokes((Stroke(on_pixels(BOW, 400, 30), 0.002),))
    assert np.corrcoef(large.ravel().astype(float), tiny.ravel().astype(float))[0, 1] > 0.95


def test_a_tiny_digit_with_a_thick_brush_is_no_dot() -> None:
    points = tuple((0.5 + 0.02 * x, 0.5 + 0.02 * y) for x, y in BOW)
    rows = np.flatnonzero(render_strokes((Stroke(points, 0.1),))[0].max(axis=1))
    assert np.ptp(rows) > 15
    trembled = ((0.5, 0.5), (0.505, 0.5), (0.505, 0.502))
    assert np.ptp(np.flatnonzero(render_strokes((Stroke(trembled, 0.1),))[0].max(axis=1))) < 5


def test_a_firm_pen_draws_a_thicker_line_than_a_light_one() -> None:
    points = tuple((0.1 + 0.02 * step, 0.5) for step in range(41))
    swelling = render_strokes((Stroke(points, 0.08, tuple(step / 40 for step in range(41))),))[0] / 255
    left, right = swelling[:, 6:9].sum(axis=0).mean(), swelling[:, -9:-6].sum(axis=0).mean()
    assert right > left * 1.2
    even = render_strokes((Stroke(points, 0.08),))
    assert np.array_equal(even, render_strokes((Stroke(points, 0.08, (0.5,) * 41),)))


def test_a_drawing_fits_the_box_before_it_is_centred() -> None:
    lines = fit_strokes((Stroke(BOW, 0.05), Stroke((), 0.05)), (1, 28, 28))
    low, high = bounds(lines)
    assert low == pytest.approx([0, 0], abs=0.2)
    assert max(high) == pytest.approx(20, abs=0.2)
    assert fit_strokes((Stroke((), 0.05),), (1, 28, 28)) == ()


def test_a_drawing_is_also_drawn_where_it_is() -> None:
    picture = draw_strokes((Stroke(((0.25, 0.25), (0.25, 0.5)), 0.1), Stroke((), 0.1)), 100)
    rows, columns = np.nonzero(picture > 127)
    assert (rows.min(), rows.max()) == pytest.approx((20, 54), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((20, 29), abs=1)
    assert box_of((Stroke(((0.25, 0.25), (0.25, 0.5)), 0.1),)) == (0.25, 0.25, 0.25, 0.5)
    assert box_of(()) is None
    assert not draw_strokes((), 10).any()
