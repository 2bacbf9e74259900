"""The step that can be recorded: it learns what the plain loop learns, and a recording that fails changes nothing."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from lepton_studio.engine import training
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentation import AUGMENTATIONS
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.device import Device
from lepton_studio.engine.events import Notice
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.graphed_steps import GraphedSteps, _Kept, record_steps
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training, take_step

OPTIMIZERS = {
    "adam": Adam(learning_rate=0.02, weight_decay=0.01),
    "momentum": Sgd(learning_rate=0.05, momentum=0.9),
    "no momentum": Sgd(learning_rate=0.05, momentum=0.0, weight_decay=0.01),
}


def changed(experiment: Experiment, **changes: Any) -> Experiment:
    return msgspec.structs.replace(
        experiment, hyperparameters=msgspec.structs.replace(experiment.hyperparameters, **changes)
    )


@pytest.fixture
def experiment(tiny_experiment: Experiment) -> Experiment:
    """Batch norm, dropout, augmentation; two epochs of two whole batches and a smaller one."""
    first, *rest = tiny_experiment.architecture.layers
    return msgspec.structs.replace(tiny_experiment, architecture=Architecture("Tiny", (first, BatchNorm2d(), *rest)))


def without_recording(learner: Learner, meter: Meter, step: Any) -> Iterator[Notice]:
    """The recorded step without the recording, on any device."""
    learner.graph = GraphedSteps(learner, meter, step)
    yield from ()


def trained(run: Run, samples: Any) -> list[Any]:
    return [event for event in start_training(run, samples) if event is not None]


def assert_learned_the_same(run: Run, other: Run, rel: float = 1e-4) -> None:
    assert len(run.history) == len(other.history)
    assert run.history.batch_loss == pytest.approx(other.history.batch_loss, rel=rel)
    assert run.history.batch_accuracy.tolist() == other.history.batch_accuracy.tolist()
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert weights.keys() == others.keys()
    far = [
        name
        for name in weights
        if not torch.allclose(weights[name].float(), others[name].float(), rtol=1e-3, atol=1e-4)
    ]
    assert far == []


def learner_of(experiment: Experiment, samples: Any) -> tuple[Learner, Meter]:
    run = Run.create(experiment)
    learner = Learner(run, samples)
    return learner, Meter(run, learner.batches, learner.position)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [32, 36, 500])
def test_the_step_that_can_be_recorded_learns_what_the_plain_loop_learns(
    experiment, tiny_samples, optimizer: str, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(experiment, optimizer=OPTIMIZERS[optimizer], batch_size=batch_size, epochs=3)
    plain, graphed = Run.create(experiment), Run.create(experiment)
    trained(plain, tiny_samples)
    monkeypatch.setattr(training, "record_steps", without_recording)
    trained(graphed, tiny_samples)
    assert_learned_the_same(graphed, plain)


@pytest.mark.parametrize("name", AUGMENTATIONS.names())
def test_every_augmentation_does_in_the_step_that_can_be_recorded_what_it_does_in_the_plain_loop(
    experiment, tiny_samples, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(experiment, augmentations=(AUGMENTATIONS[name](),), optimizer=OPTIMIZERS["momentum"])
    bare = Run.create(changed(experiment, augmentations=()))
    plain, graphed = Run.create(experiment), Run.create(experiment)
    trained(bare, tiny_samples)
    trained(plain, tiny_samples)
    monkeypatch.setattr(training, "record_steps", without_recording)
    trained(graphed, tiny_samples)
    assert_learned_the_same(graphed, plain)
    assert plain.history.batch_loss.tolist() != bare.history.batch_loss.tolist()


def test_it_sees_the_same_pictures_in_the_same_order_at_the_same_rates(
    experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bytes, list[int], list[float]]] = []

    def looking(learner: Learner, pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        rates = [float(np.float32(float(group["lr"]))) for group in learner.optimizer.param_groups]
        seen.append((pictures.numpy().tobytes(), labels.tolist(), rates))
        return take_step(learner, pictures, labels)

    monkeypatch.setattr(training, "take_step", looking)
    trained(Run.create(experiment), tiny_samples)
    plain = seen.copy()
    seen.clear()
    monkeypatch.setattr(training, "record_steps", without_recording)
    trained(Run.create(experiment), tiny_samples)
    assert len(plain) == 6
    assert len({rates[0] for _, _, rates in plain}) > 2
    assert seen == plain


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_start_in_the_middle_goes_on_to_the_same_bits(
    experiment, tiny_samples, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "record_steps", without_recording)
    whole, run = Run.create(experiment), Run.create(experiment)
    trained(whole, tiny_samples)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, stop))
    events.close()
    opened = Run.open(run.folder)
    trained(opened, tiny_samples)
    assert opened.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes()
    weights, others = load_weights(opened.checkpoint), load_weights(whole.checkpoint)
    assert [name for name in others if not torch.equal(weights[name], others[name])] == []


def test_whole_batches_end_before_the_smaller_last_one(experiment, tiny_samples) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    graph = GraphedSteps(learner, meter, take_step)
    assert (graph.whole_batches, learner.batches.count()) == (2, 3)
    learner.batch, learner.seen = 2, 2 * learner.batches.batch_size
    assert list(graph.replay(learner)) == []


def test_on_a_cpu_nothing_is_recorded(experiment, tiny_samples) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    rate = learner.optimizer.param_groups[0]["lr"]
    assert list(record_steps(learner, meter, take_step)) == []
    assert learner.graph is None
    assert learner.kernels != "cuda_graph"
    assert learner.optimizer.param_groups[0]["lr"] is rate


def copied(learner: Learner) -> tuple[dict[str, Tensor], list[dict[str, Tensor]]]:
    state = [{name: value.clone() for name, value in one.items()} for one in learner.optimizer.state.values()]
    return {name: value.clone() for name, value in learner.network.state_dict().items()}, state


def assert_equal_copies(one: Any, other: Any) -> None:
    for mine, theirs in zip([one[0], *one[1]], [other[0], *other[1]], strict=True):
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def step_once(learner: Learner) -> None:
    learner.network.train()
    learner.prepare_step()
    take_step(learner, *next(learner.batches.training(0)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_is_kept_is_put_back_in_place(experiment, tiny_samples, optimizer: str) -> None:
    learner, _ = learner_of(changed(experiment, optimizer=OPTIMIZERS[optimizer]), tiny_samples)
    step_once(learner)
    before, kept = copied(learner), _Kept(learner)
    addresses = [value.data_ptr() for value in learner.network.state_dict().values()]
    step_once(learner)
    moved, _ = copied(learner)
    assert not torch.equal(moved["layers.0.weight"], before[0]["layers.0.weight"])
    kept.put_back()
    assert_equal_copies(copied(learner), before)
    assert [value.data_ptr() for value in learner.network.state_dict().values()] == addresses


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_that_remembered_nothing_begins_again_from_zero(experiment, tiny_samples, optimizer: str) -> None:
    experiment = changed(experiment, optimizer=OPTIMIZERS[optimizer])
    fresh, _ = learner_of(experiment, tiny_samples)
    learner, _ = learner_of(experiment, tiny_samples)
    kept = _Kept(learner)
    step_once(learner)
    kept.put_back()
    step_once(learner)
    step_once(fresh)
    assert_equal_copies(copied(learner), copied(fresh))


def pretend_cuda(monkeypatch: pytest.MonkeyPatch, capture: Callable[[GraphedSteps], Any]) -> None:
    """Lets a training on the CPU take itself for one on CUDA while its steps are recorded."""
    autocast = Device.autocast

    def record(learner: Learner, meter: Meter, step: Any) -> Iterator[Notice]:
        device = learner.device
        learner.device = Device("cuda", "A Card", device.precision)
        # The steps themselves need the CPU.
        monkeypatch.setattr(Device, "autocast", lambda _: autocast(device))
        notices = list(record_steps(learner, meter, step))
        learner.device = device
        yield from notices

    monkeypatch.setattr(GraphedSteps, "_capture", capture)
    monkeypatch.setattr(training, "record_steps", record)


def warmed_up(steps: GraphedSteps) -> Callable[[], None]:
    for _ in range(3):
        steps._go_to(0, 0)
        steps._step()
    steps._go_to(0, 0)
    return steps._step


def failing(steps: GraphedSteps) -> Callable[[], None]:
    warmed_up(steps)
    try:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")
    except RuntimeError:
        raise RuntimeError("a previous error during capture") from None


def careless(steps: GraphedSteps) -> Callable[[], None]:
    torch.manual_seed(5)
    return warmed_up(steps)


def careful(steps: GraphedSteps) -> Callable[[], None]:
    with torch.random.fork_rng(devices=()):
        return warmed_up(steps)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "fault",
    [(failing, ": operation not permitted."), (careless, ": it draws random numbers outside the GPU.")],
    ids=["fails", "draws on the CPU"],
)
def test_a_recording_that_fails_is_told_and_the_training_goes_on_as_if_it_had_not_been_tried(
    experiment, tiny_samples, optimizer: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(experiment, optimizer=OPTIMIZERS[optimizer])
    plain, run = Run.create(experiment), Run.create(experiment)
    trained(plain, tiny_samples)
    capture, reason = fault
    pretend_cuda(monkeypatch, capture)
    (notice,) = [event for event in trained(run, tiny_samples) if isinstance(event, Notice)]
    assert notice.what.endswith(reason)
    assert "Nothing needs to be done" in notice.remedy
    assert (run.record.state, run.record.kernels) == ("finished", plain.record.kernels)
    assert_learned_the_same(run, plain)


def test_weights_and_optimizer_are_after_a_failed_recording_bit_for_bit_as_before(
    experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    step_once(learner)
    before = copied(learner)
    monkeypatch.setattr(GraphedSteps, "_capture", failing)
    graph = GraphedSteps(learner, meter, take_step)
    with pytest.raises(RuntimeError, match="previous error"):
        graph.record()
    assert_equal_copies(copied(learner), before)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_recording_leaves_no_trace_of_its_trial_steps(
    experiment, tiny_samples, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(experiment, optimizer=OPTIMIZERS[optimizer])
    plain, run = Run.create(experiment), Run.create(experiment)
    trained(plain, tiny_samples)
    pretend_cuda(monkeypatch, careful)
    assert [event for event in trained(run, tiny_samples) if isinstance(event, Notice)] == []
    assert run.record.kernels == "cuda_graph"
    assert_learned_the_same(run, plain)


def test_pictures_that_do_not_fit_are_told_and_nothing_is_recorded(
    experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    learner.batches.images = None
    learner.device = Device("cuda", "A Card", "float32")
    (notice,) = record_steps(learner, meter, take_step)
    assert "do not fit into the memory" in notice.what
    assert learner.graph is None


def test_steps_of_many_parts_are_not_recorded(experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    learner.device = Device("cuda", "A Card", "float32")
    monkeypatch.setattr(GraphedSteps, "record", lambda _: None)
    monkeypatch.setattr("lepton_studio.engine.learner.MOST_AT_ONCE", 31)
    assert list(record_steps(learner, meter, take_step)) == []
    assert learner.graph is None
    monkeypatch.setattr("lepton_studio.engine.learner.MOST_AT_ONCE", 32)
    assert list(record_steps(learner, meter, take_step)) == []
    assert learner.graph is not None


class Recorder:
    """Stands in for torch.cuda: says what was done in which order, on a machine without a GPU."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: str = "") -> None:
        self.said: list[str] = []
        self.fails_at = fails_at
        graph = SimpleNamespace(replay=lambda: None)
        here = SimpleNamespace(wait_stream=lambda _: self.said.append("wait for the side"))
        side = SimpleNamespace(wait_stream=lambda _: self.said.append("side waits"))
        names = {id(here): "here", id(side): "side", id(graph): "recording"}
        generator = SimpleNamespace(graphsafe_set_state=lambda _: self.said.append("new generator"))

        @contextlib.contextmanager
        def inside(what: Any, **_: Any) -> Iterator[None]:
            self.said.append(f"into {names[id(what)]}")
            try:
                yield
            finally:
                self.said.append(f"out of {names[id(what)]}")
                # As in torch: the end of a recording that failed complains anew.
                if what is graph and fails_at == "recording":
                    raise RuntimeError("a previous error during capture")

        cuda = {
            "current_stream": lambda: here, "Stream": lambda: side, "stream": inside, "graph": inside,
            "CUDAGraph": lambda: graph, "default_generators": (generator,), "current_device": lambda: 0,
        }  # fmt: skip
        for name, value in cuda.items():
            monkeypatch.setattr(torch.cuda, name, value)
        monkeypatch.setattr(torch, "Generator", lambda _: None)
        monkeypatch.setattr(GraphedSteps, "_step", lambda _: self._step())

    def _step(self) -> None:
        self.said.append("step")
        inside = [said for said in self.said if said.startswith(("into", "out"))][-1]
        if inside == f"into {self.fails_at}":
            raise RuntimeError("not permitted")


WARM_UP = ["side waits", "into side", "step", "step", "step", "out of side", "wait for the side"]
RECORDING = ["into here", "into recording", "step", "out of recording", "out of here"]


@pytest.mark.parametrize(
    ("fails_at", "said"),
    [
        ("", WARM_UP + RECORDING),
        ("side", ["side waits", "into side", "step", "out of side", "wait for the side"]),
        ("recording", [*WARM_UP, *RECORDING, "new generator"]),
    ],
)
def test_a_recording_waits_for_its_trial_and_comes_back_to_its_stream_and_generator(
    experiment, tiny_samples, fails_at: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, meter = learner_of(experiment, tiny_samples)
    graph = GraphedSteps(learner, meter, take_step)
    recorder = Recorder(monkeypatch, fails_at)
    with pytest.raises(RuntimeError) if fails_at else contextlib.nullcontext():
        graph.record()
    assert recorder.said == said
