"""The scale of how well a drawing is known."""

from __future__ import annotations

from typing import Any

import pytest

from lepton_studio.gui.widgets.score_scale import LOWEST, ScoreScale


@pytest.fixture
def scale(qtbot: Any) -> ScoreScale:
    made = ScoreScale()
    qtbot.addWidget(made)
    made.resize(320, made.sizeHint().height())
    made.show()
    qtbot.waitExposed(made)
    return made


def test_a_better_known_drawing_lies_further_right(scale: ScoreScale) -> None:
    places = [scale.place_of(score) for score in (LOWEST, 0.001, 0.05, 0.5, 1.0)]
    assert places == sorted(places)
    assert scale.place_of(0.0) == places[0]
    assert 0 <= places[0] < places[-1] <= scale.width()


def test_marks_are_painted_and_told_in_words(scale: ScoreScale) -> None:
    empty = scale.grab().toImage()
    scale.show_marks([("7", 0.43), ("2", 0.0)], 0.05)
    assert scale.grab().toImage() != empty
    assert scale.marks == (("7", 0.43), ("2", 0.0))
    assert scale.accessibleDescription().startswith("7: known better than 43.0% of the measured pictures; 2: ")


@pytest.mark.parametrize("threshold", [float("-inf"), 0.0, 1e-9, 0.5])
def test_any_threshold_can_be_painted(scale: ScoreScale, threshold: float) -> None:
    scale.show_marks([("x" * 40, 0.3)], threshold)
    assert not scale.grab().isNull()
