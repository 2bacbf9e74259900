"""The numbers of a run: appended, never changed, readable from another thread, kept to the last bit."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.history import EpochRow, History

floats32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


def row(epoch: int) -> EpochRow:
    return EpochRow(epoch, 0.5 / epoch, 0.25, 0.125, 1 / 3, 2.5)


def test_a_new_history_is_empty() -> None:
    history = History()
    assert len(history) == 0
    assert history.batch_loss.shape == history.batch_accuracy.shape == (0,)
    assert history.epochs == ()


def test_numbers_stay_in_the_order_in_which_they_came() -> None:
    history = History()
    history.add_batches([1, 2], [0.5, 0.25])
    history.add_batches(np.array([3], np.float32), np.array([0.75], np.float32))
    assert history.batch_loss.tolist() == [1, 2, 3]
    assert history.batch_accuracy.tolist() == [0.5, 0.25, 0.75]
    assert history.batch_loss.dtype == np.float32
    history.add_epoch(row(1))
    history.add_epoch(row(2))
    assert history.epochs == (row(1), row(2))


@given(sizes=st.lists(st.integers(0, 3000), max_size=6))
def test_a_history_grows_to_any_length(sizes: list[int]) -> None:
    history, expected = History(), np.arange(sum(sizes), dtype=np.float32)
    start = 0
    for size in sizes:
        history.add_batches(expected[start : start + size], -expected[start : start + size])
        start += size
    assert len(history) == sum(sizes)
    assert np.array_equal(history.batch_loss, expected)
    assert np.array_equal(history.batch_accuracy, -expected)


def test_what_was_read_before_stays_as_it_was() -> None:
    history = History()
    history.add_batches([1, 2], [0, 0])
    seen = history.batch_loss
    history.add_batches(np.full(5000, 9), np.zeros(5000))
    assert seen.tolist() == [1, 2]


def test_truncating_forgets_what_came_after() -> None:
    history = History()
    history.add_batches(range(10), range(10))
    for epoch in (1, 2, 3):
        history.add_epoch(row(epoch))
    history.truncate(4, 1)
    assert history.batch_loss.tolist() == [0, 1, 2, 3]
    assert history.epochs == (row(1),)
    history.add_batches([7], [7])
    assert history.batch_loss.tolist() == [0, 1, 2, 3, 7]


def test_truncating_to_more_than_there_is_changes_nothing() -> None:
    history = History()
    history.add_batches([1], [1])
    history.truncate(100, 100)
    assert len(history) == 1


@settings(max_examples=40)
@given(losses=st.lists(floats32, max_size=20), epochs=st.integers(0, 3))
def test_a_saved_history_comes_back_to_the_last_bit(
    losses: list[float], epochs: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("history") / "history.json"
    history = History()
    history.add_batches(losses, losses[::-1])
    for epoch in range(epochs):
        history.add_epoch(row(epoch + 1))
    history.save(path)
    back = History.load(path)
    assert back.batch_loss.tobytes() == history.batch_loss.tobytes()
    assert back.batch_accuracy.tobytes() == history.batch_accuracy.tobytes()
    assert back.epochs == history.epochs


def test_a_history_that_diverged_comes_back_with_numbers_that_are_none(tmp_path: Path) -> None:
    history = History()
    history.add_batches([2.5, math.inf, math.nan], [0.5, 0.25, 0.125])
    history.add_epoch(EpochRow(1, math.nan, 0.25, math.inf, 0.5, 1.0))
    history.save(tmp_path / "history.json")
    back = History.load(tmp_path / "history.json")
    assert back.batch_loss[0] == 2.5
    assert np.isnan(back.batch_loss[1:]).all()
    assert back.batch_accuracy.tolist() == [0.5, 0.25, 0.125]
    (saved,) = back.epochs
    assert math.isnan(saved.train_loss)
    assert (saved.epoch, saved.train_accuracy, saved.validation_accuracy) == (1, 0.25, 0.5)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"batch_loss": ["x"], "batch_accuracy": [], "epochs": []}', '{"batch_loss": 1}'],
)
def test_a_damaged_history_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(content)
    with pytest.raises(LeptonError) as caught:
        History.load(tmp_path / "history.json")
    assert str(tmp_path / "history.json") in caught.value.what


def test_losses_without_accuracies_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"batch_loss": [1, 2], "batch_accuracy": [1], "epochs": []}')
    assert History.load(tmp_path / "history.json").batch_loss.tolist() == [1]


def test_a_reader_in_another_thread_sees_only_whole_numbers() -> None:
    history = History()
    ready, done, faults = threading.Event(), threading.Event(), []

    def read() -> None:
        ready.set()
        longest = 0
        while not done.is_set():
            losses = history.batch_loss
            accuracies = history.batch_accuracy
            epochs = history.epochs
            # What is appended counts upwards, so that a number from nowhere is seen.
            if not np.array_equal(losses, np.arange(len(losses))) or len(losses) < longest:
                faults.append(("losses", len(losses)))
            if not np.array_equal(accuracies, np.arange(len(accuracies))) or len(accuracies) < len(losses):
                faults.append(("accuracies", len(accuracies)))
            if [one.epoch for one in epochs] != list(range(1, len(epochs) + 1)):
                faults.append(("epochs", len(epochs)))
            longest = len(losses)

    reader = threading.Thread(target=read)
    reader.start()
    ready.wait()
    try:
        for start in range(0, 60_000, 7):
            numbers = np.arange(start, start + 7)
            history.add_batches(numbers, numbers)
            if start % 700 == 0:
                history.add_epoch(row(start // 700 + 1))
    finally:
        done.set()
        reader.join()
    assert faults == []
