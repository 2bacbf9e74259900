"""What a processor with bfloat16 computes in float32 all the same, and in which layout it reads pictures."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
import torch
from torch import nn

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.experiment import default_experiment, with_setting
from lepton_studio.engine.float32_parts import is_faster_in_float32, use_float32
from lepton_studio.engine.layer_watch import LayerWatch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import take_step

FASTER = {
    "depthwise moved by two": nn.Conv2d(8, 8, 3, 2, 1, groups=8),
    "depthwise of five": nn.Conv2d(8, 8, 5, 1, 2, groups=8),
    "depthwise dilated": nn.Conv2d(8, 8, 3, 1, 2, 2, groups=8),
    "two patterns a channel": nn.Conv2d(8, 16, 3, 1, 1, groups=8),
    "two channels a group": nn.Conv2d(8, 8, 3, 1, 1, groups=4),
    "small GRU": nn.GRU(5, 16, batch_first=True),
    "small RNN": nn.RNN(5, 16, batch_first=True),
}
SLOWER = {
    "all channels": nn.Conv2d(8, 8, 3, 2, 1),
    "usual depthwise": nn.Conv2d(8, 8, 3, 1, 1, groups=8),
    "four channels a group": nn.Conv2d(8, 8, 3, 2, 1, groups=2),
    "large GRU": nn.GRU(5, 128, batch_first=True),
    "LSTM": nn.LSTM(5, 16, batch_first=True),
    "Linear": nn.Linear(5, 16),
}


def input_of(module: nn.Module) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randn(3, 8, 9, 9, generator=random) if isinstance(module, nn.Conv2d) else torch.randn(3, 4, 5)


def answered(module: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """Answer and gradients under autocast to bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        out: Any = module(x)
    out = out[0] if isinstance(out, tuple) else out
    out.float().square().mean().backward()
    return [out.detach(), *(parameter.grad for parameter in module.parameters() if parameter.grad is not None)]


@pytest.mark.parametrize("name", FASTER)
def test_what_is_faster_in_float32_is_computed_in_it_to_the_bit(name: str) -> None:
    module = copy.deepcopy(FASTER[name])
    exact = copy.deepcopy(module)
    network = nn.Sequential(module)
    assert is_faster_in_float32(module)
    assert use_float32(network)
    x = input_of(module)
    own = answered(network[0], x.bfloat16())
    with torch.autocast("cpu", enabled=False):
        out: Any = exact(x.bfloat16().float())
    out = out[0] if isinstance(out, tuple) else out
    out.square().mean().backward()
    expected = [out.detach(), *(parameter.grad for parameter in exact.parameters())]
    assert own[0].dtype == torch.float32
    assert all(torch.equal(one, other) for one, other in zip(own, expected, strict=True))


@pytest.mark.parametrize("name", SLOWER)
def test_all_else_stays_as_it_is(name: str) -> None:
    module = copy.deepcopy(SLOWER[name])
    kind = type(module)
    assert not is_faster_in_float32(module)
    assert not use_float32(nn.Sequential(module))
    assert type(module) is kind


def test_the_weights_of_what_computes_in_float32_and_of_its_copies_stay_torchs() -> None:
    network = nn.Sequential(copy.deepcopy(FASTER["depthwise moved by two"]), nn.ReLU())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    use_float32(network)
    again = copy.deepcopy(network)
    assert isinstance(again[0], nn.Conv2d)
    assert not use_float32(again), "it is so already"
    assert all(torch.equal(before[name], tensor) for name, tensor in again.state_dict().items())


def learner_of(layers: tuple[Any, ...], precision: str, samples: Any) -> Learner:
    experiment = with_setting(default_experiment(), "precision", precision)
    for setting in (("device", "cpu"), ("augmentations", "[]"), ("batch_size", "16")):
        experiment = with_setting(experiment, *setting)
    experiment = msgspec.structs.replace(experiment, architecture=Architecture("x", layers))
    return Learner(Run.create(experiment), samples)


HEAD = (Relu(), Flatten(), Linear(outputs=4))
DEPTHWISE = (Conv2d(channels=4, padding=1), Conv2d(channels=4, stride=2, padding=1, groups=0), *HEAD)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_training_lets_them_compute_in_float32_only_where_the_rest_does_not(
    precision: str, tiny_samples: Any
) -> None:
    learner = learner_of(DEPTHWISE, precision, tiny_samples)
    inside = {type(module).__module__ for module in learner.network.modules() if isinstance(module, nn.Conv2d)}
    assert any("float32_parts" in name for name in inside) == (precision == "bfloat16")
    assert [trace.name for trace in LayerWatch(learner)._newest.layers] == ["1 Conv2d", "2 Conv2d", "5 Linear"]
    assert learner.kernels == ("plain" if precision == "bfloat16" else "onednn")
    pictures, labels = next(iter(learner.batches.training(0)))
    loss, _ = take_step(learner, pictures, labels)
    assert torch.isfinite(loss)


def test_pictures_are_read_in_channels_last_where_windows_slide_over_them_and_onednn_is_not_taken(
    tiny_samples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = (Flatten(), Linear(outputs=4))
    assert learner_of(dense, "float32", tiny_samples).layout is torch.contiguous_format
    monkeypatch.setattr("lepton_studio.engine.learner.use_onednn", lambda *_: False)
    learner = learner_of((Conv2d(channels=4), *HEAD), "float32", tiny_samples)
    assert learner.layout is torch.channels_last
    assert learner.kernels == "plain"
    pictures = learner.augment(learner.batches.pictures(torch.arange(4)).expand(-1, 3, -1, -1))
    assert pictures.is_contiguous(memory_format=torch.channels_last)
