"""What a training will cost: measured by the training itself, without a trace."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine import cost_probe as cost_module
from lepton_studio.engine import learner as learner_module
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.cost import Cost, probe_cost
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import Device, choose_device
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.kept_activations import KeptActivations, tensor_bytes
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.machine_memory import memory_room
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.turns import Turns


def with_settings(experiment: Experiment, **changes: Any) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **changes)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


def with_layers(experiment: Experiment, *layers: Any) -> Experiment:
    return msgspec.structs.replace(experiment, architecture=Architecture("Tried", layers))


def cost_of(experiment: Experiment, samples: Samples) -> Cost:
    *progress, cost = probe_cost(experiment, samples)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(cost, Cost)
    return cost


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_module, "SECONDS", 0.05)
    monkeypatch.setattr(cost_module, "FEWEST_SECONDS", 0.02)


def test_a_probe_tells_time_memory_and_where_it_computes(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    cost = cost_of(tiny_experiment, tiny_samples)
    assert cost.seconds_per_epoch is not None
    assert cost.images_per_second is not None
    # An epoch has 72 pictures to learn from, and the validation comes on top.
    assert cost.seconds_per_epoch > 72 / cost.images_per_second > 0
    assert cost.seconds == pytest.approx(2 * cost.seconds_per_epoch)
    assert (cost.epochs, cost.batch_size, cost.precision) == (2, 32, "float32")
    assert cost.device == choose_device().name
    assert cost.kernels in ("plain", "onednn")
    assert cost.steps > 0
    assert tiny_samples.images.nbytes < cost.memory < 10e6
    assert cost.room > 100e6
    assert cost.fits


@pytest.mark.usefixtures("quick")
def test_a_probe_leaves_nothing_behind(tiny_experiment: Experiment, tiny_samples: Samples, home: Path) -> None:
    torch.manual_seed(42)
    random, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global one is meant
    threads, images = torch.get_num_threads(), tiny_samples.images.copy()
    cost_of(with_settings(tiny_experiment, threads=threads + 1), tiny_samples)
    assert torch.equal(torch.get_rng_state(), random)
    assert np.array_equal(np.random.get_state()[1], numbers)  # noqa: NPY002
    assert torch.get_num_threads() == threads
    assert np.array_equal(tiny_samples.images, images)
    assert not home.exists()


@pytest.mark.usefixtures("quick")
def test_a_probe_can_be_ended_at_any_yield_without_a_trace(
    tiny_experiment: Experiment, tiny_samples: Samples, home: Path
) -> None:
    torch.manual_seed(42)
    random = torch.get_rng_state()
    threads = torch.get_num_threads()
    events = len(list(probe_cost(tiny_experiment, tiny_samples)))
    for place in range(1, min(events, 8)):
        probe = probe_cost(tiny_experiment, tiny_samples)
        list(itertools.islice(probe, place))
        probe.close()  # type: ignore[attr-defined]
        assert torch.equal(torch.get_rng_state(), random)
        assert torch.get_num_threads() == threads
    assert not home.exists()
    assert cost_of(tiny_experiment, tiny_samples).steps


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kernels", ["as they are chosen", "plain"])
def test_a_probe_can_be_given_up_in_the_middle_of_a_step_without_a_trace(
    tiny_experiment: Experiment, tiny_samples: Samples, home: Path, kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if every step took long.
    monkeypatch.setattr(cost_module, "QUICK_SECONDS", 0.0)
    if kernels == "plain":
        monkeypatch.setattr(learner_module, "use_onednn", lambda *_: False)
    torch.manual_seed(42)
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    asked: list[int] = []
    last: list[str] = []
    for patience in (0, 20, 60, 100, 150, 200, 250, 300, 400, 500, 600):
        asked.append(0)

        def is_given_up(patience: int = patience) -> bool:
            asked[-1] += 1
            return asked[-1] > patience

        events = list(probe_cost(tiny_experiment, tiny_samples, is_given_up))
        assert all(isinstance(event, Progress) for event in events)
        # It ended with the operation before which it was to end, somewhere between two yields.
        assert asked[-1] == patience + 1
        assert torch.equal(torch.get_rng_state(), random)
        assert torch.get_num_threads() == threads
        last.append(f"{events[-1].done}")
    assert set(last) >= {"0", "1"}
    assert not home.exists()
    *_, cost = probe_cost(tiny_experiment, tiny_samples, lambda: False)
    assert isinstance(cost, Cost)


@pytest.mark.usefixtures("quick")
def test_the_steps_are_those_of_the_training(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    learned = cost_module.learn_one_epoch
    # So long that a busy machine goes through several epochs, too.
    monkeypatch.setattr(cost_module, "SECONDS", 1.0)

    def learning(learner: Any, meter: Any) -> Any:
        for event in learned(learner, meter):
            sizes.append(learner.batches.batch_size)
            yield event

    monkeypatch.setattr(cost_module, "learn_one_epoch", learning)
    cost = cost_of(tiny_experiment, tiny_samples)
    assert set(sizes) == {32}
    # Each epoch has three batches, so the probe went through several.
    assert len(sizes) == cost.steps > 6


def test_the_first_steps_which_are_slower_do_not_count(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [0.2] * cost_module.WARM_UP_STEPS + [0.01] * 1000
    monkeypatch.setattr(cost_module, "_steps", lambda *_: iter(times))
    assert cost_of(tiny_experiment, tiny_samples).images_per_second == pytest.approx(32 / 0.01)


@pytest.mark.usefixtures("quick")
def test_a_batch_that_is_looked_at_in_parts_needs_the_memory_of_one_part(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = (Conv2d(channels=64, padding=1), Relu(), Flatten(), Linear(outputs=4))
    experiment = with_settings(with_layers(tiny_experiment, *layers), batch_size=64)
    whole = cost_of(experiment, tiny_samples).memory
    monkeypatch.setattr(learner_module, "MOST_AT_ONCE", 8)
    assert cost_of(experiment, tiny_samples).memory < whole / 2


def test_a_batch_that_takes_long_is_tried_with_few_of_its_pictures_and_that_is_said(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_module, "LONGEST_STEP_SECONDS", 1e-9)
    cost = cost_of(tiny_experiment, tiny_samples)
    assert cost.steps == 1
    assert cost.seconds_per_epoch is not None
    assert cost.remarks == ("Measured on 8 pictures of a batch of 32.",)


def test_what_does_not_fit_is_not_tried(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    huge = with_layers(tiny_experiment, Flatten(), *(Linear(outputs=65_536),) * 40, Linear(outputs=4))
    cost = cost_of(huge, tiny_samples)
    assert not cost.fits
    assert cost.memory > 2e12
    assert (cost.seconds_per_epoch, cost.seconds, cost.steps) == (None, None, 0)


@pytest.mark.usefixtures("quick")
def test_a_batch_that_does_not_fit_is_told_from_few_of_its_pictures(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = with_layers(tiny_experiment, Conv2d(channels=256, padding=1), Relu(), Flatten(), Linear(outputs=4))
    fitting = cost_of(wide, tiny_samples)
    monkeypatch.setattr(cost_module, "memory_room", lambda _device: fitting.memory * 8 // 10)
    cost = cost_of(wide, tiny_samples)
    assert fitting.fits
    assert not cost.fits
    assert cost.seconds_per_epoch is not None
    assert cost.steps == 1
    assert "Measured on 8 pictures" in cost.remarks[0]


@pytest.mark.usefixtures("quick")
def test_memory_grows_with_the_batch_and_is_told_before_a_whole_batch_is_tried(
    tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    layers = (Conv2d(channels=64, padding=1), BatchNorm2d(), Relu(), Flatten(), Linear(outputs=64), Linear(outputs=4))
    experiment = with_layers(tiny_experiment, *layers)
    small, large = (
        cost_of(with_settings(experiment, batch_size=size), tiny_samples).memory for size in (8, 64)
    )  # fmt: skip
    # In float32 each picture leaves at least the inputs of convolution, norm, ReLU and both linear layers.
    least = 4 * (64 + 64 * 64 * 2 + 64)
    assert 56 * least < large - small < 56 * least * 4


@pytest.mark.usefixtures("quick")
def test_frozen_weights_need_neither_gradients_nor_activations(
    tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    def memory(freeze: bool) -> int:
        card = Pretrained(network="mobilenet_v3_small", weights="random", size=32, freeze=freeze)
        return cost_of(with_layers(tiny_experiment, card, Linear(outputs=4)), tiny_samples).memory

    # Weights of 6 MB, the copies of them for the window, and little else.
    frozen, learning = memory(True), memory(False)
    assert 12e6 < frozen < 25e6
    assert learning > 2.5 * frozen


def test_a_network_that_cannot_be_built_says_why(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    with pytest.raises(LeptonError, match="classes"):
        list(probe_cost(with_layers(tiny_experiment, Flatten(), Linear(outputs=5)), tiny_samples))


@pytest.mark.usefixtures("quick")
def test_missing_weights_do_not_keep_a_network_from_being_measured(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    card = Pretrained(network="mobilenet_v3_small", size=16)
    assert cost_of(with_layers(tiny_experiment, card, Linear(outputs=4)), tiny_samples).seconds_per_epoch


def test_no_memory_left_while_it_is_measured_means_that_it_does_not_fit(
    tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> None:
        raise torch.OutOfMemoryError("none left")

    monkeypatch.setattr(cost_module, "take_step", greedy)
    cost = cost_of(tiny_experiment, tiny_samples)
    assert not cost.fits
    assert cost.seconds_per_epoch is None


@pytest.mark.usefixtures("quick")
def test_compiling_is_not_waited_for(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    cost = cost_of(with_settings(tiny_experiment, compile=True), tiny_samples)
    assert "without torch.compile" in cost.remarks[0]


# --- beside a training


@pytest.mark.usefixtures("quick")
def test_no_probe_is_taken_while_a_training_is_under_way(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    training = start_training(Run.create(tiny_experiment), tiny_samples)
    next(iter(training))
    with pytest.raises(LeptonError, match="under way"):
        list(probe_cost(tiny_experiment, tiny_samples))
    training.close()  # type: ignore[attr-defined]
    assert cost_of(tiny_experiment, tiny_samples).steps


def test_a_training_that_begins_between_the_steps_of_a_probe_learns_what_it_learns_alone(
    tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    def trained(events: Any, run: Run) -> bytes:
        list(events)
        return run.history.batch_loss.tobytes()

    alone = Run.create(tiny_experiment)
    expected = trained(start_training(alone, tiny_samples), alone)
    probe = probe_cost(tiny_experiment, tiny_samples)
    list(itertools.islice(probe, 5))
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    next(iter(training))
    with pytest.raises(LeptonError, match="under way"):
        next(probe)
    assert trained(training, run) == expected


def test_a_training_waits_for_the_turn_of_a_probe_to_end() -> None:
    turns, order = Turns(), list[str]()
    began = threading.Event()

    def training() -> None:
        began.set()
        with turns.training():
            order.append("training")

    thread = threading.Thread(target=training)
    with turns.probing():
        thread.start()
        began.wait(10)
        order.append("probe")
    thread.join(10)
    assert order == ["probe", "training"]
    with turns.training(), turns.training(), pytest.raises(LeptonError), turns.probing():
        pass
    with turns.probing():
        order.append("again")
    assert order[-1] == "again"


# --- counting


def test_activations_are_counted_once_each_and_without_the_weights() -> None:
    weight = torch.randn(50, 20, requires_grad=True)
    x = torch.randn(10, 20)
    with KeptActivations([weight]) as kept:
        y = (x @ weight.t()).relu()
        loss = (y * y).sum()
    # x for the gradient of the weight, and y, which both ReLU and the product keep.
    assert kept.bytes == 4 * (10 * 20 + 10 * 50)
    assert kept.largest == 4 * 10 * 50
    loss.backward()
    assert weight.grad is not None
    assert tensor_bytes([weight, weight.t(), weight.grad]) == 2 * 4 * 50 * 20


def test_free_memory_is_told_on_a_cpu() -> None:
    room = memory_room(Device("cpu", "CPU", "float32", 1))
    assert 10e6 < room < 100e12


MEASURE = """
import gc, itertools, json, sys, threading, time
from pathlib import Path
import numpy as np
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.cost import probe_cost
from lepton_studio.engine.cost_probe import _Unsaving
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import learn_one_epoch

