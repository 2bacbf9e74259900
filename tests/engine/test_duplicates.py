"""Copies of pictures: every one that was put in is found, and hardly any that was not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lepton_studio.engine import duplicates as module
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.duplicates import Duplicates, find_duplicates
from lepton_studio.engine.events import Progress
from lepton_studio.engine.picture_matching import likeness, shrunk

MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "MNIST" / "raw"
Change = Callable[[np.ndarray], np.ndarray]


def shifted(picture: np.ndarray) -> np.ndarray:
    return np.roll(picture, (1, 1), (1, 2))


def noisy(picture: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(int(picture.sum())).normal(0, 12, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def compressed(picture: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    as_image(picture).save(file, "JPEG", quality=70)
    return as_array(Image.open(file))


def smaller(picture: np.ndarray) -> np.ndarray:
    side = picture.shape[1]
    image = as_image(picture)
    result = Image.new(image.mode, (side, side))
    result.paste(image.resize((side - 2, side - 2), Image.Resampling.BILINEAR), (1, 1))
    return as_array(result)


def larger(picture: np.ndarray) -> np.ndarray:
    side = picture.shape[1]
    return as_array(as_image(picture).resize((side, side), Image.Resampling.BILINEAR, (1, 1, side - 1, side - 1)))


def darker(picture: np.ndarray) -> np.ndarray:
    return (picture * 0.8).astype(np.uint8)


def as_image(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0))


def as_array(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def photographs(count: int, side: int = 32) -> np.ndarray:
    """Colour pictures with the spectrum of photographs, 1/f (Field 1987)."""
    random = np.random.default_rng(7)
    across, down = np.meshgrid(np.fft.rfftfreq(side), np.fft.fftfreq(side))
    falling = 1 / np.maximum(np.hypot(across, down), 1 / side)
    waves = np.fft.rfft2(random.normal(size=(count, 3, side, side))) * falling
    pictures = np.fft.irfft2(waves, (side, side))
    # The channels of a photograph mostly agree.
    pictures = pictures + 2 * pictures[:, :1]
    low, high = pictures.min(axis=(1, 2, 3), keepdims=True), pictures.max(axis=(1, 2, 3), keepdims=True)
    return ((pictures - low) / (high - low) * 255).astype(np.uint8)


def found_in(images: np.ndarray, test: np.ndarray | None = None, labels: np.ndarray | None = None) -> Duplicates:
    is_test = np.zeros(len(images), bool) if test is None else test
    labels = np.zeros(len(images), np.int64) if labels is None else labels
    samples = Samples(images, labels, ("a", "b"), is_test)
    splits = {"train": np.flatnonzero(~is_test), "test": np.flatnonzero(is_test)}
    *progress, last = find_duplicates(samples, splits)
    assert all(isinstance(item, Progress) for item in progress)
    assert isinstance(last, Duplicates)
    return last


def recall_and_others(images: np.ndarray, change: Change, count: int = 100) -> tuple[float, int]:
    """The share of changed copies found with their originals, and how many groups there are beside them."""
    chosen = np.random.default_rng(1).choice(len(images), count, replace=False)
    copies = np.stack([change(images[at]) for at in chosen])
    groups = found_in(np.concatenate([images, copies])).groups
    group_of = {int(at): number for number, group in enumerate(groups) for at in group.positions}
    pairs = [(group_of.get(len(images) + at), group_of.get(int(original))) for at, original in enumerate(chosen)]
    together = {one for one, other in pairs if one is not None and one == other}
    return sum(one is not None and one == other for one, other in pairs) / count, len(groups) - len(together)


@pytest.mark.parametrize("change", [shifted, noisy, compressed, smaller, larger, darker], ids=lambda one: one.__name__)
def test_changed_copies_of_digits_are_found_and_little_else(change) -> None:
    images = load_samples(BundledDigits()).images
    recall, others = recall_and_others(images, change)
    assert recall >= 0.88
    assert others <= len(images) * 0.005


@pytest.mark.parametrize("change", [shifted, noisy, compressed, larger, darker], ids=lambda one: one.__name__)
def test_changed_copies_of_photographs_are_found_and_nothing_else(change) -> None:
    recall, others = recall_and_others(photographs(3000), change)
    assert recall >= 0.88
    assert others == 0


def test_equal_pictures_are_one_group_across_splits_with_their_labels() -> None:
    images = photographs(20, 12)
    images[[5, 17]] = images[2]
    images[9] = images[8]
    labels = np.zeros(20, np.int64)
    labels[17] = 1
    found = found_in(images, np.arange(20) >= 15, labels)
    first, second = found.groups
    assert first.positions.tolist() == [2, 5, 17]
    assert first.is_exact
    assert first.splits == ("train", "test")
    assert first.labels_differ
    assert second.positions.tolist() == [8, 9]
    assert second.splits == ("train",)
    assert not second.labels_differ
    assert found.leaked() == 1
    assert found.leaked("train", "test") == 2


def test_a_near_copy_joins_the_group_of_equal_ones() -> None:
    images = photographs(30)
    images[7] = images[3]
    images[20] = darker(images[3])
    (group,) = found_in(images).groups
    assert group.positions.tolist() == [3, 7, 20]
    assert not group.is_exact


def test_pictures_of_one_colour_are_equal_only_if_all_pixels_are() -> None:
    images = np.zeros((6, 1, 8, 8), np.uint8)
    images[:, 0] = np.array([0, 0, 90, 91, 255, 90])[:, None, None]
    assert [group.positions.tolist() for group in found_in(images).groups] == [[0, 1], [2, 5]]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_pictures_have_no_copies(count) -> None:
    assert found_in(photographs(2)[:count]).groups == ()


def test_only_equal_ones_are_looked_for_on_request() -> None:
    images = photographs(10)
    images[4] = darker(images[3])
    samples = Samples(images, np.zeros(10, np.int64), ("a",), np.zeros(10, bool))
    *_, found = find_duplicates(samples, {"train": np.arange(10)}, near=False)
    assert found.groups == ()


def test_cells_find_what_comparing_all_with_all_finds(monkeypatch) -> None:
    images = load_samples(BundledDigits()).images
    images = np.concatenate([images, images[:60], np.stack([compressed(one) for one in images[100:160]])])
    cells = {tuple(group.positions) for group in found_in(images).groups}
    monkeypatch.setattr(module, "ONE_CELL", 1 << 20)
    everything = {tuple(group.positions) for group in found_in(images).groups}
    assert len(cells & everything) >= 0.95 * len(everything) > 100


def test_a_mapped_file_gives_the_same_and_may_be_left_half_way(tmp_path) -> None:
    images = photographs(300)
    images[50] = shifted(images[40])
    np.save(tmp_path / "images.npy", images)
    samples = Samples(images, np.zeros(300, np.int64), ("a",), np.zeros(300, bool))
    mapped = replace(samples, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    walk = find_duplicates(mapped, {"train": np.arange(300)})
    assert isinstance(next(walk), Progress)
    walk.close()
    *_, found = find_duplicates(mapped, {"train": np.arange(300)})
    assert [group.positions.tolist() for group in found.groups] == [[40, 50]]


def test_likeness_is_the_correlation_where_nothing_was_moved() -> None:
    one = shrunk(photographs(4))
    np.testing.assert_allclose(likeness(one, one), 1, atol=1e-4)
    other = one[::-1]
    np.testing.assert_allclose(likeness(one, other), likeness(other, one), atol=1e-4)
    assert likeness(one, other).max() < 0.9


def test_large_pictures_are_averaged_over_squares() -> None:
    images = photographs(2, 96)
    expected = images.reshape(2, 3, 32, 3, 32, 3).mean(axis=(3, 5))
    np.testing.assert_allclose(shrunk(images), expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.exists(), reason="needs MNIST in the shared data")
def test_mnist_has_no_equal_pictures_and_hardly_any_near_ones() -> None:
    parts = [
        np.frombuffer(gzip.decompress((MNIST / f"{name}-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
        for name in ("train", "t10k")
    ]
    images = np.concatenate(parts).reshape(-1, 1, 28, 28)
    found = found_in(images, np.arange(len(images)) >= 60000)
    assert not any(group.is_exact for group in found.groups)
    assert len(found.groups) < 250
    assert max(len(group.positions) for group in found.groups) <= 4
