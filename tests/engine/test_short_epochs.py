"""Epochs that are a part of the training split: all samples come equally often, and a run goes on as it would have."""

from __future__ import annotations

import itertools
from collections import Counter

import msgspec
import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.batches import Batches
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import Device
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

CPU = Device("cpu", "CPU", "float32")


def batches_of(count: int, per_epoch: int, batch_size: int = 8) -> Batches:
    samples = Samples(np.zeros((count, 1, 2, 2), np.uint8), np.zeros(count, np.int64), ("a",), np.zeros(count, bool))
    splits = {"train": np.arange(count), "validation": np.arange(0), "test": np.arange(0)}
    return Batches(samples, splits, CPU, batch_size, 3, per_epoch=per_epoch)


@given(count=st.integers(1, 60), per_epoch=st.integers(1, 60), epochs=st.integers(1, 12))
def test_every_sample_comes_as_often_as_any_other_give_or_take_one(count: int, per_epoch: int, epochs: int) -> None:
    batches = batches_of(count, per_epoch)
    seen = Counter(itertools.chain.from_iterable(batches.order(epoch).tolist() for epoch in range(epochs)))
    assert seen.total() == epochs * min(per_epoch, count)
    often = [seen[sample] for sample in range(count)]
    assert max(often) - min(often) <= 1


@given(count=st.integers(1, 60), beyond=st.integers(0, 5))
def test_no_number_and_too_large_a_number_mean_all_samples(count: int, beyond: int) -> None:
    whole, other = batches_of(count, 0), batches_of(count, count + beyond)
    assert whole.per_epoch == other.per_epoch == count
    assert whole.count() == other.count()
    assert all(torch.equal(whole.order(epoch), other.order(epoch)) for epoch in range(3))


def test_the_batches_of_a_short_epoch_count_its_samples_only() -> None:
    batches = batches_of(100, 20, batch_size=8)
    assert batches.count() == 3
    assert [len(labels) for _, labels in batches.training(0)] == [8, 8, 4]
    assert batches_of(100, 20, batch_size=50).batch_size == 20


def test_a_run_of_short_epochs_goes_on_to_the_same_bits(tiny_experiment, tiny_samples) -> None:
    hyperparameters = msgspec.structs.replace(
        tiny_experiment.hyperparameters, samples_per_epoch=11, epochs=5, batch_size=4
    )
    experiment = msgspec.structs.replace(tiny_experiment, hyperparameters=hyperparameters)
    whole, run = Run.create(experiment), Run.create(experiment)
    list(start_training(whole, tiny_samples))
    for places in (6, 5):
        events = start_training(run, tiny_samples)
        list(itertools.islice(events, places))
        events.close()  # type: ignore[attr-defined]
    list(start_training(run, tiny_samples))
    assert len(run.history) == 5 * 3
    assert run.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes()
    weights, others = load_weights(run.checkpoint), load_weights(whole.checkpoint)
    assert [name for name in weights if not torch.equal(weights[name], others[name])] == []


def test_the_means_of_a_short_epoch_weigh_its_batches_by_their_size(tiny_experiment, tiny_samples) -> None:
    hyperparameters = msgspec.structs.replace(
        tiny_experiment.hyperparameters, samples_per_epoch=6, epochs=1, batch_size=4
    )
    run = Run.create(msgspec.structs.replace(tiny_experiment, hyperparameters=hyperparameters))
    list(start_training(run, tiny_samples))
    first, second = run.history.batch_loss.tolist()
    assert np.isclose(run.history.epochs[0].train_loss, (4 * first + 2 * second) / 6)
