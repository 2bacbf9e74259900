"""The score: its promise holds, strangers are refused, and it is quick to be had and safe to read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.doubt import Doubt, Ranks
from lepton_studio.engine.familiarity import (
    FOLDED,
    KEPT_DIRECTIONS,
    NEAREST,
    Familiarity,
    StrangerRow,
    familiarity_of,
    shrunk_covariance,
)
from lepton_studio.engine.prediction import Looked
from lepton_studio.engine.temperature import softmax


def _looked(count: int, seed: int, classes: int = 3, width: int = 12, shift: float = 0.0) -> tuple[Looked, np.ndarray]:
    """Features in a cloud around each class; logits that see which is nearest. ``shift`` moves them off."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, 3, (classes, width))
    labels = random.integers(0, classes, count)
    features = centres[labels] + random.normal(0, 1, (count, width)) + shift * random.normal(0, 3, (count, width))
    logits = features @ centres.T - np.square(centres).sum(axis=1) / 2
    return Looked(logits.astype(np.float32), features.astype(np.float32)), labels


@pytest.mark.parametrize("count", [60, 400, 5000])
@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95, 0.99])
def test_of_what_was_measured_no_smaller_share_is_answered_than_was_promised(count: int, coverage: float) -> None:
    parts = np.random.default_rng(count).normal(size=(count, 4))
    scores = Doubt.measured(parts).scores(parts)
    assert coverage - 1e-9 <= (scores >= 1 - coverage).mean() <= coverage + 2 / count + 0.004


def test_the_promise_holds_for_pictures_that_were_not_measured() -> None:
    answered = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        doubt = Doubt.measured(random.normal(size=(200, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1.0]]))
        fresh = random.normal(size=(500, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1.0]])
        answered.append((doubt.scores(fresh) >= 0.05).mean())
    assert np.mean(answered) == pytest.approx(0.95, abs=0.012)


def test_equal_numbers_are_all_answered_or_none() -> None:
    parts = np.repeat([[0.0], [1.0]], [20, 80], axis=0)
    scores = Doubt.measured(parts).scores(parts)
    assert set(np.round(scores, 3)) == {round(20 / 101, 3), round(100 / 101, 3)}


def test_a_score_falls_on_below_all_that_was_measured_and_never_rises_with_less_to_say() -> None:
    ranks = Ranks.of(np.random.default_rng(2).normal(size=500))
    assert (np.diff(ranks.log_levels(np.linspace(-30, 5, 400))) >= 0).all()
    farther, far = ranks.log_levels(np.array([-5.0, -4.0]))
    assert farther < far < np.log(1 / 500)


def test_what_is_no_number_is_not_known() -> None:
    doubt = Doubt.measured(np.random.default_rng(2).normal(size=(100, 2)))
    assert doubt.scores(np.array([[np.nan, 5.0], [np.inf, 0.0], [9.0, 9.0]])).tolist()[:2] == [0.0, 0.0]
    assert doubt.scores(np.array([[9.0, 9.0]]))[0] > 0.5


@pytest.mark.parametrize("width", [1, 12, KEPT_DIRECTIONS + 5, FOLDED + 300])
def test_strangers_are_refused_whatever_the_number_of_features(width: int) -> None:
    learned, labels = _looked(600, 1, width=width)
    seen, _ = _looked(500, 2, width=width)
    strangers, _ = _looked(500, 3, width=width, shift=3.0)
    familiarity = Familiarity.learned(learned, labels)
    doubt = Doubt.measured(familiarity.parts(seen, 1.0))
    fresh, _ = _looked(500, 4, width=width)
    assert (doubt.scores(familiarity.parts(fresh, 1.0)) >= 0.05).mean() > 0.9
    # One feature alone cannot tell much.
    assert (doubt.scores(familiarity.parts(strangers, 1.0)) < 0.05).mean() > (0.2 if width == 1 else 0.95)