random = np.random.default_rng(0)
labels = np.arange(400, dtype=np.int64) % 4
images = random.integers(0, 255, (400, 1, 28, 28), dtype=np.uint8)
samples = Samples(images, labels, ("a", "b", "c", "d"), np.arange(400) >= 300)
kinds = {
    "pictures": (Conv2d(channels=48, padding=1), BatchNorm2d(), Relu(), Conv2d(channels=48, padding=1), Relu(),
                 MaxPool2d(), Flatten(), Linear(outputs=4)),
    "weights": (Flatten(), Linear(outputs=4096), Relu(), Linear(outputs=4096), Relu(), Linear(outputs=4)),
}
settings = Hyperparameters(batch_size=200, device="cpu", precision=sys.argv[2])
experiment = Experiment(BundledDigits(), Architecture("Tried", kinds[sys.argv[1]]), settings)

def train(experiment, steps):
    learner = Learner(Run.unkept(experiment), samples)
    meter = _Unsaving(learner.run, learner.batches, learner.position)
    # Somebody looks at every batch, so that the copies for the window are made.
    learner.run.watched = True
    list(itertools.islice(learn_one_epoch(learner, meter), steps))
    return learner

def resident():
    return int(Path("/proc/self/statm").read_bytes().split()[1]) * 4096

