"""What the loop works with: large batches in parts, and going on the way a run began."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import torch

from lepton_studio.engine import batches as batches_module
from lepton_studio.engine import learner as learner_module
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.batches import LargeBatch
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.onednn import OneDnnStretch
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training, take_step

STILL = Architecture("Still", (Conv2d(channels=4, padding=1), Relu(), MaxPool2d(), Flatten(), Linear(outputs=4)))


def changed(experiment: Experiment, **changes: Any) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **changes)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


@pytest.fixture
def whole(tiny_experiment: Experiment) -> Experiment:
    """Two epochs of one batch that is the whole training split, without anything random."""
    still = msgspec.structs.replace(tiny_experiment, architecture=STILL)
    return changed(still, batch_size=10_000_000, augmentations=(), optimizer=Sgd(learning_rate=0.05, momentum=0.0))


@pytest.fixture
def threads() -> Iterator[None]:
    """Gives torch back the number of threads that it had."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def trained(run: Run, samples: Any) -> Run:
    list(start_training(run, samples))
    return run


def stopped(experiment: Experiment, samples: Any, places: int = 4) -> Run:
    run = Run.create(experiment)
    events = start_training(run, samples)
    list(itertools.islice(events, places))
    events.close()
    return Run.open(run.folder)


def assert_same_bits(run: Run, other: Run) -> None:
    assert run.history.batch_loss.tobytes() == other.history.batch_loss.tobytes()
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert [name for name in others if not torch.equal(weights[name], others[name])] == []


