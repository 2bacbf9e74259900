"""Changes inside a container whose layers do not give what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from lepton_studio.engine.architecture import LayerReport
from lepton_studio.engine.fix_parts import (
    AS_LARGE,
    INSERT,
    INSIDE,
    KEEPS_SIZE,
    MEANT,
    ODD_WINDOW,
    WITHOUT_OTHER,
    Candidate,
    Fault,
    FieldChange,
    changed,
    field_change,
    sized_as,
    without,
)
from lepton_studio.engine.fix_values import channels, count_field, is_in_range, settable, sized_layers
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.tree import insert_layer


def inside_candidates(fault: Fault) -> Iterator[list[Candidate]]:
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
            yield changed(fault, ending, INSIDE)
            if keeping and ending:
                weight = max(INSIDE, _keeping_weight(keeping) + 0.1 * len(keeping)) + 0.05
                yield changed(fault, [*keeping, *ending], weight)
        yield _sized_inside(fault, target, len(direct))
        if direct:
            yield sized_as(fault, direct[-1], target, AS_LARGE)
    yield changed(fault, keeping, _keeping_weight(keeping) + 0.1 * len(keeping))
    for row in leaves:
        keeping = _keep_size(fault, row)
        yield changed(fault, keeping, _keeping_weight(keeping))
        yield changed(fault, _odd_window(fault, row), ODD_WINDOW)
        if row.input_shape != row.output_shape:
            yield [without(fault, row.path, WITHOUT_OTHER)]


def _keep_size(fault: Fault, row: LayerReport) -> list[FieldChange]:
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
        field_change(fault, row, fields[name], value)
        for name, value in wanted.items()
        if getattr(row.layer, name) != value
    ]


def _odd_window(fault: Fault, row: LayerReport) -> list[FieldChange]:
    """The next larger window where only an even one changes the size of a picture: that can keep it."""
    window = getattr(row.layer, "kernel_size", 1)
    wanted = {"kernel_size": window + 1, "stride": 1, "padding": window // 2}
    fields = {field.name: field for field in settable(row.layer)}
    is_picture = len(row.input_shape or ()) == 3 == len(row.output_shape or ())
    if window % 2 or not is_picture or row.input_shape == row.output_shape or not wanted.keys() <= fields.keys():
        return []
    values = {name: value for name, value in wanted.items() if getattr(row.layer, name) != value}
    return [field_change(fault, row, fields[name], value) for name, value in values.items()]


def _keeping_weight(changes: list[FieldChange]) -> float:
    is_meant = any(step.kind == "leave_out" or step.field == "stride" for _path, _values, step in changes)
    return KEEPS_SIZE + (MEANT if is_meant else 0.0)


def _end_in(fault: Fault, leaves: list[LayerReport], target: Shape) -> list[FieldChange]:
    """The last layer that says how many channels or features there are, set to those of ``target``."""
    for row in reversed(leaves):
        field = count_field(row)
        if field is None or row.output_shape is None or len(row.output_shape) != len(target):
            continue
        value = channels(target)
        is_change = value != getattr(row.layer, field.name) and is_in_range(field, value)
        return [field_change(fault, row, field, value)] if is_change else []
    return []


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