def test_distance_and_angle_are_what_they_say() -> None:
    learned, labels = _looked(300, 1)
    familiarity = Familiarity.learned(learned, labels)
    seen, _ = _looked(20, 2)
    answers = seen.logits.argmax(axis=1)
    features = learned.features.astype(np.float64)
    means = np.stack([features[labels == label].mean(axis=0) for label in range(3)])
    inverse = np.linalg.inv(shrunk_covariance(features - means[labels]))
    parts = familiarity.parts(seen, 2.0)
    for row, answer in enumerate(answers):
        apart = seen.features[row] - means[answer]
        assert parts[row, 2] == pytest.approx(-np.log(apart @ inverse @ apart), abs=1e-3)
        same = features[labels == answer][:200]
        cosines = same @ seen.features[row] / np.linalg.norm(same, axis=1) / np.linalg.norm(seen.features[row])
        expected = 1 - np.sort(cosines)[-NEAREST:].mean()
        assert np.exp(-parts[row, 3]) == pytest.approx(expected, abs=2e-3)


def test_confidence_is_the_log_odds_and_still_tells_where_probabilities_are_all_one() -> None:
    familiarity = Familiarity.learned(*_looked(100, 1))
    logits = np.array([[60.0, 0, 0], [90.0, 0, 0]], np.float32)
    parts = familiarity.parts(Looked(logits, np.ones((2, 12), np.float32)), 1.0)
    assert parts[:, 0].tolist() == pytest.approx([60 - np.log(2), 90 - np.log(2)], abs=1e-4)
    assert parts[:, 1].tolist() == pytest.approx([60, 90], abs=1e-4)


def test_the_row_of_strangers_is_one_more_class_to_be_sure_against() -> None:
    row = StrangerRow(np.arange(13, dtype=np.float32) / 10)
    seen, _ = _looked(30, 2)
    stranger = seen.features @ row.row[:-1] + row.row[-1]
    parts = row.parts(seen, 2.0)
    chances = softmax(np.concatenate([seen.logits, stranger[:, None]], axis=1).astype(np.float64) / 2)
    of_answer = chances[np.arange(30), seen.logits.argmax(axis=1)]
    assert np.allclose(1 / (1 + np.exp(-parts[:, 1])), of_answer, atol=1e-6)
    assert (parts[:, 1] < parts[:, 0]).all()
    read = familiarity_of(row.arrays())
    assert np.array_equal(read.parts(seen, 2.0), parts)


@pytest.mark.parametrize("row", [np.zeros(0), np.full(3, np.nan), np.zeros((2, 2))], ids=["empty", "nan", "square"])
def test_a_row_that_can_be_none_is_refused(row: np.ndarray) -> None:
    with pytest.raises(ValueError, match="row of strangers"):
        familiarity_of({"stranger": row})


def test_a_class_without_pictures_and_features_that_never_move_do_no_harm() -> None:
    learned, labels = _looked(100, 1, classes=4)
    still = Looked(learned.logits, np.where(np.arange(12) < 4, learned.features, 0).astype(np.float32))
    some = labels != 2
    familiarity = Familiarity.learned(Looked(still.logits[some], still.features[some]), labels[some])
    assert np.isfinite(familiarity.parts(still, 1.0)).all()


def test_pictures_are_judged_alike_alone_and_among_others() -> None:
    familiarity = Familiarity.learned(*_looked(200, 1))
    seen, _ = _looked(40, 2)
    alone = [familiarity.parts(Looked(seen.logits[n : n + 1], seen.features[n : n + 1]), 1.0) for n in range(40)]
    assert np.allclose(np.concatenate(alone), familiarity.parts(seen, 1.0), atol=1e-4)


def test_what_is_kept_gives_the_same_scores() -> None:
    familiarity = Familiarity.learned(*_looked(200, 1))
    seen, _ = _looked(100, 2)
    doubt = Doubt.measured(familiarity.parts(seen, 1.3))
    read = Doubt.of_arrays(doubt.arrays(), familiarity.signs)
    again = familiarity_of(familiarity.arrays())
    assert np.array_equal(read.scores(again.parts(seen, 1.3)), doubt.scores(familiarity.parts(seen, 1.3)))


@given(st.integers(2, 40), st.integers(1, 30), st.integers(0, 1000))
def test_a_shrunk_covariance_can_always_be_inverted(count: int, side: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(count, side)) * (np.arange(side) % 3)
    found = shrunk_covariance(rows - rows.mean(axis=0))
    assert np.allclose(found, found.T)
    assert np.linalg.eigvalsh(found)[0] > 0


def test_a_covariance_of_many_rows_is_nearly_their_own() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, 6)) @ random.normal(size=(6, 6))
    assert np.allclose(shrunk_covariance(rows), np.cov(rows.T, bias=True), atol=0.15)
