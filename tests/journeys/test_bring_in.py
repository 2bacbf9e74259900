"""Bringing in one's own pictures in any order: what waits for a word is not lost, and every dataset is found again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QInputDialog, QLabel, QLineEdit, QTabBar

from lepton_studio.engine import all_datasets, delete_own
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.datasets.view import View, save_view
from lepton_studio.gui import import_view
from lepton_studio.gui.import_view import ImportView


def make_pictures(folder: Path, classes: tuple[str, ...] = ("a", "b"), each: int = 4) -> Path:
    random = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            picture = random.integers(0, 256, (20, 20), dtype=np.uint8)
            Image.fromarray(picture).save(folder / name / f"{number}.png")
    return folder


def view_of(hand: Any) -> ImportView:
    # The old pages wait for their deletion after a change of theme.
    view = hand.window.page("data_page").tabs.import_view
    assert isinstance(view, ImportView)
    return view


def look_at(hand: Any, *paths: Path) -> ImportView:
    hand.window.page("data_page").look_at(list(paths))
    wait_for_report(hand)
    return view_of(hand)


def wait_for_report(hand: Any) -> None:
    hand.wait(lambda: view_of(hand).report.isVisible() and not view_of(hand).runner.isRunning())


def title(hand: Any) -> str:
    label = view_of(hand).findChild(QLabel, "import_title")
    assert label is not None
    return str(label.text())


def offered(hand: Any, picker: str) -> list[str]:
    box = hand.find(picker, QComboBox)
    return [box.itemText(row) for row in range(box.count())]


def take(hand: Any, folder: Path) -> None:
    view = look_at(hand, folder)
    hand.click(view.report.take_button)
    hand.wait(lambda: not view.is_busy and hand.session.samples is not None)


class Gate:
    """Holds a generator of the engine at its first yield until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self._real = getattr(import_view, name)
        self.reached, self.open = threading.Event(), threading.Event()
        monkeypatch.setattr(import_view, name, self._held)

    def _held(self, *arguments: Any) -> Iterator[Any]:
        for item in self._real(*arguments):
            self.reached.set()
            self.open.wait(60)
            yield item


def test_each_import_is_called_after_what_it_came_from(hand: Any, tmp_path: Path) -> None:
    text = tmp_path / "note.txt"
    text.write_text("no picture")
    view = look_at(hand, text)
    assert not view.report.name_edit.isEnabled()
    assert view.report.take_button.text() == "Take in"
    hand.click("import_discard")
    take(hand, make_pictures(tmp_path / "first"))
    take(hand, make_pictures(tmp_path / "second", ("x", "y", "z")))
    assert {"first", "second"} <= set(all_datasets())
    assert "note" not in all_datasets()


def test_a_typed_name_outlives_another_size(hand: Any, tmp_path: Path) -> None:
    view = look_at(hand, make_pictures(tmp_path / "source"))
    view.report.name_edit.setText("Ours")
    hand.choose("import_side", "48")
    wait_for_report(hand)
    assert view.report.name_edit.text() == "Ours"
    assert view.report.side_picker.currentData() == 48


def test_a_report_outlives_a_change_of_theme_and_size(hand: Any, tmp_path: Path, home: Path) -> None:
    look_at(hand, make_pictures(tmp_path / "source"))
    hand.find("import_name", QLineEdit).setText("Kept")
    hand.go("train_page")
    hand.window.toggle_theme()
    assert hand.window.current_page == "train_page"
    hand.window.show_page("data_page")
    hand.window.change_zoom(1)
    hand.settle()
    assert title(hand) == "8 pictures in 2 classes"
    view = view_of(hand)
    assert view.report.name_edit.text() == "Kept"
    hand.click(view.report.take_button)
    hand.wait(lambda: "Kept" in all_datasets() and not view.is_busy)
    assert not list(home.glob("datasets/.import*"))
    hand.window.change_zoom(-1)
    hand.window.toggle_theme()


