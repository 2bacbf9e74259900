"""What the cards of the stack and the entries of the palette say, in the language of the window."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from lepton_studio import paths
from lepton_studio.engine import LAYERS, Layer, LayerReport, layer_at, shape_text
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.wiring import Wiring
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.layer_palette import PaletteEntry
from lepton_studio.gui.widgets.stack_plan import StackRow
from lepton_studio.gui.wording import grouped
from lepton_studio.gui.workbench import Workbench

# In the order in which networks are mostly built; others follow by their names.
GROUPS = (
    "Picture", "Pooling", "Dense", "Activation", "Normalisation", "Regularisation", "Shape", "Sequence", "Container",
    "Pretrained",
)  # fmt: skip

# More cards than anybody has at a time, so that going back and forth between edits is quick.
MOST_KEPT = 4096

_translate = QCoreApplication.translate


def palette_entries() -> list[PaletteEntry]:
    """All layers of the registry by their groups."""
    known = list(GROUPS)

    def order(kind: type[Layer]) -> tuple[int, str, str]:
        return known.index(kind.group) if kind.group in known else len(known), kind.group, kind.title.lower()

    return [
        PaletteEntry(
            kind.tag(),
            spec_text(kind.group),
            spec_text(kind.title),
            spec_text(kind.summary()),
            glyph_of(kind),
            kind.group,
            kind.also,
        )
        for kind in sorted(LAYERS.classes.values(), key=order)
    ]


def glyph_of(kind: type[Layer]) -> str:
    """The name of a layer's icon: one of its own, or that of its group."""
    icons = paths.resources() / "icons"
    names = (f"layer_{kind.tag()}", f"group_{kind.group.lower()}")
    return next((name for name in names if (icons / f"{name}.svg").is_file()), "group_other")


class RowWriter:
    """Writes what the cards of a workbench say; what was written of the same layer on the same input is kept."""

    def __init__(self, workbench: Workbench) -> None:
        """Has written nothing yet."""
        self._workbench = workbench
        self._written: dict[object, StackRow] = {}
        self._glyphs: dict[type[Layer], str] = {}

    def rows(self) -> list[StackRow]:
        """The input, a row for each layer, and the output."""
        bench = self._workbench
        if len(self._written) > MOST_KEPT:
            self._written.clear()
        side = max(bench.shape[1:], default=0)
        return [self._input_row(), *(self._layer_row(report, side) for report in bench.rows), self._output_row()]

    def _input_row(self) -> StackRow:
        shape = self._workbench.shape
        return StackRow(
            (),
            _translate("stack_rows", "Input"),
            _translate("stack_rows", "one picture"),
            shape_text(shape),
            kind="input",
            glyph="input",
            tensor=shape,
            tip=_translate("stack_rows", "The picture as it lies in the dataset: channels × height × width."),
        )

    def _output_row(self) -> StackRow:
        report = self._workbench.report
        tip = _translate(
            "stack_rows", "The class with the largest number is the answer. The figures are those of all layers."
        )
        return StackRow(
            (),
            _translate("stack_rows", "Output"),
            _translate("stack_rows", "one number for each of {} classes").format(self._workbench.classes),
            cost=_parameters(report.parameters) if report else "",
            brief=grouped(report.parameters) if report else "",
            # Of an empty stack nothing is wrong yet.
            error=str(report.output_error) if report and report.output_error and report.layers else "",
            kind="output",
            glyph="output",
            came_in=(report.output_shape or ()) if report else (),
            figures=(_operations(report.flops), _bytes(report.memory), "") if report and report.flops else (),
            tip=tip,
        )

    def _layer_row(self, report: LayerReport, side: int) -> StackRow:
        path = report.path
        holder = layer_at(self._workbench.layers, path[:-1]) if len(path) > 1 else None
        way, within = _way(holder, path[-1]), spec_text(holder.title) if holder else ""
        known = (
            report.layer, report.input_shape, report.output_shape, report.parameters, report.flops, report.memory,
            report.receptive_field, report.error, way, within, side,
        )  # fmt: skip
        row = self._written.get(known)
        if row is None:
            row = self._written[known] = self._written_row(report, way, within, side)
        return row if row.path == path else replace(row, path=path)

    def _written_row(self, report: LayerReport, way: str, within: str, side: int) -> StackRow:
        layer = report.layer
        wiring = layer.wiring() if layer.is_container else Wiring()
        kind = type(layer)
        if kind not in self._glyphs:
            self._glyphs[kind] = glyph_of(kind)
        row = StackRow(
            path=report.path,
            title=spec_text(layer.title),
            detail=settings_text(layer),
            shape=shape_text(report.output_shape) if report.output_shape else "",
            cost=_parameters(report.parameters) if report.parameters else "",
            brief=grouped(report.parameters) if report.parameters else "",
            error=str(report.error) if report.error else "",
            group=layer.group,
            glyph=self._glyphs[kind],
            tensor=report.output_shape or (),
            came_in=report.input_shape or (),
            figures=_figures(report, side),
            left_out=_translate("stack_rows", "left out") if layer.disabled else "",
            container=layer.is_container,
            joint=wiring.joint,
            goes_by=wiring.goes_by,
            way=way,
            hint=_translate("stack_rows", "Empty: add or drop layers here") if layer.is_container else "",
        )
        return replace(row, tip=tip_of(report), spoken=_spoken(row, within))


