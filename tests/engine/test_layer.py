"""What holds for every layer: it builds, its shape is known beforehand, gradients reach its weights."""

from __future__ import annotations

import msgspec
import pytest
import torch

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS, Layer, Shape, require_picture, require_row, shape_text
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.sigmoid import Sigmoid
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.engine.network import output_shape

SHAPES: tuple[Shape, ...] = ((3, 12, 8), (24,), (6, 8), (1, 1, 1), (2, 31, 1), (1,), (8, 8, 8))
every_layer = pytest.mark.parametrize("layer_class", LAYERS.classes.values(), ids=LAYERS.names())


def filled(layer_class: type[Layer]) -> Layer:
    """With its defaults; a container with a layer in it, because some make nothing of nothing."""
    layer = layer_class()
    return layer.with_children((Relu(),)) if layer_class.is_container else layer


def suitable(layer: Layer) -> Shape:
    for shape in SHAPES:
        try:
            layer.build(shape)
        except LeptonError:
            continue
        return shape
    raise AssertionError(f"{layer} takes none of {SHAPES}")


@every_layer
def test_a_layer_builds_and_its_gradients_flow(layer_class: type[Layer]) -> None:
    torch.manual_seed(1)
    layer = filled(layer_class)
    shape = suitable(layer)
    module = layer.build(shape).train()
    x = torch.randn(4, *shape, requires_grad=True)
    out = module(x)
    (out * torch.randn_like(out)).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    learned = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    for name, parameter in learned.items():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    if learned:
        assert sum(float(parameter.grad.abs().sum()) for parameter in learned.values()) > 0


@every_layer
@pytest.mark.parametrize("shape", SHAPES, ids=shape_text)
def test_a_layer_takes_a_shape_as_predicted_or_refuses_it_in_words(layer_class: type[Layer], shape: Shape) -> None:
    refusal, outcome = None, ()
    try:
        module = layer_class().build(shape)
        outcome = (2, *output_shape(module, shape))
    except LeptonError as error:
        refusal = error
    if refusal is None:
        assert tuple(module(torch.randn(2, *shape)).shape) == outcome
    else:
        assert refusal.what
        assert refusal.remedy


@every_layer
def test_asking_for_a_shape_changes_no_weight_no_mode_and_draws_no_random_number(
    layer_class: type[Layer],
) -> None:
    layer = filled(layer_class)
    shape = suitable(layer)
    module = layer.build(shape).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random = torch.get_rng_state()
    output_shape(module, shape)
    assert torch.equal(torch.get_rng_state(), random)
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


@every_layer
def test_only_containers_hold_layers(layer_class: type[Layer]) -> None:
    layer = layer_class()
    assert layer.children() == ()
    if layer_class.is_container:
        assert layer.with_children((Relu(),)).children() == (Relu(),)
    else:
        with pytest.raises(LeptonError, match="holds no layers"):
            layer.with_children((Relu(),))


def test_activations_are_what_their_formulas_say() -> None:
    x = torch.linspace(-4, 4, 33)
    assert torch.equal(Relu().build((33,))(x), x.clamp(min=0))
    assert torch.allclose(Sigmoid().build((33,))(x), 1 / (1 + torch.exp(-x)))
    assert torch.allclose(Tanh().build((33,))(x), (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()))


def test_pooling_takes_the_largest_or_the_mean_of_each_window() -> None:
    picture = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert MaxPool2d().build((1, 4, 4))(picture).flatten().tolist() == [5, 7, 13, 15]
    assert AvgPool2d().build((1, 4, 4))(picture).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


def test_a_residual_adds_its_input_to_what_its_layers_make() -> None:
    x = torch.randn(2, 3, 6, 6)
    module = Residual(body=(Conv2d(channels=3, padding=1), Relu())).build((3, 6, 6))
    assert torch.equal(module(x), x + module.body(x))


def test_a_residual_refuses_layers_that_change_the_size() -> None:
    with pytest.raises(LeptonError) as caught:
        Residual(body=(Conv2d(channels=3),)).build((3, 6, 6))
    assert "3 × 6 × 6 into 3 × 4 × 4" in caught.value.what
    assert "padding" in caught.value.remedy


def test_a_residual_names_the_layer_inside_that_does_not_fit() -> None:
    with pytest.raises(LeptonError, match=r"Layer 2 \(Linear\): Linear needs numbers in a row"):
        Residual(body=(Relu(), Linear(outputs=3))).build((3, 6, 6))


def test_a_shape_is_written_as_people_read_it() -> None:
    assert shape_text((32, 14, 7)) == "32 × 14 × 7"
    assert shape_text((10,)) == "10"


def test_a_picture_layer_after_flatten_says_where_it_belongs() -> None:
    with pytest.raises(LeptonError) as caught:
        Conv2d().build((784,))
    assert "784 numbers in a row" in caught.value.what
    assert caught.value.remedy == "Move it before the Flatten layer."


def test_a_linear_layer_before_flatten_says_what_is_missing() -> None:
    with pytest.raises(LeptonError, match="Put a Flatten layer before it") as caught:
        require_row("Linear", (1, 28, 28))
    assert "1 × 28 × 28" in caught.value.what


@pytest.mark.parametrize("size", range(1, 31))
def test_the_padding_that_is_advised_makes_the_window_fit(size: int) -> None:
    with pytest.raises(LeptonError) as caught:
        Conv2d(kernel_size=31).build((1, size, 40))
    padding = int(caught.value.remedy.split("padding of ")[1].split()[0])
    # Half of the window: it fits, and the picture keeps its size.
    assert output_shape(Conv2d(kernel_size=31, padding=padding).build((1, size, 40)), (1, size, 40)) == (32, size, 40)


@pytest.mark.parametrize("layer", [MaxPool2d(kernel_size=5), AvgPool2d(kernel_size=5)], ids=["max", "avg"])
def test_the_advice_for_pooling_holds(layer: Layer) -> None:
    with pytest.raises(LeptonError) as caught:
        layer.build((1, 4, 4))
    assert "5 × 5 window does not fit" in caught.value.what
    assert caught.value.remedy == "Use a padding of 2 or a smaller window."
    assert output_shape(msgspec.structs.replace(layer, padding=2).build((1, 4, 4)), (1, 4, 4)) == (1, 1, 1)


def test_a_window_as_large_as_the_picture_fits() -> None:
    for side, padding in ((5, 0), (3, 1)):
        require_picture("Convolution 2d", (1, side, 9), window=5, padding=padding)
        with pytest.raises(LeptonError, match="does not fit"):
            require_picture("Convolution 2d", (1, side - 1, 9), window=5, padding=padding)


def test_the_shape_of_a_batch_norm_is_known_where_a_picture_is_one_pixel() -> None:
    # While training, torch refuses to normalise a single number.
    module = BatchNorm2d().build((3, 1, 1)).train()
    assert output_shape(module, (3, 1, 1)) == (3, 1, 1)
    assert module.training


def test_flatten_leaves_a_row_as_it_is() -> None:
    assert output_shape(Flatten().build((7,)), (7,)) == (7,)
