"""The receptive field: what is told of it, against the gradients of real modules."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lepton_studio.engine.description import describe_stack
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.conv_transpose2d import ConvTranspose2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.group_norm import GroupNorm
from lepton_studio.engine.layers.layer_norm import LayerNorm
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.reshape import Reshape
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.skip import Skip
from lepton_studio.engine.layers.squeeze_excite import SqueezeExcite
from lepton_studio.engine.layers.upsample import Upsample
from lepton_studio.engine.network import build_stack
from lepton_studio.engine.reach import Reach

SIDE = 41


def told(layers: tuple[Layer, ...], shape: Shape) -> int:
    return describe_stack(layers, shape).reach.field(shape)


def seen(layers: tuple[Layer, ...], shape: Shape) -> int:
    """The largest side of what one output really depends on, by gradients; of all places in the middle row."""
    torch.manual_seed(0)
    module, _after = build_stack(layers, shape)
    module = module.double().eval()
    for parameter in module.parameters():
        # Positive, so that nothing cancels.
        nn.init.uniform_(parameter, 0.5, 1.0)
    # Rising and positive: ReLU lets it through, and the largest of a window is known.
    x = torch.rand((1, *shape), dtype=torch.float64) + 0.5
    x.requires_grad_()
    out = module(x)
    places = out[0, :, out.shape[2] // 2].sum(dim=0) if out.ndim == 4 else out.flatten()[:1]
    most = 0
    for place in places:
        (gradient,) = torch.autograd.grad(place, x, retain_graph=True)
        columns = gradient[0].abs().sum(dim=(0, 1)).nonzero()
        most = max(most, int(columns.max() - columns.min()) + 1 if len(columns) else 0)
    return most


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ((Conv2d(2),), 3),
        ((Conv2d(2, 5), Relu(), Conv2d(2)), 7),
        ((Conv2d(2), AvgPool2d(), Conv2d(2), AvgPool2d(), Conv2d(2)), 18),
        ((Conv2d(2, 3, 1, 0, 4),), 9),
        ((Conv2d(2, 3, 2), Conv2d(2, 3, 2, 1, 2)), 11),
        ((AvgPool2d(3, 1, 1), AvgPool2d(5)), 7),
        ((ConvTranspose2d(2),), 1),
        ((ConvTranspose2d(2, 3, 2),), 2),
        ((ConvTranspose2d(2, 4, 2, 1), Conv2d(2)), 3),
        ((Upsample(),), 1),
        ((Upsample(), Conv2d(2)), 2),
        ((Upsample(), Conv2d(2, 4)), 3),
        ((Upsample(mode="bilinear"),), 2),
        ((Upsample(mode="bilinear"), Conv2d(2)), 3),
        ((Upsample(3, mode="bilinear"),), 2),
        ((AvgPool2d(), Conv2d(2), Upsample()), 6),
        ((Repeat((Conv2d(2),), 4),), 9),
        ((Parallel((Conv2d(2, 1), Conv2d(2, 7, 1, 3), Branch((Conv2d(2), Conv2d(2, 3, 1, 2))))),), 7),
        ((Residual((Conv2d(2, 3, 1, 1), Conv2d(1, 3, 1, 1))),), 5),
        ((Residual((Conv2d(4, 3, 2, 1),), "projection"), Conv2d(2)), 7),
        ((Skip((AvgPool2d(), Conv2d(2, 3, 1, 1), Upsample(height=SIDE, width=SIDE))),), 6),
        ((AdaptiveAvgPool2d(),), SIDE),
        ((Conv2d(2, 3, 2), AdaptiveAvgPool2d()), SIDE),
        ((Flatten(), Linear(2)), SIDE),
        ((Conv2d(4), SqueezeExcite()), SIDE),
        ((Conv2d(8), GroupNorm(2)), SIDE),
        ((LayerNorm(),), SIDE),
    ],
    ids=str,
)  # fmt: skip
def test_the_receptive_field_is_what_gradients_say(layers: tuple[Layer, ...], field: int) -> None:
    shape = (1, SIDE, SIDE)
    assert told(layers, shape) == field
    assert seen(layers, shape) == field


@pytest.mark.parametrize(("before", "after"), [(12, 5), (10, 4), (7, 3), (9, 3), (5, 8), (11, 1), (4, 4)])
def test_the_parts_of_adaptive_pooling_are_as_large_as_gradients_say(before: int, after: int) -> None:
    shape = (1, before, before)
    assert seen((AdaptiveAvgPool2d(after),), shape) == told((AdaptiveAvgPool2d(after),), shape)
    then = (AdaptiveAvgPool2d(after), Conv2d(1, min(2, after)))
    assert seen(then, shape) <= told(then, shape)


def test_behind_a_new_layout_windows_see_what_lay_far_apart() -> None:
    shape = (1, 12, 12)
    assert told((Reshape(channels=1, height=9, width=16),), shape) == 1
    assert told((Reshape(channels=1, height=9, width=16), Conv2d(2)), shape) == 12
    assert told((Reshape(channels=1, height=12, width=12), Conv2d(2)), shape) == 3


windows = st.one_of(
    st.builds(
        Conv2d, st.just(2), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2),
    ),
    st.builds(AvgPool2d, st.integers(2, 4), st.integers(0, 3), st.integers(0, 1)),
    st.builds(ConvTranspose2d, st.just(2), st.integers(1, 4), st.integers(1, 3)),
    st.builds(Upsample, st.integers(1, 3), mode=st.sampled_from(["nearest", "bilinear"])),
    st.builds(Upsample, st.just(1), st.integers(5, 30), st.integers(5, 30), st.sampled_from(["nearest", "bilinear"])),
    st.builds(AdaptiveAvgPool2d, st.integers(1, 9)),
    st.just(Relu()),
)  # fmt: skip


@settings(max_examples=60)
@given(layers=st.lists(windows, max_size=4).map(tuple), side=st.integers(6, 20))
def test_no_output_sees_more_than_is_told(layers: tuple[Layer, ...], side: int) -> None:
    shape = (1, side, side)
    what = describe_stack(layers, shape)
    if what.output_shape is None or math.prod(what.output_shape) > 2000:
        return
    assert seen(layers, shape) <= told(layers, shape)


@settings(max_examples=40)
@given(
    layers=st.lists(
        st.builds(Conv2d, st.just(2), st.integers(1, 4), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2)),
        min_size=1, max_size=3,
    ).map(tuple),
)  # fmt: skip
def test_of_convolutions_alone_it_is_exact(layers: tuple[Layer, ...]) -> None:
    # Strides of more than a window leave pixels out, which no side of a field tells.
    shape = (1, 48, 48)
    assert seen(layers, shape) == told(layers, shape)


@pytest.mark.parametrize("name", LAYERS.names())
def test_every_layer_says_how_far_it_looks(name: str) -> None:
    layer = LAYERS[name]()
    layer = layer.with_children((Relu(),)) if layer.is_container else layer
    for shape in ((8, 32, 32), (3, 32, 32), (64,), (4, 64)):
        what = describe_stack((layer,), shape)
        if what.output_shape is not None:
            assert what.reach.growth >= 0
            assert what.reach.stride > 0
            return
    raise AssertionError(f"{layer} takes none of the shapes")


def test_max_pooling_tells_the_same_as_average_pooling() -> None:
    for setting in ((2,), (3, 1, 1), (5, 2, 2)):
        assert MaxPool2d(*setting).reach((1, 9, 9)) == AvgPool2d(*setting).reach((1, 9, 9))


def test_one_after_the_other_and_beside_each_other_add_up_as_windows_do() -> None:
    three, two = Reach(2, 1), Reach(1, 2)
    assert two.then(three) == Reach(5, 2)
    assert Reach.in_turn((three, two, three)) == Reach(2 + 1 + 4, 2)
    assert Reach.beside((three, Reach(4, 1))) == Reach(4, 1)
    assert Reach.beside(()) == Reach()
    assert Reach.everything().then(three).field((1, 28, 20)) == 28
