"""Convolutions, pooling, norms, shapes: what they compute, against torch and torchvision, and what they refuse."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import SqueezeExcitation

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape, shape_text
from lepton_studio.engine.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from lepton_studio.engine.layers.adaptive_max_pool2d import AdaptiveMaxPool2d
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.batch_norm1d import BatchNorm1d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.conv_transpose2d import ConvTranspose2d
from lepton_studio.engine.layers.dropout2d import Dropout2d
from lepton_studio.engine.layers.elu import Elu
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.gelu import Gelu
from lepton_studio.engine.layers.group_norm import GroupNorm
from lepton_studio.engine.layers.layer_norm import LayerNorm
from lepton_studio.engine.layers.leaky_relu import LeakyRelu
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.reshape import Reshape
from lepton_studio.engine.layers.silu import Silu
from lepton_studio.engine.layers.squeeze_excite import SqueezeExcite
from lepton_studio.engine.layers.upsample import Upsample
from lepton_studio.engine.network import build_stack

PICTURE = (4, 9, 7)


def pictures(shape: Shape = PICTURE) -> Tensor:
    return torch.randn((2, *shape), generator=torch.Generator().manual_seed(4))


def answer(layer: Layer, x: Tensor) -> Tensor:
    torch.manual_seed(6)
    return layer.build(tuple(x.shape[1:]))(x)  # type: ignore[no-any-return]


def refusal(layer: Layer, shape: Shape) -> LeptonError:
    with pytest.raises(LeptonError) as caught:
        layer.build(shape)
    return caught.value


def test_every_setting_of_a_convolution_reaches_torch() -> None:
    layer = Conv2d(6, 3, 2, 4, dilation=3, groups=2, bias=False)
    module = layer.build(PICTURE)
    expected = functional.conv2d(pictures(), module.weight, None, 2, 4, 3, 2)
    assert module.bias is None
    assert torch.equal(module(pictures()), expected)


def test_with_0_groups_each_channel_is_looked_at_alone() -> None:
    module = Conv2d(channels=8, padding=1, groups=0).build(PICTURE)
    assert module.groups == 4
    assert module.weight.shape == (8, 1, 3, 3)


def test_a_transposed_convolution_undoes_the_size_of_a_convolution() -> None:
    for stride, padding, size in ((1, 0, 9), (2, 1, 9), (3, 2, 11), (2, 0, 8)):
        rest = (size + 2 * padding - 3) % stride
        down = Conv2d(channels=5, stride=stride, padding=padding)
        up = ConvTranspose2d(1, 3, stride, padding, rest)
        _, after = build_stack((down, up), (1, size, size))
        assert after == (1, size, size)


def test_a_transposed_convolution_is_the_gradient_of_a_convolution() -> None:
    module = ConvTranspose2d(3, 3, 2, 1, 1, bias=False).build(PICTURE)
    out = module(pictures())
    x = torch.zeros_like(out, requires_grad=True)
    functional.conv2d(x, module.weight, stride=2, padding=1).backward(pictures())
    torch.testing.assert_close(out, x.grad)


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d], ids=["max", "avg"])
def test_without_a_stride_windows_of_pooling_lie_side_by_side(kind: Any) -> None:
    pool = functional.max_pool2d if kind is MaxPool2d else functional.avg_pool2d
    assert torch.equal(answer(kind(3), pictures()), pool(pictures(), 3))
    assert torch.equal(answer(kind(3, 1, 1), pictures()), pool(pictures(), 3, 1, 1))


def test_adaptive_pooling_to_one_pixel_is_the_mean_or_the_largest() -> None:
    assert torch.allclose(answer(AdaptiveAvgPool2d(), pictures()).flatten(1), pictures().mean(dim=(2, 3)))
    assert torch.equal(answer(AdaptiveMaxPool2d(), pictures()).flatten(1), pictures().amax(dim=(2, 3)))
    assert answer(AdaptiveAvgPool2d(3), pictures()).shape == (2, 4, 3, 3)


def test_activations_are_what_their_formulas_say() -> None:
    x = torch.linspace(-4, 4, 33).reshape(1, 33)
    normal = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    torch.testing.assert_close(answer(Gelu(), x), x * normal)
    torch.testing.assert_close(answer(Silu(), x), x * torch.sigmoid(x))
    torch.testing.assert_close(answer(Elu(alpha=0.5), x), torch.where(x > 0, x, 0.5 * (x.exp() - 1)))
    torch.testing.assert_close(answer(LeakyRelu(slope=0.2), x), torch.where(x > 0, x, 0.2 * x))


@pytest.mark.parametrize("shape", [PICTURE, (5, 6), (12,)], ids=shape_text)
def test_layer_norm_brings_a_sample_or_each_step_of_it_to_mean_0_and_spread_1(shape: Shape) -> None:
    out = answer(LayerNorm(), 3 * pictures(shape) + 5)
    rows = out.reshape(2, -1) if len(shape) != 2 else out
    assert torch.allclose(rows.mean(dim=-1), torch.zeros(()), atol=1e-5)
    assert torch.allclose(rows.std(dim=-1, correction=0), torch.ones(()), atol=1e-3)


def test_group_norm_brings_each_group_to_mean_0_and_spread_1() -> None:
    out = answer(GroupNorm(2), 3 * pictures() + 5).reshape(2, 2, -1)
    assert torch.allclose(out.mean(dim=-1), torch.zeros(()), atol=1e-5)
    assert torch.allclose(out.std(dim=-1, correction=0), torch.ones(()), atol=1e-3)


def test_batch_norm_of_rows_brings_each_number_to_mean_0_over_the_batch() -> None:
    out = BatchNorm1d().build((12,)).train()(pictures((12,)))
    assert torch.allclose(out.mean(dim=0), torch.zeros(()), atol=1e-5)


def test_dropout_2d_switches_off_whole_channels() -> None:
    out = answer(Dropout2d(p=0.5), torch.ones(20, *PICTURE)).flatten(2)
    assert {float(value) for value in out.unique()} == {0.0, 2.0}
    assert torch.equal(out.amin(dim=2), out.amax(dim=2))


def test_squeeze_excite_is_that_of_torchvision() -> None:
    module = SqueezeExcite(reduction=2).build(PICTURE)
    reference = SqueezeExcitation(4, 2)
    mine, theirs = module.state_dict(), reference.state_dict()
    reference.load_state_dict(dict(zip(theirs, mine.values(), strict=True)))
    torch.testing.assert_close(module(pictures()), reference(pictures()))


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_upsampling_goes_by_scale_or_to_a_size(mode: Any) -> None:
    x = pictures()
    assert torch.equal(answer(Upsample(3, mode=mode), x), functional.interpolate(x, scale_factor=3, mode=mode))
    assert torch.equal(
        answer(Upsample(height=5, width=20, mode=mode), x), functional.interpolate(x, (5, 20), mode=mode)
    )
    assert answer(Upsample(2, height=5), x).shape == (2, 4, 5, 14)


@pytest.mark.parametrize(
    ("layer", "shape", "after"),
    [
        (Reshape(), (49,), (1, 7, 7)),
        (Reshape(channels=4), (36,), (4, 3, 3)),
        (Reshape(height=4, width=5), (60,), (3, 4, 5)),
        (Reshape(height=6), (60,), (1, 6, 10)),
        (Reshape(channels=2, width=3), (4, 6), (2, 4, 3)),
        (Reshape(channels=7, height=4, width=9), PICTURE, (7, 4, 9)),
        (Reshape(to="row"), PICTURE, (252,)),
        (Reshape(to="row"), (4, 6), (24,)),
    ],
    ids=str,
)  # fmt: skip
def test_reshape_infers_what_is_not_said(layer: Reshape, shape: Shape, after: Shape) -> None:
    out = answer(layer, pictures(shape))
    assert tuple(out.shape[1:]) == after
    assert torch.equal(out.flatten(), pictures(shape).flatten())


@given(count=st.integers(1, 3000), sizes=st.tuples(*[st.integers(0, 9)] * 3))
def test_the_picture_that_reshape_advises_is_taken(count: int, sizes: tuple[int, int, int]) -> None:
    try:
        Reshape("picture", *sizes).build((count,))
    except LeptonError as error:
        channels, height, width = (int(number) for number in re.findall(r"\d+", error.remedy.replace("\u202f", "")))
        assert Reshape("picture", channels, height, width).build((count,))


def test_linear_takes_sequences_step_by_step() -> None:
    module = Linear(outputs=3).build((5, 6))
    x = pictures((5, 6))
    torch.testing.assert_close(module(x)[:, 2], module(x[:, 2]))
    assert Linear(outputs=3, inputs=6, bias=False).build((5, 6)).bias is None


def test_the_classic_slip_is_told_with_its_arithmetic() -> None:
    layers = (Conv2d(32, 3, 1, 1), MaxPool2d(), Conv2d(64, 3, 1, 1), MaxPool2d(), Flatten(), Linear(128, 64 * 4 * 4))
    report = describe(Architecture("Slip", layers), (1, 28, 28), 10)
    (error,) = report.errors
    assert error.what.replace("\u202f", "") == (
        "This layer was made for 1024 numbers (64 × 4 × 4?), but 3136 arrive: 64 × 7 × 7, laid flat."
    )
    assert error.remedy.replace("\u202f", "") == "Set its inputs to 3136, or to 0: as many as come."
    with pytest.raises(LeptonError) as caught:
        build_stack(layers, (1, 28, 28))
    assert caught.value.what == f"Layer 6 (Linear): {error.what}"
    mended = (*layers[:-1], Linear(10, 3136))
    assert describe(Architecture("Mended", mended), (1, 28, 28), 10).errors == ()


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Linear(10, 500), (784,), "made for 500 numbers, but 784 arrive."),
        (Linear(10, 500), (28, 64), "made for 500 numbers, but 64 arrive at each step."),
    ],
    ids=["row", "sequence"],
)
def test_linear_says_how_many_numbers_arrive(layer: Linear, shape: Shape, words: str) -> None:
    assert words in refusal(layer, shape).what


@pytest.mark.parametrize("groups", [2, 3, 5, 12, 64])
def test_groups_that_do_not_divide_the_channels_are_answered_with_some_that_do(groups: int) -> None:
    error = refusal(Conv2d(channels=27, groups=groups), (18, 9, 9)) if groups != 3 else None
    assert Conv2d(channels=27, groups=3).build((18, 9, 9))
    if error is not None:
        assert f"{groups} groups must divide the 18 channels that come in and the 27 that go out." in error.what
        for word in error.remedy.replace(",", "").split():
            assert not word.isdecimal() or Conv2d(channels=27, groups=int(word)).build((18, 9, 9))


def test_groups_of_one_number_cannot_be_normalised() -> None:
    assert "Use 1 group." in refusal(GroupNorm(8), (8, 1, 1)).remedy
    assert GroupNorm(1).build((8, 1, 1))
    assert "8 channels cannot be cut into 3 groups" in refusal(GroupNorm(3), (8, 5, 5)).what
    assert "Take Group norm out" in refusal(GroupNorm(1), (1, 1, 1)).remedy


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d], ids=["max", "avg"])
@pytest.mark.parametrize(("window", "padding"), [(2, 2), (3, 2), (4, 15), (7, 4)])
def test_padding_of_more_than_half_a_window_of_pooling_is_refused(kind: Any, window: int, padding: int) -> None:
    error = refusal(kind(window, 1, padding), (1, 20, 20))
    assert "nothing but padding" in error.what
    less, larger = (int(word.rstrip(".")) for word in error.remedy.split() if word.rstrip(".").isdecimal())
    x = pictures((1, 20, 20))
    assert answer(kind(window, 1, less), x).isfinite().all()
    assert answer(kind(larger, 1, padding), x).isfinite().all()


@given(size=st.integers(1, 30), window=st.integers(2, 31), dilation=st.integers(2, 16), padding=st.integers(0, 15))
def test_a_window_with_dilation_fits_or_is_told_what_fits(size: int, window: int, dilation: int, padding: int) -> None:
    layer, shape = Conv2d(2, window, 1, padding, dilation), (1, size, 31)
    try:
        module: nn.Module | None = layer.build(shape)
    except LeptonError as error:
        module = None
        if "dilation" in error.remedy:
            smaller = int(error.remedy.split("dilation of ")[1].split()[0].rstrip("."))
            assert answer(msgspec.structs.replace(layer, dilation=smaller), pictures(shape)).shape[2] >= 1
        if "padding" in error.remedy:
            more = int(error.remedy.split("padding of ")[1].split()[0].rstrip("."))
            assert answer(msgspec.structs.replace(layer, padding=more, dilation=1), pictures(shape)).shape[2] >= 1
            assert more <= 15
    assert (module is not None) == ((window - 1) * dilation + 1 <= size + 2 * padding)


@given(
    size=st.integers(1, 6), window=st.integers(1, 9), stride=st.integers(1, 4), padding=st.integers(0, 15),
    more=st.integers(0, 5),
)  # fmt: skip
def test_a_transposed_convolution_leaves_something_or_says_what_would(
    size: int, window: int, stride: int, padding: int, more: int
) -> None:
    layer, shape = ConvTranspose2d(2, window, stride, padding, more), (1, size, 7)
    try:
        out = layer.build(shape)(pictures(shape))
    except LeptonError as error:
        field = "output_padding" if "output padding" in error.remedy else "padding"
        value = int(error.remedy.split("padding of ")[1].split()[0].rstrip("."))
        mended = msgspec.structs.replace(layer, **{field: value})
        if field == "output_padding":
            mended = msgspec.structs.replace(mended, padding=0)
        assert mended.build(shape)(pictures(shape)).shape[2] >= 1
    else:
        assert out.shape[2] == (size - 1) * stride - 2 * padding + window + more


@pytest.mark.parametrize(
    ("shape", "advice"), [(PICTURE, "Batch norm 2d"), ((5, 6), "Layer norm")], ids=["picture", "sequence"]
)
def test_batch_norm_of_rows_names_the_norm_that_fits_what_comes(shape: Shape, advice: str) -> None:
    assert advice in refusal(BatchNorm1d(), shape).remedy
