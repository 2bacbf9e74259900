"""A person looks through pictures with filters, orders and a network's answers, and mends labels in any order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMenu, QSplitter, QTabBar

from lepton_studio.engine import Predictor, Samples, bundled_run
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.hand_labels import labels_file, read_hand_labels
from lepton_studio.gui import relabelling

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def browser(hand: Any) -> Any:
    hand.go("data_page")
    return hand.window.page("data_page").browser


def click(hand: Any, position: int, held: Any = Qt.KeyboardModifier.NoModifier, right: bool = False) -> None:
    grid = hand.find("thumbnail_grid")
    bar = grid.verticalScrollBar()
    bar.setValue(bar.value() + grid.place_of(position).y() - grid.viewport().height() // 2)
    hand.settle()
    side = Qt.MouseButton.RightButton if right else Qt.MouseButton.LeftButton
    QTest.mouseClick(grid.viewport(), side, held, QPoint(grid.place_of(position)))


def shown(hand: Any) -> list[int]:
    return hand.find("thumbnail_grid")._shown.indices.tolist()


def test_another_network_leaves_the_place_where_a_person_is(hand: Any, browser: Any) -> None:
    click(hand, 321)
    hand.session.choose(hand.session.chosen)
    assert browser.grid.chosen() == 321


def test_the_right_button_takes_the_picture_under_the_mouse(hand: Any, browser: Any) -> None:
    click(hand, 4)
    click(hand, 5, CTRL)
    click(hand, 5, right=True)
    assert browser.grid.selected().tolist() == [4, 5], "one of the selected stands for all"
    click(hand, 9, right=True)
    assert browser.grid.selected().tolist() == [9]
    assert browser.grid.chosen() == 9


def test_the_menu_relabels_the_picture_under_the_mouse(hand: Any, browser: Any) -> None:
    samples = hand.session.samples
    click(hand, 4)
    click(hand, 9, right=True)
    browser.grid.customContextMenuRequested.emit(browser.grid.place_of(9))
    menu = browser.findChild(QMenu, "label_menu")
    assert menu.actions()[0].text() == "Label as"
    wanted = next(name for name in samples.class_names if name != samples.class_of(9))
    next(action for action in menu.actions() if action.text() == wanted).trigger()
    menu.close()
    assert hand.session.samples.class_of(9) == wanted
    assert hand.session.samples.class_of(4) == samples.class_of(4)


def test_the_picture_at_large_is_one_of_those_that_get_the_label(hand: Any, browser: Any) -> None:
    click(hand, 40)
    click(hand, 41, CTRL)
    hand.choose("order_picker", "By class")
    assert browser.grid.chosen() in (40, 41)
    assert set(browser.grid.selected().tolist()) == {40, 41}


def test_a_network_that_cannot_answer_puts_the_filter_back(hand: Any, browser: Any, monkeypatch: Any) -> None:
    samples = hand.session.samples
    wide = np.repeat(samples.images, 2, axis=3)
    hand.session.loader.replace(replace(samples, images=wide))
    hand.choose("answer_filter", "Answered wrong")
    hand.wait(lambda: "takes pictures of" in hand.window.page("data_page").message.text)
    hand.wait(lambda: browser.filters.answer_filter.currentIndex() == 0)
    assert len(shown(hand)) == len(samples)
    hand.choose("class_filter", samples.class_names[2])
    assert not hand.window.page("data_page").message.text, "it is no longer about what is shown"


def test_cancelled_answers_put_the_filter_back(hand: Any, browser: Any) -> None:
    box = browser.filters.answer_filter
    box.setCurrentIndex(box.findData("wrong"))
    browser.answering.cancel()
    hand.wait(lambda: not browser.answering.runner.isRunning() and browser.answering.progress is None)
    assert box.currentData() != "wrong" or browser.answering.answers() is not None


def test_another_dataset_starts_without_questions_to_a_network(hand: Any, browser: Any) -> None:
    hand.choose("order_picker", "Largest loss first")
    hand.wait(lambda: browser.answering.answers() is not None and browser.answering.progress is None)
    samples = hand.session.samples
    some = np.arange(0, len(samples), 7)
    hand.session.loader.replace(
        replace(samples, images=samples.images[some], labels=samples.labels[some], is_test=samples.is_test[some],
                label_sources=None, origins=None)
    )  # fmt: skip
    assert browser.filters.order_picker.currentData() == "number"
    assert browser.answering.answers() is None, "they were about other pictures"
    assert shown(hand) == list(range(len(some)))


def surest(samples: Samples, label: int, count: int) -> list[int]:
    """Test pictures of a class that the shipped network is surest of: wrong labels of these cannot escape it."""
    places = np.flatnonzero(samples.is_test & (samples.labels == label))
    chances = Predictor(bundled_run()).probabilities(samples.images[places])[:, label]
    return [int(at) for at in places[np.argsort(-chances)][:count]]


def test_a_click_on_a_doubtful_label_stays_there_and_the_button_changes_it(hand: Any, browser: Any) -> None:
    samples = hand.session.samples
    ones, threes = (surest(samples, label, 3) for label in (1, 3))
    browser.relabelling.relabel_each({"7": ones, "0": threes})
    tabs = hand.find("data_tabs", QTabBar)
    hand.click(tabs, tabs.tabRect(1).center())
    hand.wait(lambda: hand.find("show_insight_suspects").isVisible())
    hand.click("show_insight_suspects")
    insight = hand.find("data_insight")
    panel = insight.suspects
    hand.wait(lambda: len(panel.pictures._positions) > 5 and not insight.runner.isRunning())
    first = int(panel.pictures._positions[0])
    assert first in ones + threes
    QTest.mouseClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=panel.pictures.entry_place(0).center())
    assert tabs.currentIndex() == 1
    hand.click("insight_relabel")
    assert hand.session.samples.class_of(first) == samples.class_of(first)
    assert first not in panel.pictures._positions
    # All that are left, of two classes, are one step to undo.
    panel.pictures.setFocus()
    QTest.keyClick(panel.pictures, Qt.Key.Key_A, CTRL)
    steps = hand.session.undo_stack.count()
    QTest.keyClick(panel.pictures, Qt.Key.Key_Return)
    assert hand.session.undo_stack.count() == steps + 1
    assert [hand.session.samples.class_of(at) for at in ones + threes] == ["1"] * 3 + ["3"] * 3
    hand.session.undo_stack.undo()
    assert "7" in {hand.session.samples.class_of(at) for at in ones} or first in ones
    panel.pictures.choose(0)
    hand.click("insight_show")
    assert tabs.currentIndex() == 0
    assert browser.grid.chosen() in ones + threes


def test_labels_that_could_not_be_written_come_with_the_next_change(
    hand: Any, browser: Any, monkeypatch: Any, home: Path
) -> None:
    from lepton_studio.engine.errors import LeptonError

    def full(*_: object) -> None:
        raise LeptonError("The disk is full.", "Make room.")

    samples, dataset = hand.session.samples, BundledDigits()
    names = [name for name in samples.class_names if name not in (samples.class_of(5), samples.class_of(6))]
    with monkeypatch.context() as broken:
        broken.setattr(relabelling, "save_hand_labels", full)
        browser.relabelling.relabel([5], names[0])
        browser.relabelling.relabel([5], names[1])
    assert any("disk is full" in text for text in hand.trouble)
    assert not labels_file(dataset).exists()
    browser.relabelling.relabel([6], names[0])
    kept = {each.at: (each.was, each.label) for each in read_hand_labels(dataset).labels}
    assert kept == {5: (samples.class_of(5), names[1]), 6: (samples.class_of(6), names[0])}


def test_every_picker_has_a_name_and_the_count_tells_what_is_selected(hand: Any, browser: Any) -> None:
    filters = browser.filters
    pickers = (filters.class_filter, filters.split_filter, filters.answer_filter, filters.source_filter,
               filters.order_picker, filters.size_slider)  # fmt: skip
    assert all(picker.accessibleName() for picker in pickers)
    assert hand.session.chosen.record.name in filters.answer_filter.toolTip()
    total = len(hand.session.samples)
    click(hand, 3)
    assert "selected" not in filters.count_label.text()
    browser.grid.setFocus()
    QTest.keyClick(browser.grid, Qt.Key.Key_A, CTRL)
    assert filters.count_label.text().endswith(f"{total:,} selected".replace(",", "\u202f"))
    hand.choose("class_filter", hand.session.samples.class_names[0])
    assert not filters.count_label.text().startswith(f"{total:,}".replace(",", "\u202f"))


def test_the_pictures_most_like_one_all_stand_in_one_row(hand: Any, browser: Any) -> None:
    hand.window.resize(1280, 720)
    neighbours = browser.inspector.neighbours
    click(hand, 3)
    hand.wait(neighbours.isVisible)
    browser.findChild(QSplitter, "data_splitter").setSizes([2000, 1])
    hand.settle()
    heights = {neighbours.place_of(int(at)).y() for at in neighbours._shown.indices}
    assert len(neighbours._shown) > 3
    assert len(heights) == 1
    assert neighbours.verticalScrollBar().maximum() == 0


def test_pickers_go_on_below_rather_than_being_cut(hand: Any, browser: Any) -> None:
    hand.window.resize(1024, 640)
    browser.relabelling.relabel([1], "3")
    browser.findChild(QSplitter, "data_splitter").setSizes([1, 2000])
    hand.settle()
    filters = browser.filters
    shown = [each for each in filters.findChildren(QComboBox) if each.isVisible()]
    assert len(shown) == 5
    assert all(each.width() >= each.sizeHint().width() for each in shown)
    assert all(filters.rect().contains(each.geometry()) for each in shown)


def test_another_network_is_asked_in_the_place_of_one_that_is_gone(hand: Any, browser: Any) -> None:
    run = hand.train()
    hand.go("data_page")
    box = browser.filters.answer_filter
    box.setCurrentIndex(box.findData("wrong"))
    hand.session.run_deleted(run)
    hand.wait(lambda: not browser.answering.is_under_way and not browser.answering.runner.isRunning())
    hand.settle()
    assert hand.session.chosen.id != run.id
    assert box.currentData() == "wrong"
    answers = browser.answering.answers()
    assert answers is not None
    assert shown(hand) == np.flatnonzero(~answers.is_right).tolist()


def test_what_is_looked_at_outlives_a_change_of_theme_and_size(hand: Any) -> None:
    hand.go("data_page")
    hand.choose("class_filter", "4")
    hand.choose("order_picker", "Shuffled")
    hand.click("order_reverse")
    grid = hand.find("thumbnail_grid")
    QTest.keyClick(grid, Qt.Key.Key_Right)
    grid.set_side(96)
    hand.settle()
    shown, chosen = grid._shown.indices.tolist(), grid.chosen()
    for _ in range(2):
        hand.window.toggle_theme()
        hand.settle()
        # The page before may still wait for its end.
        again = hand.window.page("data_page").browser.grid
        assert again is not grid
        assert again._shown.indices.tolist() == shown
        assert (again.chosen(), again.side()) == (chosen, 96)
    hand.window.page("data_page").tabs.bar.setCurrentIndex(2)
    hand.window.toggle_theme()
    hand.settle()
    assert hand.window.page("data_page").tabs.bar.currentIndex() == 2
    hand.window.toggle_theme()
