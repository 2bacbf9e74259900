"""What a network says of a whole dataset: the same as it says of each sample, and right by the name of the class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lepton_studio.engine.answers import Answers, answer_all, answer_some
from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import bundled_run


@pytest.fixture(scope="module")
def digits():
    whole = load_samples(BundledDigits())
    return replace(
        whole, images=whole.images[:600], labels=whole.labels[:600], is_test=whole.is_test[:600],
        label_sources=whole.label_sources[:600], origins=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def answers(digits) -> Answers:
    *progress, found = answer_all(bundled_run(), digits)
    assert [each.done for each in progress if isinstance(each, Progress)] == [0, 250, 500]
    return found


def test_the_figures_are_those_of_the_probabilities(digits, answers) -> None:
    probabilities = Predictor(bundled_run()).probabilities(digits.images)
    assert answers.answers.tolist() == probabilities.argmax(axis=1).tolist()
    assert answers.confidence == pytest.approx(probabilities.max(axis=1), abs=1e-6)
    of_right = probabilities[np.arange(600), digits.labels]
    assert answers.loss == pytest.approx(-np.log(np.maximum(of_right, 1e-9)), rel=1e-3, abs=1e-5)
    assert answers.is_right.mean() > 0.95


def test_one_sample_is_answered_as_among_all(digits, answers) -> None:
    one = answer_some(Predictor(bundled_run()), digits, np.array([17]))
    assert one.class_of(0) == answers.class_of(17) == answers.only(17).class_of(0)
    assert one.loss[0] == pytest.approx(answers.loss[17], rel=1e-3, abs=1e-5)


def test_classes_are_known_by_their_names(digits, answers) -> None:
    # The same digits with their classes in another order, one of them unknown to the network.
    names = ("nine", *"876543210")
    turned = replace(digits, labels=9 - digits.labels, class_names=names)
    *_, found = answer_all(bundled_run(), turned)
    is_nine = digits.labels == 9
    assert (found.is_right[~is_nine] == answers.is_right[~is_nine]).all()
    assert not found.is_right[is_nine].any()
    assert found.loss[is_nine] == pytest.approx(-np.log(1e-9), rel=1e-4)


def test_changed_labels_are_judged_without_asking_again(digits, answers) -> None:
    at = int(np.flatnonzero(answers.is_right)[0])
    labels = digits.labels.copy()
    labels[at] = (labels[at] + 1) % 10
    judged = answers.judged(replace(digits, labels=labels))
    assert not judged.is_right[at]
    assert (np.delete(judged.is_right, at) == np.delete(answers.is_right, at)).all()


def test_pictures_of_another_size_are_refused(digits) -> None:
    small = replace(digits, images=digits.images[:, :, :20])
    with pytest.raises(LeptonError, match="28 x 28"):
        list(answer_all(bundled_run(), small))


def test_a_network_that_knows_none_of_the_classes_is_neither_right_nor_wrong(digits) -> None:
    animals = replace(digits, class_names=tuple(f"animal {at}" for at in range(10)))
    with pytest.raises(LeptonError, match="knows none of the classes"):
        answer_some(Predictor(bundled_run()), animals, np.array([17]))
