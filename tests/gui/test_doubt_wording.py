"""Sentences on how sure a network may be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lepton_studio.engine import COVERAGES, Calibration, Part
from lepton_studio.engine.calibration import Figures
from lepton_studio.gui.doubt_wording import DIGITS, DoubtWording


@pytest.fixture
def words(qapp: Any) -> DoubtWording:
    return DoubtWording()


def measured(temperature: float = 1.0, samples: int = 500, is_enough: bool = True) -> Calibration:
    """A measurement in which all answers at every coverage are right but one in a thousand."""
    figures = Figures(temperature, samples, 0.99, (0.9988,) * len(COVERAGES))
    doubt: Any = SimpleNamespace() if is_enough else None
    return Calibration(temperature, figures, None, doubt)


def part(label: str, score: float, is_known: bool) -> Part:
    return Part((0, 0, 1, 1), (0,), np.zeros((1, 2, 2), np.uint8), np.ones(1, np.float32), label, score, is_known)


def test_a_second_digit_is_told_only_where_it_means_something(words: DoubtWording) -> None:
    assert (
        words.effect(measured(), 0.95, DIGITS) == "Answers 95 % of digits that it has not seen, 99.9 % of them right."
    )
    assert "99.88 % of them" in words.effect(measured(samples=5000), 0.95, DIGITS)
    assert "of such pictures" in words.effect(measured(), 0.95, ("shoe", "hat"))


@pytest.mark.parametrize(
    ("score", "is_known", "text"),
    [
        (0.43, True, "Known better than 43 % of the measured pictures: enough to say 7."),
        (0.013, False, "Known better than 1.3 % of the measured pictures: too little. The nearest class is 7."),
        (0.0, False, "Known less than any of the measured pictures. The nearest class is 7."),
    ],
    ids=["known", "hardly known", "unknown"],
)
def test_a_drawing_is_placed_among_the_measured_pictures(
    words: DoubtWording, score: float, is_known: bool, text: str
) -> None:
    assert words.standing([part("7", score, is_known)]) == text


def test_of_several_parts_is_told_how_many_are_known(words: DoubtWording) -> None:
    assert words.standing([part("7", 0.5, True), part("1", 0.0, False)]) == "1 of 2 parts are known well enough."
    assert words.standing([]).startswith("Draw something")


@pytest.mark.parametrize(
    ("temperature", "text"), [(1.01, "Nothing needs"), (1.3, "too sure"), (0.6, "not sure enough")], ids=str
)
def test_the_temperature_says_in_which_way_a_network_was_wrong(
    words: DoubtWording, temperature: float, text: str
) -> None:
    assert text in words.honesty(measured(temperature))


def test_what_was_measured_and_what_was_not_is_told(words: DoubtWording) -> None:
    assert words.measured(measured()) == "Measured on 500 pictures that it did not learn from."
    assert words.measured(measured(samples=5, is_enough=False)).startswith("Only 5 pictures were kept back")
    said = [words.unmeasured(*case) for case in ((True, False), (False, True), (False, False))]
    assert len(set(said)) == 3
