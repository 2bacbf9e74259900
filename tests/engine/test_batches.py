"""Batches: every sample once an epoch, in an order that follows from seed and epoch alone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine import batches as batches_module
from lepton_studio.engine.batches import ANSWER_BATCH, Batches, LargeBatch, mix_seed
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import Device
from lepton_studio.engine.splits import cut_samples

CPU = Device("cpu", "CPU", "float32")


def numbered(count: int, batch_size: int, seed: int = 0, test: int = 0) -> Batches:
    """Batches of samples whose picture holds their number, so that each can be recognised."""
    numbers = np.arange(count)
    images = np.stack([numbers % 256, numbers // 256], 1).astype(np.uint8).reshape(count, 2, 1, 1)
    samples = Samples(images, numbers % 3, ("a", "b", "c"), numbers >= count - test)
    splits = {
        "train": np.arange(count - test),
        "validation": np.arange(0),
        "test": np.arange(count - test, count),
    }
    return Batches(samples, splits, CPU, batch_size, seed)


def order(batches: Batches, epoch: int, first: int = 0) -> list[int]:
    found = []
    for pictures, labels in batches.training(epoch, first * batches.batch_size):
        numbers = (pictures[:, 0, 0, 0].int() + 256 * pictures[:, 1, 0, 0].int()).tolist()
        assert labels.tolist() == [number % 3 for number in numbers]
        found += numbers
    return found


@given(count=st.integers(1, 600), batch_size=st.integers(1, 700), epoch=st.integers(0, 50))
def test_every_training_sample_comes_once_an_epoch(count: int, batch_size: int, epoch: int) -> None:
    batches = numbered(count + 5, batch_size, test=5)
    assert sorted(order(batches, epoch)) == list(range(count))
    sizes = [len(labels) for _, labels in batches.training(epoch)]
    assert len(sizes) == batches.count()
    assert all(size == batch_size for size in sizes[:-1])
    assert 1 <= sizes[-1] <= batch_size


def test_the_same_seed_gives_the_same_order_and_other_seeds_and_epochs_another() -> None:
    orders = [order(numbered(300, 32, seed), epoch) for seed in (0, 1, 2) for epoch in (0, 1, 2)]
    assert order(numbered(300, 32, 1), 2) == orders[5]
    assert len({tuple(one) for one in orders}) == 9


def test_the_order_does_not_depend_on_the_size_of_the_batches_or_on_torchs_random_numbers() -> None:
    torch.manual_seed(1)
    small = order(numbered(300, 7), 3)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert order(numbered(300, 64), 3) == small
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("first", range(6))
def test_an_epoch_goes_on_where_it_was_left(first: int) -> None:
    batches = numbered(300, 64)
    assert order(batches, 4, first) == order(batches, 4)[64 * first :]


def test_answering_gives_a_split_in_its_own_order() -> None:
    batches = numbered(2 * ANSWER_BATCH + 10, 32, test=ANSWER_BATCH + 5)
    labels = [labels for _, labels in batches.answering("test")]
    assert [len(one) for one in labels] == [ANSWER_BATCH, 5]
    numbers = torch.arange(ANSWER_BATCH + 5, 2 * ANSWER_BATCH + 10)
    assert torch.equal(torch.cat(labels), numbers % 3)
    assert (batches.size("test"), batches.size("validation")) == (ANSWER_BATCH + 5, 0)


def test_pictures_stay_bytes_until_they_are_used() -> None:
    pictures, labels = next(numbered(10, 4).training(0))
    assert pictures.dtype == torch.uint8
    assert pictures.shape == (4, 2, 1, 1)
    assert labels.dtype == torch.int64


def test_mixed_seeds_of_neighbours_are_all_different_and_far_apart() -> None:
    seeds = [mix_seed(seed, epoch, batch) for seed in range(10) for epoch in range(10) for batch in range(50)]
    assert len(set(seeds)) == 5000
    assert all(0 <= seed < 2**63 for seed in seeds)
    bits = np.array([[seed >> bit & 1 for bit in range(63)] for seed in seeds])
    assert np.all(np.abs(bits.mean(axis=0) - 0.5) < 0.05)
    changed = np.abs(np.diff(bits, axis=0)).sum(axis=1)
    assert changed.min() > 8
    assert abs(changed.mean() - 31.5) < 1


def test_mixing_depends_on_the_order_and_the_number_of_what_is_mixed() -> None:
    assert len({mix_seed(1, 2, 3), mix_seed(1, 3, 2), mix_seed(1, 2), mix_seed(1, 2, 3, 0), mix_seed(2, 1, 3)}) == 5


@given(seed=st.integers(0, 2**31 - 1), numbers=st.lists(st.integers(0, 10**9), max_size=4))
def test_a_mixed_seed_is_one_that_torch_takes(seed: int, numbers: list[int]) -> None:
    torch.Generator().manual_seed(mix_seed(seed, *numbers))
    assert mix_seed(seed, *numbers) == mix_seed(seed, *numbers)


def kept(samples: Samples, batch_size: int, room: int | None = None) -> Batches:
    """Batches of samples that stay where they are if there is no room for them."""
    return Batches(samples, cut_samples(samples, 0.2, 1), CPU, batch_size, 7, room=room)


def listed(batches: Any) -> list[tuple[Any, Any]]:
    return [(pictures.tolist(), labels.tolist()) for pictures, labels in batches]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pictures of ``tiny_samples`` fill a chunk and a bit, so that an epoch has many chunks."""
    monkeypatch.setattr(batches_module, "CHUNK_BYTES", 200)


