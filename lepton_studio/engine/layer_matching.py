"""From a torch module back to the layer that builds it, found by trying: a layer is right if it builds the same."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import torch
from torch import nn

from lepton_studio.engine.description import describe_layer
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.module_calls import is_same

# Fields that are called otherwise than what torch keeps them under.
OTHER_NAMES = {
    "out_channels": "channels",
    "out_features": "outputs",
    "num_groups": "groups",
    "negative_slope": "slope",
    "scale_factor": "scale",
}
# What a module says of the input that it is made for, and where the features lie.
INPUT_NAMES = ("in_channels", "in_features", "num_features", "num_channels", "channels", "features", "input_size")
# What a module does not say of itself is tried, but not among many choices.
MOST_CHOICES = 8
MOST_TRIALS = 32
SIDES = (64, 224)


def layer_for(module: nn.Module, shape: Shape) -> Layer | None:
    """The layer that builds such a module for inputs of ``shape``; None if there is none.

    Args:
        module: on the meta device.
        shape: (channels, height, width), (steps, features) or (features,).
    """
    for kind in _likely(type(module).__name__):
        for layer in _candidates(kind, module):
            if builds_same(layer, module, shape):
                return _simplest(layer, module, shape)
    return None


def _simplest(layer: Layer, module: nn.Module, shape: Shape) -> Layer:
    """The same layer with as many settings at their defaults as there can be: a stride of 0 that is the window's."""
    for field in msgspec.structs.fields(type(layer)):
        if getattr(layer, field.name) != field.default:
            plainer = msgspec.structs.replace(layer, **{field.name: field.default})
            if builds_same(plainer, module, shape):
                layer = plainer
    return layer


def builds_same(layer: Layer, module: nn.Module, shape: Shape) -> bool:
    """Whether a layer builds such a module for inputs of ``shape``."""
    try:
        with torch.device("meta"):
            built = layer.build(shape)
    except (LeptonError, RuntimeError, ValueError, TypeError, IndexError, ArithmeticError):
        return False
    return is_same(built, module)


def after(layer: Layer, shape: Shape) -> Shape | None:
    """What comes out of a layer; None if it does not fit."""
    return describe_layer(layer, shape).output_shape


def natural_shapes(module: nn.Module) -> Iterator[Shape]:
    """Inputs that the module may be made for, from what it says itself."""
    normalized = getattr(module, "normalized_shape", None)
    if isinstance(normalized, tuple):
        yield normalized if len(normalized) != 1 else (8, *normalized)
        return
    for size in (made_for(module), *(() if made_for(module) else (8,))):
        if size:
            yield (size,)
            yield (8, size)
            yield from ((size, side, side) for side in SIDES)


def made_for(module: nn.Module) -> int:
    """How many channels or features the module takes; 0 if it takes any number."""
    for part in (module, *module.children()):
        for name in INPUT_NAMES:
            size = getattr(part, name, None)
            if isinstance(size, int) and not isinstance(size, bool):
                return size
    return 0


@functools.lru_cache(maxsize=256)
def _likely(name: str) -> tuple[type[Layer], ...]:
    """All layers, those first that are called like the module."""

    def is_other(kind: type[Layer]) -> bool:
        return kind.tag().replace("_", "") != name.lower()

    return tuple(sorted((kind for kind in LAYERS.classes.values() if not kind.is_container), key=is_other))


def _candidates(kind: type[Layer], module: nn.Module) -> Iterator[Layer]:
    """The layer with all that the module says of itself, and every choice where it says nothing."""
    said: dict[str, Any] = {}
    # What the module says itself goes before what its parts say.
    for part in reversed(list(module.modules())):
        said |= {OTHER_NAMES.get(name, name): value for name, value in vars(part).items()}
        if "bias" in part._parameters:
            said["bias"] = part._parameters["bias"] is not None
    said |= _worked_out(module)
    settings: dict[str, Any] = {}
    open_fields: list[tuple[str, tuple[Any, ...]]] = []
    hints = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        value = said.get(field.name)
        if isinstance(value, tuple) and value and len(set(value)) == 1:
            value = value[0]
        if isinstance(value, float) and hints[field.name] is int and value.is_integer():
            value = int(value)
        if isinstance(value, (bool, int, float, str)):
            settings[field.name] = value
        elif get_origin(hints[field.name]) is Literal:
            if len(get_args(hints[field.name])) > MOST_CHOICES:
                return
            open_fields.append((field.name, get_args(hints[field.name])))
    names = [name for name, _choices in open_fields]
    trials = itertools.product(*(choices for _name, choices in open_fields))
    for chosen in itertools.islice(trials, MOST_TRIALS):
        try:
            # Converted, because that checks the ranges: nothing huge is built.
            yield msgspec.convert({"type": kind.tag(), **settings, **dict(zip(names, chosen, strict=True))}, kind)
        except (msgspec.ValidationError, OverflowError):
            return


def _worked_out(module: nn.Module) -> dict[str, Any]:
    """Settings that modules keep in another form: the ratio of two sizes, or three sizes in one."""
    found: dict[str, Any] = {}
    sizes = getattr(module, "unflattened_size", ())
    if isinstance(module, nn.Upsample) and isinstance(module.size, (int, tuple)):
        height, width = module.size if isinstance(module.size, tuple) else (module.size, module.size)
        found |= {"height": height, "width": width}
    if len(sizes) == 3:
        found |= dict(zip(("channels", "height", "width"), sizes, strict=True))
    mlp, weights = getattr(module, "mlp", None), getattr(module, "weights", None)
    if isinstance(mlp, nn.Sequential) and isinstance(mlp[0], nn.Linear):
        found["mlp_ratio"] = mlp[0].out_features // mlp[0].in_features
    if isinstance(weights, nn.Sequential) and len(weights) > 1 and isinstance(weights[1], nn.Conv2d):
        found["reduction"] = weights[1].in_channels // weights[1].out_channels
    return found
