"""Digits typed on a widget that is no text field."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from lepton_studio.gui.widgets.typed_number import TypedNumber

PLAIN, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def press(number: TypedNumber, key: Qt.Key, text: str = "", modifier: Qt.KeyboardModifier = PLAIN) -> bool:
    return number.take(QKeyEvent(QEvent.Type.KeyPress, key, modifier, text))


@pytest.fixture
def number(qapp) -> TypedNumber:
    return TypedNumber()


def test_digits_add_up_and_backspace_takes_the_last(number) -> None:
    texts = []
    number.text_changed.connect(texts.append)
    assert press(number, Qt.Key.Key_4, "4")
    assert press(number, Qt.Key.Key_2, "2")
    assert press(number, Qt.Key.Key_Backspace, "\b")
    assert texts == ["4", "42", "4"]


def test_another_key_ends_the_number_and_goes_on_to_the_widget(number) -> None:
    press(number, Qt.Key.Key_4, "4")
    assert not press(number, Qt.Key.Key_Left)
    assert number.text() == ""


def test_escape_ends_the_number_and_goes_nowhere_else(number) -> None:
    press(number, Qt.Key.Key_4, "4")
    assert press(number, Qt.Key.Key_Escape, "\x1b")
    assert number.text() == ""
    assert not press(number, Qt.Key.Key_Escape, "\x1b")


def test_shortcuts_and_digits_of_other_scripts_are_no_numbers(number) -> None:
    assert not press(number, Qt.Key.Key_4, "4", CTRL)
    assert not press(number, Qt.Key.Key_unknown, "²")
    assert not press(number, Qt.Key.Key_unknown, "٣")
    assert number.text() == ""


def test_the_number_is_forgotten_after_a_pause(number, qtbot) -> None:
    number._timer.setInterval(1)
    press(number, Qt.Key.Key_4, "4")
    assert number.text() == "4"
    qtbot.waitUntil(lambda: number.text() == "")
