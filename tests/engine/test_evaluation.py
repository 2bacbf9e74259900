"""What follows from the answers to a split, against the same figures counted one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine import evaluation as evaluation_module
from lepton_studio.engine.dataset import SPLIT_NAMES, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import Evaluation, evaluate
from lepton_studio.engine.events import Progress
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut_samples

NAMES = ("a", "b", "c")


def made_up(labels: list[int], answers: list[int], sure: list[float] | None = None) -> Evaluation:
    """An evaluation of samples 100, 101, ... with these answers, given with these probabilities."""
    probabilities = np.full((len(labels), 3), 0.1, np.float32)
    for row, answer in enumerate(answers):
        probabilities[row, answer] = sure[row] if sure else 0.8
    indices = np.arange(100, 100 + len(labels))
    return Evaluation("test", indices, np.array(labels, np.int64), probabilities, NAMES)


pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=40)


@given(pairs=pairs)
def test_figures_are_those_counted_one_by_one(pairs: list[tuple[int, int]]) -> None:
    made = made_up([label for label, _ in pairs], [answer for _, answer in pairs])
    assert made.answers.tolist() == [answer for _, answer in pairs]
    right = sum(label == answer for label, answer in pairs)
    assert made.accuracy == pytest.approx(right / len(pairs) if pairs else 0.0)
    for label in range(3):
        for answer in range(3):
            assert made.confusion[label, answer] == pairs.count((label, answer))
    assert made.confusion.sum() == len(pairs)
    for number, figures in enumerate(made.per_class):
        hits = pairs.count((number, number))
        truth = sum(label == number for label, _ in pairs)
        answered = sum(answer == number for _, answer in pairs)
        assert figures.name == NAMES[number]
        assert figures.samples == truth
        assert figures.precision == pytest.approx(hits / answered if answered else 0.0)
        assert figures.recall == pytest.approx(hits / truth if truth else 0.0)
        # F1 from counts alone: 2 TP / (2 TP + FP + FN).
        assert figures.f1 == pytest.approx(2 * hits / (truth + answered) if hits else 0.0)


def test_rows_are_the_truth_and_columns_the_answers() -> None:
    made = made_up([0, 0, 0, 1], [0, 2, 2, 1])
    assert made.confusion.tolist() == [[1, 0, 2], [0, 1, 0], [0, 0, 0]]


def test_a_cell_holds_its_samples_with_the_most_confident_first() -> None:
    made = made_up([0, 0, 1, 0, 0], [2, 2, 2, 2, 0], [0.5, 0.9, 0.8, 0.7, 0.6])
    assert made.cell(0, 2).tolist() == [101, 103, 100]
    assert made.cell(1, 2).tolist() == [102]
    assert made.cell(0, 0).tolist() == [104]
    assert made.cell(2, 0).tolist() == []


def test_samples_of_equal_confidence_stay_in_their_order() -> None:
    assert made_up([0] * 5, [1] * 5).cell(0, 1).tolist() == [100, 101, 102, 103, 104]


def finished(run: Run, samples: Samples, split: str) -> Evaluation:
    *_, last = evaluate(run, samples, split)
    assert isinstance(last, Evaluation)
    return last


@pytest.mark.parametrize("split", SPLIT_NAMES)
def test_a_split_is_evaluated_whole_and_in_its_order(trained_run: Run, tiny_samples, split: str) -> None:
    made = finished(trained_run, tiny_samples, split)
    indices = cut_samples(tiny_samples, 0.2, trained_run.experiment.seed)[split]
    assert made.split == split
    assert np.array_equal(made.indices, indices)
    assert np.array_equal(made.labels, tiny_samples.labels[indices])
    expected = Predictor(trained_run).probabilities(tiny_samples.images[indices])
    assert made.probabilities == pytest.approx(expected, abs=1e-6)
    assert made.class_names == tiny_samples.class_names


def test_the_accuracy_of_the_test_split_is_that_of_the_training(trained_run: Run, tiny_samples) -> None:
    assert finished(trained_run, tiny_samples, "test").accuracy == pytest.approx(trained_run.record.test_accuracy)


def test_progress_counts_to_the_end(trained_run: Run, tiny_samples, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finished(trained_run, tiny_samples, "train")
    monkeypatch.setattr(evaluation_module, "BATCH", 25)
    *progress, last = evaluate(trained_run, tiny_samples, "train")
    assert [(step.done, step.total) for step in progress if isinstance(step, Progress)] == [
        (25, 72),
        (50, 72),
        (72, 72),
    ]
    assert last.probabilities == pytest.approx(whole.probabilities, abs=1e-6)


def test_an_unknown_split_is_answered_with_the_known_ones(trained_run: Run, tiny_samples) -> None:
    with pytest.raises(LeptonError, match="no split called 'exam'") as caught:
        list(evaluate(trained_run, tiny_samples, "exam"))
    assert "train, validation, test" in caught.value.remedy


def test_an_empty_split_is_refused(trained_run: Run, tiny_samples) -> None:
    samples = Samples(tiny_samples.images, tiny_samples.labels, tiny_samples.class_names, np.zeros(120, bool))
    with pytest.raises(LeptonError, match="test split of this dataset is empty"):
        list(evaluate(trained_run, samples))


def with_classes(samples: Samples, names: tuple[str, ...]) -> Samples:
    """The same pictures, each with the class of its name among these."""
    labels = np.array([names.index(samples.class_of(at)) for at in range(len(samples))], np.int64)
    return Samples(samples.images, labels, names, samples.is_test)


def test_classes_are_the_same_if_their_names_are(trained_run: Run, tiny_samples) -> None:
    expected = finished(trained_run, tiny_samples, "test")
    made = finished(trained_run, with_classes(tiny_samples, tiny_samples.class_names[::-1]), "test")
    assert made.class_names == tiny_samples.class_names
    assert made.accuracy == expected.accuracy > 0.5
    assert np.array_equal(made.confusion, expected.confusion)


def test_a_part_of_the_classes_is_enough(trained_run: Run, tiny_samples) -> None:
    keep = tiny_samples.labels >= 2
    part = Samples(
        tiny_samples.images[keep],
        tiny_samples.labels[keep] - 2,
        tiny_samples.class_names[2:],
        tiny_samples.is_test[keep],
    )
    made = finished(trained_run, part, "test")
    assert made.confusion.shape == (4, 4)
    assert [figures.samples for figures in made.per_class][:2] == [0, 0]
    assert np.array_equal(made.confusion[2:], finished(trained_run, tiny_samples, "test").confusion[2:])


def test_a_class_that_was_renamed_keeps_its_place(trained_run: Run, tiny_samples) -> None:
    renamed = Samples(
        tiny_samples.images, tiny_samples.labels, ("nw", *tiny_samples.class_names[1:]), tiny_samples.is_test
    )
    expected = finished(trained_run, tiny_samples, "test")
    assert np.array_equal(finished(trained_run, renamed, "test").confusion, expected.confusion)


def test_pictures_of_another_size_are_refused(trained_run: Run, tiny_samples) -> None:
    larger = Samples(
        np.zeros((5, 1, 9, 8), np.uint8), np.zeros(5, np.int64), tiny_samples.class_names, np.ones(5, bool)
    )
    with pytest.raises(LeptonError, match="1 × 9 × 8"):
        list(evaluate(trained_run, larger))


@pytest.mark.parametrize(
    "names",
    [
        ("north west", "north east", "south west", "south east", "e"),
        ("e", "north west", "north east", "south west"),
        ("p", "q", "r", "s"),
    ],
)
def test_classes_that_the_network_does_not_know_are_refused(
    trained_run: Run, tiny_samples, names: tuple[str, ...]
) -> None:
    others = Samples(tiny_samples.images, tiny_samples.labels, names, tiny_samples.is_test)
    with pytest.raises(LeptonError, match=r"does not know: (e|p, q, r, s)[.]"):
        list(evaluate(trained_run, others))
