"""The architecture: a tree of layers, its shapes and its cost."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import read_struct
from lepton_studio.engine.layer import Layer, Layers, Shape

BYTES_PER_NUMBER = 4


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
        output_shape: None if it cannot be built, or if one before it cannot.
        parameters: how many numbers it learns.
        flops: operations of convolutions and matrix products, a multiply-add counted as two.
        memory: bytes of its output in float32.
        error: why it cannot be built.
    """

    path: tuple[int, ...]
    layer: Layer
    output_shape: Shape | None = None
    parameters: int = 0
    flops: int = 0
    memory: int = 0
    error: LeptonError | None = None


@dataclass(frozen=True)
class ArchitectureReport:
    """Shapes, cost and faults of a whole architecture for a given input."""

    input_shape: Shape
    layers: tuple[LayerReport, ...]
    errors: tuple[LeptonError, ...] = field(default=())

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(layer.parameters for layer in self.layers if len(layer.path) == 1)

    @property
    def flops(self) -> int:
        """Operations for one sample, forward."""
        return sum(layer.flops for layer in self.layers if len(layer.path) == 1)


# Several pages ask the same question after each edit.
@functools.lru_cache(maxsize=16)
def describe(architecture: Architecture, shape: Shape, classes: int) -> ArchitectureReport:
    """Walks the tree on torch's meta device: nothing is computed, nothing random is drawn.

    Args:
        architecture: what to describe; it may be faulty.
        shape: (channels, height, width) of one picture.
        classes: how many classes the dataset has.
    """
    from lepton_studio.engine.network import check_output

    rows, after = _describe_stack(architecture.layers, shape, ())
    errors = [row.error for row in rows if row.error is not None]
    if after is not None:
        try:
            check_output(after, classes)
        except LeptonError as error:
            errors.append(error)
    return ArchitectureReport(shape, tuple(rows), tuple(errors))


def presets() -> dict[str, Architecture]:
    """The architectures that ship with the program, by the name of their file."""
    files = sorted((paths.resources() / "architectures").glob("*.json"))
    return {file.stem: read_struct(file, Architecture) for file in files}


def preset(name: str) -> Architecture:
    """One shipped architecture; LeptonError with the known names if there is none."""
    known = presets()
    if name not in known:
        raise LeptonError(f"There is no architecture called '{name}'.", f"Known are: {', '.join(known)}.")
    return known[name]


def _describe_stack(
    layers: Sequence[Layer], shape: Shape | None, path: tuple[int, ...]
) -> tuple[list[LayerReport], Shape | None]:
    rows: list[LayerReport] = []
    for position, layer in enumerate(layers):
        row = _describe_layer(layer, shape, (*path, position))
        rows.append(row)
        if layer.children():
            inner, _ = _describe_stack(layer.children(), shape, (*path, position))
            rows += inner
        shape = row.output_shape
    return rows, shape


def _describe_layer(layer: Layer, shape: Shape | None, path: tuple[int, ...]) -> LayerReport:
    if shape is None:
        return LayerReport(path, layer)
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from lepton_studio.engine.network import output_shape

    try:
        counter = FlopCounterMode(display=False)
        with torch.device("meta"):
            module = layer.build(shape)
        with counter:
            after = output_shape(module, shape)
    except LeptonError as error:
        return LayerReport(path, layer, error=error)
    size = 1
    for side in after:
        size *= side
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return LayerReport(path, layer, after, parameters, counter.get_total_flops(), size * BYTES_PER_NUMBER)
