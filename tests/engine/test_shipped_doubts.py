"""The network that ships knows what it does not know: digits are answered, drawings of other things are refused."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from lepton_studio.engine.calibration import COVERAGE, Calibration, calibration_of
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.prediction import Looked, Predictor
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Picture, Stroke, render_strokes

Points = tuple[tuple[float, float], ...]


@cache
def shipped() -> tuple[Predictor, Calibration]:
    run = bundled_run()
    found = calibration_of(run)
    assert found is not None, "what was measured of the shipped network is missing, or belongs to other weights"
    return Predictor(run), found


def is_answered(pictures: np.ndarray, coverage: float = COVERAGE) -> np.ndarray:
    predictor, calibration = shipped()
    parts = [predictor.look(pictures[start : start + 250]) for start in range(0, len(pictures), 250)]
    looked = Looked(np.concatenate([part.logits for part in parts]), np.concatenate([part.features for part in parts]))
    return calibration.scores(looked) >= calibration.threshold(coverage)


def lines(*parts: Points) -> Picture:
    return render_strokes(tuple(Stroke(part, 0.06) for part in parts))


def arc(middle: tuple[float, float], radius: float, start: float = 0, turn: float = 1) -> Points:
    steps = [(start + turn * step / 24) * 2 * math.pi for step in range(25)]
    return tuple((middle[0] + radius * math.cos(step), middle[1] + radius * math.sin(step)) for step in steps)


STRANGERS: dict[str, tuple[Points, ...]] = {
    "A": (((0.2, 0.9), (0.5, 0.1), (0.8, 0.9)), ((0.32, 0.6), (0.68, 0.6))),
    "E": (((0.75, 0.1), (0.25, 0.1), (0.25, 0.9), (0.75, 0.9)), ((0.25, 0.5), (0.65, 0.5))),
    "H": (((0.25, 0.1), (0.25, 0.9)), ((0.75, 0.1), (0.75, 0.9)), ((0.25, 0.5), (0.75, 0.5))),
    "K": (((0.3, 0.1), (0.3, 0.9)), ((0.7, 0.1), (0.32, 0.5), (0.72, 0.9))),
    "M": (((0.1, 0.9), (0.2, 0.1), (0.5, 0.6), (0.8, 0.1), (0.9, 0.9)),),
    "N": (((0.2, 0.9), (0.2, 0.1), (0.8, 0.9), (0.8, 0.1)),),
    "R": (((0.3, 0.9), (0.3, 0.1), *arc((0.4, 0.3), 0.2, -0.25, 0.5), (0.4, 0.5), (0.75, 0.9)),),
    "W": (((0.1, 0.1), (0.3, 0.9), (0.5, 0.3), (0.7, 0.9), (0.9, 0.1)),),
    "X": (((0.2, 0.1), (0.8, 0.9)), ((0.8, 0.1), (0.2, 0.9))),
    "smiley": (arc((0.5, 0.5), 0.4), arc((0.36, 0.4), 0.03), arc((0.64, 0.4), 0.03), arc((0.5, 0.5), 0.22, 0.05, 0.4)),
    "house": (((0.2, 0.9), (0.2, 0.4), (0.5, 0.1), (0.8, 0.4), (0.8, 0.9), (0.2, 0.9)), ((0.2, 0.4), (0.8, 0.4))),
    "star": (((0.5, 0.05), (0.75, 0.9), (0.05, 0.4), (0.95, 0.4), (0.25, 0.9), (0.5, 0.05)),),
    "fence": tuple(((0.1 + 0.2 * step, 0.1), (0.1 + 0.2 * step, 0.9)) for step in range(5)),
    "heart": ((*arc((0.35, 0.35), 0.18, 0.0, -0.6), (0.5, 0.9)), (*arc((0.65, 0.35), 0.18, -0.5, 0.6), (0.5, 0.9))),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_digit_is_refused(name: str) -> None:
    assert not is_answered(lines(*STRANGERS[name])[None])[0]


def test_scribbles_are_refused() -> None:
    random = np.random.default_rng(4)
    pictures = []
    for _ in range(100):
        corners = random.uniform(0.1, 0.9, (12, 2))
        pictures.append(lines(tuple((float(x), float(y)) for x, y in corners)))
    assert is_answered(np.stack(pictures)).mean() <= 0.1


def test_digits_are_answered_as_often_as_promised_and_then_right() -> None:
    samples = load_samples(BundledDigits())
    assert isinstance(samples, Samples)
    predictor, calibration = shipped()
    images, labels = samples.images[samples.is_test], samples.labels[samples.is_test]
    answered = is_answered(images)
    # Other digits than those that it was measured on, and only a thousand.
    assert answered.mean() >= COVERAGE - 0.02
    assert (predictor.probabilities(images).argmax(axis=1) == labels)[answered].mean() >= 0.995
    assert calibration.accuracy_at(COVERAGE) >= 0.99


def test_fewer_are_answered_where_less_is_wanted() -> None:
    images = load_samples(BundledDigits()).images[:1000]
    shares = [float(is_answered(images, coverage).mean()) for coverage in (0.6, 0.8, 0.95, 1.0)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1] == 1.0
