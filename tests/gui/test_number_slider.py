"""A number with a slider: both show the same, and only the number speaks."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine.fields import about, fields_of
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.number_slider import NumberSlider


class Ranges(msgspec.Struct, frozen=True):
    """Numbers between two ends."""

    share: Annotated[float, about("A share.", low=0, high=1)] = 0.25
    layers: Annotated[int, about("How many.", low=1, high=9)] = 2
    turn: Annotated[float, about("How far.", unit="°", low=0, high=180)] = 10.0


FIELDS = {field.name: field for field in fields_of(Ranges)}


@pytest.fixture
def make(qtbot):
    def made(name: str) -> NumberSlider:
        edit = NumberEdit(FIELDS[name])
        edit.setValue(FIELDS[name].default)
        slider = NumberSlider(edit)
        slider.said = []
        edit.valueChanged.connect(slider.said.append)
        qtbot.addWidget(slider)
        slider.resize(200, 30)
        slider.show()
        qtbot.waitExposed(slider)
        return slider

    return made


@pytest.mark.parametrize("name", FIELDS)
def test_the_slider_reaches_both_ends_and_moves_in_the_steps_of_the_number(make, name: str) -> None:
    slider, field = make(name), FIELDS[name]
    slider.slider.setValue(slider.slider.maximum())
    assert slider.edit.value() == field.maximum
    slider.slider.setValue(0)
    assert slider.edit.value() == field.minimum
    QTest.keyClick(slider.slider, Qt.Key.Key_Right)
    assert slider.edit.value() == field.minimum + slider.edit.singleStep()


def test_a_slid_number_has_no_digits_of_rounding(make) -> None:
    slider = make("share")
    values = []
    for step in range(101):
        slider.slider.setValue(step)
        values.append(slider.edit.value())
    assert values == [round(step * 0.01, 2) for step in range(101)]


def test_the_slider_follows_a_written_number_and_leaves_it_as_it_is(make) -> None:
    slider = make("share")
    slider.edit.setValue(0.503)
    assert slider.slider.value() == 50
    assert slider.edit.value() == 0.503
    assert slider.said == [0.503]


def test_a_dragged_slider_says_each_number_once(make) -> None:
    slider = make("layers")
    slider.slider.setValue(2)
    slider.slider.setValue(3)
    assert slider.said == [3.0, 4.0]


def test_a_drag_with_the_mouse_changes_the_number(make) -> None:
    slider = make("turn")
    middle = slider.slider.height() // 2
    from PySide6.QtWidgets import QStyle, QStyleOptionSlider

    option = QStyleOptionSlider()
    slider.slider.initStyleOption(option)
    handle = slider.slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider.slider
    )
    QTest.mousePress(slider.slider, Qt.MouseButton.LeftButton, pos=handle.center())
    QTest.mouseMove(slider.slider, QPoint(slider.slider.width() - 1, middle))
    QTest.mouseRelease(slider.slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.slider.width() - 1, middle))
    assert slider.edit.value() == 180


def test_the_wheel_passes_by(make) -> None:
    slider = make("turn")
    middle = QPointF(slider.slider.rect().center())
    place = QPointF(slider.slider.mapToGlobal(middle.toPoint()))
    event = QWheelEvent(
        middle, place, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider.slider, event)
    assert slider.edit.value() == 10
