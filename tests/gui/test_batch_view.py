"""A folder read in the window: progress, cancel, figures, the doubtful, and what is saved."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.gui.batch_view import BatchView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session

PATIENCE = 60_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight digits in folders of their names, noise, and a file that is no picture."""
    *_, samples = BundledDigits().load()
    made = tmp_path / "<b>pictures</b>"
    for number in range(8):
        place = made / str(samples.labels[number])
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - samples.images[number][0]).resize((90, 90)).save(place / f"{number}.png")
    noise = np.random.default_rng(0).integers(0, 255, (100, 100), dtype=np.uint8)
    Image.fromarray(noise).save(made / "noise.png")
    (made / "broken.png").write_bytes(b"no picture")
    return made


@pytest.fixture
def easel(tiny_session: Session) -> Easel:
    tiny_session.choose(bundled_run())
    made = Easel(tiny_session, tiny_session)
    made.take_run()
    return made


@pytest.fixture
def view(qtbot: QtBot, easel: Easel) -> BatchView:
    made = BatchView(easel)
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    yield made
    made.stop()


def read(qtbot: QtBot, view: BatchView, folder: Path) -> None:
    view.read(folder)
    qtbot.waitUntil(lambda: view.batch is not None and not view.is_busy, timeout=PATIENCE)


def test_a_chosen_folder_is_read_and_its_figures_are_told(
    qtbot: QtBot, view: BatchView, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    assert not view.grid.isVisible()
    QTest.mouseClick(view.choose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.batch is not None and not view.is_busy, timeout=PATIENCE)
    text = view.figures.text()
    assert "9 of 10 pictures read by" in text
    assert "of 8 right" in text
    assert "broken.png" in text
    assert view.grid.isVisible()
    assert view.figures.textFormat() == Qt.TextFormat.PlainText
    assert not view.progress.isVisible()


def test_a_doubtful_picture_tells_of_itself_and_goes_to_the_canvas(qtbot: QtBot, view: BatchView, folder: Path) -> None:
    read(qtbot, view, folder)
    wanted: list[np.ndarray] = []
    view.picture_wanted.connect(wanted.append)
    assert view.batch.doubtful[0].file == "noise.png"
    view.grid.choose(0)
    assert "noise.png" in view.detail.text()
    view.grid.sample_activated.emit(0)
    assert wanted[0].shape == (100, 100, 3)


def test_the_table_and_the_page_are_saved(
    qtbot: QtBot, view: BatchView, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(qtbot, view, folder)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "answers"), ""))
    QTest.mouseClick(view.table_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "answers.csv" in view.message.text and not view.is_busy, timeout=PATIENCE)
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 10
    QTest.mouseClick(view.page_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "index.html" in view.message.text and not view.is_busy, timeout=PATIENCE)
    assert (tmp_path / "answers" / "index.html").is_file()
    QTest.mouseClick(view.page_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "is there already" in view.message.text and not view.is_busy, timeout=PATIENCE)


def test_nothing_is_saved_if_no_name_is_given(
    qtbot: QtBot, view: BatchView, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    view.choose_button.click()
    assert not view.is_busy
    read(qtbot, view, folder)
    view.table_button.click()
    view.page_button.click()
    assert not view.is_busy
    assert view.message.text == ""


def test_reading_can_be_cancelled_and_begun_again(qtbot: QtBot, view: BatchView, folder: Path) -> None:
    view.read(folder)
    assert not view.choose_button.isEnabled()
    view.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: not view.is_busy, timeout=PATIENCE)
    qtbot.waitUntil(view.choose_button.isEnabled)
    read(qtbot, view, folder)
    assert view.batch.answered == 9


def test_a_folder_without_pictures_is_told_in_words(qtbot: QtBot, view: BatchView, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    view.read(tmp_path / "empty")
    qtbot.waitUntil(lambda: "no pictures" in view.message.text and not view.is_busy, timeout=PATIENCE)
    assert view.batch is None


def test_another_view_shows_what_this_one_has_read(qtbot: QtBot, view: BatchView, folder: Path, easel: Easel) -> None:
    read(qtbot, view, folder)
    other = BatchView(easel)
    qtbot.addWidget(other)
    other.take_over(view.hand_over())
    assert other.figures.text() == view.figures.text()
    other.stop()


def test_without_a_network_no_folder_can_be_chosen(qtbot: QtBot, tiny_session: Session, folder: Path) -> None:
    easel = Easel(tiny_session, tiny_session)
    easel.predictor = None
    view = BatchView(easel)
    qtbot.addWidget(view)
    view._show()
    assert not view.choose_button.isEnabled()
    view.read(folder)
    assert not view.is_busy


@pytest.mark.parametrize(
    ("is_ink", "words"), [(True, "drawn or photographed. It knows"), (False, "It knows photographs of")]
)
def test_it_says_what_the_network_knows(is_ink: bool, words: str, view: BatchView, easel: Easel) -> None:
    assert "photographed digits, and numbers" in view.intro.text()
    known = easel.predictor
    classes = ("a <b>", "c", "d", "e", "f", "g", "h")
    easel.predictor = SimpleNamespace(run=easel.run, class_names=classes, is_ink=is_ink)  # type: ignore[assignment]
    easel.network_changed.emit()
    assert f"{words} a <b>, c, d, e, f, g ..." in view.intro.text()
    easel.predictor = None
    easel.network_changed.emit()
    assert "chosen above" in view.intro.text()
    easel.predictor = known
