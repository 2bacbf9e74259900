"""Changes that might mend an architecture, made from the registry and the fields of its layers; none is tried here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.fix_steps import FixStep
from lepton_studio.engine.fix_values import (
    WINDOW,
    channels,
    count_field,
    distance,
    half_window,
    in_range,
    is_in_range,
    near,
    numbers,
    other_values,
    settable,
    sized_layers,
    widening,
)
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.tree import Path, insert_layer, layer_at, remove_layer, replace_layer

Tree = tuple[Layer, ...]
_FieldChange = tuple[Path, dict[str, Any], FixStep]

# What a change weighs: of two that mend equally much, the lighter one is offered first.
TAKES_WHAT_COMES, OUTPUTS, MOVE, KEEPS_SIZE, OWN_FIELD = 0.0, 1.0, 2.0, 2.5, 3.0
INSERT, HOLDER_FIELD, APPEND, OTHER_FIELD, WITHOUT_OTHER, WITHOUT = 4.0, 4.5, 4.8, 5.0, 6.5, 8.0

# The groups whose layers turn one kind of shape into another; they are tried before a layer that does not fit.
ADAPTERS = ("Shape", "Sequence", "Pooling")

# How many layers before a fault are looked at, the nearest first.
NEAREST = 8


@dataclass(frozen=True)
class Candidate:
    """A change to try.

    Attributes:
        layers: the stack after it.
        steps: what it does.
        chosen: the path of the layer concerned, afterwards.
        place: where the layer with the fault is afterwards; None if it is gone.
        weight: how much it changes.
    """

    layers: Tree
    steps: tuple[FixStep, ...]
    chosen: Path
    place: Path | None
    weight: float

    @property
    def subject(self) -> tuple[Any, ...]:
        """Of candidates with the same subject, one is offered."""
        return tuple(
            (step.path, step.field, step.inserted if step.kind in ("insert", "append") else ()) for step in self.steps
        )


@dataclass(frozen=True)
class Fault:
    """Where an architecture fails first: at a layer, or at its end.

    Attributes:
        layers: the whole stack.
        rows: what is known of each layer.
        row: of the layer with the fault.
    """

    layers: Tree
    rows: dict[Path, LayerReport]
    row: LayerReport

    @property
    def path(self) -> Path:
        """Where the layer is."""
        return self.row.path

    @property
    def shape(self) -> Shape:
        """What arrives there."""
        return self.row.input_shape or ()

    def before(self) -> Iterator[LayerReport]:
        """The layers before it, the nearest first: those beside it, then those beside what holds it."""
        for depth in range(len(self.path), 0, -1):
            for position in range(self.path[depth - 1] - 1, -1, -1):
                row = self.rows[(*self.path[: depth - 1], position)]
                if row.output_shape is not None and not row.layer.disabled:
                    yield row

    def number(self, path: Path) -> str:
        """The place of a layer as people count, if its title does not tell it apart."""
        title = self.rows[path].layer.title
        is_alone = sum(row.layer.title == title for row in self.rows.values()) == 1
        return "" if is_alone else ".".join(str(position + 1) for position in path)

    def step(self, kind: Any, path: Path, **parts: Any) -> FixStep:
        """A step that names the layer at a path."""
        return FixStep(kind, path, self.rows[path].layer.title, self.number(path), **parts)


def layer_candidates(fault: Fault) -> Iterator[list[Candidate]]:
    """Families of changes for a layer that does not fit; of each family the first that help are wanted."""
    row = fault.row
    for field in settable(row.layer):
        values = other_values(field, row.layer, fault.shape)
        yield [_set(fault, fault.path, field, value, _own_weight(field, row.layer, value)) for value in values]
    for depth in range(1, len(fault.path)):
        holder = fault.rows[fault.path[:depth]].layer
        for field in settable(holder):
            values = other_values(field, holder, fault.shape)
            yield [_set(fault, fault.path[:depth], field, value, HOLDER_FIELD) for value in values]
    yield _moves(fault)
    yield _inserts(fault)
    yield from _inside(fault)
    yield from _earlier(fault)
    yield [_without(fault, fault.path, WITHOUT)]


def output_candidates(
    layers: Tree, rows: dict[Path, LayerReport], end: Shape, classes: int
) -> Iterator[list[Candidate]]:
    """Families of changes for a network whose end does not fit the classes."""
    linear = LAYERS["linear"](outputs=classes)  # type: ignore[call-arg]
    for row in sorted(rows.values(), key=lambda row: turn(row.path), reverse=True)[:NEAREST]:
        fault = Fault(layers, rows, row)
        field = count_field(row)
        if field is not None and not row.layer.disabled:
            step = fault.step("outputs", row.path, field=field.name, label=field.label,
                              old=getattr(row.layer, field.name), new=classes)  # fmt: skip
            yield _changed(fault, [(row.path, {field.name: classes}, step)], OUTPUTS)
            break
    adapters: list[tuple[Layer, ...]] = [()]
    flat = (LAYERS["flatten"](),)
    if len(end) > 1:
        adapters += [(each(),) for each in _adapter_classes()]
        adapters += [(each(), *flat) for each in _adapter_classes() if each.group == "Pooling"]
    family = []
    for place, adapter in enumerate(adapters):
        new = (*adapter, linear)
        step = FixStep("append", inserted=tuple(layer.title for layer in new), new=classes)
        family.append(Candidate((*layers, *new), (step,), (len(layers) + len(new) - 1,), None, APPEND + place / 1000))
    yield family
    if layers:
        last = rows[(len(layers) - 1,)]
        yield [_without(Fault(layers, rows, last), last.path, WITHOUT)]


def _own_weight(field: Field, layer: Layer, value: Any) -> float:
    if field.zero and value == 0:
        return TAKES_WHAT_COMES
    if field.name == "padding" and value == half_window(layer):
        return KEEPS_SIZE
    return OWN_FIELD + distance(getattr(layer, field.name), value)


# --- one layer


def _set(fault: Fault, path: Path, field: Field, value: Any, weight: float) -> Candidate:
    return _changed(fault, [_field_change(fault, fault.rows[path], field, value)], weight)[0]


def _changed(fault: Fault, changes: list[_FieldChange], weight: float) -> list[Candidate]:
    """Fields of layers set, all at once; nothing if there is nothing to change."""
    layers = fault.layers
    for path, values, _step in changes:
        layers = replace_layer(layers, path, msgspec.structs.replace(layer_at(layers, path), **values))
    steps = tuple(step for _path, other_values, step in changes)
    return [Candidate(layers, steps, changes[0][0], fault.path, weight)] if changes else []


def _without(fault: Fault, path: Path, weight: float) -> Candidate:
    """A layer left out, so that its settings are kept; one that has none is removed."""
    layer = fault.rows[path].layer
    if layer.children() or any(not field.hidden for field in fields_of(type(layer))):
        layers = replace_layer(fault.layers, path, msgspec.structs.replace(layer, disabled=True))
        return Candidate(layers, (fault.step("leave_out", path),), path, fault.path, weight)
    before = (*path[:-1], path[-1] - 1)
    chosen = before if path[-1] else path if len(_beside(fault.layers, path)) > 1 else path[:-1]
    place = None if path == fault.path else _shifted(fault.path, path, -1)
    return Candidate(remove_layer(fault.layers, path), (fault.step("remove", path),), chosen, place, weight)


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
    siblings = _beside(fault.layers, fault.path)
    for position in range(fault.path[-1] + 1, len(siblings)):
        if siblings[position].group not in ADAPTERS:
            continue
        path = (*fault.path[:-1], position)
        layers = insert_layer(remove_layer(fault.layers, path), fault.path, siblings[position])
        step = fault.step("move", path, beside=fault.row.layer.title, beside_number=fault.number(fault.path))
        family.append(Candidate(layers, (step,), fault.path, _shifted(fault.path, fault.path, 1), MOVE + 0.1))
        break
    return family


def _inserts(fault: Fault) -> list[Candidate]:
    """Layers that change the kind or size of what comes, before this one or before what holds it."""
    family = []
    made = [(kind(), ADAPTERS.index(kind.group) / 10) for kind in _adapter_classes()]
    # What a layer before this one made a row of, can be made a picture again.
    pictures = [row.input_shape for row in fault.before() if row.input_shape and len(row.input_shape) == 3]
    if pictures and len(fault.shape) < 3:
        made += [(layer, 0.5) for layer in sized_layers(pictures[0])]
    for depth in range(len(fault.path), 0, -1):
        path = fault.path[:depth]
        for layer, light in made:
            step = fault.step("insert", path, inserted=(layer.title,))
            weight = INSERT + 0.5 * (len(fault.path) - depth) + light
            place = _shifted(fault.path, path, 1)
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
            yield [_set(fault, row.path, count, value, far) for value in in_range(count, row.layer, values)]
        is_other_kind = len(row.input_shape) != len(row.output_shape)
        if not is_other_kind and row.input_shape[1:] == row.output_shape[1:]:
            continue
        looked_at += 1
        for field in settable(row.layer):
            if field.name in WINDOW:
                yield [_set(fault, row.path, field, value, far) for value in widening(field, row.layer)]
        yield [_without(fault, row.path, WITHOUT_OTHER + 0.1 * looked_at)]


def _inside(fault: Fault) -> Iterator[list[Candidate]]:
    """For a container whose layers do not give what it needs: keep the size inside, end in the right channels."""
    here = len(fault.path)
    inner = [row for path, row in fault.rows.items() if path[:here] == fault.path and path != fault.path]
    leaves = [
        row for row in inner if row.output_shape is not None and not row.layer.children() and not row.layer.disabled
    ]
    direct = [row for row in inner if len(row.path) == here + 1]
    keeping = [change for row in leaves for change in _keep_size(fault, row)]
    for target in sorted({fault.shape} | {row.output_shape for row in direct if row.output_shape is not None}):
        each = [
            _end_in(fault, [leaf for leaf in leaves if leaf.path[: here + 1] == row.path], target) for row in direct
        ]
        for ending in (_end_in(fault, leaves, target), [change for changes in each for change in changes]):
            yield _changed(fault, ending, OWN_FIELD)
            if keeping and ending:
                yield _changed(fault, [*keeping, *ending], OWN_FIELD + 0.1 * len(keeping))
        yield _sized_inside(fault, target, len(direct))
    yield _changed(fault, keeping, KEEPS_SIZE + 0.1 * len(keeping))
    for row in leaves:
        yield _changed(fault, _keep_size(fault, row), KEEPS_SIZE)
        if row.input_shape != row.output_shape:
            yield [_without(fault, row.path, WITHOUT_OTHER)]


def _keep_size(fault: Fault, row: LayerReport) -> list[_FieldChange]:
    """Padding of half the window and a stride of one, where a layer changes the size of a picture; or without it."""
    shape, after = row.input_shape, row.output_shape
    if shape is None or after is None or len(shape) != 3 or len(after) != 3 or shape[1:] == after[1:]:
        return []
    window = (getattr(row.layer, "kernel_size", 1) - 1) * getattr(row.layer, "dilation", 1)
    wanted = {"padding": window // 2, "stride": 1}
    fields = {field.name: field for field in settable(row.layer)}
    # An even window cannot keep the size, nor can a layer that puts nothing around the picture.
    if window % 2 or not wanted.keys() <= fields.keys() or not is_in_range(fields["padding"], window // 2):
        return [(row.path, {"disabled": True}, fault.step("leave_out", row.path))]
    return [
        _field_change(fault, row, fields[name], value)
        for name, value in wanted.items()
        if getattr(row.layer, name) != value
    ]


def _end_in(fault: Fault, leaves: list[LayerReport], target: Shape) -> list[_FieldChange]:
    """The last layer that says how many channels or features there are, set to those of ``target``."""
    for row in reversed(leaves):
        field = count_field(row)
        if field is None or row.output_shape is None or len(row.output_shape) != len(target):
            continue
        value = channels(target)
        is_change = value != getattr(row.layer, field.name) and is_in_range(field, value)
        return [_field_change(fault, row, field, value)] if is_change else []
    return []


def _field_change(fault: Fault, row: LayerReport, field: Field, value: Any) -> _FieldChange:
    word = field.zero if value == 0 and not isinstance(value, bool) else ""
    old = getattr(row.layer, field.name)
    step = fault.step("set", row.path, field=field.name, label=field.label, old=old, new=value, word=word)
    return row.path, {field.name: value}, step


def _sized_inside(fault: Fault, target: Shape, position: int) -> list[Candidate]:
    """A layer at the end of what a container holds that makes pictures of the size of ``target``."""
    family = []
    if position and len(target) == 3:
        last = (*fault.path, position - 1)
        for layer in sized_layers(target):
            path = (*fault.path, position)
            step = fault.step("insert", last, inserted=(layer.title,), is_after=True)
            family.append(Candidate(insert_layer(fault.layers, path, layer), (step,), path, fault.path, INSERT))
    return family


# --- paths


def _adapter_classes() -> list[type[Layer]]:
    return [kind for kind in LAYERS.classes.values() if kind.group in ADAPTERS]


def _beside(layers: Tree, path: Path) -> Tree:
    return layers if len(path) == 1 else layer_at(layers, path[:-1]).children()


def _shifted(path: Path, place: Path, by: int) -> Path:
    """Where a layer is after one was put to a place (1) or taken from there (-1)."""
    depth = len(place) - 1
    if path[:depth] == place[:depth] and len(path) > depth and path[depth] >= place[depth]:
        return (*path[:depth], path[depth] + by, *path[depth + 1 :])
    return path


def turn(path: Path) -> tuple[float, ...]:
    """Sorts layers in the order in which they are done: what a container holds before the container."""
    return (*path, math.inf)
