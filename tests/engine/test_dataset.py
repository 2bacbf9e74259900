"""Samples: arrays that belong together, and splits that are stratified, disjoint and repeatable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine import dataset
from lepton_studio.engine.dataset import DATASETS, SPLIT_NAMES, Dataset, Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.splits import cut_samples


def random_samples(count: int, classes: int, seed: int, channels: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    return Samples(
        random.integers(0, 256, (count, channels, 3, 4), dtype=np.uint8),
        random.integers(0, classes, count),
        tuple(f"class {number}" for number in range(classes)),
        random.random(count) < 0.2,
    )


@given(
    count=st.integers(0, 400),
    classes=st.integers(1, 7),
    share=st.floats(0.01, 0.9),
    seed=st.integers(0, 2**31 - 1),
)
def test_splits_are_disjoint_cover_everything_and_cut_each_class_alike(
    count: int, classes: int, share: float, seed: int
) -> None:
    samples = random_samples(count, classes, seed % 1000)
    splits = cut_samples(samples, share, seed)
    assert tuple(splits) == SPLIT_NAMES
    together = np.concatenate([splits[name] for name in SPLIT_NAMES])
    assert np.array_equal(np.sort(together), np.arange(count))
    assert all(np.all(np.diff(indices) > 0) for indices in splits.values())
    assert np.array_equal(splits["test"], np.flatnonzero(samples.is_test))
    members = np.bincount(samples.labels[~samples.is_test], minlength=classes)
    shares = [round(int(count) * share) for count in members]
    if not sum(shares) and members.sum() > 1:
        assert len(splits["validation"]) == 1
    else:
        assert np.bincount(samples.labels[splits["validation"]], minlength=classes).tolist() == shares


def test_the_same_seed_cuts_the_same_and_another_seed_another_split() -> None:
    samples = random_samples(400, 4, 0)
    first, again, other = (cut_samples(samples, 0.2, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in SPLIT_NAMES)
    assert not np.array_equal(first["validation"], other["validation"])
    assert np.array_equal(first["test"], other["test"])


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_and_deviation_are_those_of_numpy_without_the_test_samples(channels: int) -> None:
    samples = random_samples(200, 3, 4, channels)
    seen = samples.images[~samples.is_test].astype(np.float64)
    mean, std = samples.mean_and_std
    assert mean == pytest.approx(seen.mean(axis=(0, 2, 3)).tolist())
    assert std == pytest.approx(seen.std(axis=(0, 2, 3)).tolist())


@given(count=st.integers(1, 60), channels=st.integers(1, 3), at_once=st.integers(1, 2000), seed=st.integers(0, 99))
def test_mean_and_deviation_are_the_same_bits_however_many_pictures_are_counted_at_once(
    count: int, channels: int, at_once: int, seed: int
) -> None:
    samples = random_samples(count, 3, seed, channels)
    samples.is_test[0] = False
    whole = samples.mean_and_std
    again = Samples(samples.images, samples.labels, samples.class_names, samples.is_test)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "COUNTED_AT_ONCE", at_once)
        assert again.mean_and_std == whole


def test_pictures_in_a_mapped_file_are_taken_without_a_copy(tmp_path) -> None:
    samples = random_samples(50, 3, 0)
    np.save(tmp_path / "images.npy", samples.images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    again = Samples(mapped, samples.labels, samples.class_names, samples.is_test)
    assert again.images is mapped
    assert again.mean_and_std == samples.mean_and_std


@pytest.mark.parametrize("level", range(0, 256, 15))
@pytest.mark.parametrize("count", [1, 3, 7, 97])
def test_a_channel_of_one_grey_level_has_the_deviation_one(level: int, count: int) -> None:
    images = np.full((count, 1, 5, 3), level, np.uint8)
    samples = Samples(images, np.zeros(count, np.int64), ("only",), np.zeros(count, bool))
    assert samples.mean_and_std == ((float(level),), (1.0,))


def test_samples_tell_their_number_and_the_shape_of_a_picture() -> None:
    samples = random_samples(20, 3, 0, channels=3)
    assert len(samples) == 20
    assert samples.shape == (3, 3, 4)


@pytest.mark.parametrize(
    ("images", "labels", "is_test"),
    [((5, 1, 2, 2), 4, 5), ((5, 1, 2, 2), 5, 4), ((5, 2, 2), 5, 5), ((0, 1, 2, 2), 1, 1)],
)
def test_arrays_that_do_not_belong_together_are_refused(images: tuple[int, ...], labels: int, is_test: int) -> None:
    with pytest.raises(LeptonError, match="not equally many"):
        Samples(np.zeros(images, np.uint8), np.zeros(labels, np.int64), ("a",), np.zeros(is_test, bool))


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_that_is_no_class_is_refused(label: int) -> None:
    with pytest.raises(LeptonError, match="a label that is no class"):
        Samples(np.zeros((1, 1, 2, 2), np.uint8), np.array([label]), ("a", "b"), np.zeros(1, bool))


@pytest.mark.parametrize("dataset_class", DATASETS.classes.values(), ids=DATASETS.names())
def test_a_dataset_says_where_it_comes_from(dataset_class: type[Dataset]) -> None:
    assert dataset_class.download_bytes >= 0
    if dataset_class.download_bytes:
        assert dataset_class.publisher
        assert dataset_class.licence
        assert dataset_class.website.startswith("http")


def test_the_bundled_digits_are_here_whole_and_balanced() -> None:
    assert BundledDigits().is_here()
    samples = load_samples(BundledDigits())
    assert len(samples) == 5000
    assert samples.shape == (1, 28, 28)
    assert samples.images.dtype == np.uint8
    assert samples.labels.dtype == np.int64
    assert samples.class_names == tuple("0123456789")
    assert np.bincount(samples.labels).tolist() == [500] * 10
    assert np.bincount(samples.labels[samples.is_test], minlength=10).min() >= 50
    assert samples.images.max() == 255


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 cut short"])
def test_bundled_digits_that_are_missing_or_damaged_are_named(content: bytes | None, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("lepton_studio.paths.resources", lambda: tmp_path)
    (tmp_path / "datasets").mkdir()
    path = tmp_path / "datasets" / "bundled_digits.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LeptonError) as caught:
        load_samples(BundledDigits())
    assert str(path) in caught.value.what


def test_loading_skips_progress_and_refuses_a_dataset_that_ends_without_samples(tiny_samples) -> None:
    class Short(Dataset, frozen=True):
        """Says how far it is and then gives what it was given."""

        items: tuple[object, ...] = ()

        def load(self) -> Iterator[Progress | Samples]:
            yield Progress("Reading", 1, 2)
            yield from self.items

    assert load_samples(Short((tiny_samples,))) is tiny_samples
    with pytest.raises(LeptonError, match="without any samples"):
        load_samples(Short())
