"""A layer that does not fit says why in words of ours, and what it advises holds for that very shape."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.description import describe_layer
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.layer import LAYERS, Layer, Shape, counted, require_picture, what_comes, window_text
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.reshape import Reshape

NUMBER = r"\d[\d\u202f]*"
LIST = rf"({NUMBER}(?:, {NUMBER})*(?: or {NUMBER})?)"
# How an advice names a field, and which field that is.
ADVICE = {
    "padding": rf"padding of {LIST}",
    "dilation": rf"dilation of {LIST}",
    "kernel_size": rf"window of {LIST}",
    "output_padding": rf"output padding of {LIST}",
    "heads": rf"Use {LIST} heads?",
    "groups": rf"Use {LIST} groups?",
    "inputs": rf"inputs to {LIST}",
    "patch_size": rf"divides both sides: {LIST}",
}

sizes = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 16, 28, 32])
shapes = st.one_of(
    st.tuples(st.sampled_from([1, 3, 6, 8, 32]), sizes, sizes),
    st.tuples(sizes, st.sampled_from([1, 7, 12, 28, 64])),
    st.tuples(st.sampled_from([1, 10, 64, 100, 784])),
)


@st.composite
def single_layers(draw: st.DrawFn) -> Layer:
    """A layer of the registry that holds none, each field anywhere in its range, ends preferred."""
    kind = draw(st.sampled_from([kind for kind in LAYERS.classes.values() if not kind.is_container]))
    values = {}
    for field in fields_of(kind):
        if field.hidden or kind.group == "Pretrained" or not draw(st.booleans()):
            continue
        if field.kind == "integer":
            low, high = int(field.minimum or 0), int(field.maximum or 100)
            values[field.name] = draw(st.one_of(st.just(low), st.integers(low, min(high, 40)), st.just(min(high, 900))))
        elif field.kind == "choice":
            values[field.name] = draw(st.sampled_from(field.choices))
        elif field.kind == "switch":
            values[field.name] = draw(st.booleans())
    return kind(**values)


@given(single_layers(), shapes)
@example(Linear(inputs=1), (1, 7))
@settings(max_examples=150)
def test_no_layer_lets_a_message_of_torch_through(layer: Layer, shape: Shape) -> None:
    what = describe_layer(layer, shape)
    assert (what.error is None) == (what.output_shape is not None)
    if what.error is not None:
        assert not what.error.what.startswith("it cannot take an input")
        assert what.error.what.endswith(".")
        assert what.error.remedy.endswith(".")
        assert not re.search(r"\b1 (numbers|channels|features|heads|groups)\b", str(what.error))


@given(single_layers(), shapes)
@settings(max_examples=150)
def test_who_does_what_is_advised_is_rid_of_the_fault(layer: Layer, shape: Shape) -> None:
    error = describe_layer(layer, shape).error
    for name, pattern in ADVICE.items() if error is not None else ():
        if not hasattr(layer, name) or (name == "padding" and "output padding" in error.remedy):
            continue
        for found in re.findall(pattern, error.remedy):
            for number in re.findall(NUMBER, found):
                mended = replaced(layer, name, int(number.replace("\u202f", "")))
                after = describe_layer(mended, shape).error
                # What is left is another fault, which this one hid.
                assert after is None or after.what != error.what, f"{layer} at {shape}: {error}"


@pytest.mark.parametrize(("window", "size"), [(window, size) for size in (1, 3, 7) for window in range(size + 1, 32)])
def test_the_padding_that_is_advised_fits_each_window(window: int, size: int) -> None:
    with pytest.raises(LeptonError) as caught:
        require_picture("Convolution 2d", (1, size, 40), window, 0)
    padding = int(re.findall(r"padding of (\d+)", caught.value.remedy)[0])
    what = describe_layer(Conv2d(kernel_size=window, padding=padding), (1, size, 40))
    assert what.output_shape is not None
    if window % 2:
        assert what.output_shape[1:] == (size, 40)


def test_the_end_is_advised_as_its_shape_needs_it() -> None:
    for layers, mended in (
        ((), (Flatten(), Linear(outputs=3))),
        ((Flatten(), Linear(outputs=7)), (Flatten(), Linear(outputs=3))),
    ):
        (error,) = describe(Architecture("Test", layers), (1, 4, 4), 3).errors
        assert ("Flatten" in error.remedy) == (not layers)
        assert "Linear with 3 outputs" in error.remedy
        assert describe(Architecture("Test", mended), (1, 4, 4), 3).errors == ()


@pytest.mark.parametrize(
    ("channels", "advice"),
    [
        (64, "64 channels, height 7 and width 7 would do."),
        (0, "1 channel, height 56 and width 56 would do."),
        (5, "1 channel, height 56 and width 56 would do."),
        (32, "1 channel, height 56 and width 56 would do."),
    ],
)
def test_numbers_are_laid_out_with_the_channels_that_were_asked_for(channels: int, advice: str) -> None:
    error = describe_layer(Reshape(channels=channels, height=5, width=5), (64, 7, 7)).error
    assert error is not None
    assert error.remedy == advice


def test_numbers_and_articles_are_written_as_people_say_them() -> None:
    assert [window_text(side) for side in (8, 9, 11, 18, 28)] == [
        "an 8 × 8 window", "a 9 × 9 window", "an 11 × 11 window", "an 18 × 18 window", "a 28 × 28 window",
    ]  # fmt: skip
    assert counted(1, "channel") == "1 channel"
    assert counted(1024, "channel") == "1\u202f024 channels"
    assert what_comes((3136,)) == "3\u202f136 numbers in a row"
    assert what_comes((1,)) == "1 number in a row"
    assert what_comes((28, 28)) == "a sequence of 28 × 28"
    assert what_comes((3, 8, 8)) == "a picture of 3 × 8 × 8"
