"""Closing and opening again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSplitter

from lepton_studio.engine import default_experiment, list_runs
from lepton_studio.gui.main_window import MainWindow


def test_an_edited_experiment_is_there_again(hand: Any, make_window: Callable[[], MainWindow]) -> None:
    hand.set_small(epochs=7)
    edited = hand.session.experiment
    assert edited != default_experiment()
    hand.window.close()
    assert not hand.window.isVisible()
    again = make_window()
    assert again.session.experiment == edited
    assert not again.session.undo_stack.canUndo()


def test_size_and_splitters_are_there_again(hand: Any, make_window: Callable[[], MainWindow]) -> None:
    # As wide as a window may be on the small screen of the offscreen plugin.
    hand.window.resize(1024, 700)
    splitter = hand.find("data_splitter", QSplitter)
    hand.settle()
    left, right = splitter.sizes()
    splitter.setSizes([left - 60, right + 60])
    hand.settle()
    sizes = splitter.sizes()
    assert sizes[0] < left
    hand.window.close()
    again = make_window()
    hand.wait(lambda: again.session.samples is not None and again.findChild(QSplitter, "data_splitter").isVisible())
    hand.settle()
    assert again.size() == QSize(1024, 700)
    # To a few pixels: the words above the grid may need more room at first.
    assert abs(again.findChild(QSplitter, "data_splitter").sizes()[0] - sizes[0]) < 20


def test_splitters_stay_when_the_theme_changes(hand: Any) -> None:
    splitter = hand.find("data_splitter", QSplitter)
    left, right = splitter.sizes()
    splitter.setSizes([left - 60, right + 60])
    hand.settle()
    sizes = splitter.sizes()
    hand.window.toggle_theme()
    hand.settle()
    assert hand.find("data_splitter", QSplitter).sizes() == sizes
    hand.window.toggle_theme()


def test_each_zoom_has_splitters_of_its_own(hand: Any) -> None:
    hand.window.resize(1280, 720)
    hand.settle()
    before = hand.find("data_splitter", QSplitter).sizes()
    for steps in (2, -2):
        hand.window.change_zoom(steps)
        hand.settle()
    assert hand.find("data_splitter", QSplitter).sizes() == before


def test_a_broken_experiment_is_told_and_kept(home: Path, make_window: Callable[[], MainWindow], qtbot: Any) -> None:
    home.mkdir(parents=True)
    file = home / "current_experiment.json"
    file.write_text('{"format": "lepton-studio experiment", "version": 1, "dataset": {"type": "moon"}}')
    window = make_window()
    assert window.session.experiment == default_experiment()
    text = window.page("data_page").message.text
    assert "current_experiment" in text
    broken = [path for path in home.iterdir() if path != file and "moon" in path.read_text(errors="replace")]
    assert len(broken) == 1, "what was broken is not kept beside"
    # Where it is kept is said, too.
    assert broken[0].name in text


def test_closing_during_a_training_asks_and_keeps_the_run(
    hand: Any, answers: list[str], make_window: Callable[[], MainWindow]
) -> None:
    hand.set_small(epochs=5000)
    hand.go("train_page")
    hand.click("train_start")
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history) > 0)
    answers.append("Go on training")
    hand.window.close()
    assert hand.window.isVisible()
    assert hand.session.training_state == "running"
    answers.append("Stop, keep and close")
    hand.window.close()
    assert not hand.window.isVisible()
    (run,) = list_runs()
    assert run.record.state == "stopped"
    assert len(run.history) > 0