# What torch takes for itself comes first.
train(Experiment(BundledDigits(), Architecture("Small", (Flatten(), Linear(outputs=4))), settings), 1)
before = peak = resident()
done = threading.Event()

def watch():
    global peak
    while not done.wait(0.001):
        peak = max(peak, resident())

thread = threading.Thread(target=watch)
thread.start()
learner = train(experiment, 2)
done.set()
thread.join()
del learner
gc.collect()
*_, cost = probe_cost(experiment, samples)
print(json.dumps({"measured": peak - before, "told": cost.memory - images.nbytes}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells the memory of a process so")
@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        ("pictures", "float32"),
        ("pictures", "bfloat16"),
        ("weights", "float32"),
        ("weights", "bfloat16"),
    ],
)
def test_the_memory_that_is_told_is_what_a_training_takes_within_half(
    run_python: Callable[..., Any], kind: str, precision: str
) -> None:
    found = json.loads(run_python(MEASURE, kind, precision).stdout)
    assert found["measured"] > 80e6
    assert 0.5 < found["told"] / found["measured"] < 1.6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_memory_is_measured_and_given_back(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    torch.cuda.init()
    before = torch.cuda.memory_allocated()
    cost = cost_of(with_settings(tiny_experiment, device="cuda", precision="auto"), tiny_samples)
    assert torch.cuda.memory_allocated() == before
    assert cost.kernels == "cuda_graph"
    assert cost.fits
    assert 0 < cost.memory < cost.room
