"""Points over one axis."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from lepton_studio.gui.widgets.scatter_plot import PlotScale, ScatterPlot, ScatterPoint

POINTS = (
    ScatterPoint("1", 0.001, 2.0, tip="one"),
    ScatterPoint("2", 0.01, 1.0, is_best=True, tip="two"),
    ScatterPoint("3", 0.1, 3.0, is_hollow=True, tip="three"),
)


@pytest.fixture
def plot(qtbot) -> ScatterPlot:
    made = ScatterPlot()
    qtbot.addWidget(made)
    made.resize(360, 240)
    made.show()
    yield made
    made.hide()


def test_points_lie_by_factors_from_left_to_right_and_by_their_number_from_below(plot) -> None:
    plot.show_points(POINTS, ("Rate", "Loss"), log=True)
    one, two, three = (plot.place_of(point.key) for point in POINTS)
    assert two.x() - one.x() == pytest.approx(three.x() - two.x())
    assert three.y() < one.y() < two.y()
    assert plot.accessibleName() == "Loss over Rate"
    assert plot.accessibleDescription() == "two"


def test_categories_stand_side_by_side_in_their_order(plot) -> None:
    points = [ScatterPoint(str(at), word, 1.0 + at) for at, word in enumerate(("sgd", "adam", "lion"))]
    plot.show_points(points, ("Optimizer", "Loss"), categories=("adam", "sgd", "lion"))
    places = [plot.place_of(str(at)).x() for at in range(3)]
    assert places[1] < places[0] < places[2]
    assert places[0] - places[1] == pytest.approx(places[2] - places[0])


def test_a_click_on_a_point_chooses_it_and_one_beside_does_not(plot, qtbot) -> None:
    plot.show_points(POINTS, ("Rate", "Loss"), log=True)
    place = plot.place_of("3").toPoint()
    with qtbot.waitSignal(plot.point_chosen) as chosen:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place + QPoint(2, 2))
    assert chosen.args == ["3"]
    with qtbot.assertNotEmitted(plot.point_chosen):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_one_point_alone_and_none_are_painted_too(plot) -> None:
    plot.set_placeholder("Nothing yet")
    empty = plot.grab().toImage()
    plot.show_points(POINTS[:1], ("Rate", "Loss"))
    one = plot.grab().toImage()
    plot.choose("1")
    assert empty != one
    assert plot.grab().toImage() != one


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=6), st.booleans(), st.integers(1, 9))
def test_a_scale_shows_all_numbers_and_its_ticks_are_on_it(numbers: list[float], log: bool, most: int) -> None:
    scale = PlotScale.around(numbers, log)
    assert all(-1e-6 <= scale.share(number) <= 1 + 1e-6 for number in numbers)
    ticks = scale.ticks(most)
    assert all(-1e-6 <= scale.share(tick) <= 1 + 1e-6 for tick in ticks)
    assert len(ticks) <= most + 2
    assert ticks == sorted(ticks)
    assert all(math.isfinite(tick) for tick in ticks)
