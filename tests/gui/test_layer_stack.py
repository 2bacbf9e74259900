"""The stack of layers: rows, the chosen one, keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.layer_stack import LayerStack, StackRow

ROWS = [
    StackRow((), "Input", "one picture", "1 × 28 × 28"),
    StackRow((0,), "Convolution", "channels 8", "8 × 26 × 26", "80 parameters"),
    StackRow((1,), "Residual", "", "8 × 26 × 26"),
    StackRow((1, 0), "ReLU", "", "8 × 26 × 26"),
    StackRow((2,), "Linear", "outputs 10", "", "", "It takes a flat input."),
]


@pytest.fixture
def stack(qtbot) -> LayerStack:
    widget = LayerStack()
    qtbot.addWidget(widget)
    widget.resize(400, 400)
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_rows(ROWS, (0,))
    return widget


@pytest.fixture
def heard(stack) -> list[object]:
    said: list[object] = []
    stack.layer_chosen.connect(said.append)
    stack.remove_wanted.connect(lambda: said.append("remove"))
    stack.move_wanted.connect(said.append)
    return said


def click(stack: LayerStack, row: int) -> None:
    place = stack.visualItemRect(stack.item(row)).center()
    QTest.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_rows_are_shown_and_one_is_chosen_without_a_word(stack, heard) -> None:
    assert stack.count() == 5
    assert stack.chosen_path == (0,)
    stack.show_rows(ROWS[:3], (1,))
    assert stack.count() == 3
    assert stack.chosen_path == (1,)
    stack.show_rows(ROWS, (1, 0))
    assert stack.chosen_path == (1, 0)
    assert heard == []


def test_a_click_chooses_a_layer(stack, heard) -> None:
    click(stack, 3)
    assert heard == [(1, 0)]
    click(stack, 0)
    assert heard == [(1, 0), ()]
    assert stack.chosen_path == ()


def test_keys_go_up_and_down_take_out_and_move(stack, heard) -> None:
    stack.setFocus()
    QTest.keyClick(stack, Qt.Key.Key_Down)
    assert heard == [(1,)]
    QTest.keyClick(stack, Qt.Key.Key_Delete)
    QTest.keyClick(stack, Qt.Key.Key_Backspace)
    QTest.keyClick(stack, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(stack, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert heard[1:] == ["remove", "remove", -1, 1]


def test_screen_readers_and_tips_hear_what_is_painted(stack) -> None:
    assert stack.item(1).text() == "Convolution channels 8 8 × 26 × 26"
    assert stack.item(4).toolTip() == "It takes a flat input."
    assert stack.accessibleName() == "Layers"


def test_a_layer_that_does_not_fit_is_marked(stack) -> None:
    image = stack.viewport().grab().toImage()
    bad = QColor(theme.tokens().bad)
    area = stack.visualItemRect(stack.item(4))
    row = [image.pixelColor(x, area.center().y()) for x in range(area.left(), area.left() + 20)]
    assert bad in row
    area = stack.visualItemRect(stack.item(2))
    assert bad not in [image.pixelColor(x, area.center().y()) for x in range(area.left(), area.left() + 20)]


def test_what_is_inside_a_layer_is_indented(stack) -> None:
    image = stack.viewport().grab().toImage()

    def edge(row: int) -> int:
        y = stack.visualItemRect(stack.item(row)).center().y()
        return next(x for x in range(400) if image.pixelColor(x, y) == QColor(theme.tokens().line))

    assert edge(3) >= edge(2) + 15


def test_an_unknown_path_leaves_the_choice_as_it_is(stack, heard) -> None:
    stack.show_rows(ROWS, (7, 7))
    assert stack.chosen_path == (0,)
    assert heard == []


def test_an_empty_stack_has_nothing_chosen(stack) -> None:
    stack.show_rows([], ())
    assert stack.chosen_path == ()
    stack.grab()


@pytest.mark.parametrize("width", [60, 180, 1000])
def test_long_words_are_cut_at_any_width(stack, width) -> None:
    stack.setMinimumWidth(1)
    stack.resize(width, 300)
    long = "very " * 50
    stack.show_rows([StackRow((0,), long, long, long, long), StackRow((1,), long, long, error=long)], (0,))
    stack.grab()
    # However long its words, a row is not wider than its room (but for stacks narrower than any page makes them),
    # and there is no bar to scroll there.
    assert stack.visualItemRect(stack.item(0)).width() <= max(120, stack.viewport().width())
    assert not stack.horizontalScrollBar().isVisible()
