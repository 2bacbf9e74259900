"""What is offered to make a network fit was tried, and changes nothing else."""

from __future__ import annotations

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.fitting import with_outputs_for
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.shipped_architectures import preset, presets

GREY = (1, 28, 28)


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("classes", [2, 3, 26])
def test_every_shipped_network_gets_an_output_for_each_class(name: str, classes: int) -> None:
    before = preset(name)
    assert describe(before, GREY, classes).errors
    mended = with_outputs_for(before, GREY, classes)
    assert mended is not None
    assert not describe(mended, GREY, classes).errors
    assert mended.layers[:-1] == before.layers[:-1]
    assert mended.layers[-1] == msgspec.structs.replace(before.layers[-1], outputs=classes)


@pytest.mark.parametrize(
    "layers",
    [
        (),
        (Flatten(), Linear(outputs=10), Relu()),
        # The window does not fit the picture, whatever the outputs.
        (MaxPool2d(kernel_size=40), Flatten(), Linear(outputs=10)),
    ],
)
def test_nothing_is_offered_that_does_not_mend_it(layers: tuple) -> None:
    assert with_outputs_for(Architecture("mine", layers), GREY, 3) is None


def test_a_network_that_fits_is_left_alone() -> None:
    assert with_outputs_for(preset("mlp"), GREY, 10) is None
