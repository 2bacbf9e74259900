"""What the parts of Draw share: one answer for all that was drawn meanwhile, and a network that may change under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import Calibration, Part, Reading, Run, Stroke
from lepton_studio.gui.easel import Easel

LINE = Stroke(((0.3, 0.2), (0.5, 0.5), (0.5, 0.8)), 0.1)
OTHER = Stroke(((0.2, 0.8), (0.8, 0.8)), 0.1)


@pytest.fixture
def count(easel: Easel) -> Callable[[], int]:
    """How many answers were heard of."""
    heard: list[Part | None] = []
    easel.answered.connect(lambda: heard.append(easel.part))
    return lambda: len(heard)


def parts(*labels: str) -> Reading:
    """Digits that were read, one beside the other."""
    shares = np.full(4, 0.25, np.float32)
    picture = np.zeros((1, 8, 8), np.uint8)
    return Reading(
        tuple(Part((0, 0, 1, 1), (at,), picture, shares, label, 0.0, True) for at, label in enumerate(labels))
    )


def test_all_that_was_drawn_within_one_turn_gets_one_answer(easel: Easel, count: Callable[[], int]) -> None:
    for drawn in ((), (LINE,), (LINE, OTHER)):
        easel.show(drawn)
    assert count() == 0
    QApplication.processEvents()
    assert count() == 1
    assert easel.strokes == (LINE, OTHER)
    assert easel.part is not None


def test_whoever_cannot_wait_is_answered_at_once_and_only_once(easel: Easel, count: Callable[[], int]) -> None:
    easel.show((LINE,))
    easel.answer_if_due()
    easel.answer_if_due()
    QApplication.processEvents()
    assert count() == 1


def test_the_newest_digit_is_looked_at_and_a_choice_stays_until_one_comes_or_goes(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = parts("1", "2")
    monkeypatch.setattr(easel, "_read", lambda: read)
    easel.answer()
    assert easel.part is read.parts[1]
    easel.choose_part(0)
    easel.answer()
    assert easel.part is read.parts[0]
    read = parts("1", "2", "3")
    easel.answer()
    assert easel.chosen == 2
    read = parts()
    easel.answer()
    assert (easel.part, easel.chosen) == (None, 0)


def test_another_share_of_digits_is_answered_anew_and_the_same_one_is_not(
    easel: Easel, count: Callable[[], int], qtbot: Any
) -> None:
    easel.show((LINE,))
    easel.answer_if_due()
    before = count()
    with qtbot.waitSignal(easel.coverage_changed, timeout=0):
        easel.set_coverage(0.8)
    assert easel.reader is not None
    assert (easel.reader.coverage, count()) == (0.8, before + 1)
    easel.set_coverage(0.8)
    assert count() == before + 1
    # Also of the next network.
    easel.take_run()
    assert easel.reader.coverage == 0.8


def test_without_a_network_nothing_is_answered_and_the_reason_is_kept(
    easel: Easel, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    easel.show((LINE,))
    easel.answer_if_due()
    record = msgspec.structs.replace(trained_run.record, class_names=("one", "two"))
    monkeypatch.setattr(trained_run, "record", record)
    trained_run.checkpoint.write_bytes(b"no weights")
    easel.take_run()
    assert easel.predictor is None
    assert easel.trouble
    assert (easel.part, easel.run) == (None, None)
    easel.session.choose(None)
    easel.take_run()
    assert easel.trouble == ""


def test_newer_weights_are_taken_and_what_was_measured_of_the_old_ones_is_forgotten(
    easel: Easel, trained_run: Run, count: Callable[[], int]
) -> None:
    easel.show((LINE,))
    easel.answer_if_due()
    assert easel.reader is not None
    assert easel.predictor is not None
    measured = Calibration()
    easel.set_calibration(measured)
    before = count()
    easel.refresh()
    assert (easel.reader.calibration, count()) == (measured, before)
    trained_run.leave_weights(easel.predictor.network.state_dict())
    easel.refresh()
    assert easel.reader.calibration is not measured
    assert count() == before + 1


def test_a_page_that_was_left_answers_no_more(easel: Easel, count: Callable[[], int]) -> None:
    easel.show((LINE,))
    easel.stop()
    QApplication.processEvents()
    assert count() == 0
