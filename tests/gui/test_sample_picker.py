"""Stepping through samples: all of them, or those of one class."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from lepton_studio.engine import Samples
from lepton_studio.gui.widgets.sample_picker import SamplePicker


@pytest.fixture
def picker(qtbot: Any, tiny_samples: Samples) -> SamplePicker:
    picker = SamplePicker()
    qtbot.addWidget(picker)
    picker.show_samples(tiny_samples.images, tiny_samples.labels, tiny_samples.class_names)
    picker.show()
    return picker


def press(picker: SamplePicker, qtbot: Any, name: str) -> None:
    button = picker.findChild(QToolButton, name)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def pick_class(picker: SamplePicker, index: int) -> None:
    picker.class_picker.setCurrentIndex(index)
    picker.class_picker.activated.emit(index)


def test_back_and_next_go_round(picker: SamplePicker, qtbot: Any) -> None:
    assert picker.position == 0
    press(picker, qtbot, "try_it_next")
    assert picker.position == 1
    press(picker, qtbot, "try_it_before")
    press(picker, qtbot, "try_it_before")
    assert picker.position == 119
    press(picker, qtbot, "try_it_next")
    assert picker.position == 0
    assert picker._label.text() == "north west"


def test_a_class_is_stepped_through_alone(picker: SamplePicker, qtbot: Any, tiny_samples: Samples) -> None:
    pick_class(picker, 3)
    assert picker.position == 2
    for _ in range(3):
        press(picker, qtbot, "try_it_next")
    assert picker.position == 14
    press(picker, qtbot, "try_it_random")
    assert tiny_samples.labels[picker.position] == 2
    assert picker.position != 14
    pick_class(picker, 0)
    before = picker.position
    press(picker, qtbot, "try_it_next")
    assert picker.position == before + 1


def test_each_step_is_said_once_and_none_if_it_leads_nowhere(picker: SamplePicker, qtbot: Any) -> None:
    with qtbot.waitSignal(picker.sample_chosen) as caught:
        press(picker, qtbot, "try_it_next")
    assert caught.args == [1]
    with qtbot.assertNotEmitted(picker.sample_chosen):
        picker.choose(1)
        picker.choose(5000)


def test_the_place_and_the_class_stay_with_the_same_classes(picker: SamplePicker, tiny_samples: Samples) -> None:
    pick_class(picker, 2)
    picker.choose(9)
    picker.show_samples(tiny_samples.images, tiny_samples.labels, tiny_samples.class_names)
    assert picker.position == 9
    assert picker.class_picker.currentText() == "north east"
    picker.show_samples(tiny_samples.images[:4], tiny_samples.labels[:4] * 0, ("one",))
    assert picker.position == 3
    assert picker.class_picker.currentText() == "All classes"


def test_without_samples_there_is_nothing_to_press(picker: SamplePicker, tiny_samples: Samples) -> None:
    picker.show_samples(tiny_samples.images[:0], tiny_samples.labels[:0], tiny_samples.class_names)
    assert not picker.isEnabled()
    assert picker.position == -1
    picker.show_samples(tiny_samples.images, tiny_samples.labels, tiny_samples.class_names)
    assert picker.isEnabled()
    assert picker.position == 0


def test_a_class_without_samples_leaves_the_sample_as_it_is(picker: SamplePicker, tiny_samples: Samples) -> None:
    picker.show_samples(tiny_samples.images[:3], tiny_samples.labels[:3], tiny_samples.class_names)
    pick_class(picker, 4)
    assert picker.position == 0
