"""The card of a class: clicked, pressed and renamed, and it shows what it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QToolButton

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.class_card import ClassCard, Example


@pytest.fixture
def card(qtbot: Any) -> ClassCard:
    made = ClassCard("three", "3")
    qtbot.addWidget(made)
    made.resize(200, made.sizeHint().height())
    made.show()
    qtbot.waitExposed(made)
    return made


def colours(card: ClassCard, rect: tuple[int, int, int, int]) -> set[str]:
    image = card.grab().toImage()
    left, top, width, height = rect
    return {QColor(image.pixel(x, y)).name() for x in range(left, left + width) for y in range(top, top + height)}


def examples_of(card: ClassCard) -> tuple[int, int, int, int]:
    return (7, card.height() - 31, 24, 24)


def test_a_click_and_enter_and_space_choose_it(card: ClassCard, qtbot: Any) -> None:
    for act in (
        lambda: QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(20, 50)),
        lambda: QTest.keyClick(card, Qt.Key.Key_Return),
        lambda: QTest.keyClick(card, Qt.Key.Key_Space),
    ):
        with qtbot.waitSignal(card.clicked):
            act()


def test_the_newest_example_is_painted_first_and_a_wrong_one_is_marked(card: ClassCard) -> None:
    white, grey = np.full((28, 28), 255, np.uint8), np.full((28, 28), 99, np.uint8)
    card.show_class(2, [Example(white), Example(grey)], is_next=False)
    assert colours(card, examples_of(card)) == {"#ffffff"}
    left, top, side, _ = examples_of(card)
    assert colours(card, (left + side + 4, top, side, side)) == {"#636363"}
    card.show_class(2, [Example(white, is_wrong=True)], is_next=False)
    seen = colours(card, examples_of(card))
    assert theme.tokens().bad.lower() in seen
    assert "#ffffff" in seen


def test_the_next_class_and_the_one_just_kept_have_another_frame(card: ClassCard) -> None:
    frame = (1, 20, 2, 20)
    card.clearFocus()
    plain = colours(card, frame)
    card.show_class(0, [], is_next=True)
    assert card.is_next
    asked = colours(card, frame)
    card.set_kept(True)
    kept = colours(card, frame)
    assert len({frozenset(each) for each in (plain, asked, kept)}) == 3
    assert theme.tokens().accent.lower() in asked
    assert theme.tokens().good.lower() in kept


def test_it_says_what_it_is_to_who_cannot_see_it(card: ClassCard) -> None:
    card.show_class(4, [], is_next=False)
    assert card.accessibleName() == "Keep as three, key 3, 4 so far"


@pytest.mark.parametrize("way", ["pencil", "key"])
def test_a_name_is_typed_over_and_taken_with_enter(card: ClassCard, qtbot: Any, way: str) -> None:
    edit = card.findChild(QLineEdit)
    assert edit is not None
    if way == "pencil":
        pencil = card.findChild(QToolButton)
        assert pencil is not None
        with qtbot.assertNotEmitted(card.clicked):
            QTest.mouseClick(pencil, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(card, Qt.Key.Key_F2)
    assert edit.isVisible()
    assert edit.selectedText() == "three"
    QTest.keyClicks(edit, "tree")
    with qtbot.waitSignal(card.renamed) as renamed, qtbot.assertNotEmitted(card.clicked):
        QTest.keyClick(edit, Qt.Key.Key_Return)
    assert renamed.args == ["tree"]
    assert not edit.isVisible()


def test_escape_leaves_the_name(card: ClassCard, qtbot: Any) -> None:
    card.ask_name()
    edit = card.findChild(QLineEdit)
    assert edit is not None
    QTest.keyClicks(edit, "tree")
    with qtbot.assertNotEmitted(card.renamed):
        QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert not edit.isVisible()
