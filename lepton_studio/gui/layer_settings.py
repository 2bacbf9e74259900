"""The settings of the chosen card: what it is, what can be set, what it makes of its input."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import Layer, LayerReport, replace_layer, shape_text
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.page import second, section
from lepton_studio.gui.preset_facts import PresetFacts
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.wording import grouped
from lepton_studio.gui.workbench import Workbench

_ADDRESS = re.compile(r"https?://[^\s,]+[^\s,.;)]")
_CODE = re.compile(r"(\s*)``(.+?)``([,.;]?\s*)")
# Single letters and the like stay in their sentence.
SHORT_CODE = 12


class LayerSettings(QWidget):
    """Shows one card of the workbench, or the input, and edits it."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Shows what is chosen now, and follows."""
        super().__init__(parent)
        self._workbench = workbench
        self._form: Form | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self._title = section("")
        self._title.setObjectName("layer_title")
        self._title.setWordWrap(True)
        self._help = second()
        self._more = QLabel(wordWrap=True)
        self._more.setObjectName("layer_more")
        self._more.setTextFormat(Qt.TextFormat.RichText)
        self._more.setProperty("role", "second")
        self._more.setOpenExternalLinks(True)
        self._facts = second()
        self._facts.setObjectName("layer_facts")
        self._form_place = QVBoxLayout()
        for part in (self._title, self._help, self._more):
            layout.addWidget(part)
        layout.addLayout(self._form_place)
        layout.addWidget(self._facts)
        # They hide themselves for networks that nobody knows; what is around hides them beside a layer.
        self._network = QWidget(self)
        self.preset_facts = PresetFacts(workbench, self._network)
        inside = QVBoxLayout(self._network)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.preset_facts)
        layout.addWidget(self._network)
        layout.addStretch(1)
        workbench.described.connect(self.refresh)
        workbench.selection_changed.connect(self.refresh)
        self.refresh()

    @property
    def form(self) -> Form | None:
        """The form of the chosen layer; None for the input and for layers without settings."""
        return self._form

    def focus_first(self) -> None:
        """Puts the keyboard into the first field."""
        if self._form is None:
            return
        shown = [field.name for field in fields_of(type(self._form.value)) if not field.hidden]
        if shown:
            self._form.editor(shown[0]).setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Shows what is chosen."""
        layer = self._workbench.layer
        if layer is None:
            self._title.setText(self.tr("Input"))
            self._help.setText(self.tr("The picture as it lies in the dataset, scaled to mean 0 and spread 1."))
            self._more.hide()
            self._facts.setText(self.tr("One picture is {}.").format(shape_text(self._workbench.shape)))
            self._replace_form(None)
            self._network.show()
            return
        self._network.hide()
        self._title.setText(spec_text(layer.title))
        self._help.setText(spec_text(layer.summary()))
        self._more.setText(self._background(layer))
        self._more.setVisible(bool(self._more.text()))
        row = next((row for row in self._workbench.rows if row.path == self._workbench.current), None)
        self._facts.setText("" if row is None else self._facts_of(row))
        if self._form is not None and type(self._form.value) is type(layer):
            self._form.show_value(layer)
        else:
            self._replace_form(layer)

    def _background(self, layer: Layer) -> str:
        """Formula and link of the docstring, which stand below its first sentence, as HTML."""
        rest = html.escape(" ".join((type(layer).__doc__ or "").split("\n")[1:]), quote=False)
        linked = _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{self.tr("read more")}</a>', " ".join(rest.split()))
        return _CODE.sub(_set_code, linked).replace("<br><br>", "<br>")

    def _facts_of(self, row: LayerReport) -> str:
        if row.input_shape is None:
            return ""
        if row.output_shape is None:
            return self.tr("Gets {}.").format(shape_text(row.input_shape))
        lines = [self.tr("Turns {} into {}.").format(shape_text(row.input_shape), shape_text(row.output_shape))]
        if row.receptive_field > 1:
            lines.append(self.tr("Each output sees {0} × {0} pixels of the picture.").format(row.receptive_field))
        if row.parameters:
            lines.append(self.tr("{} parameters.").format(grouped(row.parameters)))
        if row.frozen:
            lines.append(self.tr("{} of them stay as they are.").format(grouped(row.frozen)))
        return "\n".join(lines)

    def _replace_form(self, layer: Layer | None) -> None:
        if self._form is not None:
            # What was half typed there is finished when the field loses the focus, and is of no other layer.
            self._form.blockSignals(True)
            # Hidden first: with a show still due it would become a window of its own.
            self._form.hide()
            self._form.setParent(None)
            self._form.deleteLater()
            self._form = None
        if layer is not None:
            self._form = Form(layer)
            self._form.value_edited.connect(self._edit_layer)
            self._form_place.addWidget(self._form)

    def _edit_layer(self, layer: Layer, text: str) -> None:
        path = self._workbench.current
        # With the number of the layer: only edits of the same one become one step.
        number = ".".join(str(position + 1) for position in path)
        layers = replace_layer(self._workbench.layers, path, layer)
        self._workbench.edit(self.tr("{} of layer {}").format(text, number), layers, merges=True)


def _set_code(found: re.Match[str]) -> str:
    """A formula on a line of its own, without the comma behind it; a short name where it stands."""
    before, code, after = found.groups()
    if " = " not in code and len(code) < SHORT_CODE:
        return f"{before}<code>{code}</code>{after}"
    return f"{'<br>' if found.start() else ''}<code>{code}</code>{'<br>' if found.end() < len(found.string) else ''}"
