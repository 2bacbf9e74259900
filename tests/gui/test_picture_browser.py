"""Several pictures at once: mouse and keys select as in any file manager."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui.widgets.picture_browser import PictureBrowser

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
COUNT = 40


@pytest.fixture
def browser(qtbot) -> PictureBrowser:
    widget = PictureBrowser()
    qtbot.addWidget(widget)
    widget.resize(420, 320)
    widget.set_side(40)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setFocus()
    images = np.broadcast_to(np.full((1, 1, 8, 8), 90, np.uint8), (COUNT, 1, 8, 8))
    widget.set_pictures(images, np.zeros(COUNT, np.int64), ("cat",), np.arange(COUNT))
    return widget


def click(browser: PictureBrowser, position: int, held: Qt.KeyboardModifier = NONE) -> None:
    place = browser.place_of(position)
    assert place is not None
    QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, held, QPoint(place))


def test_a_click_chooses_one_and_selects_no_others(browser) -> None:
    click(browser, 3)
    assert browser.chosen() == 3
    assert browser.selected().tolist() == [3]


def test_ctrl_adds_and_takes_out(browser, qtbot) -> None:
    click(browser, 2)
    with qtbot.waitSignal(browser.selection_changed):
        click(browser, 5, CTRL)
    assert browser.selected().tolist() == [2, 5]
    click(browser, 9, CTRL)
    click(browser, 5, CTRL)
    assert browser.selected().tolist() == [2, 9]
    click(browser, 4)
    assert browser.selected().tolist() == [4]


@pytest.mark.parametrize(("first", "last"), [(2, 7), (7, 2)])
def test_shift_spans_from_the_one_clicked_before(browser, first: int, last: int) -> None:
    click(browser, first)
    click(browser, last, SHIFT)
    assert browser.selected().tolist() == [2, 3, 4, 5, 6, 7]
    # Another end of the same span, from the same beginning.
    click(browser, first + 1, SHIFT)
    assert browser.selected().tolist() == sorted([first, first + 1])


def test_keys_span_select_all_and_let_go(browser) -> None:
    click(browser, 1)
    QTest.keyClick(browser, Qt.Key.Key_Right, SHIFT)
    QTest.keyClick(browser, Qt.Key.Key_Right, SHIFT)
    assert browser.selected().tolist() == [1, 2, 3]
    QTest.keyClick(browser, Qt.Key.Key_Right)
    assert browser.selected().tolist() == [4]
    QTest.keyClick(browser, Qt.Key.Key_A, CTRL)
    assert browser.selected().tolist() == list(range(COUNT))
    QTest.keyClick(browser, Qt.Key.Key_Escape)
    assert browser.selected().tolist() == [4]
    QTest.keyClick(browser, Qt.Key.Key_Space, CTRL)
    QTest.keyClick(browser, Qt.Key.Key_Home, SHIFT)
    assert browser.selected().tolist() == [0, 1, 2, 3, 4]


def test_what_is_filtered_away_is_not_selected_in_secret(browser) -> None:
    QTest.keyClick(browser, Qt.Key.Key_A, CTRL)
    browser.set_indices(np.array([8, 3, 5]))
    assert browser.selected().tolist() == [8, 3, 5]
    browser.set_indices(np.empty(0, np.int64))
    assert browser.selected().tolist() == []


def test_other_pictures_forget_the_selection(browser) -> None:
    QTest.keyClick(browser, Qt.Key.Key_A, CTRL)
    browser.set_pictures(np.zeros((4, 1, 8, 8), np.uint8), np.zeros(4, np.int64), ("cat",), np.arange(4))
    assert browser.selected().tolist() == []


def test_selected_pictures_look_other(browser) -> None:
    click(browser, 0)
    before = browser.viewport().grab().toImage()
    click(browser, 2, CTRL)
    QApplication.processEvents()
    after = browser.viewport().grab().toImage()
    inside = browser.place_of(2)
    assert before.pixelColor(inside) != after.pixelColor(inside)
    # The first one came along: it was chosen when the second was added.
    assert before.pixelColor(browser.place_of(0)) != after.pixelColor(browser.place_of(0))
    assert before.pixelColor(browser.place_of(3)) == after.pixelColor(browser.place_of(3))
