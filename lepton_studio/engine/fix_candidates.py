"""Changes that might mend a layer, made from the registry and the fields of its layers; none is tried here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.fix_inside import inside_candidates
from lepton_studio.engine.fix_parts import (
    ADAPTERS,
    AS_BEFORE,
    HOLDER_FIELD,
    INSERT,
    KEEPS_SIZE,
    MOVE,
    NEAREST,
    OTHER_FIELD,
    OWN_FIELD,
    REPLACE,
    REPLACE_OTHER,
    TAKES_WHAT_COMES,
    WITHOUT,
    WITHOUT_OTHER,
    WITHOUT_PIXEL,
    Candidate,
    Fault,
    adapter_classes,
    beside,
    field_set,
    shifted,
    sized_as,
    without,
)
from lepton_studio.engine.fix_values import (
    WINDOW,
    count_field,
    distance,
    half_window,
    in_range,
    near,
    numbers,
    other_values,
    settable,
    sized_layers,
    widening,
)
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.tree import insert_layer, layer_at, remove_layer, replace_layer


def layer_candidates(fault: Fault) -> Iterator[list[Candidate]]:
    """Families of changes for a layer that does not fit; of each family the first that help are wanted."""
    row = fault.row
    for field in settable(row.layer):
        values = other_values(field, row.layer, fault.shape)
        yield [field_set(fault, fault.path, field, value, _own_weight(field, row.layer, value)) for value in values]
    for depth in range(1, len(fault.path)):
        holder = fault.rows[fault.path[:depth]].layer
        for field in settable(holder):
            values = other_values(field, holder, fault.shape)
            yield [field_set(fault, fault.path[:depth], field, value, HOLDER_FIELD) for value in values]
    yield sized_as(fault, row, _picture_before(fault), AS_BEFORE)
    yield _replacements(fault)
    yield _moves(fault)
    yield _inserts(fault)
    yield from inside_candidates(fault)
    yield from _earlier(fault)
    is_pixel = row.layer.group == "Pooling" and fault.shape[1:] == (1, 1)
    yield [without(fault, fault.path, WITHOUT_PIXEL if is_pixel else WITHOUT)]


def _own_weight(field: Field, layer: Layer, value: Any) -> float:
    if field.zero and value == 0:
        return TAKES_WHAT_COMES
    if field.name == "padding" and value == half_window(layer):
        return KEEPS_SIZE
    return OWN_FIELD + distance(getattr(layer, field.name), value)


# --- other places, other layers


def _moves(fault: Fault) -> list[Candidate]:
    """The layer, or what holds it, before the one that changed the kind of shape; one that changes it, before it."""
    family = []
    for depth in range(len(fault.path), 0, -1):
        path = fault.path[:depth]
        for position in range(path[-1] - 1, -1, -1):
            row = fault.rows[(*path[:-1], position)]
            if row.input_shape is None or row.output_shape is None or len(row.input_shape) == len(row.output_shape):
                continue
            layer = layer_at(fault.layers, path)
            layers = insert_layer(remove_layer(fault.layers, path), row.path, layer)
            step = fault.step("move", path, beside=row.layer.title, beside_number=fault.number(row.path))
            family.append(Candidate(layers, (step,), row.path, (*row.path, *fault.path[depth:]), MOVE))
            break
    siblings = beside(fault.layers, fault.path)
    for position in range(fault.path[-1] + 1, len(siblings)):
        if siblings[position].group not in ADAPTERS:
            continue
        path = (*fault.path[:-1], position)
        layers = insert_layer(remove_layer(fault.layers, path), fault.path, siblings[position])
        step = fault.step("move", path, beside=fault.row.layer.title, beside_number=fault.number(fault.path))
        family.append(Candidate(layers, (step,), fault.path, shifted(fault.path, fault.path, 1), MOVE + 0.1))
        break
    return family


def _inserts(fault: Fault) -> list[Candidate]:
    """Layers that change the kind or size of what comes, before this one or before what holds it."""
    family = []
    made = [(kind(), ADAPTERS.index(kind.group) / 10) for kind in adapter_classes()]
    # What a layer before this one made a row of, can be made a picture again.
    pictures = [row.input_shape for row in fault.before() if row.input_shape and len(row.input_shape) == 3]
    if pictures and len(fault.shape) < 3:
        made += [(layer, 0.5) for layer in sized_layers(pictures[0])]
    for depth in range(len(fault.path), 0, -1):
        path = fault.path[:depth]
        for layer, light in made:
            step = fault.step("insert", path, inserted=(layer.title,))
            weight = INSERT + 0.5 * (len(fault.path) - depth) + light
            place = shifted(fault.path, path, 1)
            family.append(Candidate(insert_layer(fault.layers, path, layer), (step,), path, place, weight))
    return family


def _earlier(fault: Fault) -> Iterator[list[Candidate]]:
    """Fields of layers before it that shrink the picture, change its kind or say how many channels come."""
    own = list(numbers(fault.row.layer).values())
    looked_at = 0
    for row in fault.before():
        if looked_at == NEAREST:
            return
        assert row.input_shape is not None
        assert row.output_shape is not None
        far = OTHER_FIELD + 0.1 * looked_at
        count = count_field(row)
        if count is not None and looked_at == 0:
            old = getattr(row.layer, count.name)
            values = sorted({*own, *near(old, own)}, key=lambda value: (abs(value - old), value))
            yield [field_set(fault, row.path, count, value, far) for value in in_range(count, row.layer, values)]
        is_other_kind = len(row.input_shape) != len(row.output_shape)
        if not is_other_kind and row.input_shape[1:] == row.output_shape[1:]:
            continue
        looked_at += 1
        for field in settable(row.layer):
            if field.name in WINDOW:
                yield [field_set(fault, row.path, field, value, far) for value in widening(field, row.layer)]
        yield [without(fault, row.path, WITHOUT_OTHER + 0.1 * looked_at)]


def _picture_before(fault: Fault) -> Shape | None:
    """The last picture on the way to a layer, before it was laid flat."""
    shapes = [fault.shape, *(row.input_shape for row in fault.before())]
    return next((shape for shape in shapes if shape is not None and len(shape) == 3), None)


# --- another layer in the place of one


def _replacements(fault: Fault) -> list[Candidate]:
    """The same kind of layer for what comes; or what makes the right kind of it, in place of what made another."""
    layer = fault.row.layer
    family = [
        _replaced(fault, fault.row, kind, REPLACE)
        for kind in LAYERS.classes.values()
        if kind is not type(layer) and kind.group == layer.group and _stem(kind.title) == _stem(layer.title)
    ]
    for row in fault.before():
        if row.input_shape and row.output_shape and len(row.input_shape) != len(row.output_shape):
            lights = [(kind, ADAPTERS.index(kind.group) / 10) for kind in adapter_classes()]
            family += [_replaced(fault, row, kind, REPLACE_OTHER + light) for kind, light in lights]
            break
    return family


def _replaced(fault: Fault, row: LayerReport, kind: type[Layer], weight: float) -> Candidate:
    """Another layer in the place of one, with the settings that both have."""
    shared = {field.name for field in settable(row.layer)} & {field.name for field in fields_of(kind)}
    new = kind(**{name: getattr(row.layer, name) for name in shared})
    step = fault.step("replace", row.path, inserted=(new.title,))
    return Candidate(replace_layer(fault.layers, row.path, new), (step,), row.path, fault.path, weight)


def _stem(title: str) -> str:
    """The title of a layer without the number of its dimensions."""
    return title.removesuffix(" 1d").removesuffix(" 2d")