@pytest.mark.parametrize("batch_size", [1, 5, 32, 1000])
def test_streamed_batches_are_those_of_the_memory_from_any_first_on(
    tiny_samples, batch_size: int, small_chunks: None
) -> None:
    resident, streamed = kept(tiny_samples, batch_size), kept(tiny_samples, batch_size, room=0)
    assert resident.images is not None
    assert streamed.images is None
    for first in {0, 1, resident.count() - 1, resident.count()}:
        expected = listed(resident.training(2, first * resident.batch_size))
        assert len(expected) == resident.count() - first
        assert listed(streamed.training(2, first * streamed.batch_size)) == expected
    assert listed(streamed.answering("validation")) == listed(resident.answering("validation"))


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures were gathered from elsewhere, each time."""
    sizes: list[int] = []
    gather = Batches._gather

    def counting(batches: Batches, chosen: torch.Tensor) -> torch.Tensor:
        sizes.append(len(chosen))
        return gather(batches, chosen)

    monkeypatch.setattr(Batches, "_gather", counting)
    return sizes


def test_a_chunk_may_hold_many_batches_and_end_in_the_middle_of_none(
    tiny_samples, gathered: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "CHUNK_BYTES", 64 * 10 * 3 + 100)
    streamed = kept(tiny_samples, 10, room=0)
    assert listed(streamed.training(0)) == listed(kept(tiny_samples, 10).training(0))
    assert gathered == [30, 30, 12]


def test_pictures_have_room_if_they_fill_it_exactly(tiny_samples) -> None:
    size = tiny_samples.images.nbytes
    assert kept(tiny_samples, 8, room=size).images is not None
    assert kept(tiny_samples, 8, room=size - 1).images is None


@pytest.mark.parametrize("room", [None, 0])
@pytest.mark.parametrize("mode", ["r", "c"])
def test_pictures_of_a_mapped_file_are_those_of_the_memory(
    tiny_samples, tmp_path: Path, mode: Any, room: int | None, small_chunks: None
) -> None:
    np.save(tmp_path / "images.npy", tiny_samples.images)
    images = np.load(tmp_path / "images.npy", mmap_mode=mode)
    assert isinstance(images, np.memmap)
    mapped = Samples(images, tiny_samples.labels, tiny_samples.class_names, tiny_samples.is_test)
    batches = kept(mapped, 16, room=room)
    assert (batches.images is None) == (room == 0)
    assert listed(batches.training(0)) == listed(kept(tiny_samples, 16).training(0))


def gathering_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gather")]


def test_a_stream_that_is_left_early_leaves_no_thread_behind(tiny_samples, small_chunks: None) -> None:
    epoch = kept(tiny_samples, 4, room=0).training(0)
    next(epoch)
    assert len(gathering_threads()) == 1
    epoch.close()
    assert gathering_threads() == []


def test_an_error_of_the_gathering_thread_comes_to_whoever_wants_the_batch(tiny_samples, small_chunks: None) -> None:
    streamed = kept(tiny_samples, 4, room=0)
    streamed._elsewhere = streamed._elsewhere[:3]
    with pytest.raises(IndexError):
        list(streamed.training(0))
    assert gathering_threads() == []


@pytest.mark.parametrize("room", [None, 0])
def test_a_batch_larger_than_the_split_is_all_of_it(tiny_samples, room: int | None) -> None:
    batches = kept(tiny_samples, 10_000_000, room=room)
    assert (batches.count(), batches.batch_size) == (1, batches.size("train"))
    ((pictures, labels),) = batches.training(0)
    assert len(pictures) == len(labels) == batches.size("train") == 72


@pytest.mark.parametrize("room", [None, 0])
def test_an_empty_split_has_no_batches(tiny_samples, room: int | None) -> None:
    splits = {"train": np.arange(0), "validation": np.arange(0), "test": np.arange(3)}
    batches = Batches(tiny_samples, splits, CPU, 16, 0, room=room)
    assert (batches.count(), batches.batch_size) == (0, 1)
    assert list(batches.training(0)) == []
    assert list(batches.answering("validation")) == []
    assert [len(labels) for _, labels in batches.answering("test")] == [3]


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch of more than three pictures of ``tiny_samples`` is a large one."""
    monkeypatch.setattr(batches_module, "LARGE_BYTES", 200)
    monkeypatch.setattr(batches_module, "LARGE_BYTES_ELSEWHERE", 200)


