"""Layers as text: what is copied comes back, and what is no layers is told."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine import presets
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import default_experiment
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.layer_clipboard import DEEPEST, MOST_LAYERS, layers_from_text, layers_to_text
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual

TREE = (Residual(body=(Relu(), Residual(body=(Relu(disabled=True),)))), Relu())


def test_what_was_copied_comes_back() -> None:
    assert layers_from_text(layers_to_text(TREE)) == TREE


@pytest.mark.parametrize("tag", list(LAYERS.classes))
def test_every_layer_can_be_copied(tag: str) -> None:
    layers = (LAYERS[tag](),)
    assert layers_from_text(layers_to_text(layers)) == layers


@pytest.mark.parametrize("name", list(presets()))
def test_the_text_of_an_architecture_is_taken(name: str) -> None:
    architecture = presets()[name]
    assert layers_from_text(msgspec.json.encode(architecture).decode()) == architecture.layers


def test_the_text_of_an_experiment_is_taken() -> None:
    experiment = default_experiment()
    assert layers_from_text(msgspec.json.encode(experiment).decode()) == experiment.architecture.layers


def test_a_bare_layer_and_a_list_of_layers_are_taken() -> None:
    assert layers_from_text('{"type": "relu"}') == (Relu(),)
    assert layers_from_text('[{"type": "relu"}, {"type": "residual", "body": [{"type": "relu"}]}]') == (
        Relu(),
        Residual(body=(Relu(),)),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON text"),
        ("Dear all,", "no JSON text"),
        ("\ud800", "no JSON text"),
        ("null", "no layers"),
        ("{}", "no layers"),
        ('{"layers": {}}', "no layers"),
        ('{"format": "lepton-studio experiment"}', "no layers"),
        ("[]", "not a single layer"),
        ("[1, [2]]", "layers\\[0\\]"),
        ('[{"type": "nothing"}]', "Known are: .*relu"),
        ('[{"type": "relu", "colour": "red"}]', "colour"),
        ('[{"type": "conv2d", "channels": -3}]', "channels"),
        ('[{"type": "residual", "body": [{"type": "conv2d", "channels": 1e9}]}]', "body"),
        ("[" * 200_000, "no JSON text"),
        (f'[{",".join([json.dumps({"type": "relu"})] * (MOST_LAYERS + 1))}]', "more than"),
        ('[{"type": "residual", "body": ' * DEEPEST + "[{}]" + "}]" * DEEPEST, "deep in each other"),
        ("x" * 5_000_000, "too long"),
    ],
    ids=range(17),
)  # fmt: skip
def test_text_that_is_no_layers_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(LeptonError, match=said):
        layers_from_text(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "body", "layers", "format", "p", "disabled"]) | st.text(max_size=3), inner
        )
        | st.fixed_dictionaries({"type": st.sampled_from(["relu", "residual", "linear"]), "body": inner})
    ),
    max_leaves=12,
)


@given(json_values.map(json.dumps) | st.text())
def test_no_text_crashes_it(text: str) -> None:
    try:
        layers = layers_from_text(text)
    except LeptonError:
        return
    assert layers_from_text(layers_to_text(layers)) == layers
