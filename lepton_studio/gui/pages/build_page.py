"""Build: the layers from the picture to the answer, with their shapes."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.engine import (
    LAYERS,
    ArchitectureReport,
    Layer,
    LayerReport,
    describe,
    insert_layer,
    layer_at,
    move_layer,
    presets,
    remove_layer,
    replace_layer,
    shape_text,
)
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.mending_offer import MendingOffer
from lepton_studio.gui.page import Page, button, second, section, settings_column
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.layer_palette import LayerPalette, PaletteEntry
from lepton_studio.gui.widgets.layer_stack import LayerStack, StackRow
from lepton_studio.gui.wording import grouped

# Before the dataset is there, shapes are shown for the picture that most lessons use.
USUAL_SHAPE: tuple[int, ...] = (1, 28, 28)
USUAL_CLASSES = 10


class BuildPage(Page):
    """The stack is the largest thing: palette at its left, settings of the chosen layer at its right."""

    object_name = "build_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page for the experiment's architecture."""
        super().__init__(session, title)
        self._chosen: tuple[int, ...] = (0,)
        self._form: Form | None = None
        self._report: ArchitectureReport | None = None
        self._make_header()
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP)
        entries = [
            PaletteEntry(tag, spec_text(kind.group), spec_text(kind.title), spec_text(kind.summary()))
            for tag, kind in LAYERS.classes.items()
        ]
        self.palette_view = LayerPalette(entries)
        self.palette_view.layer_wanted.connect(self._add)
        columns.addWidget(self.palette_view)
        columns.addLayout(self._make_stack(), 1)
        columns.addWidget(settings_column(self._make_settings()))
        self.body.addLayout(columns, 1)
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self._show_architecture)
        self._show_architecture()
        # After the page itself, so that it finds what the page says.
        MendingOffer(session, self.message)

    def state_text(self) -> str:
        report = self._report
        if report is None:
            return self.tr("{} layers").format(len(self.session.experiment.architecture.layers))
        if report.errors:
            return self.tr("does not fit yet")
        return self.tr("{} parameters").format(grouped(report.parameters))

    # --- parts

    def _make_header(self) -> None:
        self.preset_picker = QComboBox()
        self.preset_picker.setObjectName("architecture_picker")
        self.preset_picker.setToolTip(self.tr("Start from a known network"))
        self.preset_picker.setPlaceholderText(self.tr("Own network"))
        for name, architecture in presets().items():
            self.preset_picker.addItem(architecture.name, name)
        self.preset_picker.activated.connect(self._pick_preset)
        self.next_button = button("build_next", self.tr("Train it"), "chevron_right", main=True)
        self.next_button.clicked.connect(lambda: self.page_wanted.emit("train_page"))
        self.header.addWidget(self.preset_picker)
        self.header.addWidget(self.next_button)

    def _make_stack(self) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(theme.GAP_SMALL)
        self._summary = section("")
        self._summary.setWordWrap(True)
        layout.addWidget(self._summary)
        self.stack = LayerStack()
        self.stack.setObjectName("layer_stack")
        self.stack.layer_chosen.connect(self._choose)
        self.stack.command_wanted.connect(self._command)
        layout.addWidget(self.stack, 1)
        return layout

    def _make_settings(self) -> QWidget:
        settings = QWidget()
        layout = QVBoxLayout(settings)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self._layer_title = section("")
        self._layer_help = second()
        layout.addWidget(self._layer_title)
        layout.addWidget(self._layer_help)
        self._form_place = QVBoxLayout()
        layout.addLayout(self._form_place)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        self.up_button = button("layer_up", self.tr("Up"), "up")
        self.up_button.setToolTip(self.tr("Move it towards the input (Alt+Up)"))
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button = button("layer_down", self.tr("Down"), "down")
        self.down_button.setToolTip(self.tr("Move it towards the output (Alt+Down)"))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.remove_button = button("layer_remove", self.tr("Remove"), "trash")
        self.remove_button.setToolTip(self.tr("Take it out (Delete)"))
        self.remove_button.clicked.connect(self._remove)
        for each in (self.up_button, self.down_button, self.remove_button):
            row.addWidget(each)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addStretch(1)
        return settings

    # --- what people do

    def _edit(self, text: str, layers: tuple[Layer, ...], merges: bool = False) -> None:
        experiment = self.session.experiment
        # A changed preset is a network of the person's own.
        known = {architecture.name for architecture in presets().values()}
        name = experiment.architecture.name
        name = self.tr("{}, changed").format(name) if name in known else name
        architecture = msgspec.structs.replace(experiment.architecture, layers=layers, name=name)
        self.session.edit(text, msgspec.structs.replace(experiment, architecture=architecture), merges)

    def _pick_preset(self) -> None:
        architecture = presets()[self.preset_picker.currentData()]
        experiment = msgspec.structs.replace(self.session.experiment, architecture=architecture)
        self._chosen = (0,)
        self.session.edit(self.tr("Choose {}").format(architecture.name), experiment)

    def _add(self, tag: str, inside: bool) -> None:
        layer = LAYERS[tag]()
        layers = self.session.experiment.architecture.layers
        if inside:
            path = (*self._chosen, len(layer_at(layers, self._chosen).children()))
        else:
            path = (*self._chosen[:-1], self._chosen[-1] + 1) if self._chosen else (0,)
        self._chosen = path
        self._edit(self.tr("Add {}").format(spec_text(layer.title)), insert_layer(layers, path, layer))

    def _remove(self) -> None:
        layers = self.session.experiment.architecture.layers
        if not self._chosen:
            return
        path = self._chosen
        title = spec_text(layer_at(layers, path).title)
        self._chosen = (*path[:-1], path[-1] - 1) if path[-1] > 0 else path[:-1]
        if not self._chosen and len(layers) > 1:
            self._chosen = (0,)
        self._edit(self.tr("Remove {}").format(title), remove_layer(layers, path))

    def _command(self, name: str) -> None:
        if name == "remove":
            self._remove()
        elif name in ("move_up", "move_down"):
            self._move(-1 if name == "move_up" else 1)

    def _move(self, by: int) -> None:
        if not self._chosen:
            return
        layers, path = move_layer(self.session.experiment.architecture.layers, self._chosen, by)
        title = spec_text(layer_at(layers, path).title)
        self._chosen = path
        self._edit(self.tr("Move {}").format(title), layers)

    def _edit_layer(self, layer: Layer, text: str) -> None:
        layers = replace_layer(self.session.experiment.architecture.layers, self._chosen, layer)
        # With the number of the layer: only edits of the same one become one step.
        number = ".".join(str(position + 1) for position in self._chosen)
        self._edit(self.tr("{} of layer {}").format(text, number), layers, merges=True)

    def _choose(self, path: tuple[int, ...]) -> None:
        self._chosen = path
        self._show_chosen()

    # --- what the page shows

    def _show_architecture(self) -> None:
        architecture = self.session.experiment.architecture
        samples = self.session.samples
        shape, classes = USUAL_SHAPE, USUAL_CLASSES
        if samples is not None:
            shape, classes = samples.shape, len(samples.class_names)
        self._report = describe(architecture, shape, classes) if self.session.engine_ready else None
        self.preset_picker.setCurrentIndex(self.preset_picker.findText(architecture.name))
        rows = [StackRow((), self.tr("Input"), self.tr("one picture"), shape_text(shape))]
        reports = self._report.layers if self._report else _walk(architecture.layers)
        rows += [self._row(report) for report in reports]
        if self._chosen not in [row.path for row in rows]:
            self._chosen = ()
        self.stack.show_rows(rows, self._chosen)
        self._show_summary(architecture.name)
        self._show_chosen()

    def _row(self, report: LayerReport) -> StackRow:
        layer = report.layer
        settings = [
            f"{spec_text(field.label).lower()} {getattr(layer, field.name):g}"
            for field in fields_of(type(layer))
            if field.kind in ("integer", "number") and getattr(layer, field.name) != 0
        ]
        return StackRow(
            path=report.path,
            title=spec_text(layer.title),
            detail=", ".join(settings),
            shape=shape_text(report.output_shape) if report.output_shape else "",
            cost=self.tr("{} parameters").format(grouped(report.parameters)) if report.parameters else "",
            error=str(report.error) if report.error else "",
        )

    def _show_summary(self, name: str) -> None:
        report = self._report
        if report is None:
            self._summary.setText(name)
            self.message.clear()
            return
        text = self.tr("{}: {} parameters, {} million operations a picture")
        self._summary.setText(text.format(name, grouped(report.parameters), f"{report.flops / 1e6:.3g}"))
        if report.errors:
            self.message.say(str(report.errors[0]))
        else:
            self.message.clear()
        self.next_button.setEnabled(not report.errors)

    def _show_chosen(self) -> None:
        layers = self.session.experiment.architecture.layers
        layer = layer_at(layers, self._chosen) if self._chosen else None
        for each in (self.up_button, self.down_button, self.remove_button):
            each.setEnabled(layer is not None)
        self.palette_view.set_container_chosen(layer is not None and layer.is_container)
        if layer is None:
            self._layer_title.setText(self.tr("Input"))
            self._layer_help.setText(self.tr("The picture as it lies in the dataset, scaled to mean 0 and spread 1."))
            self._replace_form(None)
            return
        self._layer_title.setText(spec_text(layer.title))
        self._layer_help.setText(spec_text(layer.summary()))
        if self._form is not None and type(self._form.value) is type(layer):
            self._form.show_value(layer)
        else:
            self._replace_form(layer)

    def _replace_form(self, layer: Layer | None) -> None:
        if self._form is not None:
            # Hidden first: with a show still due it would become a window of its own.
            self._form.hide()
            self._form.setParent(None)
            self._form.deleteLater()
            self._form = None
        if layer is not None:
            self._form = Form(layer)
            self._form.value_edited.connect(self._edit_layer)
            self._form_place.addWidget(self._form)


def _walk(layers: tuple[Layer, ...], path: tuple[int, ...] = ()) -> list[LayerReport]:
    """The rows of a tree whose shapes are not known yet."""
    rows: list[LayerReport] = []
    for position, layer in enumerate(layers):
        rows.append(LayerReport((*path, position), layer))
        rows += _walk(layer.children(), (*path, position))
    return rows