@pytest.mark.parametrize("most", [1, 10, 36, 71])
def test_the_gradient_of_a_batch_in_parts_is_that_of_the_whole_dataset(
    whole, tiny_samples, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradients, numbers, sizes = [], [], []
    for limit in (10_000, most):
        monkeypatch.setattr(learner_module, "MOST_AT_ONCE", limit)
        learner = Learner(Run.create(whole), tiny_samples)
        monkeypatch.setattr(learner, "answer", lambda pictures, network=learner.network: (
            sizes.append(len(pictures)), network(pictures))[1])  # fmt: skip
        learner.network.train()
        (batch,) = learner.batches.training(0)
        assert len(batch[1]) == 72
        numbers.append(torch.stack(take_step(learner, *batch)))
        gradients.append([parameter.grad for parameter in learner.network.parameters()])
    assert sizes == [72, *[most] * (72 // most), *[72 % most] * (72 % most > 0)]
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6)
    assert torch.allclose(*numbers, rtol=1e-5)


def test_a_run_of_whole_datasets_in_parts_learns_what_one_in_one_piece_learns(
    whole, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_piece = trained(Run.create(whole), tiny_samples)
    monkeypatch.setattr(learner_module, "MOST_AT_ONCE", 20)
    parts = trained(Run.create(whole), tiny_samples)
    assert len(parts.history) == 2
    assert parts.history.batch_loss == pytest.approx(one_piece.history.batch_loss, rel=1e-4)
    assert parts.history.batch_accuracy == pytest.approx(one_piece.history.batch_accuracy)
    assert parts.record.test_loss == pytest.approx(one_piece.record.test_loss, rel=1e-4)


def test_a_batch_that_is_gathered_in_parts_is_learned_to_the_same_bits(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(tiny_experiment, batch_size=50)
    monkeypatch.setattr(learner_module, "MOST_AT_ONCE", 20)
    in_one_piece = trained(Run.create(experiment), tiny_samples)
    monkeypatch.setattr(batches_module, "LARGE_BYTES", 200)
    assert isinstance(next(Learner(Run.create(experiment), tiny_samples).batches.training(0))[0], LargeBatch)
    assert_same_bits(trained(Run.create(experiment), tiny_samples), in_one_piece)
    assert_same_bits(trained(stopped(experiment, tiny_samples), tiny_samples), in_one_piece)


def test_parts_with_dropout_go_on_to_the_same_bits(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner_module, "MOST_AT_ONCE", 20)
    going_on = trained(stopped(tiny_experiment, tiny_samples), tiny_samples)
    assert_same_bits(going_on, trained(Run.create(tiny_experiment), tiny_samples))


@pytest.mark.usefixtures("threads")
def test_a_run_goes_on_with_the_threads_it_was_told(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(tiny_experiment, threads=2)
    run = stopped(experiment, tiny_samples)
    assert run.record.threads == torch.get_num_threads() == 2
    assert run.record.device.endswith("2 threads")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
    trained(run, tiny_samples)
    assert run.record.threads == torch.get_num_threads() == 2
    assert_same_bits(run, trained(Run.create(experiment), tiny_samples))


@pytest.mark.usefixtures("threads")
def test_a_run_goes_on_with_the_threads_it_began_with_whatever_the_environment_says_now(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    run = stopped(tiny_experiment, tiny_samples)
    assert run.record.threads == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    learner = Learner(run, tiny_samples)
    assert (learner.device.threads, torch.get_num_threads()) == (2, 2)
    assert learner.device.name == run.record.device


@pytest.mark.usefixtures("threads")
def test_a_run_that_knows_only_the_kind_of_its_processor_goes_on_with_its_threads(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    run = stopped(tiny_experiment, tiny_samples)
    run.update(device=f"CPU ({platform.machine()}), 2 threads")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert Learner(Run.open(run.folder), tiny_samples).device.threads == 2


@pytest.mark.usefixtures("threads")
def test_a_run_from_another_computer_takes_the_threads_of_this_one(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run = stopped(tiny_experiment, tiny_samples)
    run.update(threads=7, device="CPU (another), 7 threads")
    learner = Learner(Run.open(run.folder), tiny_samples)
    assert (learner.device.threads, torch.get_num_threads()) == (1, 1)
    trained(run, tiny_samples)
    assert run.record.threads == 1


@pytest.mark.usefixtures("threads")
def test_a_run_goes_on_in_the_precision_it_began_with(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(tiny_experiment, precision="auto")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
    run = stopped(experiment, tiny_samples)
    assert run.record.precision == "float32"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        assert Learner(Run.open(run.folder), tiny_samples).device.precision == "float32"


def takes_the_fast_way(learner: Learner) -> bool:
    return any(isinstance(step, OneDnnStretch) for step in learner.network.steps)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this build of torch has no oneDNN")
@pytest.mark.parametrize("kernels", ["onednn", "plain"])
def test_a_run_goes_on_the_way_it_began(
    tiny_experiment, tiny_samples, kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        if kernels == "plain":
            patch.setattr(learner_module, "use_onednn", lambda *_: False)
        run = stopped(tiny_experiment, tiny_samples)
        whole_run = trained(Run.create(tiny_experiment), tiny_samples)
    assert run.record.kernels == kernels
    assert takes_the_fast_way(Learner(run, tiny_samples)) == (kernels == "onednn")
    trained(run, tiny_samples)
    assert run.record.kernels == kernels
    assert_same_bits(run, whole_run)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this build of torch has no oneDNN")
def test_a_run_from_before_there_was_a_fast_way_goes_on_without_it(tiny_experiment, tiny_samples) -> None:
    run = stopped(tiny_experiment, tiny_samples)
    run.update(kernels="")
    assert not takes_the_fast_way(Learner(run, tiny_samples))
    assert takes_the_fast_way(Learner(Run.create(tiny_experiment), tiny_samples))


def test_a_rate_is_set_whether_it_is_a_number_or_a_tensor(tiny_experiment, tiny_samples) -> None:
    learner = Learner(Run.create(tiny_experiment), tiny_samples)
    learner.epoch, learner.batch = 1, 2
    expected = learner.learning_rate(2)
    learner.prepare_step()
    assert learner.optimizer.param_groups[0]["lr"] == expected
    rate = torch.tensor(9.0)
    learner.optimizer.param_groups[0]["lr"] = rate
    learner.prepare_step()
    assert learner.optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == pytest.approx(expected)
