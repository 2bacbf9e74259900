"""The numbers behind a cell give the cell, for every layer that is taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lepton_studio.engine import preset
from lepton_studio.engine.activations import activations_of
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.cell_arithmetic import ANSWER, take_apart
from lepton_studio.engine.interventions import Interventions
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.receptive_fields import ReceptiveFields

SHAPE = (1, 28, 28)
L = {tag: LAYERS[tag] for tag in LAYERS.names()}
SMALL_NORM = Architecture(
    "Batch norm CNN",
    (
        L["conv2d"](channels=6, padding=2, kernel_size=5, dilation=1),
        L["batch_norm2d"](),
        L["leaky_relu"](),
        L["max_pool2d"](kernel_size=3, stride=2, padding=1),
        L["conv2d"](channels=6, padding=2, dilation=2, groups=2, stride=2),
        L["group_norm"](groups=3),
        L["elu"](),
        L["avg_pool2d"](kernel_size=2),
        L["squeeze_excite"](reduction=2),
        L["silu"](),
        L["dropout"](),
        L["adaptive_max_pool2d"](output_size=2),
        L["flatten"](),
        L["batch_norm1d"](),
        L["linear"](outputs=12),
        L["gelu"](),
        L["layer_norm"](),
        L["tanh"](),
        L["linear"](outputs=10, bias=False),
    ),
)
NETWORKS = {name: preset(name) for name in ("lepton_net", "lenet5", "vgg_small", "resnet8", "mlp", "row_gru")}
NETWORKS["batch_norm_cnn"] = SMALL_NORM
# Layers that are not taken apart, because too many numbers come together in them.
TOLD = {"repeat", "branch", "gru", "parallel"}


def drawing(seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 256, SHAPE, dtype=np.uint8)


def layer_at(architecture: Architecture, path: tuple[int, ...]) -> Any:
    layers: Any = architecture.layers
    for at in path:
        layer = layers[at]
        layers = layer.children()
    return layer


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_numbers_of_a_cell_give_what_the_network_has_there(name: str, fresh_predictor: Any) -> None:
    predictor = fresh_predictor(NETWORKS[name])
    random = np.random.default_rng(4)
    told = set()
    for output in activations_of(predictor, drawing()):
        corners = [tuple(0 for _ in output.shape), tuple(size - 1 for size in output.shape)]
        cells = [*corners, *(tuple(int(random.integers(size)) for size in output.shape) for _ in range(4))]
        for cell in cells:
            taken = take_apart(predictor, drawing(), output.path, cell)
            scale = max(1.0, abs(output.highest), abs(output.lowest))
            assert taken.value == taken.handed_on == pytest.approx(float(output.output[cell]), abs=1e-6 * scale)
            assert taken.result == pytest.approx(taken.value, abs=1e-5 * scale)
            if taken.kind == "told":
                told.add(type(layer_at(NETWORKS[name], output.path)).__struct_config__.tag)
            else:
                assert taken.inputs.size
    assert told <= TOLD


def test_a_convolution_tells_patch_kernel_sums_and_bias(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    pooled = activations_of(predictor, drawing())[2].output
    taken = take_apart(predictor, drawing(), (3,), (5, 0, 6))
    module = predictor.network.layers[3]
    assert taken.kind == "convolution"
    assert taken.inputs.shape == taken.weights.shape == (32, 3, 3)
    # The row above the picture is padding.
    assert taken.corner == (-1, 5)
    assert not taken.inputs[:, 0].any()
    assert np.array_equal(taken.inputs[:, 1:], pooled[:, 0:2, 5:8])
    assert np.array_equal(taken.weights, module.weight[5].detach().numpy())
    assert taken.bias == float(module.bias[5].detach())
    assert taken.sums.shape == (32,)
    assert taken.sums.sum() + taken.bias == pytest.approx(taken.value, abs=1e-5)


def test_a_grouped_convolution_tells_the_channels_of_its_group(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(SMALL_NORM)
    low, high = (take_apart(predictor, drawing(), (4,), (channel, 3, 3)) for channel in (1, 4))
    assert (low.first, high.first) == (0, 3)
    assert low.inputs.shape == (3, 3, 3)
    assert low.spacing == (2, 2)


def test_max_pooling_tells_which_of_the_window_won(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    before = activations_of(predictor, drawing())[1].output
    taken = take_apart(predictor, drawing(), (2,), (4, 5, 6))
    assert taken.kind == "maximum"
    assert taken.corner == (10, 12)
    assert np.array_equal(taken.inputs, before[4, 10:12, 12:14])
    assert taken.inputs[taken.winner] == taken.value


def test_flatten_tells_where_a_number_comes_from(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    before = activations_of(predictor, drawing())[5].output
    taken = take_apart(predictor, drawing(), (6,), (49 * 7 + 23,))
    assert (taken.kind, taken.origin) == ("copy", (7, 3, 2))
    assert taken.value == before[7, 3, 2]


def test_the_answer_is_the_softmax_at_the_temperature(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("mlp"))
    logits = torch.from_numpy(predictor.look(drawing()[None]).logits[0])
    for temperature in (1.0, 2.5):
        taken = take_apart(predictor, drawing(), ANSWER, (3,), temperature)
        assert taken.kind == "softmax"
        assert taken.result == pytest.approx(float((logits / temperature).softmax(0)[3]), abs=1e-6)
        assert taken.value == pytest.approx(taken.result, abs=1e-6)


def test_what_is_done_to_a_channel_is_told_beside_what_it_computes(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    predictor.intervene(Interventions().switched((0,), 2, True))
    taken = take_apart(predictor, drawing(), (0,), (2, 9, 9))
    assert taken.handed_on == 0
    assert taken.result == pytest.approx(taken.value, abs=1e-5)
    behind = take_apart(predictor, drawing(), (1,), (2, 9, 9))
    assert behind.inputs[0] == behind.value == 0


def test_a_layer_in_place_behind_does_not_spoil_the_numbers(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("resnet8"))
    plain = take_apart(predictor, drawing(), (3,), (0, 9, 9))
    for module in predictor.network.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = True
    taken = take_apart(predictor, drawing(), (3,), (0, 9, 9))
    assert taken.kind == "addends"
    assert np.array_equal(taken.inputs, plain.inputs)
    assert taken.value == plain.value


@pytest.mark.parametrize(
    "name",
    ["lepton_net", "lenet5", "resnet8", "unet_small", "inception_small", "batch_norm_cnn", "row_gru", "vit_tiny"],
)
def test_a_cell_sees_what_is_said_and_nothing_else(name: str, fresh_predictor: Any) -> None:
    architecture = SMALL_NORM if name == "batch_norm_cnn" else preset(name)
    predictor = fresh_predictor(architecture)
    fields, picture = ReceptiveFields(predictor), drawing()
    random = np.random.default_rng(8)
    before = {each.path: each for each in activations_of(predictor, picture)}
    for path, output in before.items():
        cell = tuple(int(random.integers(size)) for size in output.output.shape)
        top, left, bottom, right = fields.of(path, cell)
        assert 0 <= top < bottom <= 28
        assert 0 <= left < right <= 28
        changed = np.random.default_rng(9).integers(0, 256, picture.shape, dtype=np.uint8)
        changed[:, top:bottom, left:right] = picture[:, top:bottom, left:right]
        after = {each.path: each for each in activations_of(predictor, changed)}
        # What lies outside may change as it likes.
        assert after[path].output[cell] == pytest.approx(output.output[cell], abs=1e-4)


def test_a_step_of_a_sequence_sees_its_row_or_its_patch(fresh_predictor: Any) -> None:
    rows = ReceptiveFields(fresh_predictor(preset("row_gru")))
    assert rows.of((0,), (9, 5)) == (9, 0, 10, 28)
    patches = ReceptiveFields(fresh_predictor(preset("vit_tiny")))
    # Four patches of 7 pixels in a line: the second of the second line.
    assert patches.of((1,), (5, 3)) == (7, 7, 14, 14)


def test_the_fields_of_lepton_net_are_as_large_as_sums_say(fresh_predictor: Any) -> None:
    fields = ReceptiveFields(fresh_predictor(preset("lepton_net")))
    assert fields.of((0,), (0, 10, 12)) == (9, 11, 12, 14)
    assert fields.of((2,), (0, 5, 6)) == (9, 11, 13, 15)
    assert fields.of((3,), (0, 5, 6)) == (7, 9, 15, 17)
    assert fields.of((5,), (0, 3, 3)) == (9, 9, 19, 19)
    # Laid flat, a number still sees what it saw.
    assert fields.of((6,), (3 * 7 + 3,)) == fields.of((5,), (0, 3, 3))
    assert fields.of((7,), (5,)) == (0, 0, 28, 28)
    assert fields.of((0,), (0, 0, 0)) == (0, 0, 2, 2)
