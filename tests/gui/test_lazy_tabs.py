"""Tabs whose parts come when they are looked at."""

from __future__ import annotations

import pytest
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


def test_every_tab_can_be_reached_however_long_its_word_is(tabs: LazyTabs) -> None:
    tabs.resize(336, 300)
    tabs.show()
    rectangles = [tabs.bar.tabRect(at) for at in range(4)]
    assert all(each.left() >= 0 and each.right() < tabs.bar.width() for each in rectangles)
    assert tabs.bar.tabToolTip(3) == "Layers"


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