@pytest.mark.parametrize("room", [None, 0])
@pytest.mark.parametrize("seen", [0, 5, 72])
def test_a_large_batch_brings_in_parts_what_it_would_bring_in_one_piece(
    tiny_samples, room: int | None, seen: int, monkeypatch: pytest.MonkeyPatch, small_chunks: None
) -> None:
    batches = kept(tiny_samples, 40, room=room)
    whole = list(batches.training(1, seen))
    monkeypatch.setattr(batches_module, "LARGE_BYTES", 200)
    monkeypatch.setattr(batches_module, "LARGE_BYTES_ELSEWHERE", 200)
    large = list(batches.training(1, seen))
    assert [len(labels) for _, labels in large] == [len(labels) for _, labels in whole]
    for (pictures, labels), (expected, expected_labels) in zip(large, whole, strict=True):
        assert isinstance(pictures, LargeBatch)
        assert len(pictures) == len(expected)
        assert torch.equal(labels, expected_labels)
        for size in (1, 7, 40, 1000):
            parts, expected_parts = list(pictures.split(size)), expected.split(size)
            assert [len(part) for part in parts] == [len(part) for part in expected_parts]
            assert torch.equal(torch.cat(parts), expected)
        assert torch.equal(pictures[:9], expected[:9])
        assert torch.equal(pictures[2:4], expected[2:4])


@pytest.mark.parametrize("room", [None, 0])
@pytest.mark.usefixtures("all_large")
def test_a_batch_of_few_pictures_is_gathered_in_one_piece(tiny_samples, room: int | None) -> None:
    assert all(isinstance(pictures, torch.Tensor) for pictures, _ in kept(tiny_samples, 3, room=room).training(0))
    assert all(isinstance(pictures, LargeBatch) for pictures, _ in kept(tiny_samples, 4, room=room).training(0))


@pytest.mark.usefixtures("all_large")
def test_of_a_large_batch_no_more_is_gathered_than_its_next_parts(
    tiny_samples, gathered: list[int], small_chunks: None
) -> None:
    ((pictures, _),) = kept(tiny_samples, 1000, room=0).training(0)
    assert gathered == []
    parts = iter(pictures.split(20))
    assert len(next(parts)) == 20
    assert len(gathered) <= 2
    assert [len(part) for part in parts] == [20, 20, 12]
    assert gathered == [20, 20, 20, 12]
