"""The question that Why asks: by which method, with which settings, and compared with which class."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from lepton_studio.engine import EXPLAINERS, Explainer, Predictor, convolution_places
from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox

# What follows the pen, tells for and against apart, and is not noisy.
FIRST = "hires_cam"
# Likewise, where there is nothing to look at but the pixels.
WITHOUT_CONVOLUTIONS = "input_times_gradient"
# Designed pixels of the two lists.
NARROWEST = 76


class WhyQuestion(QWidget):
    """A list of methods, one sentence how to read the map, settings where there are any, and "why not 2?".

    Signals:
        changed: another question is asked.
    """

    changed = Signal()

    def __init__(self, kept: dict[str, Any] | None = None, parent: QWidget | None = None) -> None:
        """Asks as it was asked before, if somebody kept :meth:`settings`."""
        super().__init__(parent)
        kept = kept or {}
        self._explainers: dict[str, Explainer] = {name: kind() for name, kind in EXPLAINERS.classes.items()}
        self._explainers |= kept.get("explainers", {})
        self._names: tuple[str, ...] = ()
        self._wanted_other = kept.get("other", "")
        self._is_by_hand = kept.get("is_by_hand", False)
        self._make_parts()
        self.method.setCurrentIndex(max(0, self.method.findData(kept.get("method", FIRST))))
        self.method.currentIndexChanged.connect(self._show_method)
        self.method.currentIndexChanged.connect(self._take_hand)
        self._show_method()

    @property
    def explainer(self) -> Explainer:
        """The method with its settings."""
        return self._explainers[str(self.method.currentData())]

    @property
    def other(self) -> int:
        """The class to compare the answer with, -1 for none."""
        return self.asked.currentIndex() - 1

    def settings(self) -> dict[str, Any]:
        """What another question can be made of."""
        other = self._names[self.other] if 0 <= self.other < len(self._names) else ""
        return {
            "method": self.method.currentData(),
            "explainers": dict(self._explainers),
            "other": other,
            "is_by_hand": self._is_by_hand,
        }

    def take_network(self, predictor: Predictor | None) -> None:
        """Offers the classes and the convolutions of another network."""
        names = predictor.class_names if predictor is not None else ()
        if names != self._names or not self.asked.count():
            wanted = self.settings()["other"] or self._wanted_other
            self._names = names
            self.asked.blockSignals(True)
            self.asked.clear()
            self.asked.addItem(self.tr("Why this?"))
            self.asked.addItems([self.tr("Why not {0}?").format(name) for name in names])
            self.asked.setCurrentIndex(names.index(wanted) + 1 if wanted in names else 0)
            self.asked.blockSignals(False)
        places = convolution_places(predictor) if predictor is not None else ()
        self._offer_layers(places)
        if predictor is not None and not self._is_by_hand:
            # Nobody who has chosen nothing shall be told that it was the wrong method.
            self.method.setCurrentIndex(self.method.findData(FIRST if places else WITHOUT_CONVOLUTIONS))
            self._is_by_hand = False
        self.changed.emit()

    # --- inside

    def _make_parts(self) -> None:
        self.method = QuietComboBox()
        self.method.setObjectName("why_method")
        self.method.setAccessibleName(self.tr("Method"))
        for kind in sorted(EXPLAINERS.classes.values(), key=lambda kind: not kind.is_one_pass):
            self.method.addItem(spec_text(kind.title), kind.tag())
            self.method.setItemData(self.method.count() - 1, spec_text(kind.summary()), 3)
        self.tool = icon_button("why_settings", "settings", self.tr("Settings of the method"))
        self.tool.setCheckable(True)
        self.asked = QuietComboBox()
        self.asked.setObjectName("why_asked")
        self.asked.setAccessibleName(self.tr("Question"))
        self.asked.setToolTip(
            self.tr("Compare the answer with another class: what speaks for the one, and for the other?")
        )
        self.asked.currentIndexChanged.connect(self.changed)
        self.layers = QuietComboBox()
        self.layers.setObjectName("why_layer")
        self.layers.setAccessibleName(self.tr("Convolution to look at"))
        self.layers.activated.connect(self._choose_layer)
        self.how_to_read = second()
        self.how_to_read.setObjectName("why_how_to_read")
        self._form: Form | None = None
        self._forms = QWidget()
        inside = QVBoxLayout(self._forms)
        inside.setContentsMargins(0, 0, 0, 0)
        self._forms.hide()
        self.tool.toggled.connect(self._forms.setVisible)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for choice in (self.method, self.asked):
            # In a narrow column a shorter word is better than a map that is cut off.
            choice.setMinimumWidth(theme.px(NARROWEST))
        for part, stretch in ((self.method, 5), (self.tool, 0), (self.asked, 4)):
            row.addWidget(part, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(row)
        layout.addWidget(self._forms)
        layout.addWidget(self.how_to_read)

    def _show_method(self) -> None:
        explainer = self.explainer
        self.method.setToolTip(spec_text(type(explainer).summary()))
        self.how_to_read.setText(spec_text(explainer.how_to_read))
        layout = self._forms.layout()
        assert layout is not None
        while (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is self.layers:
                self.layers.setParent(None)
            elif widget is not None:
                widget.deleteLater()
        only = tuple(field.name for field in fields_of(type(explainer)) if field.name != "layer")
        if hasattr(explainer, "layer"):
            self._show_layer()
            layout.addWidget(self.layers)
        elif only:
            self._form = Form(explainer, only)
            self._form.value_edited.connect(self._edit)
            layout.addWidget(self._form)
        has_settings = layout.count() > 0
        self.tool.setEnabled(has_settings)
        self._forms.setVisible(has_settings and self.tool.isChecked())
        self.changed.emit()

    def _take_hand(self) -> None:
        self._is_by_hand = True

    def _edit(self, value: msgspec.Struct, _text: str) -> None:
        assert isinstance(value, Explainer)
        self._explainers[type(value).tag()] = value
        if self._form is not None:
            self._form.show_value(value)
        self.changed.emit()

    def _offer_layers(self, places: tuple[str, ...]) -> None:
        self.layers.clear()
        self.layers.addItem(self.tr("The last convolution"), "")
        for number, place in enumerate(places, 1):
            text = self.tr("Convolution {0} of {1} (behind it, layer {2} in code)")
            self.layers.addItem(text.format(number, len(places), place), place)
        for name, explainer in self._explainers.items():
            if getattr(explainer, "layer", "") not in ("", *places):
                # Of another network.
                self._explainers[name] = replaced(explainer, "layer", "")
        self._show_layer()

    def _show_layer(self) -> None:
        self.layers.setCurrentIndex(max(0, self.layers.findData(getattr(self.explainer, "layer", ""))))

    def _choose_layer(self) -> None:
        self._explainers[self.explainer.tag()] = replaced(self.explainer, "layer", str(self.layers.currentData()))
        self.changed.emit()
