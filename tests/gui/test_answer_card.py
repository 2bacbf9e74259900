"""The answer: what the easel says, for the digit that is looked at, or why there is none yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from lepton_studio.engine import Part, Reading, Run, Stroke
from lepton_studio.gui.answer_card import AnswerCard
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session

LINE = (Stroke(((0.3, 0.2), (0.5, 0.5), (0.5, 0.8)), 0.1),)


@pytest.fixture
def easel(tiny_session: Session) -> Iterator[Easel]:
    easel = Easel(tiny_session)
    yield easel
    easel.stop()


@pytest.fixture
def card(easel: Easel, qtbot: Any) -> Iterator[AnswerCard]:
    card = AnswerCard(easel)
    qtbot.addWidget(card)
    easel.take_run()
    yield card
    card.stop()


def answer(easel: Easel, *parts: tuple[str, float, bool]) -> None:
    """Has the easel say this, from left to right: class, probability, whether it is known."""
    picture, made = np.zeros((1, 8, 8), np.uint8), []
    for at, (label, probability, is_known) in enumerate(parts):
        shares = np.full(4, (1 - probability) / 3, np.float32)
        shares[at] = probability
        made.append(Part((0, 0, 1, 1), (at,), picture, shares, label, 0.0, is_known))
    easel.reading = Reading(tuple(made))
    easel.answered.emit()


def test_it_says_why_there_is_no_answer_yet(
    card: AnswerCard, easel: Easel, tiny_session: Session, trained_run: Run
) -> None:
    assert "cannot answer" in card.view._placeholder
    tiny_session.engine_ready = False
    easel.take_run()
    assert "Starting PyTorch" in card.view._placeholder
    tiny_session.engine_ready = True
    tiny_session.choose(trained_run)
    assert card.view._placeholder == "The answer will stand here."


def test_one_doubtful_digit_makes_the_whole_number_doubtful(card: AnswerCard, easel: Easel) -> None:
    answer(easel, ("4", 0.9, True), ("2", 0.5, True))
    assert (card.view.label, card.view.is_known) == ("42", True)
    assert card.view.probability == pytest.approx(0.45)
    answer(easel, ("4", 0.9, True), ("2", 0.5, False))
    assert (card.view.label, card.view.is_known) == ("42", False)


def test_the_bars_are_those_of_the_digit_that_is_looked_at(card: AnswerCard, easel: Easel) -> None:
    answer(easel, ("4", 0.9, True), ("2", 0.7, True))
    assert card.view.probabilities[0] == pytest.approx(0.9)
    card.view.part_chosen.emit(1)
    assert card.view.probabilities[1] == pytest.approx(0.7)
    assert card.view.label == "42"


def test_an_emptied_canvas_has_no_answer(card: AnswerCard, easel: Easel) -> None:
    answer(easel, ("4", 0.9, True))
    answer(easel)
    assert (card.view.label, card.view.probabilities) == ("", [])