def settings_text(layer: Layer) -> str:
    """The settings of a layer in a few words: "channels 32, kernel size 3"."""
    words = (_setting(field, getattr(layer, field.name)) for field in fields_of(type(layer)) if not field.hidden)
    return ", ".join(word for word in words if word)


def _setting(field: Field, value: object) -> str:
    label = spec_text(field.label).lower()
    if field.kind in ("integer", "number"):
        # Nobody misses "stride 1" and "padding 0".
        is_usual = value == field.default and value in (0, 1)
        return "" if is_usual else f"{label} {value:g}"
    if field.kind == "text":
        return str(value)
    if value == field.default:
        return ""
    if field.kind == "choice":
        return f"{label} {spec_text(str(value).replace('_', ' '))}"
    if field.kind == "switch":
        return label if value else _translate("stack_rows", "without {}").format(label)
    return ""


def _way(holder: Layer | None, position: int) -> str:
    """How the branch is called that starts here; empty where no branch does."""
    ways = holder.wiring().ways if holder is not None else ()
    if len(ways) < 2 or position not in ways:
        return ""
    return _translate("stack_rows", "branch {0} of {1}").format(ways.index(position) + 1, len(ways))


def _parameters(count: int) -> str:
    return _translate("stack_rows", "{} parameters").format(grouped(count))


def _operations(count: int) -> str:
    return _with_unit(count, ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"))


def _bytes(count: int) -> str:
    return _with_unit(count, ("B", "kB", "MB", "GB", "TB"))


def _with_unit(count: float, units: tuple[str, ...]) -> str:
    """Three digits and the unit that keeps them short: "7.23 MFLOP", "100 kB", "40 B"."""
    for unit in units[:-1]:
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {units[-1]}"


def _figures(report: LayerReport, side: int) -> tuple[str, ...]:
    if report.output_shape is None:
        return ()
    seen = report.receptive_field
    return (
        _operations(report.flops) if report.flops else "",
        _bytes(report.memory) if report.memory else "",
        "" if not seen
        else _translate("stack_rows", "sees all") if seen >= side > 0
        else _translate("stack_rows", "sees {0} × {0}").format(seen),
    )  # fmt: skip


def tip_of(report: LayerReport) -> str:
    """Everything about a layer in words: what fits on no narrow card and in no box of a drawing stands here."""
    error = str(report.error) if report.error else ""
    lines = [error, spec_text(report.layer.summary()), settings_text(report.layer)]
    if report.input_shape and report.output_shape:
        text = _translate("stack_rows", "makes {1} of {0}")
        lines.append(text.format(shape_text(report.input_shape), shape_text(report.output_shape)))
    if report.parameters:
        lines.append(_parameters(report.parameters))
    if report.flops:
        text = _translate("stack_rows", "{} for each picture (a multiplication and an addition count as two)")
        lines.append(text.format(_operations(report.flops)))
    if report.memory:
        text = _translate("stack_rows", "{} to keep what comes out while training")
        lines.append(text.format(_bytes(report.memory)))
    if report.receptive_field:
        text = _translate("stack_rows", "each output sees {0} × {0} pixels of the picture")
        lines.append(text.format(report.receptive_field))
    return "\n".join(line for line in lines if line)


def _spoken(row: StackRow, within: str) -> str:
    """The card as a screen reader says it."""
    words = (
        row.title,
        row.detail,
        row.left_out,
        _translate("stack_rows", "gives {}").format(row.shape) if row.shape else "",
        row.cost,
        _translate("stack_rows", "in {}").format(within) if within else "",
        _translate("stack_rows", "does not fit: {}").format(row.error) if row.error else "",
    )
    return ", ".join(word for word in words if word)
