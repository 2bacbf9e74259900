"""Tabs whose parts come when they are looked at."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from lepton_studio.gui.widgets.lazy_tabs import LazyTabs


@pytest.fixture
def tabs(qtbot) -> LazyTabs:
    made = LazyTabs("some_tabs", expanding=True)
    qtbot.addWidget(made)
    for word in ("Settings", "Steer", "Watch", "Layers"):
        made.add(f"{word} with a long word", word, lambda word=word: QLabel(word))
    return made


def test_a_part_is_made_when_it_is_first_in_front_and_stays(tabs: LazyTabs, qtbot) -> None:
    assert tabs.part(0) is not None
    assert tabs.part(2) is None
    with qtbot.waitSignal(tabs.turned) as turned:
        tabs.turn_to(2)
    assert turned.args == [2]
    made = tabs.part(2)
    tabs.turn_to(0)
    tabs.turn_to(2)
    assert tabs.part(2) is made is not None


def test_words_that_find_no_room_beside_each_other_stand_in_several_rows(tabs: LazyTabs) -> None:
    tabs.resize(336, 300)
    tabs.show()
    QApplication.processEvents()
    assert not tabs.bar.isVisible()
    buttons = tabs.rows.buttons
    tops = [each.mapTo(tabs, each.rect().topLeft()).y() for each in buttons]
    assert tops[0] == tops[1] < tops[2] == tops[3]
    for each in buttons:
        assert each.width() >= each.fontMetrics().horizontalAdvance(each.text()) + 4
        assert 0 <= each.mapTo(tabs, each.rect().topRight()).x() < tabs.width()
    assert buttons[3].toolTip() == "Layers"
    assert tabs.width() == 336
    QTest.mouseClick(buttons[2], Qt.MouseButton.LeftButton)
    assert tabs.tab == 2
    assert [each.isChecked() for each in buttons] == [False, False, True, False]
    tabs.turn_to(3)
    assert tabs.rows.buttons[3].isChecked()
    # With more room they stand side by side again.
    tabs.resize(1200, 300)
    QApplication.processEvents()
    assert tabs.bar.isVisible()
    assert not tabs.rows.isVisible()
    assert tabs.bar.currentIndex() == 3


@pytest.mark.parametrize("width", [272, 320, 700])
def test_short_words_are_whole_in_a_narrow_column(width: int, qtbot) -> None:
    tabs = LazyTabs("many_tabs", expanding=True)
    qtbot.addWidget(tabs)
    words = ("Layers", "Why", "Alike", "Compare", "Doubt", "Teach", "Folder")
    for word in words:
        tabs.add(word, word, lambda word=word: QLabel(word))
    tabs.resize(700, 300)
    tabs.show()
    # They need less with each step, as in a window that is made smaller.
    for _ in range(3):
        QApplication.processEvents()
        tabs.resize(width, 300)
    assert tabs.width() == width
    metrics = tabs.bar.fontMetrics()
    for at, word in enumerate(words):
        # Two pixels around it are the least that the style leaves.
        assert tabs.bar.tabRect(at).width() >= metrics.horizontalAdvance(word) + 4
