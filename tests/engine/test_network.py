"""From specs to a torch module that takes pictures as they lie in the dataset."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.network import Network, build_network, build_stack, output_shape, pooled_first


def test_the_network_normalises_each_channel_by_its_own_mean_and_deviation() -> None:
    network = Network(nn.Sequential(), [10.0, 100.0], [2.0, 50.0])
    pictures = torch.tensor([14, 200], dtype=torch.uint8).reshape(1, 2, 1, 1)
    assert network(pictures).flatten().tolist() == [2.0, 2.0]


def test_bytes_and_floats_of_the_same_picture_give_the_same_answer() -> None:
    torch.manual_seed(0)
    network = build_network(Architecture("A", (Flatten(), Linear(outputs=3))), (1, 4, 4), 3, [9.0], [7.0])
    pictures = torch.randint(0, 256, (5, 1, 4, 4), dtype=torch.uint8)
    assert torch.equal(network(pictures), network(pictures.float()))


def test_mean_and_deviation_are_saved_with_the_weights() -> None:
    network = build_network(Architecture("A", (Flatten(), Linear(outputs=3))), (1, 4, 4), 3, [9.0], [7.0])
    assert {"mean", "std", "layers.1.weight", "layers.1.bias"} == set(network.state_dict())


@pytest.mark.parametrize("name", LAYERS.names())
def test_everything_that_a_layer_keeps_is_saved_with_the_weights(name: str) -> None:
    # The predictor builds networks without memory and fills them from the saved weights alone.
    for shape in ((2, 8, 8), (6,), (4, 6)):
        try:
            module = LAYERS[name]().build(shape)
        except LeptonError:
            continue
        kept = {key for key, _ in (*module.named_parameters(), *module.named_buffers())}
        assert kept <= set(module.state_dict())


def test_a_layer_that_does_not_fit_is_named_with_its_position() -> None:
    with pytest.raises(LeptonError, match=r"^Layer 2 \(Linear\): Linear needs numbers in a row"):
        build_stack((Relu(), Linear()), (1, 8, 8))


def test_a_layer_deep_in_the_tree_is_named_with_all_positions() -> None:
    tree = (Relu(), Residual(body=(Relu(), Residual(body=(Conv2d(kernel_size=9),)))))
    with pytest.raises(LeptonError, match=r"^Layer 2 \(Residual\): Layer 2 \(Residual\): Layer 1 \(Conv"):
        build_stack(tree, (1, 8, 8))


def test_a_network_that_ends_in_a_picture_is_refused() -> None:
    with pytest.raises(LeptonError, match="1 × 4 × 4 numbers, but the dataset has 3 classes"):
        build_network(Architecture("A", (Relu(),)), (1, 4, 4), 3, [0.0], [1.0])


def test_a_module_that_cannot_take_the_input_is_refused_in_one_line() -> None:
    with pytest.raises(LeptonError, match="it cannot take an input of 5: ") as caught:
        output_shape(nn.Linear(4, 2), (5,))
    assert "\n" not in str(caught.value)


def test_the_same_seed_builds_the_same_weights() -> None:
    architecture = Architecture("A", (Conv2d(channels=2), Flatten(), Linear(outputs=3)))
    networks = []
    for _ in range(2):
        torch.manual_seed(4)
        networks.append(build_network(architecture, (1, 6, 6), 3, [0.0], [1.0]).state_dict())
    assert all(torch.equal(networks[0][name], networks[1][name]) for name in networks[0])


def test_pooling_before_relu_gives_the_same_bits_forward_and_backward() -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 2, 3), nn.ReLU(), nn.MaxPool2d(2)]
    assert [type(layer) for layer in pooled_first(layers)][1:3] == [nn.MaxPool2d, nn.ReLU]
    results = []
    for order in (layers, pooled_first(layers)):
        network = nn.Sequential(*order)
        network.zero_grad()
        pictures = torch.linspace(-1, 1, 5 * 28 * 28).reshape(5, 1, 28, 28).sin()
        out = network(pictures)
        out.square().sum().backward()
        results.append([out.detach(), *(parameter.grad.clone() for parameter in network.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_only_relu_right_before_max_pooling_changes_places() -> None:
    layers = [nn.MaxPool2d(2), nn.ReLU(), nn.Tanh(), nn.MaxPool2d(2), nn.ReLU(), nn.AvgPool2d(2)]
    assert pooled_first(layers) == tuple(layers)
