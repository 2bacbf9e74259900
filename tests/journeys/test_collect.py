"""Collect: draw, press the key, go on; the drawings are a dataset that a network learns from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton

from lepton_studio.engine import all_datasets, open_book, rename_own
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.widgets.class_card import ClassCard
from lepton_studio.gui.widgets.draw_pad import DrawPad


@pytest.fixture
def collector(hand: Any) -> Any:
    """A hand on the Draw page with the mode on."""
    hand.go("draw_page")
    hand.click("collect_switch")
    hand.settle()
    return hand


def lines(home: Path, name: str = "My drawings") -> list[dict[str, Any]]:
    """What a program that dies now leaves behind."""
    file = home / "datasets" / name / "drawings.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def status(hand: Any) -> str:
    return str(hand.find("collect_status", QLabel).text())


def canvas(hand: Any) -> DrawPad:
    return hand.find("drawing_canvas", DrawPad)  # type: ignore[no-any-return]


def test_drawings_are_kept_by_key_taken_back_and_trained_on(collector: Any, home: Path) -> None:
    hand = collector
    hand.find("collect_author").setFocus()
    hand.type("Ana")
    hand.press(Qt.Key.Key_Return)
    assert lines(home) == []
    kept = []
    for digit, key in ((3, Qt.Key.Key_3), (7, Qt.Key.Key_7), (3, Qt.Key.Key_3), (7, Qt.Key.Key_7), (3, Qt.Key.Key_3)):
        hand.draw_digit(digit)
        drawn = canvas(hand).strokes
        hand.press(key)
        assert canvas(hand).strokes == ()
        assert "Kept as" in status(hand)
        entry = lines(home)[-1]
        kept.append(entry["id"])
        assert (entry["label"], entry["author"]) == (str(digit), "Ana")
        points = [np.array(stroke["points"]) for stroke in entry["strokes"]]
        assert all(np.allclose(one, two.points, atol=1e-4) for one, two in zip(points, drawn, strict=True))
    three = hand.find("collect_class_3", ClassCard)
    assert three.count == 3
    hand.control(Qt.Key.Key_Z)
    assert three.count == 2
    assert lines(home)[-1] == {"entry": "removal", "id": kept[-1]}
    assert canvas(hand).strokes
    hand.click("canvas_clear")
    assert "Taken back" in status(hand)
    assert list(open_book("My drawings").drawings) == kept[:-1]

    hand.click("collect_use")
    assert hand.window.current_page == "data_page"
    assert hand.session.experiment.dataset == all_datasets()["My drawings"]
    hand.wait(lambda: hand.session.samples is not None and len(hand.session.samples) == 4)
    assert hand.session.samples.is_test.tolist().count(True) == 2
    # Two of each are few: one to learn from is not enough to take some for validation from.
    for digit in (3, 7, 3, 7):
        hand.go("draw_page")
        hand.draw_digit(digit)
        hand.press(Qt.Key(Qt.Key.Key_0 + digit))
    hand.click("collect_use")
    hand.wait(lambda: hand.session.samples is not None and len(hand.session.samples) == 8)
    experiment = hand.session.experiment
    settings = msgspec.structs.replace(experiment.hyperparameters, validation_share=0.3)
    hand.session.edit("Set share", msgspec.structs.replace(experiment, hyperparameters=settings))
    run = hand.train(epochs=1)
    assert run.record.class_names == tuple("0123456789")
    assert run.history.epochs[0].train_loss > 0
    assert hand.trouble == []


def test_the_class_with_the_fewest_is_asked_for_and_enter_keeps_it(collector: Any, home: Path) -> None:
    hand = collector
    prompt = hand.find("collect_prompt", QLabel)
    for digit in "012":
        assert prompt.text() == f"Draw a {digit}"
        assert hand.find(f"collect_class_{digit}", ClassCard).is_next
        hand.draw_digit(int(digit))
        hand.press(Qt.Key.Key_Return)
    assert [entry["label"] for entry in lines(home)[1:]] == ["0", "1", "2"]
    hand.draw_digit(8)
    hand.click("collect_class_8")
    assert lines(home)[-1]["label"] == "8"
    assert canvas(hand).hasFocus()


def test_an_empty_canvas_is_never_kept_and_says_so(collector: Any, home: Path) -> None:
    hand = collector
    hand.press(Qt.Key.Key_3)
    assert "Nothing is drawn" in status(hand)
    hand.press(Qt.Key.Key_Return)
    hand.click("collect_class_3")
    assert lines(home) == []
    assert not (home / "datasets").exists()
    for name in ("collect_use", "collect_undo", "collect_export"):
        assert not hand.find(name).isEnabled()


def test_a_wrong_answer_is_marked_and_counted(collector: Any) -> None:
    hand = collector
    hand.draw_digit(7)
    hand.settle()
    answer = hand.find("collect_answer", QLabel)
    assert answer.text().startswith("The network says 7 · ")
    assert "asked for is 0" in answer.text()
    hand.press(Qt.Key.Key_1)
    assert "took it for 7" in status(hand)
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    assert status(hand) == "✓ Kept as 3."
    assert answer.text() == "The network knew 1 of 2."
    wrong, right = (hand.find(f"collect_class_{digit}", ClassCard)._examples[0].is_wrong for digit in "13")
    assert (wrong, right) == (True, False)


def test_taking_back_puts_the_strokes_back_and_loses_no_half_drawn_one(collector: Any) -> None:
    hand = collector
    hand.draw_digit(4)
    first = canvas(hand).strokes
    hand.press(Qt.Key.Key_4)
    hand.draw_digit(1)
    half = canvas(hand).strokes
    hand.click("collect_undo")
    assert [len(stroke.points) for stroke in canvas(hand).strokes] == [len(stroke.points) for stroke in first]
    for _ in first:
        hand.control(Qt.Key.Key_Z)
    assert canvas(hand).strokes == ()
    hand.control(Qt.Key.Key_Z)
    assert canvas(hand).strokes == half


def test_classes_of_any_words_are_made_renamed_and_kept_by_their_keys(collector: Any, home: Path) -> None:
    hand = collector
    name = hand.find("collect_name", QComboBox)
    name.lineEdit().setFocus()
    name.lineEdit().selectAll()
    hand.type("Faces")
    hand.press(Qt.Key.Key_Return)
    assert not (home / "datasets").exists()
    hand.draw_digit(0)
    hand.find("collect_new_class", QLineEdit).setFocus()
    hand.type("happy face")
    hand.press(Qt.Key.Key_Return)
    # Enter added the class, and did not keep the drawing too.
    assert [entry.get("entry") for entry in lines(home, "Faces")] == [None, "class"]
    card = hand.find("collect_class_happy face", ClassCard)
    assert card.key == "a"
    hand.press(Qt.Key.Key_A)
    assert lines(home, "Faces")[-1]["label"] == "happy face"
    hand.click("collect_rename_happy face")
    hand.type("smile")
    hand.press(Qt.Key.Key_Return)
    hand.settle()
    assert open_book("Faces").counts()["smile"] == 1
    assert hand.find("collect_class_smile", ClassCard).count == 1
    hand.find("collect_new_class", QLineEdit).setFocus()
    hand.type("smile")
    hand.press(Qt.Key.Key_Return)
    assert "already" in status(hand)


def test_leaving_the_mode_shows_the_new_ones_where_the_book_is_the_dataset(collector: Any) -> None:
    hand = collector
    for digit in (1, 1, 2):
        hand.draw_digit(digit)
        hand.press(Qt.Key(Qt.Key.Key_0 + digit))
    hand.click("collect_use")
    hand.wait(lambda: hand.session.samples is not None and len(hand.session.samples) == 3)
    hand.go("draw_page")
    hand.draw_digit(5)
    hand.press(Qt.Key.Key_5)
    hand.click("collect_switch")
    hand.wait(lambda: hand.session.samples is not None and len(hand.session.samples) == 4)
    assert not hand.find("collect_panel").isVisible()
    assert hand.find("prediction_view").isVisible()
    # A key keeps a correction now, which Ctrl+Z takes back, then strokes, and nothing of what was collected.
    hand.draw_digit(3)
    canvas(hand).setFocus()
    hand.press(Qt.Key.Key_3)
    assert len(open_book("My drawings").drawings) == 5
    for _ in range(5):
        hand.control(Qt.Key.Key_Z)
    assert len(open_book("My drawings").drawings) == 4


def test_the_mode_and_the_verdicts_outlive_a_change_of_theme(collector: Any) -> None:
    hand = collector
    hand.draw_digit(7)
    hand.press(Qt.Key.Key_1)
    hand.draw_digit(2)
    hand.window.toggle_theme()
    hand.settle()
    # The old page waits for its deletion.
    page = hand.window.page("draw_page")
    assert page.collecting.isVisible()
    assert page.collecting.cards["1"]._examples[0].is_wrong
    page.canvas.setFocus()
    hand.press(Qt.Key.Key_2)
    assert open_book("My drawings").counts()["2"] == 1
    hand.window.toggle_theme()


def test_the_next_start_goes_on_with_the_same_book_and_author(
    make_window: Any, qtbot: Any, home: Path, collector: Any
) -> None:
    hand = collector
    hand.find("collect_author").setFocus()
    hand.type("Ana")
    hand.draw_digit(3)
    canvas(hand).setFocus()
    hand.press(Qt.Key.Key_3)
    file = home / "datasets" / "My drawings" / "drawings.jsonl"
    # The program was ended while it wrote the next line.
    with file.open("ab") as opened:
        opened.write(b'{"entry":"drawing","id":"0')
    window: MainWindow = make_window()
    qtbot.waitUntil(lambda: window.session.engine_ready, timeout=60_000)
    window.show_page("draw_page")
    switch = window.findChild(QPushButton, "collect_switch")
    assert switch is not None
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    author, card = window.findChild(QLineEdit, "collect_author"), window.findChild(ClassCard, "collect_class_3")
    assert author is not None
    assert card is not None
    assert (author.text(), card.count) == ("Ana", 1)
    said = window.findChild(QLabel, "collect_status")
    assert said is not None
    assert "cut off" in said.text()


def test_the_drawings_are_exported_in_the_background(
    collector: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = collector
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    target = tmp_path / "out.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    hand.click("collect_export")
    hand.wait(lambda: "1 drawing is in" in status(hand))
    assert target.exists()
    hand.wait(lambda: hand.find("collect_export").isEnabled())


def test_a_disk_that_refuses_leaves_the_drawing_on_the_canvas(collector: Any, home: Path) -> None:
    hand = collector
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    (home / "datasets" / "My drawings" / "drawings.jsonl").unlink()
    hand.draw_digit(4)
    drawn = canvas(hand).strokes
    hand.press(Qt.Key.Key_4)
    assert "could not be written" in status(hand)
    assert canvas(hand).strokes == drawn


def test_a_zip_that_nobody_was_asked_about_is_not_replaced(
    collector: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = collector
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "class 3.1"), ""))
    hand.click("collect_export")
    hand.wait(lambda: "1 drawing is in" in status(hand) and hand.find("collect_export").isEnabled())
    target = tmp_path / "class 3.1.zip"
    assert target.is_file()
    target.write_bytes(b"mine")
    hand.click("collect_export")
    hand.wait(lambda: "is there already" in status(hand))
    assert target.read_bytes() == b"mine"


def test_drawings_that_cannot_be_read_are_told_and_left_alone(collector: Any, home: Path) -> None:
    hand = collector
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    file = home / "datasets" / "My drawings" / "drawings.jsonl"
    file.write_bytes(b"damaged")
    hand.go("data_page")
    hand.go("draw_page")
    assert "its first line is damaged" in status(hand)
    hand.draw_digit(4)
    hand.press(Qt.Key.Key_4)
    assert file.read_bytes() == b"damaged"
    assert lines(home, "My drawings 2")[-1]["label"] == "4"


def test_drawings_that_were_renamed_meanwhile_are_gone_on_with(collector: Any) -> None:
    hand = collector
    hand.draw_digit(3)
    hand.press(Qt.Key.Key_3)
    # Other pages know of them from the first drawing on.
    for picker in ("dataset_picker", "train_dataset_picker"):
        assert hand.find(picker, QComboBox).findText("My drawings") >= 0
    hand.go("data_page")
    rename_own(all_datasets()["My drawings"], "Ours")
    hand.go("draw_page")
    hand.draw_digit(4)
    hand.press(Qt.Key.Key_4)
    assert len(open_book("Ours").drawings) == 2
    assert "My drawings" not in all_datasets()


def test_a_name_is_no_markup_and_an_old_complaint_does_not_stay(collector: Any) -> None:
    hand = collector
    edit = hand.find("collect_new_class", QLineEdit)
    for name, said in (("3", "already"), ("<b>big</b>", "<b>big</b> is a class now.")):
        edit.setFocus()
        hand.type(name)
        hand.press(Qt.Key.Key_Return)
        assert said in status(hand)
        edit.clear()
    assert hand.find("collect_status", QLabel).textFormat() == Qt.TextFormat.PlainText
