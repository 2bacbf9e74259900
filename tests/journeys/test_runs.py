"""Runs: what was trained, and what can be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QInputDialog, QLabel, QPushButton, QTableWidget

from lepton_studio.engine import list_runs


@pytest.fixture
def table(hand: Any) -> QTableWidget:
    """The table of the Runs page, with one trained network."""
    hand.train()
    hand.go("runs_page")
    table = hand.find("runs_table", QTableWidget)
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == ["MLP"]
    assert hand.find("go_runs_page").state == "1 kept"
    return table


def names(table: QTableWidget) -> list[str]:
    return [table.item(row, 0).text() for row in range(table.rowCount()) if not table.isRowHidden(row)]


def test_before_the_first_training_the_main_button_leads_to_it(hand: Any) -> None:
    hand.go("runs_page")
    assert not hand.find("runs_draw").isVisible()
    hand.click("runs_train")
    assert hand.window.current_page == "train_page"
    hand.train()
    hand.go("runs_page")
    assert hand.find("runs_draw").isVisible()
    assert not hand.find("runs_train").isVisible()


def test_the_tabs_stay_where_they_are_when_one_of_them_is_chosen(hand: Any) -> None:
    hand.go("runs_page")
    tabs = hand.window.page("runs_page").tabs
    places = set()
    for tab in range(3):
        tabs.turn_to(tab)
        hand.settle()
        places.add(tabs.mapTo(hand.window, tabs.rect().topLeft()).toTuple())
    assert len(places) == 1


def test_a_run_is_renamed_and_the_pickers_follow(
    hand: Any, table: QTableWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("My first", True))
    hand.click("runs_rename")
    assert names(table) == ["My first"]
    (run,) = list_runs()
    assert run.record.name == "My first"
    hand.go("draw_page")
    assert hand.find("draw_run_picker", QComboBox).currentText().startswith("My first")


def test_a_rename_that_is_given_up_changes_nothing(
    hand: Any, table: QTableWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in (("Other", False), ("   ", True)):
        monkeypatch.setattr(QInputDialog, "getText", lambda *_args, given=given, **_more: given)
        hand.double_click(table.viewport(), hand.row_place(table, 0).center())
        assert names(table) == ["MLP"]


def test_deleting_asks_first(hand: Any, table: QTableWidget, answers: list[str]) -> None:
    answers.append("Cancel")
    hand.click("runs_delete")
    assert len(list_runs()) == 1
    answers.append("Delete")
    hand.click("runs_delete")
    assert list_runs() == []
    assert table.rowCount() == 0
    assert not hand.find("runs_delete", QPushButton).isEnabled()
    # Whoever drew with it draws with the shipped network from now on.
    assert hand.session.chosen.id == "pen_net"
    assert hand.session.run is None
    hand.go("train_page")
    assert not hand.find("train_progress_text", QLabel).text()
    assert not hand.find("train_result", QLabel).text()
    assert not hand.find("performance_panel").isVisible()
    hand.go("draw_page")
    hand.draw_digit(7)
    hand.settle()
    assert hand.answer()[0] == "7"


def test_a_run_goes_into_a_file_and_comes_back(
    hand: Any, table: QTableWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    file = tmp_path / "kept.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(file), ""))
    hand.click("runs_archive")
    assert file.stat().st_size > 1000
    answers.append("Delete")
    hand.click("runs_delete")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(file), ""))
    hand.click("runs_import")
    hand.wait(lambda: names(table) == ["MLP"])
    hand.click_row(table, 0)
    hand.click("runs_draw")
    assert hand.window.current_page == "draw_page"
    hand.draw_digit(1)
    hand.settle()
    assert hand.answer()[0]


def test_a_file_that_is_no_run_is_told_in_one_line(
    hand: Any, table: QTableWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "holiday.zip"
    file.write_bytes(b"not a zip")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(file), ""))
    hand.click("runs_import")
    hand.wait(lambda: "holiday.zip" in hand.window.page("runs_page").message.text)
    assert names(table) == ["MLP"]


def test_the_table_is_searched(hand: Any, table: QTableWidget) -> None:
    hand.click("runs_search")
    hand.type("lenet")
    assert names(table) == []
    # Nothing can be done to what is not seen.
    assert not hand.find("runs_delete", QPushButton).isEnabled()
    for _ in "lenet":
        hand.press(Qt.Key.Key_Backspace)
    hand.type("mlp")
    assert names(table) == ["MLP"]


def test_the_settings_of_a_run_are_taken_and_undone(hand: Any, table: QTableWidget) -> None:
    before = hand.session.experiment
    hand.action("new").trigger()
    other = hand.session.experiment
    assert other != before
    hand.click_row(table, 0)
    hand.click("runs_use")
    assert hand.session.experiment == before
    assert hand.window.current_page == "train_page"
    hand.control(Qt.Key.Key_Z)
    assert hand.session.experiment == other
