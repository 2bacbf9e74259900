"""The gallery shows every dataset as a card with pictures that are real, and one thing to do with it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QPushButton

from lepton_studio import paths
from lepton_studio.engine import DATASETS, Dataset, Progress, all_datasets, known_preview
from lepton_studio.engine.datasets.view import View, save_view
from lepton_studio.gui import dataset_gallery, gallery_pictures
from lepton_studio.gui.dataset_gallery import DatasetGallery
from lepton_studio.gui.session import Session

PATIENCE = 60_000


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    made = Session()
    yield made
    made.close()


@pytest.fixture
def gallery(session: Session, qtbot: Any) -> Iterator[DatasetGallery]:
    made = DatasetGallery(session)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.stop()
    made.hide()


def button(gallery: DatasetGallery, name: str) -> QPushButton:
    found = gallery.findChild(QPushButton, name)
    assert found is not None, name
    return found


def click(gallery: DatasetGallery, name: str) -> None:
    found = button(gallery, name)
    gallery.area.ensureWidgetVisible(found)
    QApplication.processEvents()
    assert found.isVisible()
    assert found.isEnabled()
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def said(gallery: DatasetGallery, name: str) -> str:
    labels = gallery.cards[name].findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisibleTo(gallery))


def heard(signal: Any) -> list[Any]:
    found: list[Any] = []
    signal.connect(lambda *arguments: found.append(arguments[0] if len(arguments) == 1 else arguments))
    return found


def make_view(name: str = "mine") -> View:
    return save_view(View(name=name, members=(DATASETS["bundled_digits"](),), per_class=2))


def test_there_is_a_card_for_each_dataset_with_source_terms_and_size(gallery: DatasetGallery) -> None:
    assert list(gallery.cards) == list(all_datasets())
    for name, dataset in all_datasets().items():
        kind = type(dataset)
        text = said(gallery, name)
        assert gallery.findChild(type(gallery.cards[name]), f"dataset_card_{name}") is gallery.cards[name]
        for part in (dataset.label(), kind.summary(), kind.publisher, kind.licence):
            assert part in text
    assert "246.3 MB" in said(gallery, "svhn")
    assert "99\u202f289 pictures · 10 classes" in said(gallery, "svhn")
    assert button(gallery, "dataset_use_svhn").text() == "Download (246.3 MB)"


def test_only_the_one_in_use_is_marked_and_the_mark_moves(gallery: DatasetGallery, session: Session) -> None:
    def marked() -> list[str]:
        return [name for name in gallery.cards if "In use" in said(gallery, name)]

    assert marked() == ["bundled_digits"]
    session.edit("Other", msgspec.structs.replace(session.experiment, dataset=DATASETS["qmnist"]()))
    assert marked() == ["qmnist"]


def test_what_is_here_is_chosen_and_what_is_not_is_fetched(gallery: DatasetGallery) -> None:
    make_view()
    gallery.show_datasets()
    chosen, fetched = heard(gallery.dataset_chosen), heard(gallery.fetch_wanted)
    assert button(gallery, "dataset_use_mine").text() == "Use"
    click(gallery, "dataset_use_mine")
    click(gallery, "dataset_use_emnist_letters")
    assert chosen == [all_datasets()["mine"]]
    assert fetched == [DATASETS["emnist_letters"]()]


def test_the_keyboard_does_it_too(gallery: DatasetGallery) -> None:
    fetched = heard(gallery.fetch_wanted)
    gallery.activateWindow()
    gallery.search.setFocus()
    QTest.keyClicks(gallery.search, "house NUMBERS")
    assert [name for name, card in gallery.cards.items() if card.isVisible()] == ["svhn"]
    QTest.keyClick(gallery.search, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is button(gallery, "dataset_use_svhn")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert fetched == [DATASETS["svhn"]()] * 2
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert gallery.search.hasFocus()


def test_a_search_that_finds_nothing_says_so(gallery: DatasetGallery) -> None:
    gallery.search.setText("no such words")
    assert not any(card.isVisible() for card in gallery.cards.values())
    assert gallery._nothing.isVisible()
    gallery.search.clear()
    assert all(card.isVisible() for card in gallery.cards.values())
    assert not gallery._nothing.isVisible()


def test_pictures_are_those_of_the_dataset_or_there_are_none(gallery: DatasetGallery, qtbot: Any) -> None:
    assert gallery.cards["mnist"].strip.has_pictures
    assert not gallery.cards["svhn"].strip.has_pictures
    assert gallery.cards["svhn"].strip.placeholder == "Pictures come with the download"
    view = make_view()
    gallery.hide()
    gallery.show()
    qtbot.waitUntil(lambda: gallery.cards["mine"].strip.has_pictures, timeout=PATIENCE)
    preview = known_preview(view)
    assert preview is not None
    shown = gallery.cards["mine"].strip._image
    height, width, _ = preview.strip.shape
    assert (shown.width(), shown.height()) == (width, height)
    colours = [shown.pixelColor(x, y).red() for y in range(height) for x in range(width)]
    np.testing.assert_array_equal(colours, preview.strip[..., 0].ravel())
    assert f"{preview.pictures}\u202f".replace("\u202f", "") in said(gallery, "mine").replace("\u202f", "")


def test_what_cannot_be_read_has_no_pictures_and_does_not_stop_the_others(
    session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEPTON_STUDIO_DATA", str(tmp_path))
    (tmp_path / "usps.npz").write_bytes(b"damaged")
    make_view("zebra")
    gallery = DatasetGallery(session)
    qtbot.addWidget(gallery)
    gallery.show()
    qtbot.waitUntil(lambda: gallery.cards["zebra"].strip.has_pictures, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not gallery.pictures.runner.isRunning(), timeout=PATIENCE)
    gallery.show_datasets()
    assert gallery.cards["usps"].strip.placeholder == "It has no pictures that can be shown"
    gallery.stop()
    gallery.hide()


def test_hiding_stops_the_making_of_pictures_and_showing_goes_on_with_it(
    session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_view()
    work = gallery_pictures.make_previews
    asked, hold = [], threading.Event()

    def slow(datasets: list[Dataset]) -> Iterator[object]:
        asked.extend(datasets)
        while not hold.is_set():
            yield None
        yield from work(datasets)

    monkeypatch.setattr(gallery_pictures, "make_previews", slow)
    gallery = DatasetGallery(session)
    qtbot.addWidget(gallery)
    gallery.show()
    assert gallery.cards["mine"].strip.placeholder == "Looking ..."
    gallery.hide()
    qtbot.waitUntil(lambda: not gallery.pictures.runner.isRunning(), timeout=PATIENCE)
    QApplication.processEvents()
    hold.set()
    gallery.show()
    qtbot.waitUntil(lambda: gallery.cards["mine"].strip.has_pictures, timeout=PATIENCE)
    assert asked.count(all_datasets()["mine"]) == 2
    gallery.stop()
    gallery.hide()


def test_a_dataset_that_grew_shows_new_pictures(gallery: DatasetGallery, qtbot: Any) -> None:
    view = make_view()
    gallery.hide()
    gallery.show()
    qtbot.waitUntil(lambda: gallery.cards["mine"].strip.has_pictures, timeout=PATIENCE)
    before = gallery._shown["mine"]
    gallery.hide()
    file = paths.datasets() / "mine" / "view.json"
    file.write_bytes(file.read_bytes().replace(b'"per_class": 2', b'"per_class": 9'))
    later = time.time() + 10
    os.utime(file, (later, later))
    gallery.show()
    qtbot.waitUntil(lambda: gallery._shown["mine"] is not before, timeout=PATIENCE)
    assert gallery._shown["mine"].pictures > before.pictures
    assert view != all_datasets()["mine"]


def test_a_load_shows_how_far_it_is_and_can_be_cancelled(gallery: DatasetGallery, session: Session) -> None:
    cancelled = heard(gallery.cancel_wanted)
    session.edit("Other", msgspec.structs.replace(session.experiment, dataset=DATASETS["svhn"]()))
    session.loader.samples = None
    session.loader.progress = Progress("Fetching train_32x32.mat", 50_000_000, 200_000_000)
    session.loader.changed.emit()
    card = gallery.cards["svhn"]
    assert "Fetching train_32x32.mat" in said(gallery, "svhn")
    assert (card._progress.value(), card._progress.maximum()) == (250, 1000)
    assert not card.action_button.isVisible()
    assert not gallery.cards["usps"].cancel_button.isVisible()
    click(gallery, "dataset_cancel_svhn")
    assert len(cancelled) == 1
    session.loader.progress = Progress("Reading", 0, 0)
    session.loader.changed.emit()
    assert card._progress.maximum() == 0
    session.loader.progress = None
    session.loader.changed.emit()
    assert not card.cancel_button.isVisible()
    assert card.action_button.isVisible()


def test_a_cancelled_download_is_offered_to_go_on(gallery: DatasetGallery) -> None:
    folder = DATASETS["svhn"].home_folder()  # type: ignore[attr-defined]
    folder.mkdir(parents=True)
    (folder / "train_32x32.mat.part").write_bytes(bytes(1_316_178))
    gallery.show_datasets()
    assert button(gallery, "dataset_use_svhn").text() == "Go on with the download (245.0 MB)"


def test_only_own_datasets_can_be_renamed_or_deleted_and_not_the_one_in_use(
    gallery: DatasetGallery, session: Session
) -> None:
    view = make_view()
    gallery.show_datasets()
    offering = [name for name, card in gallery.cards.items() if card.delete_button.isVisibleTo(card)]
    assert offering == ["mine"]
    assert button(gallery, "dataset_delete_mine").isEnabled()
    session.edit("Mine", msgspec.structs.replace(session.experiment, dataset=view))
    for name in ("dataset_delete_mine", "dataset_rename_mine"):
        assert not button(gallery, name).isEnabled()
        assert "in use" in button(gallery, name).toolTip()


@pytest.mark.parametrize("agrees", [False, True])
def test_a_dataset_is_deleted_only_after_a_question(
    gallery: DatasetGallery, monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    view = make_view()
    gallery.show_datasets()
    deleted = heard(gallery.dataset_deleted)
    asked: list[str] = []

    def answer(_parent: object, _name: str, question: str, *_: str) -> bool:
        asked.append(question)
        return agrees

    monkeypatch.setattr(dataset_gallery, "confirmed", answer)
    click(gallery, "dataset_delete_mine")
    assert asked == ["Delete the dataset “mine” for good?"]
    assert deleted == ([view] if agrees else [])
    assert ("mine" in all_datasets()) is not agrees
    assert ("mine" in gallery.cards) is not agrees


def test_what_cannot_be_deleted_says_why(gallery: DatasetGallery, monkeypatch: pytest.MonkeyPatch) -> None:
    view = make_view()
    save_view(View(name="joined", members=(view,)))
    gallery.show_datasets()
    monkeypatch.setattr(dataset_gallery, "confirmed", lambda *_: True)
    click(gallery, "dataset_delete_mine")
    assert "joined is made of it" in gallery.message.text
    assert "mine" in gallery.cards


@pytest.mark.parametrize(("typed", "good"), [("ours", True), ("ours", False)])
def test_a_dataset_is_renamed(gallery: DatasetGallery, monkeypatch: pytest.MonkeyPatch, typed: str, good: bool) -> None:
    view = make_view()
    gallery.show_datasets()
    renamed = heard(gallery.dataset_renamed)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_arguments, **_named: (typed, good))
    click(gallery, "dataset_rename_mine")
    names: dict[str, Dataset] = all_datasets()
    assert renamed == ([(view, names["ours"])] if good else [])
    assert ("ours" in gallery.cards, "mine" in gallery.cards) == (good, not good)


@pytest.mark.parametrize(("width", "columns"), [(300, 1), (700, 2), (1000, 3)])
def test_there_are_as_many_columns_as_fit(gallery: DatasetGallery, width: int, columns: int, qtbot: Any) -> None:
    gallery.resize(width, 600)
    qtbot.waitUntil(lambda: gallery._laid_out == columns)
    row = {card.y() for card in list(gallery.cards.values())[:columns]}
    assert len(row) == 1
    assert all(card.geometry().right() <= gallery.area.viewport().width() for card in gallery.cards.values())
