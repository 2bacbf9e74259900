"""The architecture: a tree of layers, its shapes and its cost."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Shape

if TYPE_CHECKING:
    from lepton_studio.engine.description import Row


class Architecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stack of layers from the picture to one number for each class."""

    name: Annotated[str, about("What to call it.")] = "Untitled"
    layers: Layers = ()


@dataclass(frozen=True)
class LayerReport:
    """What one layer makes of its input, for a single sample.

    Attributes:
        path: where it is in the tree: the position in the stack, then in its container, ...
        layer: its spec.
        input_shape: None if a layer before it cannot be built.
        output_shape: None if it cannot be built, or if one before it cannot.
        parameters: how many numbers it has to learn or has learned.
        frozen: how many of these stay as they are.
        flops: operations of convolutions and matrix products, a multiply-add counted as two.
        memory: bytes of its output in float32; of a container, with the outputs inside.
        receptive_field: the side, in pixels, of the part of the picture that one of its outputs sees; 0 if unknown.
        error: why it cannot be built.
    """

    path: tuple[int, ...]
    layer: Layer
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    parameters: int = 0
    frozen: int = 0
    flops: int = 0
    memory: int = 0
    receptive_field: int = 0
    error: LeptonError | None = None


@dataclass(frozen=True)
class ArchitectureReport:
    """Shapes, cost and faults of a whole architecture for a given input.

    Attributes:
        input_shape: (channels, height, width) of a picture.
        layers: one report for each layer, containers before what they hold.
        output_shape: None if a layer cannot be built.
        errors: of the layers in their order, then that of the output.
        output_error: why what comes out does not fit the classes.
    """

    input_shape: Shape
    layers: tuple[LayerReport, ...]
    output_shape: Shape | None = None
    errors: tuple[LeptonError, ...] = field(default=())
    output_error: LeptonError | None = None

    @property
    def parameters(self) -> int:
        """How many numbers are learned or were."""
        return sum(layer.parameters for layer in self.layers if len(layer.path) == 1)

    @property
    def frozen(self) -> int:
        """How many parameters stay as they are."""
        return sum(layer.frozen for layer in self.layers if len(layer.path) == 1)

    @property
    def flops(self) -> int:
        """Operations for one sample, forward."""
        return sum(layer.flops for layer in self.layers if len(layer.path) == 1)

    @property
    def memory(self) -> int:
        """Bytes of the outputs of all layers for one sample, in float32."""
        return sum(layer.memory for layer in self.layers if len(layer.path) == 1)


# Several pages ask the same question after each edit.
@functools.lru_cache(maxsize=16)
def describe(architecture: Architecture, shape: Shape, classes: int) -> ArchitectureReport:
    """Walks the tree on torch's meta device: nothing is computed, nothing random is drawn.

    Args:
        architecture: what to describe; it may be faulty.
        shape: (channels, height, width) of one picture.
        classes: how many classes the dataset has.
    """
    from lepton_studio.engine.description import describe_stack
    from lepton_studio.engine.network import check_output

    whole = describe_stack(architecture.layers, shape)
    rows = tuple(_report(row, shape) for row in whole.rows)
    errors = [row.error for row in rows if row.error is not None]
    output_error = None
    if whole.output_shape is not None:
        try:
            check_output(whole.output_shape, classes)
        except LeptonError as error:
            output_error = error
            errors.append(error)
    return ArchitectureReport(shape, rows, whole.output_shape, tuple(errors), output_error)


def _report(row: Row, shape: Shape) -> LayerReport:
    what = row.what
    if what is None:
        return LayerReport(row.path, row.layer)
    return LayerReport(
        row.path,
        row.layer,
        row.input_shape,
        what.output_shape,
        what.parameters,
        what.frozen,
        what.flops,
        what.memory,
        0 if what.output_shape is None else row.reach.field(shape),
        what.error,
    )
