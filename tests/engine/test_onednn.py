"""The fast way through picture layers on a CPU: the same numbers as the plain way, or the plain way."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from lepton_studio.engine import onednn
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.device import Device
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.engine.network import Network, build_network
from lepton_studio.engine.onednn import OneDnnStretch, fast_steps, is_known, use_onednn
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.shipped_architectures import preset
from lepton_studio.engine.training import start_training

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this build of torch has no oneDNN"
)  # fmt: skip

SHAPE = (2, 12, 12)
FLOAT32, BFLOAT16 = Device("cpu", "CPU", "float32"), Device("cpu", "CPU", "bfloat16")
SAME = Conv2d(channels=6, padding=1)
STACKS: dict[str, tuple[Any, ...]] = {
    "convolution": (Conv2d(channels=5),),
    "stride and padding": (Conv2d(channels=5, kernel_size=5, stride=2, padding=2), Relu()),
    "max pooling": (SAME, Relu(), MaxPool2d()),
    "max pooling with a rest": (SAME, MaxPool2d(kernel_size=5), Relu()),
    "average pooling": (SAME, Relu(), AvgPool2d(kernel_size=3)),
    "batch norm": (SAME, BatchNorm2d(), Relu(), MaxPool2d()),
    "residual": (SAME, Residual(body=(Conv2d(channels=6, padding=1), BatchNorm2d(), Relu())), MaxPool2d()),
    "residual in residual": (SAME, Residual(body=(Relu(), Residual(body=(SAME,)), SAME))),
    "projection": (SAME, Residual((Conv2d(8, 3, 2, 1), BatchNorm2d()), "projection"), Relu()),
    "repeated residual": (SAME, Repeat((Residual((SAME, BatchNorm2d(), Relu())),), 2), AdaptiveAvgPool2d()),
    "branches added": (SAME, Parallel((Relu(), Conv2d(6, 1), Branch((SAME, Relu(), SAME))), "sum"), Relu()),
    "depthwise and dilated": (SAME, Conv2d(12, 3, 1, 2, 2, groups=0, bias=False), BatchNorm2d(), Conv2d(4, 1)),
    "pooling with stride and padding": (SAME, Relu(), MaxPool2d(3, 2, 1), AvgPool2d(3, 1, 1), Relu(), MaxPool2d(3, 1)),
    "adaptive pooling": (SAME, Relu(), AdaptiveAvgPool2d(3)),
    "layers before": (AvgPool2d(), Relu(), SAME, Relu()),
    "dropout after": (SAME, Relu(), Flatten(), Dropout(p=0.3), Linear(outputs=7), Tanh()),
}


def network_of(layers: tuple[Any, ...], shape: tuple[int, ...] = SHAPE) -> Network:
    torch.manual_seed(3)
    tail = (
        (Linear(outputs=3),) if any(isinstance(layer, Flatten) for layer in layers) else (Flatten(), Linear(outputs=3))
    )
    channels = shape[0]
    return build_network(Architecture("A", (*layers, *tail)), shape, 3, [100.0] * channels, [60.0] * channels)


def fast_copy(network: Network) -> Network:
    fast = copy.deepcopy(network)
    steps = fast_steps(fast.steps)
    assert steps is not None
    fast.steps = steps
    assert any(isinstance(step, OneDnnStretch) for step in fast.steps)
    return fast


def pictures(shape: tuple[int, ...] = SHAPE, count: int = 5) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=random)


def learned(network: Network, device: Device, batch: Tensor) -> dict[str, Tensor]:
    """Answers, gradients and buffers after one batch."""
    torch.manual_seed(8)
    network.train()
    with device.autocast():
        logits = network(batch).float()
    nn.functional.cross_entropy(logits, torch.arange(len(batch)) % 3).backward()
    found = {"answers": logits.detach()}
    found |= {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}
    return found | {name: buffer.float() for name, buffer in network.named_buffers()}


def assert_close(network: Network, device: Device, batch: Tensor, share: float) -> None:
    plain = learned(copy.deepcopy(network), device, batch)
    fast = learned(fast_copy(network), device, batch)
    assert plain.keys() == fast.keys()
    far = [name for name in plain if (plain[name] - fast[name]).norm() > share * plain[name].norm() + 1e-5]
    assert far == []


@pytest.mark.parametrize("name", STACKS)
def test_both_ways_give_the_same_answers_gradients_and_buffers(name: str) -> None:
    assert_close(network_of(STACKS[name]), FLOAT32, pictures(), 1e-5)


@pytest.mark.parametrize("name", STACKS)
def test_in_bfloat16_both_ways_are_as_near_as_its_digits(name: str) -> None:
    try:
        torch.zeros(1, 1, 4, 4, dtype=torch.bfloat16).to_mkldnn()
    except RuntimeError:
        pytest.skip("this processor knows no bfloat16")
    assert_close(network_of(STACKS[name]), BFLOAT16, pictures(), 0.05)


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(2, 6, 3, bias=False),
        nn.Conv2d(2, 6, (3, 1), stride=(1, 2), padding=(1, 0)),
        nn.Conv2d(2, 6, 3, dilation=2, padding=1),
        nn.Conv2d(2, 6, 3, groups=2),
    ],
    ids=["no bias", "oblong", "dilated", "groups"],
)  # fmt: skip
def test_every_kind_of_convolution_is_done_as_it_says(conv: nn.Conv2d) -> None:
    network = Network(nn.Sequential(conv, nn.ReLU(), nn.Flatten(), nn.LazyLinear(3)), [100.0, 90.0], [60.0, 50.0])
    network(pictures())
    assert_close(network, FLOAT32, pictures(), 1e-5)


LAYERS_BETWEEN = st.one_of(
    st.builds(
        Conv2d, channels=st.integers(1, 4), kernel_size=st.integers(1, 4), stride=st.integers(1, 3),
        padding=st.integers(0, 2),
    ),
    st.builds(MaxPool2d, kernel_size=st.integers(2, 3)),
    st.builds(AvgPool2d, kernel_size=st.integers(2, 3)),
    st.just(Relu()), st.just(BatchNorm2d()), st.just(Residual(body=(Relu(), BatchNorm2d()))),
)  # fmt: skip


@settings(max_examples=40)
@given(layers=st.lists(LAYERS_BETWEEN, min_size=1, max_size=5), side=st.integers(5, 12))
def test_any_stack_of_picture_layers_gives_the_same_on_both_ways(layers: list[Any], side: int) -> None:
    try:
        network = network_of((Conv2d(channels=3), *layers), (2, side, side))
    except LeptonError:
        assume(False)
    # Two numbers a channel make batch norm divide by next to nothing.
    assume(_smallest_side(network, side) > 1)
    assert_close(network, FLOAT32, pictures((2, side, side), 8), 1e-3)


def _smallest_side(network: Network, side: int) -> int:
    sides = []
    x = torch.zeros(1, 2, side, side)
    for module in copy.deepcopy(network.layers).eval():
        x = module(x)
        sides += [x.shape[-1]] if x.ndim == 4 else []
    return min(sides)


@pytest.mark.parametrize(
    "layers",
    [
        (Flatten(), Relu()),
        (SAME, Tanh(), MaxPool2d()),
        (SAME, Dropout(), Relu()),
        (SAME, Residual(body=(Relu(), Dropout()))),
        (AvgPool2d(), Relu()),
        (SAME, Parallel((Relu(), SAME))),
        (SAME, Parallel((Relu(), Tanh()), "sum")),
    ],
    ids=[
        "no picture layers", "tanh between", "dropout between", "dropout in a residual", "no convolution",
        "branches side by side", "tanh in a branch",
    ],
)  # fmt: skip
def test_without_a_convolution_or_with_a_stranger_between_there_is_no_fast_way(layers: tuple[Any, ...]) -> None:
    network = network_of(layers)
    steps = network.steps
    assert fast_steps(steps) is None
    assert not use_onednn(network, SHAPE, FLOAT32)
    assert network.steps == steps


def test_paddings_that_the_layout_does_not_know_are_not_taken() -> None:
    assert is_known(nn.Conv2d(1, 1, 3, padding=1))
    assert not is_known(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"))
    assert not is_known(nn.Conv2d(1, 1, 3, padding="same"))


def test_pooling_to_parts_of_unequal_size_takes_the_plain_way() -> None:
    network = network_of((SAME, Relu(), AdaptiveAvgPool2d(5)))
    steps = network.steps
    assert not use_onednn(network, SHAPE, FLOAT32)
    assert network.steps == steps


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_only_a_cpu_takes_it(kind: str) -> None:
    network = network_of(STACKS["max pooling"])
    assert not use_onednn(network, SHAPE, Device(kind, kind, "float32"))
    assert use_onednn(network, SHAPE, FLOAT32)


def test_the_shipped_network_takes_it() -> None:
    network = build_network(preset("lepton_net"), (1, 28, 28), 10, [33.0], [70.0])
    assert use_onednn(network, (1, 28, 28), FLOAT32)


def test_names_of_weights_answers_and_random_numbers_stay_as_they_were() -> None:
    network = network_of(STACKS["batch norm"])
    names, answers = list(network.state_dict()), network.eval()(pictures())
    weights = copy.deepcopy(network.state_dict())
    drawn = torch.get_rng_state()
    assert use_onednn(network.train(), SHAPE, FLOAT32)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert list(network.state_dict()) == names
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    with torch.inference_mode():
        assert torch.allclose(network.eval()(pictures()), answers, atol=1e-6)


def test_a_copy_learns_with_weights_of_its_own() -> None:
    network = fast_copy(network_of(STACKS["residual"]))
    other = copy.deepcopy(network)
    learned(other, FLOAT32, pictures())
    assert all(parameter.grad is not None for parameter in other.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_evaluation_in_bfloat16_answers_like_the_plain_way() -> None:
    network = network_of(STACKS["batch norm"]).eval()
    fast = fast_copy(network).eval()
    with torch.inference_mode(), BFLOAT16.autocast():
        assert torch.allclose(fast(pictures()).float(), network(pictures()).float(), atol=0.05)


def raising(*_: object) -> Tensor:
    raise RuntimeError("no such kernel")


def without_gradient(real: Any) -> Any:
    return lambda *arguments: real(*arguments).detach()


def wrong(real: Any) -> Any:
    return lambda *arguments: real(*arguments) + real(*arguments)


@pytest.mark.parametrize("fault", [lambda _: raising, without_gradient, wrong], ids=["raises", "no gradient", "wrong"])
def test_a_trial_that_goes_wrong_leaves_the_plain_way_and_draws_nothing(
    fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of(STACKS["dropout after"])
    steps, drawn = network.steps, torch.get_rng_state()
    monkeypatch.setattr(torch, "mkldnn_convolution", fault(torch.mkldnn_convolution))
    assert not use_onednn(network, SHAPE, FLOAT32)
    assert network.steps == steps
    assert torch.equal(torch.get_rng_state(), drawn)


def test_a_trial_with_fewer_gradients_than_the_plain_way_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = onednn._answers
    lists = itertools.chain([0], itertools.repeat(1))
    monkeypatch.setattr(onednn, "_answers", lambda *arguments: answers(*arguments)[: -next(lists) or None])
    assert not use_onednn(network_of(STACKS["max pooling"]), SHAPE, FLOAT32)


@pytest.fixture
def deep_experiment(tiny_experiment: Any) -> Any:
    """Of every layer that the fast way knows."""
    layers = (
        SAME, BatchNorm2d(), Relu(), MaxPool2d(), Residual(body=(SAME, Relu())), AvgPool2d(), Flatten(),
        Dropout(p=0.2), Linear(outputs=4),
    )  # fmt: skip
    return msgspec.structs.replace(tiny_experiment, architecture=Architecture("Deep", layers))


def test_a_run_on_the_fast_way_goes_on_to_the_same_bits(deep_experiment, tiny_samples) -> None:
    whole, run = Run.create(deep_experiment), Run.create(deep_experiment)
    list(start_training(whole, tiny_samples))
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 6))
    events.close()
    opened = Run.open(run.folder)
    assert (opened.record.state, opened.record.kernels) == ("stopped", "onednn")
    list(start_training(opened, tiny_samples))
    weights, others = load_weights(opened.checkpoint), load_weights(whole.checkpoint)
    assert [name for name in others if not torch.equal(weights[name], others[name])] == []
    assert opened.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes()
    assert opened.record.test_loss == whole.record.test_loss


def test_a_run_on_the_fast_way_is_evaluated_on_the_plain_way_with_the_same_answers(
    deep_experiment, tiny_samples
) -> None:
    run = Run.create(deep_experiment)
    list(start_training(run, tiny_samples))
    assert run.record.kernels == "onednn"
    probabilities = torch.from_numpy(Predictor(run).probabilities(tiny_samples.images[90:]))
    labels = torch.from_numpy(tiny_samples.labels[90:])
    assert run.record.test_accuracy == pytest.approx(float((probabilities.argmax(1) == labels).float().mean()))
    assert run.record.test_loss == pytest.approx(float(nn.functional.nll_loss(probabilities.log(), labels)), rel=1e-4)


def test_both_ways_train_to_the_same_numbers(deep_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = Run.create(deep_experiment), Run.create(deep_experiment)
    list(start_training(fast, tiny_samples))
    monkeypatch.setattr(torch, "mkldnn_convolution", raising)
    list(start_training(plain, tiny_samples))
    assert (fast.record.kernels, plain.record.kernels) == ("onednn", "plain")
    assert fast.history.batch_loss == pytest.approx(plain.history.batch_loss, rel=1e-3)
