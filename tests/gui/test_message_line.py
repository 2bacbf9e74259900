"""The line under the thing that it speaks of."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton, QVBoxLayout, QWidget

from lepton_studio.gui.widgets.message_line import MessageLine


@pytest.fixture
def line(qtbot) -> MessageLine:
    page = QWidget()
    layout = QVBoxLayout(page)
    made = MessageLine()
    layout.addWidget(made)
    qtbot.addWidget(page)
    page.resize(300, 200)
    page.show()
    made.page_kept = page
    return made


def test_a_line_with_nothing_to_say_takes_no_room(line) -> None:
    assert not line.isVisible()
    assert line.text == ""


@pytest.mark.parametrize("role", ["good", "warning", "bad", "second_text"])
def test_a_line_says_what_happened_in_the_manner_of_its_role(line, role) -> None:
    line.say("It is so.", role)
    assert line.isVisible()
    assert line.text == "It is so."
    assert not line._picture.pixmap().isNull()


def test_a_person_can_close_it(line) -> None:
    line.say("It is so.")
    close = line.findChild(QToolButton)
    assert close.accessibleName()
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not line.isVisible()
    assert line.text == ""


def test_the_next_message_replaces_the_last(line) -> None:
    line.say("One.", "good")
    line.say("Two.", "bad")
    assert line.text == "Two."
    line.clear()
    assert line.text == ""


def test_a_long_message_wraps(line) -> None:
    line.say("word " * 100)
    line.page_kept.resize(300, 600)
    assert line._text.heightForWidth(250) > 100


def test_a_message_on_a_page_behind_is_there_when_the_page_comes(line) -> None:
    line.page_kept.hide()
    line.say("It is so.")
    assert line.text == "It is so."
    line.page_kept.show()
    assert line.isVisible()


def test_what_is_offered_can_be_had_by_mouse_and_key(line, qtbot) -> None:
    line.say("It does not fit.", "warning")
    offer = line.findChild(QPushButton, "message_offer")
    assert not offer.isVisible()
    line.offer("Make it fit")
    assert offer.isVisible()
    with qtbot.waitSignal(line.accepted):
        QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    offer.setFocus()
    with qtbot.waitSignal(line.accepted):
        QTest.keyClick(offer, Qt.Key.Key_Return)


def test_another_message_does_not_offer_what_the_last_did(line) -> None:
    line.say("It does not fit.", "warning")
    line.offer("Make it fit")
    line.say("Saved.", "good")
    offer = line.findChild(QPushButton, "message_offer")
    assert not offer.isVisible()
    line.offer("Make it fit")
    line.clear()
    assert not offer.isVisible()
