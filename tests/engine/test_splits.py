"""The cut of a dataset: as it always was unless somebody wants another, and each sample in exactly one split."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lepton_studio.engine.dataset import SPLIT_NAMES, Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, default_experiment, experiment_from, with_setting
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import Splits, cut, cut_samples, learned_mean_and_std
from lepton_studio.engine.training import start_training


def samples_of(labels: NDArray[np.int64], is_test: NDArray[np.bool_], **more: NDArray[np.bool_]) -> Samples:
    images = np.random.default_rng(1).integers(0, 256, (len(labels), 1, 2, 3), dtype=np.uint8)
    return Samples(images, labels, ("a", "b", "c", "empty"), is_test, **more)


def some_samples(count: int, seed: int, with_validation: bool = False) -> Samples:
    random = np.random.default_rng(seed)
    labels, is_test = random.integers(0, 3, count), random.random(count) < 0.25
    more = {"is_validation": random.random(count) < 0.3} if with_validation else {}
    return samples_of(labels, is_test, **more)


def as_before_there_were_splits(samples: Samples, share: float, seed: int) -> dict[str, NDArray[np.int64]]:
    """``Samples.splits`` of the first version, by which old runs were cut."""
    random = np.random.default_rng(seed)
    is_validation = np.zeros(len(samples), dtype=bool)
    for label in range(len(samples.class_names)):
        members = np.flatnonzero((samples.labels == label) & ~samples.is_test)
        is_validation[random.choice(members, round(len(members) * share), replace=False)] = True
    return {
        "train": np.flatnonzero(~is_validation & ~samples.is_test),
        "validation": np.flatnonzero(is_validation),
        "test": np.flatnonzero(samples.is_test),
    }


every_splits = st.builds(
    Splits,
    test=st.sampled_from(["given", "drawn"]),
    test_share=st.floats(0, 0.9),
    validation=st.sampled_from(["given", "drawn"]),
    stratified=st.booleans(),
    seed=st.integers(0, 99),
)


@given(count=st.integers(0, 300), share=st.floats(0, 0.9), seed=st.integers(0, 2**31 - 1))
def test_by_default_the_cut_is_that_of_the_first_version(count: int, share: float, seed: int) -> None:
    samples = some_samples(count, seed % 97)
    found, before = cut_samples(samples, share, seed), as_before_there_were_splits(samples, share, seed)
    if share and not len(before["validation"]) and len(before["train"]) > 1:
        # Nothing could be trained on such a cut then; now one picture of so few checks the progress.
        assert len(found["validation"]) == 1
        assert np.array_equal(found["test"], before["test"])
        return
    assert all(np.array_equal(found[name], before[name]) for name in SPLIT_NAMES)


def test_an_experiment_of_the_first_version_is_cut_as_before(
    tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    plain = msgspec.to_builtins(tiny_experiment)
    del plain["splits"]
    old = experiment_from(plain, "old")
    assert old == tiny_experiment
    before = as_before_there_were_splits(tiny_samples, 0.2, 3)
    assert all(np.array_equal(cut(tiny_samples, old)[name], before[name]) for name in SPLIT_NAMES)


@given(
    count=st.integers(0, 200),
    share=st.floats(0, 0.9),
    splits=every_splits,
    with_validation=st.booleans(),
    seed=st.integers(0, 50),
)
def test_every_sample_is_in_exactly_one_split(
    count: int, share: float, splits: Splits, with_validation: bool, seed: int
) -> None:
    samples = some_samples(count, seed, with_validation)
    found = cut_samples(samples, share, seed, splits)
    assert tuple(found) == SPLIT_NAMES
    assert np.array_equal(np.sort(np.concatenate(list(found.values()))), np.arange(count))
    assert all(np.all(np.diff(positions) > 0) for positions in found.values())
    again = cut_samples(samples, share, seed, splits)
    assert all(np.array_equal(found[name], again[name]) for name in SPLIT_NAMES)


@given(count=st.integers(0, 300), share=st.floats(0, 0.9), seed=st.integers(0, 99))
def test_a_drawn_test_takes_the_same_share_of_each_class_or_of_all(count: int, share: float, seed: int) -> None:
    samples = some_samples(count, seed)
    stratified = cut_samples(samples, 0.1, seed, Splits(test="drawn", test_share=share))["test"]
    size = np.bincount(samples.labels, minlength=4)
    assert np.bincount(samples.labels[stratified], minlength=4).tolist() == [round(int(n) * share) for n in size]
    plain = cut_samples(samples, 0.1, seed, Splits(test="drawn", test_share=share, stratified=False))["test"]
    assert len(plain) == round(count * share)


def test_given_validation_is_taken_as_it_is_and_never_from_the_test() -> None:
    labels = np.arange(12) % 3
    is_test, is_validation = np.arange(12) >= 9, np.isin(np.arange(12), (0, 4, 10))
    samples = samples_of(labels, is_test, is_validation=is_validation)
    assert cut_samples(samples, 0.5, 1)["validation"].tolist() == [0, 4]
    drawn = cut_samples(samples, 0.5, 1, Splits(validation="drawn"))
    before = as_before_there_were_splits(samples, 0.5, 1)
    assert np.array_equal(drawn["validation"], before["validation"])


def test_validation_is_drawn_where_the_drawn_test_took_all_that_was_given() -> None:
    labels = np.zeros(10, np.int64)
    samples = samples_of(labels, np.zeros(10, bool), is_validation=np.arange(10) == 0)
    for seed in range(1, 40):
        found = cut_samples(samples, 0.5, 0, Splits(test="drawn", test_share=0.8, seed=seed))
        assert len(found["validation"]) == 1
        assert (0 in found["test"]) or found["validation"].tolist() == [0]


def test_a_share_so_large_that_a_class_is_empty_leaves_the_others() -> None:
    samples = samples_of(np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), np.zeros(11, bool))
    found = cut_samples(samples, 0.9, 0, Splits(test="drawn", test_share=0.9))
    # round(0.9) of the only "a" is all of them, and of ten "b" one is left, which validation takes.
    assert [len(found[name]) for name in SPLIT_NAMES] == [0, 1, 10]


def test_the_seed_of_the_splits_stands_before_that_of_the_experiment() -> None:
    samples = some_samples(200, 3)
    drawn = Splits(test="drawn", seed=5)
    first, other = (cut_samples(samples, 0.2, seed, drawn) for seed in (1, 2))
    assert all(np.array_equal(first[name], other[name]) for name in SPLIT_NAMES)
    unset = msgspec.structs.replace(drawn, seed=0)
    assert np.array_equal(cut_samples(samples, 0.2, 5, unset)["test"], first["test"])
    assert not np.array_equal(cut_samples(samples, 0.2, 6, unset)["test"], first["test"])


def test_the_pictures_of_a_drawn_test_do_not_count_for_mean_and_deviation() -> None:
    samples = some_samples(100, 3)
    splits = Splits(test="drawn", test_share=0.5)
    found = cut_samples(samples, 0.2, 1, splits)
    seen = samples.images[np.concatenate([found["train"], found["validation"]])].astype(float)
    mean, std = learned_mean_and_std(samples, splits, found)
    assert mean == pytest.approx([seen.mean()])
    assert std == pytest.approx([seen.std()])
    assert learned_mean_and_std(samples, Splits(), found) == samples.mean_and_std


def test_where_everything_is_set_aside_for_the_test_there_is_no_mean_to_divide_by() -> None:
    samples = samples_of(np.zeros(3, np.int64), np.ones(3, bool))
    assert samples.mean_and_std == ((0.0,), (1.0,))


@pytest.mark.parametrize(
    ("splits", "share", "what"),
    [
        (Splits(test="drawn", test_share=0.9), 0.9, "No picture is left to train on"),
        (Splits(), 0.01, "too small to cut a validation split"),
    ],
)
def test_a_training_with_an_empty_split_says_which(
    tiny_experiment: Experiment, tiny_samples: Samples, splits: Splits, share: float, what: str
) -> None:
    hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, validation_share=share)
    experiment = msgspec.structs.replace(tiny_experiment, splits=splits, hyperparameters=hyperparameters)
    few, is_test = np.array([0, 1, 2, 3]), np.array([False, True, True, True])
    samples = Samples(tiny_samples.images[few], tiny_samples.labels[few], tiny_samples.class_names, is_test)
    with pytest.raises(LeptonError, match=what):
        list(start_training(Run.create(experiment), samples))


def test_splits_are_set_by_their_path_and_kept_with_the_experiment() -> None:
    experiment = with_setting(with_setting(default_experiment(), "splits.test", "drawn"), "splits.test_share", "0.3")
    assert experiment.splits == Splits(test="drawn", test_share=0.3)
    assert experiment_from(msgspec.to_builtins(experiment), "again") == experiment
    for path, text in (("splits.test", "folders"), ("splits.test_share", "0.95"), ("splits.share", "1")):
        with pytest.raises(LeptonError, match=r"splits"):
            with_setting(experiment, path, text)
    assert isinstance(experiment.dataset, BundledDigits)
