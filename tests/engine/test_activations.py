"""What the layers of a built network make of a picture, in one pass and without touching anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lepton_studio.engine import preset, presets
from lepton_studio.engine.activations import activations_of, forward_in_order, layer_modules
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.layer import LAYERS

Conv2d, Relu, Flatten, Linear, Repeat, MaxPool2d = (
    LAYERS[tag] for tag in ("conv2d", "relu", "flatten", "linear", "repeat", "max_pool2d")
)
SHAPE = (1, 28, 28)
SMALL_PRESETS = sorted(name for name in presets() if "224" not in name)


def drawing(shape: tuple[int, ...] = SHAPE, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_every_layer_of_a_preset_is_told_in_order_and_the_last_is_the_answer(name: str, fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset(name))
    outputs = activations_of(predictor, drawing())
    rows = describe(preset(name), SHAPE, 10).layers
    assert [each.path for each in outputs] == [row.path for row in rows]
    assert [each.shape for each in outputs] == [row.output_shape for row in rows]
    last = next(each for each in outputs if each.path == (len(preset(name).layers) - 1,))
    np.testing.assert_allclose(last.output, predictor.look(drawing()[None]).logits[0], rtol=1e-5, atol=1e-5)


def test_max_pooling_behind_relu_is_told_as_the_architecture_has_it(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    found = {each.path: each for each in activations_of(predictor, drawing())}
    relu, pooled = found[1,].output, found[2,].output
    assert relu.shape == (32, 28, 28)
    assert np.array_equal(relu, np.maximum(found[0,].output, 0))
    assert np.array_equal(pooled, relu.reshape(32, 14, 2, 14, 2).max(axis=(2, 4)))


def test_a_layer_that_works_in_place_does_not_spoil_the_one_before(fresh_predictor: Any) -> None:
    layers = (Conv2d(channels=4, padding=1), Relu(), Flatten(), Linear(outputs=10))
    predictor = fresh_predictor(Architecture("In place", layers))
    expected = activations_of(predictor, drawing())
    module = predictor.network.layers[1]
    assert isinstance(module, nn.ReLU)
    module.inplace = True
    outputs = activations_of(predictor, drawing())
    assert (outputs[0].output < 0).any()
    for one, two in zip(outputs, expected, strict=True):
        assert np.array_equal(one.output, two.output)


def test_no_hook_is_left_and_the_weights_are_as_they_were(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("resnet8"))
    before = {name: tensor.clone() for name, tensor in predictor.network.state_dict().items()}
    activations_of(predictor, drawing())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in predictor.network.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in predictor.network.state_dict().items())


def test_of_a_repeat_the_first_time_is_told(fresh_predictor: Any) -> None:
    layers = (Conv2d(channels=3, padding=1), Repeat(body=(Conv2d(channels=3, padding=1),), times=2), Flatten())
    predictor = fresh_predictor(Architecture("Twice", (*layers, Linear(outputs=10))))
    found = {each.path: each.output for each in activations_of(predictor, drawing())}
    first = layer_modules(predictor.network, predictor.run.experiment.architecture)[1, 0]
    with torch.inference_mode():
        expected = first(torch.from_numpy(found[0,])[None])[0].numpy()
    np.testing.assert_allclose(found[1, 0], expected, rtol=1e-5, atol=1e-5)
    assert not np.allclose(found[1, 0], found[1,])


def test_layer_by_layer_gives_the_same_bits_as_the_fast_way(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    pictures = torch.from_numpy(drawing()[None])
    with torch.inference_mode():
        slow, fast = forward_in_order(predictor.network, pictures), predictor.network(pictures)
    assert torch.equal(slow, fast)


def test_numbers_that_are_none_do_not_spoil_the_range(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(Architecture("Broken", (Flatten(), Linear(outputs=10))))
    with torch.no_grad():
        predictor.network.layers[1].bias[3] = float("nan")
    last = activations_of(predictor, drawing())[-1]
    assert np.isnan(last.output[3])
    assert np.isfinite([last.lowest, last.highest]).all()
    assert last.highest == np.nanmax(last.output)
