"""A person looks through a dataset, brings in a folder, mends labels, and finds what the network thinks of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTabBar

from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits

DIGITS = ("0", "1", "7")
EACH = 60


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """A folder of three kinds of digits, with a file that is none."""
    root = tmp_path_factory.mktemp("mine") / "my digits"
    samples = load_samples(BundledDigits())
    for digit in DIGITS:
        folder = root / digit
        folder.mkdir(parents=True)
        for at in np.flatnonzero(samples.labels == int(digit))[:EACH]:
            Image.fromarray(samples.images[at, 0]).save(folder / f"{at:04}.png")
    (root / "1" / "broken.png").write_bytes(b"no picture")
    return root


def drop(hand: Any, paths: list[Path]) -> None:
    """Drags files onto the page and lets them go there."""
    page = hand.find("data_page")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, buttons, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    middle = page.rect().center()
    enter = QDragEnterEvent(middle, copy, mime, buttons, none)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(middle), copy, mime, buttons, none))


def look_at(hand: Any, path: Path) -> Any:
    """Drops a folder and waits for the report."""
    hand.go("data_page")
    drop(hand, [path])
    hand.wait(lambda: hand.window.findChild(QLabel, "import_title") is not None)
    view = hand.find("import_view")
    hand.wait(lambda: not view.runner.isRunning())
    hand.settle()
    return view


def bring_in(hand: Any, path: Path) -> None:
    view = look_at(hand, path)
    hand.click("import_take")
    hand.wait(lambda: not view.is_busy and hand.session.samples is not None and hand.session.loading is None)
    hand.wait(lambda: hand.find("thumbnail_grid").isVisible())


def click_picture(hand: Any, position: int, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    grid = hand.find("thumbnail_grid")
    bar = grid.verticalScrollBar()
    bar.setValue(bar.value() + grid.place_of(position).y() - grid.viewport().height() // 2)
    hand.settle()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, held, QPoint(grid.place_of(position)))


def shown(hand: Any) -> list[int]:
    return hand.find("thumbnail_grid")._shown.indices.tolist()


def train_for_three(hand: Any) -> Any:
    """Trains a small network; the window itself offers to give it an output for each of the three classes."""
    hand.set_small(epochs=6, batch_size=32)
    hand.go("train_page")
    assert hand.says("the dataset has 3 classes")
    assert not hand.find("train_start").isEnabled()
    offer = hand.window.page("train_page").message.findChild(QPushButton, "message_offer")
    assert offer.text() == "Give the last Linear 3 outputs"
    hand.click(offer)
    assert hand.session.experiment.architecture.layers[-1].outputs == 3
    assert not offer.isVisible()
    hand.click("train_start")
    hand.wait(lambda: hand.session.run is not None and hand.is_idle())
    return hand.session.run


def test_a_dropped_folder_is_reported_before_anything_is_taken(hand: Any, pictures: Path, home: Path) -> None:
    before = hand.session.experiment
    view = look_at(hand, pictures)
    assert hand.says(f"{3 * EACH} pictures in 3 classes")
    assert hand.says("1 file cannot be used")
    table = hand.find("import_files")
    assert table.item(0, 0).text() == "1/broken.png"
    assert table.item(0, 1).text() == "left out"
    hand.click("import_discard")
    hand.wait(lambda: hand.find("thumbnail_grid").isVisible())
    assert not view.is_busy
    assert hand.session.experiment == before
    assert not list((home / "datasets").glob("*"))


def test_three_wrong_labels_are_found_again_by_what_the_network_says(hand: Any, pictures: Path) -> None:
    bring_in(hand, pictures)
    samples = hand.session.samples
    assert samples.class_names == DIGITS
    assert hand.session.experiment.dataset.label() == "my digits"
    # Three ones become sevens by hand.
    train = hand.window.page("data_page").browser._splits["train"]
    wrong = [int(at) for at in train if samples.labels[at] == 1][:3]
    click_picture(hand, wrong[0])
    click_picture(hand, wrong[1], Qt.KeyboardModifier.ControlModifier)
    click_picture(hand, wrong[2], Qt.KeyboardModifier.ControlModifier)
    hand.choose("sample_label", "7")
    assert [hand.session.samples.class_of(at) for at in wrong] == ["7", "7", "7"]
    hand.choose("source_filter", "Changed by hand")
    assert shown(hand) == wrong

    run = train_for_three(hand)
    assert run.record.relabelled == 3
    hand.go("data_page")
    hand.choose("source_filter", "All labels")
    hand.choose("answer_filter", "Answered wrong")
    hand.wait(lambda: hand.window.page("data_page").browser.answering.answers() is not None)
    hand.wait(lambda: set(wrong) <= set(shown(hand)))
    assert len(shown(hand)) < 30, "a network that learned something is wrong on few others"
    hand.choose("order_picker", "Largest loss first")
    assert set(shown(hand)[:6]) >= set(wrong), "they are what it doubts most"
    click_picture(hand, wrong[0])
    assert hand.says("says 1")
    assert hand.says("changed by hand")


def test_changed_labels_are_undone_and_come_back_with_the_program(hand: Any, home: Path) -> None:
    hand.go("data_page")
    samples = hand.session.samples
    was = samples.class_of(5)
    other = next(name for name in samples.class_names if name != was)
    click_picture(hand, 5)
    hand.choose("sample_label", other)
    files = list((home / "labels").glob("*.json"))
    assert len(files) == 1
    assert hand.session.samples.class_of(5) == other
    hand.session.load_dataset()
    hand.wait(lambda: hand.session.samples is not None and hand.session.loading is None)
    assert hand.session.samples.class_of(5) == other
    assert samples.class_of(5) == was, "the arrays that a training may hold are not touched"
    hand.control(Qt.Key.Key_Z)
    assert hand.session.samples.class_of(5) == was
    assert not files[0].exists()
    hand.action("redo").trigger()
    assert hand.session.samples.class_of(5) == other
    click_picture(hand, 5)
    hand.click("sample_label_restore")
    assert hand.session.samples.class_of(5) == was


def test_the_same_folder_again_is_the_dataset_that_is_there(hand: Any, pictures: Path, home: Path) -> None:
    bring_in(hand, pictures)
    look_at(hand, pictures)
    assert hand.says("brought in before as “my digits”")
    hand.click("import_take")
    hand.wait(lambda: hand.find("thumbnail_grid").isVisible())
    assert [path.name for path in (home / "datasets").iterdir()] == ["my digits"]


def test_what_cannot_be_read_at_all_is_told_and_leaves_everything_as_it_was(hand: Any, tmp_path: Path) -> None:
    before = hand.session.experiment
    (tmp_path / "empty").mkdir()
    hand.go("data_page")
    drop(hand, [tmp_path / "empty"])
    hand.wait(lambda: hand.says("No picture here can be taken in"))
    assert not hand.find("import_take").isEnabled()
    hand.click("import_discard")
    hand.wait(lambda: hand.find("thumbnail_grid").isVisible())
    assert hand.session.experiment == before


def test_a_folder_that_is_gone_is_told_with_the_way_back(hand: Any, tmp_path: Path) -> None:
    hand.go("data_page")
    drop(hand, [tmp_path / "gone"])
    view = hand.find("import_view")
    hand.wait(lambda: "gone" in view.message.text)
    hand.wait(lambda: hand.find("import_back").isVisible())
    hand.click("import_back")
    hand.wait(lambda: hand.find("thumbnail_grid").isVisible())
    assert not view.message.text


def test_pictures_dropped_while_others_are_looked_at_take_their_place(
    hand: Any, pictures: Path, tmp_path: Path
) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("L", (28, 28), 90).save(tmp_path / "pets" / name / "one.png")
    hand.go("data_page")
    drop(hand, [pictures])
    drop(hand, [tmp_path / "pets"])
    view = hand.find("import_view")
    hand.wait(lambda: not view.runner.isRunning() and hand.says("2 pictures in 2 classes"))
    assert view.report.name_edit.text() == "pets"
    classes = hand.find("import_classes")
    assert [classes.item(row, 0).text() for row in range(classes.rowCount())] == ["cat", "dog"]


def test_filters_and_orders_show_what_they_say(hand: Any) -> None:
    hand.go("data_page")
    samples = hand.session.samples
    hand.choose("split_filter", "Test")
    assert all(samples.is_test[at] for at in shown(hand))
    hand.choose("class_filter", samples.class_names[0])
    assert shown(hand)
    assert all(samples.is_test[at] and samples.labels[at] == 0 for at in shown(hand))
    hand.choose("split_filter", "All splits")
    hand.choose("class_filter", "All classes")
    hand.choose("order_picker", "By class")
    labels = samples.labels[shown(hand)]
    assert (np.diff(labels) >= 0).all()
    hand.click("order_reverse")
    assert (np.diff(samples.labels[shown(hand)]) <= 0).all()
    hand.click("order_reverse")
    hand.choose("order_picker", "Shuffled")
    once = shown(hand)
    assert once != sorted(once)
    hand.choose("order_picker", "Shuffled")
    assert shown(hand) != once
    assert sorted(shown(hand)) == list(range(len(samples)))


def test_the_pictures_most_like_one_are_beside_it(hand: Any) -> None:
    hand.go("data_page")
    samples = hand.session.samples
    click_picture(hand, 3)
    neighbours = hand.find("sample_neighbours")
    hand.wait(neighbours.isVisible)
    found = neighbours._shown.indices
    flat = samples.images.reshape(len(samples), -1).astype(np.float64)
    distances = ((flat - flat[3]) ** 2).sum(axis=1)
    distances[3] = np.inf
    assert sorted(distances[found]) == pytest.approx(np.sort(distances)[: len(found)])


def test_each_tab_shows_something(hand: Any) -> None:
    hand.go("data_page")
    tabs = hand.find("data_tabs", QTabBar)
    for tab, name in ((1, "data_insight"), (2, "splits_editor"), (3, "dataset_gallery"), (0, "thumbnail_grid")):
        hand.click(tabs, tabs.tabRect(tab).center())
        hand.wait(lambda name=name: hand.find(name).isVisible())
        assert tabs.currentIndex() == tab
    assert not hand.find("dataset_gallery").isVisible()
    assert not hand.trouble
