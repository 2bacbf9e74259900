"""A wrong answer is corrected by a key, taught in seconds, and the old network is one click away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton

from lepton_studio.engine import (
    LAYERS,
    Experiment,
    LeptonError,
    Outcome,
    Run,
    Samples,
    Score,
    Stroke,
    books,
    open_book,
    start_training,
)
from lepton_studio.gui import teach_view
from lepton_studio.gui.correction_line import CorrectionLine
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.outcome_card import OutcomeCard
from lepton_studio.gui.session import Session
from lepton_studio.gui.teach_view import TeachView

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000
Flatten, Linear = LAYERS["flatten"], LAYERS["linear"]
STANDING = (Stroke(((0.5, 0.1), (0.5, 0.9)), 0.07),)
LYING = (Stroke(((0.1, 0.5), (0.9, 0.5)), 0.07),)


@pytest.fixture
def bars() -> Samples:
    """200 pictures of lines: lying ones are called 0, standing ones 1; nobody ever saw a cross."""
    random = np.random.default_rng(2)
    images = random.integers(0, 60, (200, 1, 28, 28)).astype(np.uint8)
    labels = np.arange(200, dtype=np.int64) % 2
    for image, label in zip(images[:, 0], labels, strict=True):
        at = int(random.integers(8, 18))
        (image if label == 0 else image.T)[at : at + 3, 4:24] = 220
    return Samples(images, labels, ("0", "1"), np.arange(200) >= 160)


@pytest.fixture
def session(tiny_session: Session, tiny_experiment: Experiment, bars: Samples) -> Session:
    layers = (Flatten(), Linear(outputs=2))
    architecture = msgspec.structs.replace(tiny_experiment.architecture, layers=layers)
    experiment = msgspec.structs.replace(tiny_experiment, architecture=architecture)
    run = Run.create(experiment, "Bars")
    for _ in start_training(run, bars):
        pass
    tiny_session.experiment = experiment
    tiny_session.loader.samples = bars
    tiny_session.choose(run)
    return tiny_session


@pytest.fixture
def easel(session: Session) -> Iterator[Easel]:
    easel = Easel(session)
    easel.take_run()
    yield easel
    easel.stop()


@pytest.fixture
def view(easel: Easel, qtbot: Any) -> Iterator[TeachView]:
    view = TeachView(easel)
    qtbot.addWidget(view)
    view.resize(330, 640)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.stop()


def press(corrections: Corrections | TeachView, text: str, *, held: Any = Qt.KeyboardModifier.NoModifier) -> bool:
    return corrections.take_key(QKeyEvent(QEvent.Type.KeyPress, ord(text.upper()), held, text))


def draw(easel: Easel, strokes: tuple[Stroke, ...]) -> str:
    """Draws, and returns what the network says."""
    easel.show(strokes)
    easel.answer_if_due()
    return easel.part.label if easel.part is not None else ""


def wrong(said: str) -> str:
    return "1" if said == "0" else "0"


def kept() -> list[tuple[str, int]]:
    name = "My drawings"
    return [(each.label, len(each.strokes)) for each in open_book(name).drawings.values()] if name in books() else []


def test_a_key_keeps_the_drawing_in_my_drawings(view: TeachView, easel: Easel) -> None:
    said = draw(easel, STANDING)
    assert press(view, wrong(said))
    assert kept() == [(wrong(said), 1)]
    assert open_book("My drawings").classes == ["0", "1"]
    # It stays on the canvas, so that one can see how the answer changes.
    assert easel.strokes == STANDING


def test_keys_that_are_none_and_an_empty_canvas_are_left_to_others(view: TeachView, easel: Easel) -> None:
    assert not press(view, "1")
    draw(easel, STANDING)
    assert not press(view, "7")
    assert not press(view, "1", held=Qt.KeyboardModifier.ControlModifier)
    assert kept() == []


def test_another_key_for_the_same_drawing_replaces_the_first(view: TeachView, easel: Easel) -> None:
    draw(easel, STANDING)
    press(view, "1")
    press(view, "0")
    assert kept() == [("0", 1)]
    draw(easel, (*STANDING, *LYING))
    press(view, "1")
    assert [label for label, _ in kept()] == ["0", "1"]


def test_a_right_answer_is_kept_as_a_right_example(view: TeachView, easel: Easel) -> None:
    said: list[str] = []
    view.corrections.said.connect(lambda text, _role: said.append(text))
    answer = draw(easel, STANDING)
    press(view, answer)
    press(view, wrong(answer))
    assert "right example" in said[0]
    assert f"said {answer}" in said[1]


def test_the_quiet_line_takes_back_what_was_kept(easel: Easel, qtbot: Any) -> None:
    corrections = Corrections(easel)
    line = CorrectionLine(easel, corrections)
    qtbot.addWidget(line)
    line.show()
    draw(easel, STANDING)
    press(corrections, "1")
    assert line.text.startswith("Kept as 1")
    assert line._undo.isVisible()
    height = line.height()
    qtbot.mouseClick(line._undo, LEFT)
    assert kept() == []
    assert "Taken back" in line.text
    assert not line._undo.isVisible()
    draw(easel, LYING)
    assert line.text == ""
    assert line.height() == height
    assert not corrections.undo()
    # What another network said is nothing to the one that is chosen now.
    press(corrections, "1")
    easel.take_run()
    assert line.text == ""
    assert not line._undo.isVisible()
    assert corrections.undo()


def test_undo_is_only_for_what_was_just_kept(view: TeachView, easel: Easel) -> None:
    draw(easel, STANDING)
    press(view, "1")
    assert view.corrections.can_undo
    draw(easel, LYING)
    assert not view.corrections.can_undo
    assert not view.corrections.undo()
    draw(easel, STANDING)
    assert view.corrections.undo()
    assert kept() == []


def photograph(lying: bool) -> np.ndarray:
    """Dark ink on light paper, H x W x 3: one line."""
    pixels = np.full((120, 120, 3), 235, np.uint8)
    (pixels if lying else pixels.transpose(1, 0, 2))[56:64, 20:100] = 30
    return pixels


def lay(easel: Easel, pixels: np.ndarray, qtbot: Any) -> str:
    """Lays a picture on the canvas, and returns what the network says."""
    easel.show((), pixels)
    easel.answer_if_due()
    qtbot.waitUntil(lambda: easel.part is not None, timeout=PATIENCE)
    assert easel.part is not None
    return easel.part.label


def test_the_ink_of_a_picture_is_kept_as_the_network_saw_it(view: TeachView, easel: Easel, qtbot: Any) -> None:
    said = lay(easel, photograph(lying=True), qtbot)
    assert press(view, wrong(said))
    (drawing,) = open_book("My drawings").drawings.values()
    assert easel.part is not None
    assert drawing.seen is not None
    assert (drawing.label, drawing.strokes) == (wrong(said), ())
    assert np.array_equal(drawing.seen.array(), easel.part.picture[0])
    (tile,) = view.tiles.tiles
    assert tile.picture is not None
    assert tile.picture.width() == 28
    assert "picture" in tile.tip


def test_a_picture_is_kept_under_one_class_and_taken_back_like_a_drawing(
    view: TeachView, easel: Easel, qtbot: Any
) -> None:
    lay(easel, photograph(lying=True), qtbot)
    press(view, "0")
    press(view, "1")
    assert kept() == [("1", 0)]
    assert view.corrections.can_undo
    lay(easel, photograph(lying=False), qtbot)
    assert not view.corrections.can_undo
    press(view, "0")
    assert kept() == [("1", 0), ("0", 0)]
    assert view.corrections.undo()
    assert kept() == [("1", 0)]


def test_a_picture_without_ink_is_not_kept_and_says_why(view: TeachView, easel: Easel, qtbot: Any) -> None:
    said: list[str] = []
    view.corrections.said.connect(lambda text, _role: said.append(text))
    easel.show((), np.full((40, 40, 3), 255, np.uint8))
    easel.answer_if_due()
    assert press(view, "1")
    qtbot.waitUntil(lambda: not easel.pictures.is_under_way, timeout=PATIENCE)
    assert press(view, "1")
    assert "Wait a moment" in said[0]
    assert "No ink" in said[1]
    assert kept() == []


def test_a_disk_that_refuses_is_said(view: TeachView, easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    view.corrections.said.connect(lambda text, role: said.append((text, role)))

    def refuse(*_: object) -> None:
        raise LeptonError("The disk is full.", "Free some space.")

    monkeypatch.setattr("lepton_studio.gui.corrections.create_book", refuse)
    draw(easel, STANDING)
    press(view, "1")
    assert said == [("The disk is full. Free some space.", "bad")]


def test_buttons_keep_as_keys_do(view: TeachView, easel: Easel, qtbot: Any) -> None:
    draw(easel, STANDING)
    tool = view.findChild(QToolButton, "teach_key_1")
    assert tool is not None
    qtbot.mouseClick(tool, LEFT)
    assert kept() == [("1", 1)]


def test_drawings_show_what_the_network_says_and_can_be_removed(view: TeachView, easel: Easel, qtbot: Any) -> None:
    said = draw(easel, STANDING)
    press(view, wrong(said))
    qtbot.waitUntil(lambda: view.tiles.tiles[0].word == f"{said} → {wrong(said)}", timeout=PATIENCE)
    assert (view.tiles.tiles[0].role, view.tiles.tiles[0].mark) == ("bad", "✗")
    view.tiles.setFocus()
    qtbot.keyClick(view.tiles, Qt.Key.Key_Delete)
    assert kept() == []
    assert view.tiles.tiles == ()


def test_the_second_of_a_class_is_set_aside_for_the_test(view: TeachView, easel: Easel) -> None:
    for strokes in (STANDING, LYING, (*STANDING, *LYING)):
        draw(easel, strokes)
        press(view, "1")
    assert (len(view.tiles.tiles), len(view.aside_tiles.tiles)) == (2, 1)
    assert view.aside_tiles.isVisible()


def test_teaching_makes_a_run_that_answers_right_and_shows_what_it_cost(
    view: TeachView, easel: Easel, session: Session, qtbot: Any
) -> None:
    said = draw(easel, (*STANDING, *LYING))
    press(view, wrong(said))
    old = session.chosen
    qtbot.mouseClick(view.button, LEFT)
    qtbot.waitUntil(lambda: session.chosen is not old, timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.button.isEnabled(), timeout=PATIENCE)
    assert session.chosen is not None
    assert session.chosen.record.name == "Bars, taught"
    # The same drawing, still on the canvas, is read anew.
    easel.answer_if_due()
    assert easel.part is not None
    assert easel.part.label == wrong(said)
    assert view.card.isVisible()
    assert view.card.bars.changes[0].after_text == "1 of 1"
    assert not view.progress.isVisible()
    qtbot.waitUntil(lambda: view.tiles.tiles[0].mark == "✓", timeout=PATIENCE)
    view.card.back_button.click()
    assert session.chosen.record.name == "Bars"
    assert not view.card.isVisible()


def test_teaching_can_be_cancelled_and_leaves_nothing(
    view: TeachView, easel: Easel, session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> Iterator[Any]:
        from lepton_studio.engine import Progress

        while True:
            yield Progress("Teaching", 1, 2)

    monkeypatch.setattr(teach_view, "teach", endless)
    press(view, wrong(draw(easel, STANDING)))
    old = session.chosen
    view.button.click()
    qtbot.waitUntil(lambda: view.progress.isVisible(), timeout=PATIENCE)
    assert not view.button.isEnabled()
    view.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: not view._teacher.isRunning(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.button.isEnabled(), timeout=PATIENCE)
    assert session.chosen is old
    assert not view.progress.isVisible()


def test_what_goes_wrong_is_said_where_it_was_begun(
    view: TeachView, easel: Easel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Iterator[Any]:
        raise LeptonError("These cannot be learned.", "Look at their labels.")
        yield

    monkeypatch.setattr(teach_view, "teach", failing)
    press(view, wrong(draw(easel, STANDING)))
    view.button.click()
    qtbot.waitUntil(lambda: bool(view.message.text) and not view.is_teaching, timeout=PATIENCE)
    assert view.message.text == "These cannot be learned. Look at their labels."
    assert not view.progress.isVisible()
    assert view.button.isEnabled()


def test_it_says_why_nothing_can_be_taught(view: TeachView, easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not view.button.isEnabled()
    assert "Keep a drawing first" in view._reason.text()
    draw(easel, STANDING)
    press(view, "1")
    assert view.button.isEnabled()
    monkeypatch.setattr(type(easel.session), "training_state", property(lambda _: "running"))
    easel.session.training_changed.emit()
    assert not view.button.isEnabled()
    assert "under way" in view._reason.text()
    monkeypatch.setattr(type(easel.session), "training_state", property(lambda _: "paused"))
    easel.session.training_changed.emit()
    assert view.button.isEnabled()


def test_drawings_of_other_programs_and_pages_are_seen_when_it_is_looked_at_again(
    view: TeachView, easel: Easel
) -> None:
    draw(easel, STANDING)
    press(view, "1")
    view.hide()
    open_book("My drawings").add("0", LYING)
    view.show()
    assert len(view.tiles.tiles) + len(view.aside_tiles.tiles) == 2


def test_the_card_says_what_was_learned_and_what_was_lost(qtbot: Any) -> None:
    card = OutcomeCard()
    qtbot.addWidget(card)
    outcome = Outcome("old", ("a",), Score(1, 5, 5), Score(0, 0, 0), Score(990, 990, 1000), "MNIST", 990, 1.0, 24, 3.2)
    card.show_outcome(outcome)
    assert card.text == "✓ It reads all that it was taught. The old pictures are read as well as before."
    assert [change.name for change in card.bars.changes] == ["Your drawings", "Old pictures (MNIST)"]
    card.show_outcome(
        msgspec.structs.replace(
            outcome, learned=Score(1, 3, 5), aside=Score(0, 1, 2), old=Score(990, 988, 1000), share=0.4
        )
    )
    assert card.text == "2 of your drawings could not be learned. Of 1\u202f000 old pictures it reads 2 fewer."
    assert "40 % of the way" in card._cost.text()
    assert [change.after_text for change in card.bars.changes] == ["3 of 5", "1 of 2", "98.8 %"]
    card.show_outcome(None)
    assert card.isHidden()
