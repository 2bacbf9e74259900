"""The whole network as a drawing beside the stack."""

from __future__ import annotations

import pathlib

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from lepton_studio.engine import Layer, LayerReport, LeptonError, write_bytes
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.stack_rows import tip_of
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.network_drawing import STEP, NetworkDrawing
from lepton_studio.gui.widgets.network_plan import DrawnLayer, Path
from lepton_studio.gui.widgets.network_print import network_png, network_svg
from lepton_studio.gui.wording import classes_word, percent
from lepton_studio.gui.workbench import Workbench

# A drawing has no room for more, and the card says the rest.
MOST_DETAILS = 3


class NetworkView(QWidget):
    """The drawing of the workbench's architecture, with a slim row of tools above it."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Shows what is on the bench now, and follows."""
        super().__init__(parent)
        self._workbench = workbench
        self.drawing = NetworkDrawing()
        self.drawing.setObjectName("network_drawing")
        self.message = MessageLine()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(self._make_tools())
        layout.addWidget(self.message)
        layout.addWidget(self.drawing, 1)
        self.drawing.zoom_changed.connect(self._show_zoom)
        self.drawing.layer_chosen.connect(lambda path: workbench.choose(*((path,) if path else ())))
        self._is_old = False
        workbench.described.connect(self._described)
        workbench.selection_changed.connect(self._show_chosen)
        self._show_zoom(self.drawing.zoom)
        self.refresh()

    def refresh(self) -> None:
        """Draws what is on the bench."""
        self._is_old = False
        rows = {row.path: row for row in self._workbench.rows}
        drawn = tuple(self._drawn(rows, (position,)) for position in range(len(self._workbench.layers)))
        report = self._workbench.report
        # Of an empty stack nothing is wrong yet.
        wrong = report.output_error if report is not None and report.layers else None
        ends = (self.tr("Input"), self.tr("Answer: {}").format(classes_word(self._workbench.classes)))
        self.drawing.show_network(drawn, self._workbench.shape, ends, str(wrong) if wrong else "")
        self._show_chosen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_old:
            self.refresh()

    def _described(self) -> None:
        """Draws anew for somebody who looks; for others when they do."""
        self._is_old = True
        if self.isVisible():
            self.refresh()

    def save_drawing(self, path: pathlib.Path) -> None:
        """Writes the drawing; the ending of the name says whether as an SVG or as a PNG.

        Raises:
            LeptonError: the file cannot be written.
        """
        plan = self.drawing.plan
        is_picture = path.suffix.lower() == ".png"
        name = self._workbench.session.experiment.architecture.name
        write_bytes(path, network_png(plan) if is_picture else network_svg(plan, name))

    def _make_tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        drawing = self.drawing
        for name, icon, tip, action in (
            ("network_zoom_out", "minus", self.tr("Smaller (-)"), lambda: drawing.zoom_by(1 / STEP)),
            ("network_zoom_in", "plus", self.tr("Larger (+)"), lambda: drawing.zoom_by(STEP)),
            ("network_fit", "", self.tr("Show all of it (0)"), drawing.fit),
            ("network_full_size", "", self.tr("Original size (1)"), drawing.show_full_size),
            ("network_export", "save", self.tr("Save the drawing as an SVG or a PNG file"), self._export),
        ):
            tool = QToolButton()
            tool.setObjectName(name)
            tool.setToolTip(tip)
            tool.setAccessibleName(tip)
            if icon:
                tool.setIcon(theme.icon(icon))
            tool.clicked.connect(action)
            if name == "network_fit":
                tool.setText(self.tr("Fit"))
            elif name == "network_full_size":
                # Says how large it is now; a press makes it as large as it was drawn.
                self._zoom = tool
            elif name == "network_export":
                row.addStretch(1)
            row.addWidget(tool)
        return row

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(percent(zoom, 0))

    def _show_chosen(self) -> None:
        self.drawing.set_chosen(self._workbench.chosen, self._workbench.current)

    def _export(self) -> None:
        kinds = {".svg": self.tr("Drawing that scales"), ".png": self.tr("Picture")}
        name = self._workbench.session.experiment.architecture.name
        try:
            path = path_to_save(self, self.tr("Save the drawing"), f"{name}.svg", kinds)
            if path is not None:
                self.save_drawing(path)
                self.message.say(self.tr("The drawing is in {}.").format(path), "good")
        except LeptonError as error:
            self.message.say(str(error))

    def _drawn(self, rows: dict[Path, LayerReport], path: Path) -> DrawnLayer:
        """A layer with all inside it, as the drawing takes it."""
        row = rows[path]
        layer, wiring, title = row.layer, row.layer.wiring(), layer_title(row.layer)
        left_out = self.tr("Left out for now") if layer.disabled else ""
        return DrawnLayer(
            path,
            title,
            "" if layer.is_container else layer_detail(layer),
            layer.group,
            "\n".join(filter(None, (title, left_out, tip_of(row)))),
            row.input_shape,
            row.output_shape,
            str(row.error) if row.error else "",
            layer.disabled is True,
            layer.is_container,
            tuple(self._drawn(rows, (*path, position)) for position in range(len(layer.children()))),
            wiring.ways,
            wiring.goes_by,
            spec_text(wiring.around),
            spec_text(wiring.joint),
            wiring.times,
        )


def layer_detail(layer: Layer) -> str:
    """The settings that tell layers of a kind apart: the first, and those that are not as usual."""
    fields = [field for field in fields_of(type(layer)) if not field.hidden and field.kind in ("integer", "number")]
    told = [field for at, field in enumerate(fields) if not at or getattr(layer, field.name) != field.default]
    words = (f"{spec_text(field.label).lower()} {getattr(layer, field.name):g}" for field in told[:MOST_DETAILS])
    return ", ".join(words)


def layer_title(layer: Layer) -> str:
    """The name of its kind, and what a person calls it."""
    names = (getattr(layer, field.name) for field in fields_of(type(layer)) if field.kind == "text")
    return " · ".join((spec_text(layer.title), *(name for name in names if name)))
