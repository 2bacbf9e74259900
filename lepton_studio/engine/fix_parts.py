"""What changes of an architecture are made of: where it fails, a change to try, and what it weighs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.fix_steps import FixStep
from lepton_studio.engine.fix_values import is_in_range, settable
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.tree import Path, layer_at, remove_layer, replace_layer

Tree = tuple[Layer, ...]
FieldChange = tuple[Path, dict[str, Any], FixStep]

# What a change weighs: of two that mend equally much, the lighter one is offered first.
TAKES_WHAT_COMES, OUTPUTS, MOVE, KEEPS_SIZE, OWN_FIELD = 0.0, 1.0, 2.0, 2.5, 3.0
INSERT, HOLDER_FIELD, APPEND, OTHER_FIELD, WITHOUT_OTHER, WITHOUT = 4.0, 4.5, 4.8, 5.0, 6.5, 8.0
AS_BEFORE, AS_LARGE, REPLACE, REPLACE_OTHER, WITHOUT_PIXEL = -0.5, 2.3, 2.05, 2.15, 2.4
# Another number of channels or another stride inside a container was mostly meant: the container can follow it.
INSIDE, ODD_WINDOW, MEANT = 3.6, 3.7, 1.3

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
        return tuple((step.path, step.field, step.inserted) for step in self.steps)


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


def field_set(fault: Fault, path: Path, field: Field, value: Any, weight: float) -> Candidate:
    """One field of one layer set."""
    return changed(fault, [field_change(fault, fault.rows[path], field, value)], weight)[0]


def changed(fault: Fault, changes: list[FieldChange], weight: float) -> list[Candidate]:
    """Fields of layers set, all at once; nothing if there is nothing to change."""
    layers = fault.layers
    for path, values, _step in changes:
        layers = replace_layer(layers, path, msgspec.structs.replace(layer_at(layers, path), **values))
    steps = tuple(step for _path, other_values, step in changes)
    return [Candidate(layers, steps, changes[0][0], fault.path, weight)] if changes else []


def without(fault: Fault, path: Path, weight: float) -> Candidate:
    """A layer left out, so that its settings are kept; one that has none is removed."""
    layer = fault.rows[path].layer
    if layer.children() or any(not field.hidden for field in fields_of(type(layer))):
        layers = replace_layer(fault.layers, path, msgspec.structs.replace(layer, disabled=True))
        return Candidate(layers, (fault.step("leave_out", path),), path, fault.path, weight)
    before = (*path[:-1], path[-1] - 1)
    chosen = before if path[-1] else path if len(beside(fault.layers, path)) > 1 else path[:-1]
    place = None if path == fault.path else shifted(fault.path, path, -1)
    return Candidate(remove_layer(fault.layers, path), (fault.step("remove", path),), chosen, place, weight)


def field_change(fault: Fault, row: LayerReport, field: Field, value: Any) -> FieldChange:
    """A change of one field, with what is said of it."""
    word = field.zero if value == 0 and not isinstance(value, bool) else ""
    old = getattr(row.layer, field.name)
    step = fault.step("set", row.path, field=field.name, label=field.label, old=old, new=value, word=word)
    return row.path, {field.name: value}, step


def sized_as(fault: Fault, row: LayerReport, target: Shape | None, weight: float) -> list[Candidate]:
    """A layer whose fields say of which size the picture shall be, set to that of ``target``."""
    if target is None or len(target) != 3:
        return []
    sizes = dict(zip(("channels", "height", "width"), target, strict=True))
    fields = {field.name: field for field in settable(row.layer) if field.name in sizes}
    if not {"height", "width"} <= fields.keys():
        return []
    changes = [
        field_change(fault, row, field, sizes[name])
        for name, field in fields.items()
        # As many channels as the numbers give are right for any size.
        if getattr(row.layer, name) != sizes[name] and (getattr(row.layer, name) or name != "channels")
    ]
    is_possible = all(is_in_range(fields[name], sizes[name]) for name in fields)
    return changed(fault, changes, weight) if is_possible else []


def adapter_classes() -> list[type[Layer]]:
    """The layers that turn one kind of shape into another."""
    return [kind for kind in LAYERS.classes.values() if kind.group in ADAPTERS]


def beside(layers: Tree, path: Path) -> Tree:
    """The stack that the layer at a path is in."""
    return layers if len(path) == 1 else layer_at(layers, path[:-1]).children()


def shifted(path: Path, place: Path, by: int) -> Path:
    """Where a layer is after one was put to a place (1) or taken from there (-1)."""
    depth = len(place) - 1
    if path[:depth] == place[:depth] and len(path) > depth and path[depth] >= place[depth]:
        return (*path[:depth], path[depth] + by, *path[depth + 1 :])
    return path


def turn(path: Path) -> tuple[float, ...]:
    """Sorts layers in the order in which they are done: what a container holds before the container."""
    return (*path, math.inf)
