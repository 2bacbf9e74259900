"""The panel of collecting: it says what a person typed and picked, and lays the cards out as there is room."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from lepton_studio.gui.widgets.collect_panel import CollectPanel


@pytest.fixture
def panel(qtbot: Any) -> CollectPanel:
    made = CollectPanel()
    qtbot.addWidget(made)
    made.show_names(["Alpha", "Beta"], "Beta", "Ana")
    made.show_classes({"one": "1", "two": "2", "three": "3"})
    made.resize(400, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_a_new_name_is_not_turned_into_that_of_another_dataset(panel: CollectPanel, qtbot: Any) -> None:
    line = panel.name_box.lineEdit()
    assert line is not None
    assert line.text() == "Beta"
    line.selectAll()
    QTest.keyClicks(line, "Al")
    with qtbot.waitSignal(panel.name_given) as given:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert given.args == ["Al"]


def test_showing_names_says_nothing(panel: CollectPanel, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(panel.name_given), qtbot.assertNotEmitted(panel.author_given):
        panel.show_names(["Alpha"], "New", "Bo")
    assert (panel.name_box.currentText(), panel.author_edit.text()) == ("New", "Bo")


def test_what_is_typed_and_clicked_is_said(panel: CollectPanel, qtbot: Any) -> None:
    with qtbot.waitSignal(panel.author_given) as author:
        QTest.keyClicks(panel.author_edit, "!")
    assert author.args == ["Ana!"]
    QTest.keyClicks(panel.class_edit, "four")
    with qtbot.waitSignal(panel.class_given) as added:
        QTest.keyClick(panel.class_edit, Qt.Key.Key_Return)
    assert added.args == ["four"]
    button = panel.findChild(QPushButton, "collect_add_class")
    assert button is not None
    with qtbot.waitSignal(panel.class_given):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.class_chosen) as chosen:
        QTest.mouseClick(panel.cards["two"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["two"]
    with qtbot.waitSignal(panel.class_renamed) as renamed:
        panel.cards["two"].renamed.emit("zwei")
    assert renamed.args == ["two", "zwei"]


@pytest.mark.parametrize(("width", "columns"), [(250, 1), (400, 2), (560, 3)])
def test_the_cards_stand_in_as_many_columns_as_there_is_room(panel: CollectPanel, width: int, columns: int) -> None:
    panel.setFixedWidth(max(width, panel.minimumSizeHint().width()))
    for _ in range(3):
        QApplication.processEvents()
    tops = [card.geometry().top() for card in panel.cards.values()]
    assert tops.count(min(tops)) == columns or panel.minimumSizeHint().width() > width


def test_the_same_classes_keep_their_cards_and_others_get_new_ones(panel: CollectPanel) -> None:
    before = dict(panel.cards)
    panel.show_classes({"one": "1", "two": "2", "three": "3"})
    assert panel.cards == before
    panel.show_classes({"two": "2", "one": "1"})
    assert list(panel.cards) == ["two", "one"]
    assert not before["three"].isVisible()
