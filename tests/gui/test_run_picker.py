"""The list of trained networks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lepton_studio.gui.widgets.run_picker import RunPicker

RUNS = [("id-1", "First · 98.7 %"), ("id-2", "Second · 45.1 %"), ("id-3", "Second · 45.1 %")]


@pytest.fixture
def picker(qtbot) -> RunPicker:
    widget = RunPicker()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_runs(RUNS, "id-2")
    return widget


@pytest.fixture
def picked(picker) -> list[str]:
    heard: list[str] = []
    picker.run_picked.connect(heard.append)
    return heard


def test_runs_are_listed_and_one_is_shown_without_a_word(picker, picked) -> None:
    assert [picker.itemText(row) for row in range(picker.count())] == [text for _, text in RUNS]
    assert picker.currentData() == "id-2"
    picker.show_runs(RUNS[:2], "id-1")
    assert picker.currentData() == "id-1"
    assert picked == []


def test_a_person_picks_by_key_and_the_id_is_said(picker, picked) -> None:
    picker.setFocus()
    QTest.keyClick(picker, Qt.Key.Key_Down)
    # Two runs of one name are told apart.
    assert picked == ["id-3"]
    QTest.keyClick(picker, Qt.Key.Key_Home)
    assert picked == ["id-3", "id-1"]


def test_a_run_that_is_not_listed_shows_nothing(picker) -> None:
    picker.show_runs(RUNS, "gone")
    assert picker.currentIndex() == -1
    picker.show_runs([], "")
    assert picker.count() == 0


def test_the_list_is_made_true_before_it_opens(picker, qtbot) -> None:
    picker.list_wanted.connect(lambda: picker.show_runs([*RUNS, ("id-4", "Newest")], "id-2"))
    with qtbot.waitSignal(picker.list_wanted):
        picker.showPopup()
    assert picker.count() == 4
    assert picker.currentData() == "id-2"
    picker.hidePopup()


def test_the_picker_says_what_it_is(picker) -> None:
    assert picker.accessibleName() == "Trained network"
