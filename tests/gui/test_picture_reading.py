"""Pictures are levelled beside the window: the latest one counts, and nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import InkParts, Reader, Stroke, find_parts_beside
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import draw_strokes
from lepton_studio.gui import picture_reading as module
from lepton_studio.gui.answer_card import AnswerCard
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session

SEVEN = (Stroke(((0.3, 0.2), (0.7, 0.2), (0.4, 0.8)), 0.05),)
ONE = (Stroke(((0.5, 0.2), (0.5, 0.8)), 0.05),)


def on_paper(strokes: tuple[Stroke, ...]) -> np.ndarray:
    return np.rint((220 - 180 * (draw_strokes(strokes, 200) / 255)) * np.linspace(1, 0.6, 200)).astype(np.uint8)


class Brake:
    """Holds the work in its thread until it may go on."""

    def __init__(self) -> None:
        self.may_go, self.begun = threading.Event(), 0

    def find(self, reader: Reader, pixels: np.ndarray) -> Iterator[InkParts | None]:
        """In place of the real one, which it does in the end."""
        self.begun += 1
        return self._held(find_parts_beside(reader, pixels))

    def _held(self, work: Iterator[InkParts | None]) -> Iterator[InkParts | None]:
        self.may_go.wait(30)
        yield None
        yield from work


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Brake]:
    made = Brake()
    monkeypatch.setattr(module, "find_parts_beside", made.find)
    yield made
    made.may_go.set()


@pytest.fixture
def easel(tiny_session: Session, qtbot: Any) -> Iterator[Easel]:
    tiny_session.choose(bundled_run())
    made = Easel(tiny_session, tiny_session)
    made.take_run()
    yield made
    made.stop()


@pytest.fixture
def card(easel: Easel, qtbot: Any) -> Iterator[AnswerCard]:
    made = AnswerCard(easel)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.stop()


def show(easel: Easel, *strokes: Stroke) -> None:
    """Lays a photograph of strokes on the easel."""
    easel.show((), on_paper(strokes))
    easel.answer_if_due()


def test_a_picture_is_answered_as_soon_as_it_is_levelled(easel: Easel, card: AnswerCard, qtbot: Any) -> None:
    answers: list[tuple[str, bool]] = []
    easel.answered.connect(lambda: answers.append((card.view.property("label"), card.view.property("is_known"))))
    show(easel, *SEVEN)
    # Nothing yet, and above all nothing old.
    assert answers == [("", True)]
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert answers[1] == ("7", easel.reading.is_known)
    assert not easel.pictures.is_under_way


def test_an_answer_of_before_does_not_stand_beside_a_new_picture(
    easel: Easel, card: AnswerCard, brake: Brake, qtbot: Any
) -> None:
    easel.show(SEVEN)
    easel.answer_if_due()
    assert card.view.property("label") == "7"
    show(easel, *ONE)
    assert card.view.property("label") == ""
    assert easel.part is None
    brake.may_go.set()
    qtbot.waitUntil(lambda: card.view.property("label") == "1")


def test_only_work_that_takes_long_is_told_of(easel: Easel, card: AnswerCard, brake: Brake, qtbot: Any) -> None:
    show(easel, *SEVEN)
    assert card.view._placeholder == ""
    qtbot.waitUntil(lambda: "ink" in card.view._placeholder)
    assert easel.pictures.is_slow
    brake.may_go.set()
    qtbot.waitUntil(lambda: card.view.property("label") == "7")
    assert not easel.pictures.is_slow


def test_a_picture_without_ink_says_so(easel: Easel, card: AnswerCard, qtbot: Any) -> None:
    easel.show((), np.full((60, 60), 200, np.uint8))
    easel.answer_if_due()
    qtbot.waitUntil(lambda: not easel.pictures.is_under_way)
    assert "No ink" in card.view._placeholder
    easel.show(())
    easel.answer_if_due()
    assert "will stand here" in card.view._placeholder


def test_a_newer_picture_takes_the_place_of_one_under_way(
    easel: Easel, card: AnswerCard, brake: Brake, qtbot: Any
) -> None:
    labels: list[str] = []
    easel.answered.connect(lambda: labels.append(card.view.property("label")))
    show(easel, *SEVEN)
    show(easel, *ONE)
    easel.answer()
    assert brake.begun == 1
    brake.may_go.set()
    qtbot.waitUntil(lambda: card.view.property("label") == "1")
    assert "7" not in labels
    assert brake.begun == 2


def test_a_stroke_takes_the_place_of_a_picture_under_way(
    easel: Easel, card: AnswerCard, brake: Brake, qtbot: Any
) -> None:
    show(easel, *ONE)
    easel.show(SEVEN)
    easel.answer_if_due()
    assert card.view.property("label") == "7"
    assert not easel.pictures.is_under_way
    brake.may_go.set()
    qtbot.waitUntil(lambda: not easel.pictures._runner.isRunning())
    QApplication.processEvents()
    assert card.view.property("label") == "7"


def test_what_is_stopped_in_the_middle_leaves_nothing_behind(easel: Easel, brake: Brake, qtbot: Any) -> None:
    show(easel, *ONE)
    qtbot.waitUntil(lambda: easel.pictures._runner.isRunning())
    threading.Timer(0.05, brake.may_go.set).start()
    easel.stop()
    assert not easel.pictures._runner.isRunning()
    show(easel, *SEVEN)
    QApplication.processEvents()
    assert brake.begun == 1
    assert easel.reading.parts == ()


def test_another_network_or_measurement_reads_the_picture_on_the_easel(easel: Easel, brake: Brake, qtbot: Any) -> None:
    brake.may_go.set()
    show(easel, *SEVEN)
    qtbot.waitUntil(lambda: easel.reading.text == "7")
    easel.take_calibration()
    # The ink is where it was.
    assert easel.reading.text == "7"
    assert brake.begun == 1
    easel.take_run()
    assert easel.reading.text == ""
    qtbot.waitUntil(lambda: easel.reading.text == "7")
    assert brake.begun == 2


def test_what_fails_is_not_begun_again_and_again(
    easel: Easel, card: AnswerCard, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    begun: list[int] = []

    def fail(_reader: Reader, _pixels: np.ndarray) -> Iterator[InkParts]:
        begun.append(1)
        yield from ()
        raise MemoryError("too large")

    monkeypatch.setattr(module, "find_parts_beside", fail)
    show(easel, *SEVEN)
    qtbot.waitUntil(lambda: not easel.pictures.is_under_way)
    QApplication.processEvents()
    assert len(begun) == 1
    assert card.view.property("label") == ""
    assert "too large" in card.view._placeholder
