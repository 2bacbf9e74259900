"""A form made from a spec: one row a field, its range, unit and help read from the declaration."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from lepton_studio.engine.fields import Field, fields_of, replaced
from lepton_studio.gui import theme
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.number_slider import NumberSlider
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.several_editor import SeveralEditor


def spec_text(text: str) -> str:
    """A word or sentence of a spec in the language of the window."""
    return QCoreApplication.translate("specs", text)


class Form(QWidget):
    """Edits one frozen value and says so with a new one; it never changes the value it was given.

    Signals:
        value_edited: the new value, and a text for the Edit menu ("Change batch size").
    """

    value_edited = Signal(object, str)

    def __init__(
        self,
        value: msgspec.Struct,
        only: tuple[str, ...] | None = None,
        parent: QWidget | None = None,
        label_width: int = 0,
        sliders: bool = False,
    ) -> None:
        """Makes the rows for a value's class.

        Args:
            value: what to show first.
            only: the fields to show, if not all.
            parent: the widget to be in.
            label_width: pixels that labels take at least, so that the editors of several forms stand below each
                other; forms inside this one follow.
            sliders: whether numbers between two ends have a slider beside them.
        """
        super().__init__(parent)
        self._value = value
        self._has_sliders = sliders
        self._sliders: dict[str, NumberSlider] = {}
        self._label_width = label_width
        self._editors: dict[str, QWidget] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(theme.GAP_SMALL)
        self._layout.setVerticalSpacing(theme.GAP_SMALL)
        self._layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for field in fields_of(type(value)):
            if not field.hidden and (only is None or field.name in only):
                self._add_row(field)

    @property
    def value(self) -> msgspec.Struct:
        """What the form shows."""
        return self._value

    def editor(self, name: str) -> QWidget:
        """The widget that edits a field."""
        return self._editors[name]

    def add_below(self, name: str, widget: QWidget) -> None:
        """Puts a widget, as wide as the form, below the editor of a field and what belongs to it."""
        editor = self._editors[name]
        last = editor.details if isinstance(editor, ChoiceEditor) else self._sliders.get(name, editor)
        # A pair of row and role, which the stubs of PySide6 do not know.
        position: Any = self._layout.getWidgetPosition(last)
        self._layout.insertRow(position[0] + 1, widget)

    def show_value(self, value: msgspec.Struct) -> None:
        """Shows another value of the same class; nothing is emitted."""
        if value == self._value:
            return
        self._value = value
        for name, editor in self._editors.items():
            new = getattr(value, name)
            if isinstance(editor, ChoiceEditor | SeveralEditor):
                editor.show_value(new)
            else:
                _show(editor, new)
            if name in self._sliders:
                self._sliders[name].follow()

    def _add_row(self, field: Field) -> None:
        current = getattr(self._value, field.name)
        if field.kind == "spec" and len(field.choices) == 1:
            return
        editor = self._make_editor(field, current)
        if editor is None:
            return
        self._editors[field.name] = editor
        editor.setObjectName(f"field_{field.name}")
        label = spec_text(field.label)
        editor.setAccessibleName(label)
        tip = spec_text(field.help)
        editor.setToolTip(tip)
        if isinstance(editor, SeveralEditor):
            self._layout.addRow(editor)
            return
        name = QLabel(label)
        name.setToolTip(tip)
        name.setMinimumWidth(self._label_width)
        name.setBuddy(editor)
        if self._has_sliders and isinstance(editor, NumberEdit) and not field.logarithmic:
            slider = self._sliders[field.name] = NumberSlider(editor)
            slider.slider.setAccessibleName(label)
            slider.slider.setToolTip(tip)
            self._layout.addRow(name, slider)
            return
        self._layout.addRow(name, editor)
        if isinstance(editor, ChoiceEditor):
            # The fields of the choice stand below it, as wide as the form.
            self._layout.addRow(editor.details)

    def _make_editor(self, field: Field, current: Any) -> QWidget | None:
        """One editor for each kind of field, connected to the form."""
        editor: QWidget
        if field.kind in ("integer", "number"):
            editor = NumberEdit(field)
            editor.setValue(current)
            editor.valueChanged.connect(lambda number: self._edited(field, number))
        elif field.kind == "switch":
            editor = QCheckBox()
            editor.setChecked(current)
            editor.toggled.connect(lambda on: self._edited(field, on))
        elif field.kind == "text":
            editor = QLineEdit(current)
            editor.editingFinished.connect(lambda: self._edited(field, editor.text()))
        elif field.kind == "choice":
            editor = QuietComboBox()
            for word in field.choices:
                editor.addItem(spec_text(word.replace("_", " ")), word)
            _show(editor, current)
            editor.currentIndexChanged.connect(lambda: self._edited(field, editor.currentData()))
        elif field.kind == "spec":
            editor = ChoiceEditor(field, current, self._label_width)
            editor.value_edited.connect(lambda value, detail: self._edited(field, value, detail))
        elif field.kind == "specs":
            width = max(0, self._label_width - theme.GAP)
            editor = SeveralEditor(field, current, lambda spec: Form(spec, label_width=width, sliders=True))
            editor.value_edited.connect(lambda value, detail: self._edited(field, value, detail))
        else:
            return None
        return editor

    def _edited(self, field: Field, new: Any, detail: str = "") -> None:
        if isinstance(new, float) and field.kind == "integer":
            new = round(new)
        if new == getattr(self._value, field.name):
            return
        try:
            self._value = replaced(self._value, field.name, new)
        except msgspec.ValidationError:
            # The editors keep to the range; what slips through is shown as it was.
            _show(self._editors[field.name], getattr(self._value, field.name))
            return
        label = spec_text(field.label)
        text = self.tr("Change {}").format(label[:1].lower() + label[1:])
        self.value_edited.emit(self._value, detail or text)


class ChoiceEditor(QuietComboBox):
    """Picks one of several specs; the fields of the picked one are a form in ``details``.

    Signals:
        value_edited: the new value, and a text for the Edit menu (empty: that of the field).
    """

    value_edited = Signal(object, str)

    def __init__(self, field: Field, value: msgspec.Struct, label_width: int = 0) -> None:
        """Makes the list of choices and the form of the current one; ``label_width`` is that of the form around."""
        super().__init__()
        self._label_width = max(0, label_width - theme.GAP)
        # A widget without parent would be a window of its own for a moment.
        self.details = QWidget(self)
        self._inside = QVBoxLayout(self.details)
        self._inside.setContentsMargins(theme.GAP, 0, 0, 0)
        self._form: Form | None = None
        self._value = value
        for choice in field.choices:
            self.addItem(spec_text(choice.title), choice)
            self.setItemData(self.count() - 1, spec_text(choice.summary()), Qt.ItemDataRole.ToolTipRole)
        self.show_value(value)
        self.currentIndexChanged.connect(self._picked)

    def show_value(self, value: msgspec.Struct) -> None:
        """Shows another value; nothing is emitted."""
        self._value = value
        blocked = self.blockSignals(True)
        self.setCurrentIndex(self.findData(type(value)))
        self.blockSignals(blocked)
        if self._form is not None and type(self._form.value) is type(value):
            self._form.show_value(value)
            return
        if self._form is not None:
            # Hidden first: with a show still due it would become a window of its own.
            self._form.hide()
            self._form.setParent(None)
            self._form.deleteLater()
        self._form = Form(value, label_width=self._label_width)
        self._form.value_edited.connect(self._detail_edited)
        self._inside.addWidget(self._form)
        self.details.setVisible(bool(fields_of(type(value))))

    def _picked(self) -> None:
        self.show_value(self.currentData()())
        self.value_edited.emit(self._value, "")

    def _detail_edited(self, value: msgspec.Struct, text: str) -> None:
        self._value = value
        self.value_edited.emit(value, text)


def _show(editor: QWidget, value: Any) -> None:
    blocked = editor.blockSignals(True)
    if isinstance(editor, NumberEdit):
        editor.setValue(value)
    elif isinstance(editor, QCheckBox):
        editor.setChecked(value)
    elif isinstance(editor, QLineEdit):
        editor.setText(value)
    elif isinstance(editor, QComboBox):
        editor.setCurrentIndex(editor.findData(value))
    editor.blockSignals(blocked)
