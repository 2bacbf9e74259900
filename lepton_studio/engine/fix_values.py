"""Which values of the fields of a layer may mend what does not fit: made from ranges and choices, for any layer.

Fields are known by the names that torch gives them (``kernel_size``, ``stride``, ``padding``, ``dilation``), as in
:meth:`Layer.reach`, and by what they are equal to; nothing else is known of any layer, so that a new one is mended as
well as those that are here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.layer import LAYERS, Layer, Shape

WINDOW = ("kernel_size", "stride", "padding", "dilation")


def settable(layer: Layer) -> tuple[Field, ...]:
    """The fields whose values can be listed: whole numbers, choices, switches."""
    kinds = ("integer", "choice", "switch")
    return tuple(field for field in fields_of(type(layer)) if not field.hidden and field.kind in kinds)


def other_values(field: Field, layer: Layer, shape: Shape) -> list[Any]:
    """Other values of a field, the likeliest first."""
    value = getattr(layer, field.name)
    if field.kind == "choice":
        return [choice for choice in field.choices if choice != value]
    if field.kind == "switch":
        return [not value]
    others = [number for each, number in numbers(layer).items() if each != field.name and number]
    arriving = [*shape, math.prod(shape), math.prod(shape[1:])]
    found = {value + by for by in (-2, -1, 1, 2)}
    found.update(arriving)
    found.update(near(value, [*arriving, *others]))
    found.update({field.default, 0 if field.minimum is None else int(field.minimum)})
    first = [half_window(layer)] if field.name == "padding" else []
    first += [0] if field.zero else []
    return in_range(field, layer, [*first, *sorted(found, key=lambda new: (abs(new - value), new))])


def numbers(layer: Layer) -> dict[str, int]:
    """The whole numbers that a layer is set to."""
    return {field.name: getattr(layer, field.name) for field in settable(layer) if field.kind == "integer"}


def widening(field: Field, layer: Layer) -> list[Any]:
    """Values of a field of a window that leave more of the picture, the nearest first."""
    value = getattr(layer, field.name)
    values = [half_window(layer), value + 1] if field.name == "padding" else [value - 1, value - 2, 1]
    return in_range(field, layer, values)


def near(value: int, known: Iterable[int]) -> list[int]:
    """The divisors and the multiples of known numbers that are nearest to a value."""
    found = []
    for number in known:
        if number < 2:
            continue
        divisors = [one for one in range(1, min(number, 4096) + 1) if number % one == 0]
        found += [
            max((one for one in divisors if one <= value), default=1),
            min((one for one in divisors if one >= value), default=number),
        ]
        found += [value // number * number, -(-value // number) * number]
    return found


def in_range(field: Field, layer: Layer, values: Iterable[Any]) -> list[Any]:
    """Those of some values that the field can take and has not, each once."""
    old = getattr(layer, field.name)
    return [value for value in dict.fromkeys(values) if value != old and is_in_range(field, value)]


def is_in_range(field: Field, value: int) -> bool:
    """Whether a field can take a number."""
    low = -math.inf if field.minimum is None else field.minimum
    return low <= value <= (math.inf if field.maximum is None else field.maximum)


def half_window(layer: Layer) -> int:
    """The padding with which a window of that side keeps the size of the picture."""
    return (getattr(layer, "kernel_size", 1) - 1) * getattr(layer, "dilation", 1) // 2


def count_field(row: LayerReport) -> Field | None:
    """The field that says how many channels or features come out, known by its value."""
    if row.output_shape is None or row.layer.children():
        return None
    count = channels(row.output_shape)
    fields = [field for field in settable(row.layer) if field.kind == "integer"]
    fields = [field for field in fields if getattr(row.layer, field.name) == count and field.name not in WINDOW]
    return fields[0] if fields else None


def channels(shape: Shape) -> int:
    """How many numbers describe a pixel or a step."""
    return shape[0] if len(shape) == 3 else shape[-1]


def distance(old: Any, new: Any) -> float:
    """How far two values are from each other, from 0 to 1."""
    if isinstance(old, bool) or not isinstance(old, int) or not isinstance(new, int):
        return 0.5
    return abs(new - old) / (abs(new) + abs(old) or 1)


def sized_layers(target: Shape) -> Iterator[Layer]:
    """Layers whose fields say of which size the picture shall be, set to that of ``target``."""
    sizes = dict(zip(("channels", "height", "width"), target, strict=True))
    for kind in LAYERS.classes.values():
        known: dict[str, Any] = {field.name: sizes[field.name] for field in fields_of(kind) if field.name in sizes}
        fields = {field.name: field for field in fields_of(kind)}
        if {"height", "width"} <= known.keys() and all(is_in_range(fields[name], size) for name, size in known.items()):
            yield kind(**known)
