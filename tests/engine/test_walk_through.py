"""One picture, layer by layer: the same numbers as in the network that a training would start with."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

from lepton_studio.engine import preset, presets
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.batches import mix_seed
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import seed_everything
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Notice
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layer import LAYERS, Layer
from lepton_studio.engine.network import build_network
from lepton_studio.engine.private_numbers import PrivateNumbers
from lepton_studio.engine.runs import Run
from lepton_studio.engine.walk_through import (
    MOST_BYTES,
    LayerOutput,
    Scaling,
    same_network,
    walk_sample,
    walk_through,
)

Conv2d, Relu, Flatten, Linear, Dropout, BatchNorm2d = (
    LAYERS[tag] for tag in ("conv2d", "relu", "flatten", "linear", "dropout", "batch_norm2d")
)
Residual, Parallel, Repeat, Branch, Skip = (LAYERS[tag] for tag in ("residual", "parallel", "repeat", "branch", "skip"))
SHAPE, MEAN, STD = (1, 28, 28), (33.0,), (78.0,)
SMALL_PRESETS = sorted(name for name in presets() if "224" not in name)


def picture(shape: tuple[int, ...] = SHAPE, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def walked(layers: tuple[Layer, ...], shape: tuple[int, ...] = SHAPE, seed: int = 3) -> dict[tuple[int, ...], Any]:
    found = tuple(walk_through(Architecture("Tried", layers), picture(shape), MEAN, STD, seed))
    outputs = {each.path: each for each in found if isinstance(each, LayerOutput)}
    assert list(outputs) == sorted(outputs)
    assert len(outputs) == len(found)
    return outputs


def fresh_network(architecture: Architecture, shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """The network as a training makes it."""
    seed_everything(mix_seed(seed))
    return build_network(architecture, shape, classes, MEAN, STD).eval()


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_a_preset_gives_every_layer_and_the_networks_own_logits(name: str) -> None:
    architecture = preset(name)
    network = fresh_network(architecture, SHAPE, 10, 7)
    with torch.inference_mode():
        logits = network(torch.from_numpy(picture())[None])[0].numpy()
    outputs = walked(architecture.layers, seed=7)
    rows = describe(architecture, SHAPE, 10).layers
    assert list(outputs) == [row.path for row in rows]
    assert [each.shape for each in outputs.values()] == [row.output_shape for row in rows]
    last = outputs[len(architecture.layers) - 1,]
    assert last.output.dtype == np.float32
    assert np.array_equal(last.output, logits)


def test_each_output_is_what_a_plain_forward_pass_gives_there() -> None:
    layers = (Conv2d(channels=4, padding=1), BatchNorm2d(), Relu(), Flatten(), Dropout(p=0.9), Linear(outputs=3))
    network: Any = fresh_network(Architecture("Plain", layers), SHAPE, 3, 3)
    outputs = walked(layers)
    with torch.inference_mode():
        x = (torch.from_numpy(picture())[None].float() - network.mean) / network.std
        for at, module in enumerate(network.layers):
            x = module(x)
            assert np.array_equal(outputs[at,].output, x[0].numpy())
            assert (outputs[at,].lowest, outputs[at,].highest) == (float(x.min()), float(x.max()))


def test_inside_containers_the_paths_lead_to_the_layers() -> None:
    inner = (Conv2d(channels=4, padding=1), Relu())
    layers = (
        Conv2d(channels=4, padding=1),
        Repeat(body=(Residual(body=inner),), times=2),
        Parallel(branches=(Conv2d(channels=2, kernel_size=1), Relu(disabled=True), Branch(body=inner))),
        Skip(body=(Branch(body=(Relu(), Relu(disabled=True))),)),
    )
    outputs = walked(layers)
    assert list(outputs) == [
        (0,), (1,), (1, 0), (1, 0, 0), (1, 0, 1), (2,), (2, 0), (2, 2), (2, 2, 0), (2, 2, 1), (3,), (3, 0), (3, 0, 0),
        (3, 0, 1),
    ]  # fmt: skip
    # What is inside adds up to what is outside.
    first, body = outputs[0,].output, outputs[1, 0, 1].output
    assert np.array_equal(outputs[1, 0].output, first + body)
    assert not np.array_equal(outputs[1,].output, outputs[1, 0].output)
    assert np.array_equal(outputs[2,].output, np.concatenate([outputs[2, 0].output, outputs[2, 2, 1].output]))
    assert np.array_equal(outputs[3,].output, np.concatenate([outputs[2,].output, outputs[3, 0].output]))


def test_it_stops_before_the_first_fault() -> None:
    outputs = walked((Conv2d(channels=4), Relu(), Conv2d(channels=4, kernel_size=31), Relu()))
    assert list(outputs) == [(0,), (1,)]


def test_of_a_container_that_does_not_fit_what_fits_is_told() -> None:
    shrinking = Residual(body=(Conv2d(channels=4), Relu(), Conv2d(channels=4, kernel_size=31), Relu()))
    outputs = walked((Relu(), shrinking, Relu()))
    assert list(outputs) == [(0,), (1, 0), (1, 1)]
    unequal = Parallel(branches=(Conv2d(channels=2), Branch(body=(Relu(), Flatten()))))
    outputs = walked((unequal, Relu()))
    assert list(outputs) == [(0, 0), (0, 1), (0, 1, 0), (0, 1, 1)]


def test_a_network_without_layers_has_nothing_to_tell() -> None:
    assert walked(()) == {}


def test_the_random_numbers_of_everybody_else_stay_as_they_are() -> None:
    torch.manual_seed(11)
    before = torch.random.get_rng_state()
    one = walked(preset("lepton_net").layers)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(12)
    again, other = walked(preset("lepton_net").layers), walked(preset("lepton_net").layers, seed=4)
    assert np.array_equal(again[0,].output, one[0,].output)
    assert not np.array_equal(other[0,].output, one[0,].output)


def test_a_thread_beside_it_draws_what_it_would_draw_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(2000)
    torch.manual_seed(5)
    drawn: list[torch.Tensor] = []
    thread = threading.Thread(target=lambda: drawn.extend(torch.rand(1) for _ in range(2000)))
    thread.start()
    walked(preset("lepton_net").layers)
    thread.join()
    assert torch.equal(torch.cat(drawn), expected)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.randn(7, 3),
        lambda: torch.rand(5),
        lambda: torch.randint(0, 9, (6,)),
        lambda: torch.randperm(9),
        lambda: torch.normal(0.0, 1.0, (4,)),
        lambda: nn.init.trunc_normal_(torch.empty(6, 6)),
        lambda: torch.empty(20).bernoulli_(0.5),
        lambda: nn.functional.dropout(torch.ones(40)),
        lambda: nn.LSTM(3, 4).weight_hh_l0.detach(),
    ],
    ids=["randn", "rand", "randint", "randperm", "normal", "trunc_normal", "bernoulli", "dropout", "lstm"],
)
def test_private_numbers_are_those_of_the_seed(draw: Any) -> None:
    torch.manual_seed(21)
    expected = [draw(), draw()]
    before = torch.random.get_rng_state()
    own = PrivateNumbers(21)
    with own:
        first = draw()
    with own, torch.device("cpu"):
        second = draw()
    assert torch.equal(first, expected[0])
    assert torch.equal(second, expected[1])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_of_a_large_output_a_part_is_handed_over() -> None:
    outputs = walked((Conv2d(channels=200, kernel_size=1), Flatten()), shape=(1, 100, 100))
    maps, row = outputs[0,], outputs[1,]
    assert maps.shape == (200, 100, 100)
    assert maps.output.shape == (50, 100, 100)
    assert maps.output.nbytes <= MOST_BYTES
    assert row.shape == (2_000_000,)
    assert row.output.shape == (4096,)
    assert row.highest == maps.highest >= row.output.max()


def test_numbers_that_are_none_do_not_count_for_the_range() -> None:
    outputs = tuple(walk_through(Architecture("Tried", (Relu(), Flatten())), picture((1, 2, 2)), (0.0,), (0.0,), 1))
    assert all(isinstance(each, LayerOutput) and np.isfinite(each.highest) for each in outputs)


def test_with_a_run_its_own_weights_answer(trained_run: Run, tiny_samples: Samples) -> None:
    from lepton_studio.engine.prediction import Predictor

    experiment = trained_run.experiment
    outputs = [each for each in walk_sample(experiment, tiny_samples, 5, trained_run) if isinstance(each, LayerOutput)]
    logits = torch.from_numpy(outputs[-1].output)
    expected = Predictor(trained_run).probabilities(tiny_samples.images[5:6])[0]
    assert np.allclose(logits.softmax(0).numpy(), expected, atol=1e-6)
    fresh = [each for each in walk_sample(experiment, tiny_samples, 5) if isinstance(each, LayerOutput)]
    assert [each.path for each in fresh] == [each.path for each in outputs]
    assert not np.array_equal(fresh[0].output, outputs[0].output)


def test_a_run_of_another_network_is_told_apart(trained_run: Run, tiny_experiment: Experiment) -> None:
    architecture = tiny_experiment.architecture
    assert same_network(architecture, trained_run, (1, 8, 8), 4)
    assert not same_network(architecture, trained_run, (1, 9, 8), 4)
    assert not same_network(architecture, trained_run, (1, 8, 8), 5)
    other = msgspec.structs.replace(architecture, layers=(Conv2d(channels=5), *architecture.layers[1:]))
    assert not same_network(other, trained_run, (1, 8, 8), 4)
    with pytest.raises(LeptonError, match="another network"):
        tuple(walk_through(other, picture((1, 8, 8)), MEAN, STD, 1, run=trained_run))


def test_the_scaling_is_measured_once_for_the_same_samples(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    events = list(walk_sample(tiny_experiment, tiny_samples, 0))
    scalings = [each for each in events if isinstance(each, Scaling)]
    assert len(scalings) == 1
    assert scalings[0].mean == tiny_samples.mean_and_std[0]
    again = list(walk_sample(tiny_experiment, tiny_samples, 1, known=scalings[0]))
    assert all(isinstance(each, LayerOutput) for each in again)
    other = msgspec.structs.replace(tiny_experiment, seed=99)
    assert any(isinstance(each, Scaling) for each in walk_sample(other, tiny_samples, 1, known=scalings[0]))


def test_published_weights_that_are_not_here_are_told_and_random_ones_shown() -> None:
    pytest.importorskip("torchvision")
    layers = (LAYERS["pretrained"](network="resnet18", size=32), Flatten())
    found = tuple(walk_through(Architecture("Tried", layers), picture((1, 8, 8)), MEAN, STD, 1))
    assert isinstance(found[0], Notice)
    assert [each.path for each in found if isinstance(each, LayerOutput)] == [(0,), (1,)]


def test_a_layer_that_works_in_place_changes_nothing_of_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (Conv2d(channels=2), Relu())
    expected = walked(layers)
    monkeypatch.setattr(Relu, "build", lambda _layer, _shape: nn.ReLU(inplace=True))
    outputs = walked(layers)
    assert outputs[0,].output.min() < 0
    assert np.array_equal(outputs[0,].output, expected[0,].output)
