"""Layers that hold layers: what they make of their input, what they refuse, and how they are saved."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.skip import Skip
from lepton_studio.engine.layers.upsample import Upsample
from lepton_studio.engine.network import build_stack

PICTURE = (3, 8, 8)
SAME = Conv2d(channels=3, padding=1)


def pictures(shape: Shape = PICTURE) -> Tensor:
    return torch.randn((2, *shape), generator=torch.Generator().manual_seed(4))


def refusal(layer: Layer, shape: Shape = PICTURE) -> LeptonError:
    """What the layer says itself and what the checker tells of it, which must be the same."""
    with pytest.raises(LeptonError) as caught:
        layer.build(shape)
    assert str(describe(Architecture("A", (layer,)), shape, 3).layers[0].error) == str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", [kind for kind in LAYERS.classes.values() if kind.is_container], ids=lambda k: k.tag())
def test_a_container_keeps_its_layers_and_settings_in_files(kind: type[Layer]) -> None:
    full = kind().with_children((SAME, Relu()))
    assert full.children() == (SAME, Relu())
    architecture = Architecture("A", (full,))
    assert msgspec.json.decode(msgspec.json.encode(architecture), type=Architecture) == architecture


@pytest.mark.parametrize("container", [Residual(), Branch(), Repeat(), Branch(name="Stem")], ids=str)
def test_an_empty_container_builds(container: Layer) -> None:
    module = container.build(PICTURE)
    expected = 2 * pictures() if isinstance(container, Residual) else pictures()
    assert torch.equal(module(pictures()), expected)


def test_an_empty_skip_lays_the_input_beside_itself() -> None:
    assert torch.equal(Skip().build(PICTURE)(pictures()), torch.cat([pictures(), pictures()], dim=1))


def test_parallel_without_branches_says_so() -> None:
    error = refusal(Parallel())
    assert error.what == "There is no branch in Parallel."
    assert error.remedy == "Put a layer into it, or take it out."
    assert "left out" in refusal(Parallel((Relu(disabled=True),))).what


@pytest.mark.parametrize("shape", [PICTURE, (6, 5), (7,)], ids=["picture", "sequence", "row"])
@pytest.mark.parametrize("join", ["concat", "sum"])
def test_parallel_joins_what_its_branches_make_of_the_same_input(shape: Shape, join: Any) -> None:
    module = Parallel((Relu(), Branch((Relu(), Relu()))), join).build(shape)
    x, dim = pictures(shape), 2 if len(shape) == 2 else 1
    expected = torch.cat([x.relu(), x.relu()], dim=dim) if join == "concat" else 2 * x.relu()
    assert torch.equal(module(x), expected)


def test_a_branch_that_is_left_out_gives_nothing() -> None:
    layers = (Parallel((Conv2d(disabled=True), SAME, MaxPool2d(2, disabled=True), Conv2d(5, padding=1))),)
    report = describe(Architecture("A", layers), PICTURE, 3)
    assert report.output_shape == (8, 8, 8)
    network, after = build_stack(layers, PICTURE)
    assert network(pictures()).shape[1:] == after == (8, 8, 8)
    assert report.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert report.layers[0].receptive_field == 3


@pytest.mark.parametrize(
    ("branches", "join", "remedy"),
    [
        ((SAME, MaxPool2d()), "concat", "Let all of them keep height and width: a stride of 1"),
        ((SAME, Conv2d(5, padding=1)), "sum", "Join them by concat"),
        ((SAME, Flatten()), "concat", "all of them in rows"),
        ((Branch((Flatten(),)), Branch((Flatten(), Linear(3)))), "sum", "Join them by concat"),
    ],
    ids=["heights", "channels", "ranks", "rows"],
)  # fmt: skip
def test_branches_that_cannot_be_joined_are_told_with_their_sizes(branches: Any, join: Any, remedy: str) -> None:
    error = refusal(Parallel(branches, join))
    for number, branch in enumerate(branches, start=1):
        assert f"branch {number} ({branch.title}) in " in error.what
    assert remedy in error.remedy
    if "concat" in error.remedy:
        assert Parallel(branches, "concat").build(PICTURE)


def test_repeat_is_its_layers_written_several_times_with_weights_of_their_own() -> None:
    body = (Conv2d(channels=5), Relu())
    torch.manual_seed(1)
    repeated, after = build_stack((Repeat(body, 3),), PICTURE)
    torch.manual_seed(1)
    written, other = build_stack(body * 3, PICTURE)
    assert after == other == (5, 2, 2)
    assert torch.equal(repeated(pictures()), written(pictures()))
    one, three = (describe(Architecture("A", layers), PICTURE, 3) for layers in ((Repeat(body, 3),), body * 3))
    assert (one.parameters, one.flops, one.memory) == (three.parameters, three.flops, three.memory)
    assert one.layers[0].receptive_field == three.layers[-1].receptive_field == 7


def test_repeat_says_how_often_its_layers_fit() -> None:
    error = refusal(Repeat((Conv2d(channels=4), Relu()), 9))
    assert error.what.startswith("Time 4 of 9 does not fit: Layer 1 (Convolution 2d): ")
    assert error.remedy.startswith("Repeat it 3 times")
    assert Repeat((Conv2d(channels=4), Relu()), 3).build(PICTURE)
    assert refusal(Repeat((MaxPool2d(8),), 2)).remedy.startswith("Repeat it 1 time,")


def test_layers_that_do_not_even_fit_once_are_told_at_the_layer() -> None:
    report = describe(Architecture("A", (Repeat((Relu(), Linear()), 4),)), PICTURE, 3)
    assert [row.path for row in report.layers if row.error] == [(0, 1)]


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ((SAME,), PICTURE),
        ((Conv2d(6, 3, 2, 1),), PICTURE),
        ((Conv2d(6, 3, 2, 1),), (3, 7, 10)),
        ((Conv2d(4, 3, 1, 1), MaxPool2d(3)), (3, 11, 12)),
        ((MaxPool2d(8),), PICTURE),
        ((Linear(4),), (6, 5)),
        ((Linear(4), Relu(), Linear(9)), (5,)),
    ],
    ids=["same", "stride", "odd", "thirds", "pixel", "sequence", "row"],
)
def test_a_projection_brings_the_input_to_the_size_of_the_layers(body: Any, shape: Shape) -> None:
    module, after = build_stack((Residual(body, "projection"),), shape)
    sum_ = module[0]
    x = pictures(shape)
    module.eval()
    assert torch.equal(module(x), sum_.shortcut(x) + sum_.body(x))
    assert module(x).shape[1:] == after == build_stack(body, shape)[1]


def test_the_projection_of_a_picture_is_a_1_by_1_convolution_with_batch_norm() -> None:
    shortcut = Residual((Conv2d(6, 3, 2, 1), BatchNorm2d(), Relu()), "projection").build(PICTURE).shortcut
    convolution, norm = shortcut
    assert (convolution.kernel_size, convolution.stride, convolution.bias) == ((1, 1), (2, 2), None)
    assert isinstance(norm, nn.BatchNorm2d)


@given(before=st.integers(1, 40), after=st.integers(1, 40))
def test_a_stride_is_found_whenever_there_is_one(before: int, after: int) -> None:
    from lepton_studio.engine.layers.residual import _stride

    fitting = [stride for stride in range(1, 41) if (before - 1) // stride + 1 == after]
    assert _stride(before, after) == (fitting[0] if fitting else None)


def test_a_residual_that_only_a_projection_can_mend_says_so() -> None:
    body = (Conv2d(6, 3, 2, 1),)
    assert refusal(Residual(body)).remedy == "Set the shortcut to projection, or keep the size inside."
    assert Residual(body, "projection").build(PICTURE)


@pytest.mark.parametrize("body", [(Conv2d(6),), (Upsample(),), (Flatten(),)], ids=["shrunk", "grown", "flat"])
def test_a_projection_that_no_whole_stride_makes_is_refused(body: Any) -> None:
    error = refusal(Residual(body, "projection"))
    assert "no projection does the same" in error.what
    assert "Keep the size inside" in error.remedy


def test_a_skip_lays_the_input_before_what_its_layers_make() -> None:
    module = Skip((Conv2d(5, 3, 1, 1),)).build(PICTURE)
    x = pictures()
    assert torch.equal(module(x), torch.cat([x, module.body(x)], dim=1))
    assert Skip((Linear(4),)).build((6, 5))(pictures((6, 5))).shape == (2, 6, 9)


def test_a_skip_over_a_smaller_picture_names_the_upsample_that_mends_it() -> None:
    body = (Conv2d(5, 3, 2, 1), Relu())
    error = refusal(Skip(body), (3, 7, 10))
    assert "the picture of 7 × 10 into one of 4 × 5" in error.what
    height, width = (int(number) for number in re.findall(r"\d+", error.remedy))
    assert Skip((*body, Upsample(height=height, width=width))).build((3, 7, 10))


def test_a_skip_refuses_what_is_no_picture_any_more() -> None:
    assert "a picture of the same height and width" in refusal(Skip((Flatten(),))).remedy


def test_a_u_net_of_skips_in_skips_is_described_and_built() -> None:
    inner = Skip((MaxPool2d(), Conv2d(16, padding=1), Relu(), Upsample()))
    layers = (Skip((MaxPool2d(), Conv2d(8, padding=1), Relu(), inner, Conv2d(8, padding=1), Upsample())), Conv2d(2, 1))
    report = describe(Architecture("U-Net", layers), (1, 28, 28), 2)
    network, after = build_stack(layers, (1, 28, 28))
    assert report.output_shape == after == (2, 28, 28)
    assert report.parameters == sum(parameter.numel() for parameter in network.parameters())


def test_a_fault_deep_inside_is_told_where_it_is_and_nowhere_else() -> None:
    layers = (Parallel((Relu(), Branch((Relu(), Repeat((Residual((Linear(),)),)))))), Flatten())
    report = describe(Architecture("A", layers), PICTURE, 3)
    assert [row.path for row in report.layers if row.error] == [(0, 1, 1, 0, 0)]
    with pytest.raises(LeptonError, match=r"^Layer 1 \(Parallel\): Layer 1 \(Branch\): Layer 2 \(Repeat\): "):
        build_stack(layers, PICTURE)