def test_a_look_goes_on_after_a_change_of_theme(hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch, "examine")
    hand.window.page("data_page").look_at([make_pictures(tmp_path / "source")])
    hand.wait(gate.reached.is_set)
    gate.open.set()
    hand.window.toggle_theme()
    wait_for_report(hand)
    assert title(hand) == "8 pictures in 2 classes"
    hand.window.toggle_theme()


def test_what_is_dropped_while_others_are_taken_in_waits_for_its_turn(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = look_at(hand, make_pictures(tmp_path / "first"))
    gate = Gate(monkeypatch, "take_in")
    hand.click(view.report.take_button)
    hand.wait(gate.reached.is_set)
    hand.window.page("data_page").look_at([make_pictures(tmp_path / "second", ("x", "y", "z"))])
    gate.open.set()
    hand.wait(lambda: view.report.isVisible() and "3 classes" in title(hand))
    assert "first" in all_datasets()
    assert hand.session.experiment.dataset == all_datasets()["first"]


def test_a_report_that_waits_leaves_nothing_when_the_window_closes(hand: Any, tmp_path: Path, home: Path) -> None:
    view = look_at(hand, make_pictures(tmp_path / "source"))
    examined = view._examined
    assert examined is not None
    hand.window.close()
    assert view._examined is None
    assert examined.store is not None
    assert not examined.store._files
    assert not (home / "datasets").exists() or not list((home / "datasets").iterdir())


def test_one_picture_and_one_class_are_told_in_the_singular(hand: Any, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "source", ("x",), 1)
    (source / "x" / "bad.png").write_bytes(b"no picture")
    view = look_at(hand, source)
    assert title(hand) == "1 picture in 1 class"
    assert hand.says("1 file cannot be used.")
    # Of one picture none is set aside.
    assert not hand.says("One of five")
    hand.click(view.report.take_button)
    hand.wait(lambda: not view.is_busy and hand.session.samples is not None)
    assert hand.says("1 picture brought in as “source”. 1 file was left out.")
    assert hand.window.page("data_page").state_text() == "1 class"
    # It is not said of another dataset.
    hand.session.choose_dataset(BundledDigits())
    assert not hand.says("brought in as")


def test_a_dataset_called_like_one_that_ships_is_still_found(hand: Any, tmp_path: Path) -> None:
    take(hand, make_pictures(tmp_path / "MNIST"))
    assert hand.session.experiment.dataset == ImageFolder("MNIST 2")
    assert len(hand.session.samples) == 8


def test_a_renamed_dataset_is_offered_and_undone_under_its_new_name(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(hand, make_pictures(tmp_path / "old"))
    view = save_view(View("Part", (ImageFolder("old"),), per_class=1))
    hand.session.choose_dataset(view)
    hand.wait(lambda: hand.session.samples is not None)
    page = hand.window.page("data_page")
    page.tabs.bar.setCurrentIndex(3)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_arguments, **_words: ("new", True))
    hand.wait(lambda: hand.find("dataset_rename_old").isEnabled())
    page.tabs.gallery._rename("old")
    # What is looked at shows the dataset under its new name.
    assert hand.session.experiment.dataset == View("Part", (ImageFolder("new"),), per_class=1)
    hand.wait(lambda: hand.session.samples is not None)
    for picker in ("dataset_picker", "train_dataset_picker"):
        assert "new" in offered(hand, picker)
        assert "old" not in offered(hand, picker)
        assert hand.find(picker, QComboBox).currentText() == "Part"
    hand.session.undo_stack.undo()
    assert hand.session.experiment.dataset == ImageFolder("new")
    hand.wait(lambda: hand.session.samples is not None)
    hand.session.undo_stack.undo()
    assert hand.session.experiment.dataset == BundledDigits()
    assert hand.trouble == []


def test_a_dataset_that_another_window_deleted_is_not_offered_any_more(hand: Any, tmp_path: Path) -> None:
    take(hand, make_pictures(tmp_path / "gone"))
    hand.session.choose_dataset(BundledDigits())
    delete_own(ImageFolder("gone"))
    picker = hand.find("dataset_picker", QComboBox)
    picker.setCurrentIndex(picker.findText("gone"))
    picker.activated.emit(picker.currentIndex())
    assert hand.session.experiment.dataset == BundledDigits()
    assert "gone" not in offered(hand, "dataset_picker")
    assert hand.find("dataset_picker", QComboBox).currentText() == "Bundled digits"


def test_cancel_forgets_what_was_dropped_meanwhile(hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_pictures(tmp_path / "first"), make_pictures(tmp_path / "second")
    gate = Gate(monkeypatch, "examine")
    page = hand.window.page("data_page")
    page.look_at([first])
    hand.wait(gate.reached.is_set)
    page.look_at([second])
    hand.click(view_of(hand).busy_view.cancel_button)
    gate.open.set()
    hand.wait(lambda: not view_of(hand).is_busy)
    assert hand.find("thumbnail_grid").isVisible()


def test_the_other_tabs_can_be_looked_at_while_a_report_waits(hand: Any, tmp_path: Path) -> None:
    look_at(hand, make_pictures(tmp_path / "source"))
    bar = hand.find("data_tabs", QTabBar)
    assert [bar.tabText(at) for at in range(bar.count())][-1] == "Import"
    hand.click(bar, bar.tabRect(3).center())
    assert hand.find("dataset_search").isVisible()
    assert not view_of(hand).isVisible()
    # A change of what is loaded does not take the report to the front either.
    hand.session.load_dataset()
    hand.wait(lambda: hand.session.samples is not None)
    assert hand.find("dataset_search").isVisible()
    hand.click(bar, bar.tabRect(4).center())
    hand.click("import_take")
    hand.wait(lambda: not view_of(hand).is_busy and hand.session.samples is not None)
    assert (bar.count(), bar.currentIndex()) == (4, 0)
    assert hand.find("thumbnail_grid").isVisible()


def test_the_keyboard_gets_through_a_report_and_enter_takes_it(hand: Any, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "source")
    (source / "a" / "bad.png").write_bytes(b"no picture")
    view = look_at(hand, source)
    # A reason that has no room can be read in full.
    assert view.report.files.item(0, 2).toolTip() == "a/bad.png\nis no image that can be read"
    view.report.discard_button.setFocus()
    reached = []
    for _ in range(12):
        hand.press(Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget().objectName())
    assert {"import_take", "import_pictures", "import_name", "import_classes", "import_files"} <= set(reached)
    view.report.name_edit.setFocus()
    view.report.name_edit.selectAll()
    hand.type("Typed")
    hand.press(Qt.Key.Key_Return)
    hand.wait(lambda: "Typed" in all_datasets() and not view.is_busy)


def test_names_are_shown_as_they_are_and_not_as_markup(hand: Any, tmp_path: Path) -> None:
    class_name = "a & <i>b"
    view = look_at(hand, make_pictures(tmp_path / "source", (class_name,)))
    hand.click(view.report.take_button)
    hand.wait(lambda: not view.is_busy and hand.session.samples is not None)
    hand.wait(lambda: hand.find("sample_title", QLabel).text() == class_name)
    for label in (hand.find("sample_title", QLabel), hand.window.page("data_page").message._text):
        assert label.textFormat() == Qt.TextFormat.PlainText


def test_under_another_name_the_same_pictures_are_taken_in_once_more(hand: Any, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "source")
    take(hand, source)
    view = look_at(hand, source)
    assert view.report.take_button.text() == "Use it"
    view.report.name_edit.setText("again")
    assert view.report.take_button.text() == "Take in 8"
    hand.click(view.report.take_button)
    hand.wait(lambda: not view.is_busy)
    assert {"source", "again"} <= set(all_datasets())
