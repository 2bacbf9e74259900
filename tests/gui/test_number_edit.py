"""One number of a spec: its steps, its range, and what people type."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio.engine.fields import Field
from lepton_studio.gui.widgets.number_edit import NumberEdit

RATE = Field("rate", "Rate", "number", 0.001, 1e-6, 10.0, logarithmic=True)
SHARE = Field("share", "Share", "number", 0.1, 0.0, 0.9)
COUNT = Field("count", "Count", "integer", 64, 1, 65_536, unit="images")


@pytest.fixture
def make(qtbot) -> Callable[[Field, float], NumberEdit]:
    def made(field: Field, value: float) -> NumberEdit:
        window = QWidget()
        edit = NumberEdit(field, window)
        edit.setValue(value)
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        # Qt keeps no reference to the window of Python's.
        edit.window_kept = window
        return edit

    return made


def type_in(edit: NumberEdit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def turn_wheel(widget: QWidget, turn: int = 120) -> bool:
    """Turns the wheel above a widget; whether it took it."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_logarithmic_steps_go_1_2_5(make) -> None:
    edit = make(RATE, 0.001)
    up = []
    for _ in range(5):
        edit.stepBy(1)
        up.append(edit.value())
    assert up == pytest.approx([0.002, 0.005, 0.01, 0.02, 0.05], rel=1e-9)
    edit.stepBy(-6)
    assert edit.value() == pytest.approx(0.0005, rel=1e-9)


@pytest.mark.parametrize(("start", "up", "down"), [(0.003, 0.005, 0.002), (0.7, 1, 0.5), (0.00999999, 0.01, 0.005)])
def test_steps_from_a_number_between_go_to_its_neighbours(make, start, up, down) -> None:
    edit = make(RATE, start)
    edit.stepBy(1)
    assert edit.value() == pytest.approx(up, rel=1e-9)
    edit.setValue(start)
    edit.stepBy(-1)
    assert edit.value() == pytest.approx(down, rel=1e-9)


def test_steps_stay_in_the_range(make) -> None:
    edit = make(RATE, 10.0)
    edit.stepBy(1)
    assert edit.value() == 10.0
    edit.setValue(1e-6)
    edit.stepBy(-1)
    assert edit.value() == 1e-6


def test_a_logarithmic_field_that_may_be_0_comes_from_0_and_goes_back_to_it(make) -> None:
    edit = make(Field("decay", "Decay", "number", 0.0, 0.0, 1.0, logarithmic=True), 0.0)
    edit.stepBy(1)
    assert edit.value() == pytest.approx(1e-6)
    edit.stepBy(-1)
    assert edit.value() == 0.0
    edit.stepBy(-1)
    assert edit.value() == 0.0


@pytest.mark.parametrize(("field", "value", "text"), [
    (RATE, 0.001, "0.001"), (RATE, 1e-5, "1e-05"), (RATE, 1.0, "1"), (SHARE, 0.1, "0.1"), (COUNT, 64, "64 images"),
    (COUNT, 65_536, "65536 images"),
])  # fmt: skip
def test_numbers_are_written_as_people_write_them(make, field, value, text) -> None:
    assert make(field, value).text() == text


@pytest.mark.parametrize(("field", "text", "value"), [
    (SHARE, "0.25", 0.25), (SHARE, "0,25", 0.25), (RATE, "3e-4", 3e-4), (RATE, "0,0003", 3e-4), (COUNT, "128", 128),
])  # fmt: skip
def test_a_typed_number_counts_with_point_or_comma(make, field, text, value) -> None:
    edit = make(field, field.default)
    type_in(edit, text)
    assert edit.value() == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(("field", "text"), [
    (SHARE, "2"), (SHARE, "-1"), (SHARE, "nan"), (SHARE, "inf"), (SHARE, "1e400"), (SHARE, ""), (SHARE, "half"),
    (SHARE, "0.2.3"), (COUNT, "0"), (COUNT, "70000"), (COUNT, "many"),
])  # fmt: skip
def test_what_is_no_number_of_the_range_is_taken_back(make, field, text) -> None:
    edit = make(field, field.default)
    heard = []
    edit.valueChanged.connect(heard.append)
    type_in(edit, text)
    assert edit.value() == field.default
    assert edit.text() == edit.textFromValue(field.default) + edit.suffix()
    assert heard == []


def test_a_number_is_said_when_it_is_finished_and_not_at_each_digit(make) -> None:
    edit = make(COUNT, 64)
    heard = []
    edit.valueChanged.connect(heard.append)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "128")
    assert heard == []
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert heard == [128]


def test_digits_that_are_not_shown_are_kept(make) -> None:
    edit = make(SHARE, 0.123456789)
    assert edit.text() == "0.123457"
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    edit.clearFocus()
    assert edit.value() == pytest.approx(0.123456789, rel=1e-12)


@pytest.mark.parametrize("field", [SHARE, RATE, COUNT], ids=lambda field: field.name)
def test_the_wheel_changes_only_what_has_the_focus(make, field) -> None:
    edit = make(field, field.default)
    edit.clearFocus()
    assert not turn_wheel(edit)
    assert edit.value() == field.default
    edit.setFocus()
    assert turn_wheel(edit)
    assert edit.value() > field.default


def test_a_field_without_ends_takes_large_numbers(make) -> None:
    edit = make(Field("any", "Any", "number", 0.0), 0.0)
    type_in(edit, "-1e9")
    assert edit.value() == -1e9


def test_a_zero_with_a_name_shows_it_and_takes_numbers_and_zero_all_the_same(make) -> None:
    edit = make(Field("some", "Some", "integer", 0, 0, 1000, unit="images", zero="all"), 0)
    assert edit.text() == "all"
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    edit.clearFocus()
    assert (edit.value(), edit.text()) == (0, "all")
    type_in(edit, "250")
    assert (edit.value(), edit.text()) == (250, "250 images")
    type_in(edit, "0")
    assert (edit.value(), edit.text()) == (0, "all")
    edit.stepBy(1)
    assert edit.text() == "1 images"
