"""Changes at the end of a network, where what comes out does not fit the classes."""

from __future__ import annotations

from collections.abc import Iterator

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fields import fields_of
from lepton_studio.engine.fix_parts import (
    APPEND,
    NEAREST,
    OUTPUTS,
    WITHOUT,
    Candidate,
    Fault,
    Tree,
    adapter_classes,
    changed,
    turn,
    without,
)
from lepton_studio.engine.fix_steps import FixStep
from lepton_studio.engine.fix_values import count_field
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.tree import Path

# As many numbers as there are classes need no other layer.
ENOUGH = 0.1


def output_candidates(
    layers: Tree, rows: dict[Path, LayerReport], end: Shape, classes: int
) -> Iterator[list[Candidate]]:
    """Families of changes for a network whose end does not fit the classes."""
    for row in sorted(rows.values(), key=lambda row: turn(row.path), reverse=True)[:NEAREST]:
        fault = Fault(layers, rows, row)
        field = count_field(row)
        if field is not None and not row.layer.disabled:
            step = fault.step("outputs", row.path, field=field.name, label=field.label,
                              old=getattr(row.layer, field.name), new=classes)  # fmt: skip
            yield changed(fault, [(row.path, {field.name: classes}, step)], OUTPUTS)
            break
    adapters = _adapters(end)
    linear = LAYERS["linear"](outputs=classes)  # type: ignore[call-arg]
    yield [_appended(layers, adapter, APPEND - ENOUGH + at / 1000) for at, adapter in enumerate(adapters) if adapter]
    yield [_appended(layers, (*adapter, linear), APPEND + at / 1000, classes) for at, adapter in enumerate(adapters)]
    if layers:
        last = rows[(len(layers) - 1,)]
        yield [without(Fault(layers, rows, last), last.path, WITHOUT)]


def _adapters(end: Shape) -> list[tuple[Layer, ...]]:
    """What may make a row of the end, the simplest first."""
    if len(end) == 1:
        return [()]
    kinds = sorted(adapter_classes(), key=lambda kind: len(fields_of(kind)))
    flat = LAYERS["flatten"]()
    return [(), *((kind(),) for kind in kinds), *((kind(), flat) for kind in kinds if kind.group == "Pooling")]


def _appended(layers: Tree, new: tuple[Layer, ...], weight: float, classes: int | None = None) -> Candidate:
    """Layers at the end; ``classes`` is what the last of them gives, if that was set."""
    step = FixStep("append", inserted=tuple(layer.title for layer in new), new=classes)
    return Candidate((*layers, *new), (step,), (len(layers) + len(new) - 1,), None, weight)
