"""Changes that make an architecture fit a dataset; each is tried before it is offered."""

from __future__ import annotations

import msgspec

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.tree import replace_layer


def with_outputs_for(architecture: Architecture, shape: Shape, classes: int) -> Architecture | None:
    """The same network with as many outputs as there are classes, all else as it was.

    Args:
        architecture: one that does not fit.
        shape: (channels, height, width) of a picture.
        classes: how many classes the dataset has.

    Returns:
        None if that would not mend it: the last layer is not Linear, or something else does not fit, too.
    """
    last = len(architecture.layers) - 1
    if last < 0 or not isinstance(architecture.layers[last], Linear):
        return None
    layers = replace_layer(
        architecture.layers, (last,), msgspec.structs.replace(architecture.layers[last], outputs=classes)
    )
    mended = msgspec.structs.replace(architecture, layers=layers)
    return None if mended == architecture or describe(mended, shape, classes).errors else mended
