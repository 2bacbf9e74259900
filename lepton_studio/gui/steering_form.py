"""The live settings of a training as forms: one drag is one change, and each field says when it comes to be."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import LiveSettings
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.form import Form
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.number_slider import NumberSlider

# Numbers over many sizes are typed; those between two ends have a slider.
TYPED, SLID, COUNTED = (
    ("learning_rate", "weight_decay"), ("momentum", "dropout", "augmentation"), ("batch_size", "epochs"),
)  # fmt: skip
STRENGTHS, STRENGTH_STEP = ("dropout", "augmentation"), 0.1
# Steps that follow each other so quickly are one change.
REST_MILLISECONDS = 350


class SteeringForm(QWidget):
    """Edits live settings; whoever owns it says what they are and what becomes of an edit.

    Signals:
        setting_changed: a field of the live settings, and its new value: at the end of a drag, or of quick steps.
    """

    setting_changed = Signal(str, float)

    def __init__(self, label_width: int, parent: QWidget | None = None) -> None:
        """Makes the rows; labels take so many pixels at least."""
        super().__init__(parent)
        self._values = LiveSettings()
        self._edited: dict[str, float] = {}
        self._forms: dict[str, Form] = {}
        self._notes: dict[str, QLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for names in (TYPED, SLID, COUNTED):
            form = Form(self._values, only=names, label_width=label_width, sliders=names == SLID)
            form.value_edited.connect(self._take)
            layout.addWidget(form)
            for name in names:
                self._forms[name] = form
                note = self._notes[name] = second()
                note.setObjectName(f"note_{name}")
                # The column has its width; a long text shall not ask for more.
                note.setMinimumWidth(1)
                # Nearer to the row above than to that below.
                note.setContentsMargins(0, 0, 0, theme.GAP_SMALL)
                note.hide()
                form.add_below(name, note)
        for name in STRENGTHS:
            self._make_finer(name)
        self._rest = QTimer(self, singleShot=True, interval=REST_MILLISECONDS)
        self._rest.timeout.connect(self._say_when_let_go)

    def editor(self, name: str) -> NumberEdit:
        """The number of a field."""
        editor = self._forms[name].editor(name)
        assert isinstance(editor, NumberEdit)
        return editor

    def show_values(self, values: LiveSettings) -> None:
        """Shows other values, except for what is being edited just now."""
        self._values = msgspec.structs.replace(values, **self._edited)
        for form in self._forms.values():
            form.show_value(self._values)

    def show_note(self, name: str, text: str) -> None:
        """Says something below a field; an empty text says nothing."""
        note = self._notes[name]
        if note.text() != text:
            note.setText(text)
            note.setVisible(bool(text))

    def set_usable(self, name: str, is_usable: bool) -> None:
        """Greys a field out, or not; what is said below it stays legible."""
        row = self._row(name)
        rows = self._forms[name].layout()
        assert isinstance(rows, QFormLayout)
        for widget in (row, rows.labelForField(row)):
            widget.setEnabled(is_usable)
        if isinstance(row, NumberSlider):
            # A grey slider looks much like one that can be moved.
            policy = row.slider.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            row.slider.setSizePolicy(policy)
            row.slider.setVisible(is_usable)

    def finish(self) -> None:
        """Says at once what was edited last."""
        self._rest.stop()
        edited, self._edited = self._edited, {}
        for name, value in edited.items():
            self.setting_changed.emit(name, float(value))

    def _row(self, name: str) -> QWidget:
        """What stands beside the label of a field: the number, or what holds it with its slider."""
        editor = self._forms[name].editor(name)
        around = editor.parentWidget()
        return around if isinstance(around, NumberSlider) else editor

    def _make_finer(self, name: str) -> None:
        """A strength is worth finer steps than other numbers up to 2."""
        row, editor = self._row(name), self.editor(name)
        assert isinstance(row, NumberSlider)
        editor.setSingleStep(STRENGTH_STEP)
        row.slider.setRange(0, round((editor.maximum() - editor.minimum()) / STRENGTH_STEP))
        row.slider.setPageStep(max(1, row.slider.maximum() // 10))
        row.follow()

    def _take(self, value: LiveSettings, _text: str) -> None:
        form = self.sender()
        for name, owner in self._forms.items():
            new = getattr(value, name)
            if owner is form and new != getattr(self._values, name):
                self._edited[name] = new
                self._values = msgspec.structs.replace(self._values, **{name: new})
        self._rest.start()

    def _say_when_let_go(self) -> None:
        rows = (self._row(name) for name in SLID)
        if any(isinstance(row, NumberSlider) and row.slider.isSliderDown() for row in rows):
            self._rest.start()
        else:
            self.finish()
