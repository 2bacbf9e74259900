"""Build: LeNet-5 from an empty stack, by mouse and again by keyboard; broken and mended; undone and done again."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QPushButton, QStyle, QStyleOptionSpinBox

from lepton_studio.engine import Layer, preset
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui.widgets.number_edit import NumberEdit

LENET = preset("lenet5").layers


def built(hand: Any) -> tuple[Layer, ...]:
    return hand.session.experiment.architecture.layers  # type: ignore[no-any-return]


def settings_of(layer: Layer) -> list[tuple[str, Any]]:
    """The fields that are not as they come, in the order of the form."""
    return [
        (field.name, getattr(layer, field.name))
        for field in fields_of(type(layer))
        if not field.hidden and getattr(layer, field.name) != field.default
    ]


def step(editor: NumberEdit, up: bool, by_ten: bool) -> None:
    """Clicks one of the two arrows of a number; with Ctrl held it goes ten steps."""
    option = QStyleOptionSpinBox()
    editor.initStyleOption(option)
    arrow = QStyle.SubControl.SC_SpinBoxUp if up else QStyle.SubControl.SC_SpinBoxDown
    place = editor.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, arrow, editor)
    modifier = Qt.KeyboardModifier.ControlModifier if by_ten else Qt.KeyboardModifier.NoModifier
    assert editor.isVisible()
    QTest.mouseClick(editor, Qt.MouseButton.LeftButton, modifier, place.center())


@pytest.fixture
def empty(hand: Any) -> Any:
    """The Build page with an empty stack."""
    hand.go("build_page")
    stack = hand.find("layer_stack", QListWidget)
    hand.click_row(stack, 1)
    hand.control(Qt.Key.Key_A)
    hand.click("layer_remove")
    assert built(hand) == ()
    assert not hand.find("build_next", QPushButton).isEnabled()
    return hand


def test_lenet_5_is_built_from_empty_by_mouse(empty: Any) -> None:
    for layer in LENET:
        empty.add_layer(layer.title)
        for name, value in settings_of(layer):
            editor = empty.find(f"field_{name}", NumberEdit)
            while (left := value - editor.value()) != 0:
                step(editor, left > 0, abs(left) >= 10)
    assert built(empty) == LENET
    assert empty.find("build_next", QPushButton).isEnabled()
    assert empty.find("go_build_page").state == "61\u202f706 parameters"


def test_lenet_5_is_built_from_empty_by_keyboard(empty: Any) -> None:
    empty.find("layer_stack", QListWidget).setFocus()
    for layer in LENET:
        empty.press(Qt.Key.Key_Insert)
        assert empty.find("palette_search").hasFocus()
        empty.type(layer.title)
        empty.press(Qt.Key.Key_Return)
        empty.press(Qt.Key.Key_F2)
        for name, value in settings_of(layer):
            editor = empty.find(f"field_{name}", NumberEdit)
            presses = 0
            while not editor.hasFocus():
                empty.press(Qt.Key.Key_Tab)
                presses += 1
                assert presses < 20
            empty.control(Qt.Key.Key_A)
            empty.type(str(value))
            empty.press(Qt.Key.Key_Return)
        empty.press(Qt.Key.Key_Escape)
        assert empty.find("layer_stack").hasFocus()
    assert built(empty) == LENET
    assert empty.find("build_next", QPushButton).isEnabled()


def test_a_broken_lenet_5_says_what_is_wrong_and_is_mended_by_one_click(hand: Any) -> None:
    hand.go("build_page")
    hand.choose("architecture_picker", "LeNet-5")
    stack = hand.find("layer_stack", QListWidget)
    hand.click_row(stack, 4)
    editor = hand.find("field_kernel_size", NumberEdit)
    hand.click("field_kernel_size")
    editor.selectAll()
    hand.type("17")
    hand.press(Qt.Key.Key_Return)
    assert hand.says("The picture is 14 × 14 here, a 17 × 17 window does not fit")
    assert stack.item(4).data(Qt.ItemDataRole.UserRole).error
    assert not hand.find("build_next", QPushButton).isEnabled()
    broken = built(hand)
    fix = hand.fix(0)
    hand.click(fix)
    assert built(hand) != broken
    assert not hand.find("fix_offers").isVisible()
    assert hand.find("build_next", QPushButton).isEnabled()
    hand.control(Qt.Key.Key_Z)
    assert built(hand) == broken


def test_the_classic_slip_of_lenet_is_mended_by_letting_the_layer_take_what_comes(hand: Any) -> None:
    hand.go("build_page")
    stack = hand.find("layer_stack", QListWidget)
    first_linear = next(
        row for row in range(stack.count()) if stack.item(row).data(Qt.ItemDataRole.UserRole).title == "Linear"
    )
    hand.click_row(stack, first_linear)
    before = built(hand)
    hand.click("field_inputs")
    hand.find("field_inputs", NumberEdit).selectAll()
    hand.type(str(64 * 4 * 4))
    hand.press(Qt.Key.Key_Return)
    assert hand.says("3\u202f136")
    assert hand.says("64 × 7 × 7")
    hand.click(hand.fix(0))
    assert built(hand) == before


def test_everything_can_be_undone_to_empty_and_done_again(empty: Any) -> None:
    for layer in LENET:
        empty.add_layer(layer.title)
    built_up = built(empty)
    assert len(built_up) == len(LENET)
    names = []
    while built(empty):
        names.append(empty.session.undo_stack.undoText())
        empty.control(Qt.Key.Key_Z)
    assert names == [f"Add {layer.title}" for layer in reversed(LENET)]
    while built(empty) != built_up:
        assert empty.session.undo_stack.canRedo()
        QTest.keyClick(
            empty.find("layer_stack"),
            Qt.Key.Key_Z,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
    assert not empty.session.undo_stack.canRedo()
