"""What one walk through a dataset tells, against numpy on all pictures at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lepton_studio.engine import data_statistics as module
from lepton_studio.engine.data_statistics import (
    DataStatistics,
    class_counts,
    describe_data,
    imbalance_advice,
    size_spread,
)
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress

NAMES = ("cat", "dog", "owl")


def colour_samples(count: int = 60, side: int = 9) -> Samples:
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (count, 3, side, side + 2), dtype=np.uint8)
    labels = random.integers(0, 2, count)
    return Samples(images, labels, NAMES, np.arange(count) >= 40)


def splits_of(samples: Samples) -> dict[str, np.ndarray]:
    return {"train": np.arange(30), "validation": np.arange(30, 40), "test": np.arange(40, len(samples))}


def statistics_of(samples: Samples) -> DataStatistics:
    *progress, last = describe_data(samples, splits_of(samples))
    assert all(isinstance(item, Progress) for item in progress)
    assert progress[-1].done == progress[-1].total == len(samples)
    assert isinstance(last, DataStatistics)
    return last


@pytest.mark.parametrize("at_once", [1, 700, 1 << 21])
def test_means_deviations_and_levels_are_those_of_numpy_however_they_are_cut(monkeypatch, at_once) -> None:
    monkeypatch.setattr(module, "AT_ONCE_BYTES", at_once)
    samples = colour_samples()
    found = statistics_of(samples)
    for label in (0, 1):
        members = samples.images[samples.labels == label].astype(float)
        np.testing.assert_allclose(found.means[label], members.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(found.deviations[label], members.std(axis=0), rtol=1e-5)
    for split, indices in splits_of(samples).items():
        for channel in range(3):
            expected = np.bincount(samples.images[indices, channel].ravel(), minlength=256)
            np.testing.assert_array_equal(found.levels[split][channel], expected)


def test_a_class_without_pictures_is_black_and_has_no_centre() -> None:
    found = statistics_of(colour_samples())
    assert not found.means[2].any()
    assert not found.deviations[2].any()
    assert np.isnan(found.centres[2]).all()
    assert found.totals[2] == 0


def test_centres_of_mass_are_those_of_single_pixels() -> None:
    images = np.zeros((4, 1, 5, 7), np.uint8)
    places = ((0, 0), (4, 6), (2, 3), (2, 5))
    for image, (row, column) in zip(images, places, strict=True):
        image[0, row, column] = 200
    samples = Samples(images, np.array([0, 0, 1, 1]), ("a", "b"), np.zeros(4, bool))
    *_, found = describe_data(samples, {"train": np.arange(4)})
    np.testing.assert_allclose(found.centres, [[0, 0], [1, 0]])
    np.testing.assert_allclose(found.spreads, [[3, 2], [1, 0]])
    np.testing.assert_allclose(found.ink, 200 / 255 / 35)


def test_large_pictures_give_portraits_of_their_averages() -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6, 1, 200, 150), dtype=np.uint8)
    samples = Samples(images, np.zeros(6, np.int64), ("a",), np.zeros(6, bool))
    *_, found = describe_data(samples, {"train": np.arange(6)})
    assert found.means.shape == (1, 1, 67, 50)
    np.testing.assert_allclose(found.means[0, 0, 3, 7], images[:, 0, 9:12, 21:24].mean(), rtol=1e-6)
    # The last row of squares is two pixels high.
    np.testing.assert_allclose(found.means[0, 0, 66, 0], images[:, 0, 198:, :3].mean(), rtol=1e-6)


def test_a_mapped_file_is_read_in_pieces(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE_BYTES", 3000)
    samples = colour_samples()
    np.save(tmp_path / "images.npy", samples.images)
    mapped = replace(samples, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    np.testing.assert_array_equal(statistics_of(mapped).means, statistics_of(samples).means)


def test_counts_are_by_class_and_split() -> None:
    counts = class_counts(np.array([0, 1, 1, 2]), 3, {"train": np.array([0, 1, 2]), "test": np.array([3])})
    assert {split: values.tolist() for split, values in counts.items()} == {"train": [1, 2, 0], "test": [0, 0, 1]}


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ((100, 100, 100), None),
        ((100, 100, 70), None),
        ((100, 100, 50), "owl is 2.0 times rarer than cat"),
        ((1000, 100, 50), "would be right for 87% of the pictures"),
        ((100, 100, 0), "no picture of owl"),
    ],
)
def test_imbalance_is_told_with_what_follows(train, words) -> None:
    advice = imbalance_advice(NAMES, {"train": np.array(train)})
    assert (words is None) == (advice == ())
    assert words is None or words in advice[0]


def test_a_class_that_one_split_lacks_and_one_with_few_pictures_are_named() -> None:
    advice = imbalance_advice(NAMES, {"train": np.array([50, 50, 12]), "test": np.array([9, 0, 30])})
    assert any("test split has no picture of dog" in sentence for sentence in advice)
    assert any("owl (12)" in sentence for sentence in advice)


def test_nothing_is_said_of_one_class_or_of_no_pictures() -> None:
    assert imbalance_advice(("a",), {"train": np.array([3])}) == ()
    assert imbalance_advice(NAMES, {"train": np.zeros(3, np.int64)}) == ()
    assert imbalance_advice(NAMES, {}) == ()


def test_sizes_are_counted_with_the_most_frequent_first() -> None:
    samples = colour_samples(5)
    sizes = np.array([[5, 5], [40, 30], [40, 30], [11, 9], [90, 20]], np.int32)
    spread = size_spread(replace(samples, sizes=sizes))
    assert spread is not None
    assert spread.sizes[0].tolist() == [40, 30]
    assert spread.counts.tolist() == [2, 1, 1, 1]
    assert (spread.smallest, spread.median, spread.largest) == ((5, 5), (40, 20), (90, 30))
    assert (spread.enlarged, spread.squeezed) == (1, 1)
    assert size_spread(samples) is None
