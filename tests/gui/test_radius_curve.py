"""Accuracy over radius: points that come one by one and can be chosen by mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.radius_curve import RadiusCurve


@pytest.fixture
def curve(qtbot) -> RadiusCurve:
    curve = RadiusCurve()
    qtbot.addWidget(curve)
    curve.resize(420, 300)
    curve.set_radii((0.0, 0.1, 0.2))
    curve.show()
    qtbot.waitExposed(curve)
    return curve


def known(curve: RadiusCurve, *accuracies: float) -> list[int]:
    """Shows accuracies and returns the list into which chosen points will come."""
    for accuracy in accuracies:
        curve.add_accuracy(accuracy)
    chosen: list[int] = []
    curve.point_chosen.connect(chosen.append)
    return chosen


def test_points_fall_from_left_to_right_inside_the_widget(curve) -> None:
    known(curve, 1.0, 0.5, 0.0)
    points = [curve.point(place) for place in range(3)]
    assert [point.x() for point in points] == sorted(point.x() for point in points)
    assert [point.y() for point in points] == sorted(point.y() for point in points)
    assert all(curve.rect().contains(point.toPoint()) for point in points)


def test_a_click_chooses_the_nearest_point_that_is_known(curve) -> None:
    chosen = known(curve, 1.0, 0.5)
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=curve.point(0).toPoint() + QPoint(3, 60))
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(curve.width() - 3, 150))
    assert chosen == [0, 1]
    assert curve.chosen == 1


def test_arrows_go_from_point_to_point_and_not_beyond(curve) -> None:
    chosen = known(curve, 1.0, 0.5)
    curve.choose(0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(curve, key)
    assert chosen == [1, 0]


def test_nothing_is_chosen_where_nothing_is_known(curve) -> None:
    chosen = known(curve)
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    QTest.keyClick(curve, Qt.Key.Key_Right)
    assert chosen == []


def test_what_is_painted_is_said_in_words(curve) -> None:
    known(curve, 0.97, 0.5)
    assert curve.accessibleDescription() == "radius 0: 97.0 %, radius 0.1: 50.0 %"
    curve.set_radii((0.0, 0.3))
    assert curve.accessibleDescription() == ""
    assert curve.accuracies == ()
    assert curve.chosen == -1


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_point_is_painted_where_it_is_said_to_be(curve, qapp, look) -> None:
    theme.apply_theme(qapp, look, 1.0)
    known(curve, 1.0, 0.5, 0.25)
    painted = curve.grab().toImage()
    assert painted.pixelColor(curve.point(1).toPoint()).name() == theme.tokens().test.lower()
    curve.choose(1)
    assert curve.grab().toImage().pixelColor(curve.point(1).toPoint()).name() == theme.tokens().surface.lower()
