"""Right answers over answered pictures: a curve on which mouse and keys choose."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui.widgets.coverage_curve import CoverageCurve

COVERAGES = tuple(percent / 100 for percent in range(50, 101))


@pytest.fixture
def curve(qtbot: Any) -> CoverageCurve:
    made = CoverageCurve()
    qtbot.addWidget(made)
    made.resize(320, 160)
    made.show_curve(COVERAGES, [1 - 0.04 * max(0.0, coverage - 0.7) for coverage in COVERAGES])
    made.choose(0.95)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def chosen(curve: CoverageCurve) -> list[float]:
    found: list[float] = []
    curve.coverage_chosen.connect(found.append)
    return found


def test_the_curve_falls_to_the_right_inside_the_widget(curve: CoverageCurve) -> None:
    points = [curve.point(coverage) for coverage in COVERAGES]
    assert [point.x() for point in points] == sorted(point.x() for point in points)
    assert [point.y() for point in points] == sorted(point.y() for point in points)
    assert all(curve.rect().contains(point.toPoint()) for point in points)


def test_a_click_chooses_the_coverage_below_the_pointer(curve: CoverageCurve, chosen: list[float]) -> None:
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(round(curve.point(0.8).x()), 40))
    assert chosen == [pytest.approx(0.8, abs=0.011)]
    assert curve.chosen == chosen[-1]
    QTest.mouseClick(curve, Qt.MouseButton.RightButton, pos=QPoint(round(curve.point(0.6).x()), 40))
    assert len(chosen) == 1


def test_dragging_goes_on_choosing_and_stays_within_the_ends(curve: CoverageCurve, chosen: list[float]) -> None:
    QTest.mousePress(curve, Qt.MouseButton.LeftButton, pos=curve.point(0.7).toPoint())
    for x in (curve.point(0.6).x(), -500.0, 5000.0):
        place = QPointF(x, 50)
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, place, curve.mapToGlobal(place), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(curve, event)
    QTest.mouseRelease(curve, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert chosen == pytest.approx([0.7, 0.6, 0.5, 1.0], abs=0.011)


def test_keys_move_by_one_percent_by_ten_and_to_the_ends(curve: CoverageCurve, chosen: list[float]) -> None:
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Home):
        QTest.keyClick(curve, key)
    # At the end there is no further.
    assert chosen == pytest.approx([0.94, 0.95, 0.85, 1.0, 0.5])


def test_without_a_curve_nothing_can_be_chosen(curve: CoverageCurve, chosen: list[float]) -> None:
    curve.show_curve((), ())
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(100, 50))
    QTest.keyClick(curve, Qt.Key.Key_Left)
    curve.grab()
    assert chosen == []
    assert curve.accessibleDescription() == ""


def test_it_says_in_words_what_it_shows(curve: CoverageCurve) -> None:
    assert curve.accessibleDescription() == "95% answered: 99.00% right; all answered: 98.80% right"


@pytest.mark.parametrize(
    "accuracies",
    [[1.0] * 51, [0.0] * 51, [0.1 + 0.017 * n for n in range(51)]],
    ids=["all right", "all wrong", "wide"],
)
def test_whatever_the_range_the_curve_lies_inside(curve: CoverageCurve, accuracies: list[float]) -> None:
    curve.show_curve(COVERAGES, accuracies)
    curve.grab()
    assert all(0 <= curve.point(coverage).y() <= curve.height() for coverage in COVERAGES)
