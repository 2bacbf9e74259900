"""Labels that a network doubts: wrong ones that were put in come first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.evaluation import Evaluation, evaluate
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.runs import Run
from lepton_studio.engine.suspects import find_suspects, label_qualities, usual_confidences
from lepton_studio.engine.training import start_training


def evaluation_of(probabilities: list[list[float]], labels: list[int], split: str = "test") -> Evaluation:
    count = len(labels)
    names = tuple("abcdef"[: len(probabilities[0])])
    return Evaluation(split, np.arange(count) + 10, np.array(labels), np.array(probabilities, np.float32), names)


def test_the_usual_confidence_is_the_mean_of_each_class() -> None:
    evaluation = evaluation_of([[0.9, 0.1, 0], [0.5, 0.5, 0], [0.2, 0.8, 0]], [0, 0, 1])
    np.testing.assert_allclose(usual_confidences(evaluation), [0.7, 0.8, np.inf], rtol=1e-6)


def test_the_quality_is_the_margin_of_the_label() -> None:
    evaluation = evaluation_of([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], [0, 0])
    np.testing.assert_allclose(label_qualities(evaluation), [0.5, -0.5], rtol=1e-6)


def test_whoever_is_surer_than_usual_of_another_class_is_a_suspect() -> None:
    rows = [[0.9, 0.1], [0.9, 0.1], [0.05, 0.95], [0.3, 0.7], [0.1, 0.9], [0.95, 0.05]]
    found = find_suspects(evaluation_of(rows, [0, 0, 0, 1, 1, 1]))
    # Usual are 0.617 for a and 0.55 for b: the third is surely b, the sixth surely a; 0.7 for b is nothing against b.
    assert sorted(found.positions.tolist()) == [12, 15]
    assert found.answers[found.positions.tolist().index(12)] == 1
    assert found.explanation(found.positions.tolist().index(12)) == "Labelled a, the network says b with 95.0 %."


def test_no_certainty_is_claimed_and_seen_labels_are_admitted() -> None:
    rows = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    found = find_suspects(evaluation_of(rows, [0, 1, 0], "train"))
    assert found.explanation(0) == "Labelled a, the network says b with 99.99 %."
    assert found.has_seen_labels
    assert not find_suspects(evaluation_of(rows, [0, 1, 0])).has_seen_labels


def test_a_network_that_agrees_with_all_suspects_nobody() -> None:
    assert len(find_suspects(evaluation_of([[0.9, 0.1], [0.2, 0.8]], [0, 1]))) == 0


@pytest.fixture
def spoiled(tiny_experiment) -> tuple[Run, Samples, np.ndarray]:
    """The bundled digits with every twentieth label wrong, in every split, and a network that learned from them."""
    clean = load_samples(BundledDigits())
    random = np.random.default_rng(2)
    wrong = random.random(len(clean)) < 0.05
    labels = np.where(wrong, (clean.labels + random.integers(1, 10, len(clean))) % 10, clean.labels)
    samples = replace(clean, labels=labels)
    network = Architecture("Small", (Flatten(), Linear(outputs=64), Relu(), Linear(outputs=10)))
    hyperparameters = replace_struct(tiny_experiment.hyperparameters, epochs=4, batch_size=64)
    run = Run.create(replace_struct(tiny_experiment, architecture=network, hyperparameters=hyperparameters))
    for _ in start_training(run, samples):
        pass
    return run, samples, wrong


def replace_struct(value, **changes):
    import msgspec

    return msgspec.structs.replace(value, **changes)


@pytest.mark.parametrize(("split", "precision", "recall"), [("test", 0.6, 0.7), ("train", 0.6, 0.7)])
def test_wrong_labels_come_first(spoiled, split, precision, recall) -> None:
    run, samples, wrong = spoiled
    *_, evaluation = evaluate(run, samples, split)
    found = find_suspects(evaluation)
    number = int(wrong[evaluation.indices].sum())
    assert number > 30
    among_first = wrong[found.positions[:number]].mean()
    # By chance one in twenty would be.
    assert among_first >= precision
    assert wrong[found.positions].sum() / number >= recall
