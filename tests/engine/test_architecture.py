"""Shapes, parameters, cost and faults of a tree of layers, against arithmetic done by hand."""

from __future__ import annotations

import pytest
import torch

from lepton_studio.engine.architecture import Architecture, ArchitectureReport, describe
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS, Layer
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.network import build_network
from lepton_studio.engine.shipped_architectures import preset, presets

DIGIT = (1, 28, 28)


def described(*layers: Layer, classes: int = 10) -> ArchitectureReport:
    return describe(Architecture("Test", layers), DIGIT, classes)


def test_lepton_net_has_the_parameters_and_the_cost_that_arithmetic_gives() -> None:
    report = describe(preset("lepton_net"), DIGIT, 10)
    assert report.errors == ()
    assert report.parameters == 421_642
    # A multiply-add counts as two: outputs * inputs of each output * 2.
    convolutions = 2 * (32 * 28 * 28) * (1 * 3 * 3) + 2 * (64 * 14 * 14) * (32 * 3 * 3)
    products = 2 * (64 * 7 * 7) * 128 + 2 * 128 * 10
    assert report.flops == convolutions + products == 8_482_304


def test_lenet_5_has_the_parameters_and_the_cost_that_arithmetic_gives() -> None:
    report = describe(preset("lenet5"), DIGIT, 10)
    assert report.errors == ()
    assert report.parameters == 61_706
    convolutions = 2 * (6 * 28 * 28) * 25 + 2 * (16 * 10 * 10) * (6 * 25)
    products = 2 * 400 * 120 + 2 * 120 * 84 + 2 * 84 * 10
    assert report.flops == convolutions + products == 833_040


@pytest.mark.parametrize("name", presets())
def test_a_shipped_architecture_fits_the_digits_and_costs_what_it_says(name: str) -> None:
    report = describe(preset(name), DIGIT, 10)
    assert report.errors == ()
    network = build_network(preset(name), DIGIT, 10, [1.0], [1.0])
    assert report.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert report.layers[-1].output_shape == (10,)
    assert network(torch.zeros((2, *DIGIT), dtype=torch.uint8)).shape == (2, 10)


def test_an_unknown_architecture_is_answered_with_the_known_names() -> None:
    with pytest.raises(LeptonError) as caught:
        preset("alexnet")
    assert "'alexnet'" in caught.value.what
    assert all(name in caught.value.remedy for name in presets())


def test_shapes_parameters_and_memory_stand_at_each_layer() -> None:
    report = described(Conv2d(channels=6, kernel_size=5), MaxPool2d(), Flatten(), Linear(outputs=10))
    assert report.input_shape == DIGIT
    assert [row.path for row in report.layers] == [(0,), (1,), (2,), (3,)]
    assert [row.output_shape for row in report.layers] == [(6, 24, 24), (6, 12, 12), (864,), (10,)]
    assert [row.parameters for row in report.layers] == [6 * 25 + 6, 0, 0, 864 * 10 + 10]
    assert [row.memory for row in report.layers] == [4 * 6 * 24 * 24, 4 * 6 * 12 * 12, 4 * 864, 4 * 10]
    assert [row.flops for row in report.layers] == [2 * 6 * 24 * 24 * 25, 0, 0, 2 * 864 * 10]


def test_a_window_that_is_too_large_is_an_error_at_its_own_layer() -> None:
    report = described(
        MaxPool2d(kernel_size=7), Relu(), Conv2d(channels=8, kernel_size=5), Flatten(), Linear(outputs=10)
    )
    assert [row.error is not None for row in report.layers] == [False, False, True, False, False]
    (error,) = report.errors
    assert "4 × 4 here, a 5 × 5 window does not fit" in error.what
    assert "padding of 2" in error.remedy
    # What follows is not known, and not said to be wrong.
    assert [row.output_shape for row in report.layers[2:]] == [None, None, None]


def test_a_forgotten_flatten_is_an_error_at_the_linear_layer() -> None:
    report = described(Relu(), Linear(outputs=10))
    assert report.layers[0].error is None
    assert report.layers[1].error is not None
    assert report.errors[0].remedy == "Put a Flatten layer before it."


def test_another_number_of_classes_says_what_the_last_layer_should_be() -> None:
    report = described(Flatten(), Linear(outputs=7))
    (error,) = report.errors
    assert "7 numbers" in error.what
    assert "10 classes" in error.what
    assert error.remedy == "Let the last layer be Linear with 10 outputs."


def test_an_empty_architecture_is_described_and_refused() -> None:
    report = described()
    assert report.layers == ()
    assert report.parameters == report.flops == 0
    assert "1 × 28 × 28 numbers" in report.errors[0].what


def test_layers_in_a_container_have_rows_of_their_own_and_count_once() -> None:
    body = (Conv2d(channels=1, padding=1), Relu())
    report = described(Residual(body=body), Flatten(), Linear(outputs=10))
    assert [row.path for row in report.layers] == [(0,), (0, 0), (0, 1), (1,), (2,)]
    assert report.layers[0].parameters == report.layers[1].parameters == 10
    assert report.parameters == 10 + 7850
    assert report.layers[0].flops == report.layers[1].flops == 2 * 28 * 28 * 9
    assert report.flops == 2 * 28 * 28 * 9 + 2 * 7840


def test_a_fault_inside_a_container_is_told_at_the_layer_that_has_it() -> None:
    report = described(Residual(body=(Relu(), Conv2d(kernel_size=31))), Flatten(), Linear(outputs=10))
    faulty = {row.path for row in report.layers if row.error is not None}
    assert (0, 1) in faulty
    assert (0, 0) not in faulty


def test_describing_draws_no_random_number_and_needs_no_memory() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    # 65,536 x 65,536 weights would be 16 GiB.
    report = described(Flatten(), Linear(outputs=65_536), Linear(outputs=65_536), Linear(outputs=10))
    assert report.layers[2].parameters == 65_536 * 65_536 + 65_536
    assert torch.equal(torch.get_rng_state(), before)


def test_every_layer_can_stand_in_a_report_whether_it_fits_or_not() -> None:
    for layer_class in LAYERS.classes.values():
        for before in ((), (Flatten(),)):
            report = described(*before, layer_class())
            row = report.layers[len(before)]
            assert (row.output_shape is None) == (row.error is not None), layer_class.title
