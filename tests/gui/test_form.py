"""Forms made from specs: the contract of every spec there is, and what an editor says and keeps to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from lepton_studio.engine import (
    AUGMENTATIONS,
    DATASETS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    Hyperparameters,
    LiveSettings,
    default_experiment,
)
from lepton_studio.engine.fields import about, fields_of
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.widgets.form import ChoiceEditor, Form, SeveralEditor
from lepton_studio.gui.widgets.number_edit import NumberEdit

REGISTRIES = (LAYERS, DATASETS, OPTIMIZERS, SCHEDULES, LOSSES, AUGMENTATIONS)
SPECS = [*(kind for registry in REGISTRIES for kind in registry.classes.values()), Hyperparameters, Preferences]
every_spec = pytest.mark.parametrize("kind", SPECS, ids=lambda kind: kind.__name__)


class Paint(msgspec.Struct, frozen=True, tag="paint"):
    """A made-up spec with a field of each plain kind."""

    name: Annotated[str, about("What to call it.")] = "red"
    layers: Annotated[int, about("How many.", low=1, high=9)] = 2
    share: Annotated[float, about("How much.", low=0, high=1)] = 0.5
    glossy: Annotated[bool, about("Whether it shines.")] = False
    kind: Annotated[Literal["oil", "water_colour"], about("What it is made of.")] = "oil"
    secret: Annotated[int, about("Edited elsewhere.", hidden=True)] = 7


@pytest.fixture
def make(qtbot) -> Callable[..., Form]:
    def made(value: msgspec.Struct, only: tuple[str, ...] | None = None) -> Form:
        form = Form(value, only)
        form.said = []
        form.value_edited.connect(lambda value, text: form.said.append((value, text)))
        qtbot.addWidget(form)
        form.show()
        qtbot.waitExposed(form)
        return form

    return made


def change(editor: QWidget) -> None:
    """Does to an editor what a person does, so that its value is another one."""
    if isinstance(editor, NumberEdit):
        before = editor.value()
        editor.stepBy(1)
        if editor.value() == before:
            editor.stepBy(-1)
    elif isinstance(editor, QCheckBox):
        QTest.mouseClick(editor, Qt.MouseButton.LeftButton, pos=QPoint(8, editor.height() // 2))
    elif isinstance(editor, QLineEdit):
        editor.selectAll()
        QTest.keyClicks(editor, "other")
        QTest.keyClick(editor, Qt.Key.Key_Return)
    elif isinstance(editor, SeveralEditor):
        change(editor.findChild(QCheckBox))
    elif isinstance(editor, QComboBox):
        editor.setFocus()
        QTest.keyClick(editor, Qt.Key.Key_Down if editor.currentIndex() == 0 else Qt.Key.Key_Up)
    else:
        raise AssertionError(f"nobody knows how to use {editor}")


def is_shown(kind: type, name: str) -> bool:
    """Whether a form has a row for a field; a choice of one is none."""
    field = next(field for field in fields_of(kind) if field.name == name)
    return not field.hidden and not (field.kind == "spec" and len(field.choices) == 1)


def turn_wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


# --- the contract


@every_spec
def test_every_field_that_is_not_hidden_has_an_editor_that_names_and_explains_itself(kind, make) -> None:
    form = make(kind())
    labels = {label.text() for label in form.findChildren(QLabel)}
    for field in fields_of(kind):
        if is_shown(kind, field.name):
            editor = form.editor(field.name)
            assert editor.objectName() == f"field_{field.name}"
            assert editor.accessibleName() == field.label
            assert editor.toolTip() == field.help != ""
            assert field.label in labels
        else:
            with pytest.raises(KeyError):
                form.editor(field.name)


@every_spec
def test_every_editor_gives_a_changed_value_that_is_valid(kind, make) -> None:
    for field in fields_of(kind):
        if not is_shown(kind, field.name):
            continue
        before = kind()
        form = make(before)
        change(form.editor(field.name))
        assert len(form.said) == 1, f"{field.name} said {form.said}"
        after, text = form.said[0]
        assert type(after) is kind
        assert getattr(after, field.name) != getattr(before, field.name)
        assert msgspec.convert(msgspec.to_builtins(after), kind) == after
        # One field changed and no other.
        restored = msgspec.structs.replace(after, **{field.name: getattr(before, field.name)})
        assert restored == before == kind()
        assert form.value == after
        assert text


@every_spec
def test_a_form_shows_another_value_and_says_nothing(kind, make) -> None:
    source, form = make(kind()), make(kind())
    for field in fields_of(kind):
        if is_shown(kind, field.name):
            change(source.editor(field.name))
    form.show_value(source.value)
    assert form.value == source.value
    assert form.said == []
    form.show_value(kind())
    assert form.said == []


def test_no_window_opens_while_a_form_is_made(qapp, qtbot) -> None:
    shown = []

    class Watch(QObject):
        def eventFilter(self, thing: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Show and isinstance(thing, QWidget) and thing.isWindow():
                shown.append(thing)
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    try:
        form = Form(Hyperparameters())
        qtbot.addWidget(form)
        form.show_value(Hyperparameters(optimizer=OPTIMIZERS["sgd"](), augmentations=()))
        form.show_value(Hyperparameters())
    finally:
        qapp.removeEventFilter(watch)
    assert shown == []


# --- plain editors


def test_each_plain_kind_shows_its_value(make) -> None:
    form = make(Paint(name="blue", layers=3, share=0.25, glossy=True, kind="water_colour"))
    assert form.editor("name").text() == "blue"
    assert form.editor("layers").value() == 3
    assert form.editor("share").value() == 0.25
    assert form.editor("glossy").isChecked()
    assert form.editor("kind").currentText() == "water colour"
    form.show_value(Paint())
    assert form.editor("name").text() == "red"
    assert form.editor("layers").value() == 2
    assert form.editor("share").value() == 0.5
    assert not form.editor("glossy").isChecked()
    assert form.editor("kind").currentText() == "oil"


def test_only_the_named_fields_are_shown(make) -> None:
    form = make(Paint(), ("share",))
    assert form.editor("share") is not None
    with pytest.raises(KeyError):
        form.editor("name")


def test_labels_of_one_width_put_all_editors_below_each_other_also_those_inside(qtbot) -> None:
    form = Form(Hyperparameters(), label_width=180)
    qtbot.addWidget(form)
    form.show()
    qtbot.waitExposed(form)
    numbers = [editor for editor in form.findChildren(NumberEdit) if editor.isVisible()]
    assert len(numbers) > 5
    assert len({editor.mapTo(form, QPoint(0, 0)).x() for editor in numbers}) == 1
    # Another choice makes another form inside.
    change(form.editor("optimizer"))
    QApplication.processEvents()
    numbers = [editor for editor in form.findChildren(NumberEdit) if editor.isVisible()]
    assert len({editor.mapTo(form, QPoint(0, 0)).x() for editor in numbers}) == 1


def test_the_seed_of_an_experiment_can_be_edited_by_itself(make) -> None:
    experiment = default_experiment()
    form = make(experiment, ("seed",))
    form.editor("seed").setValue(2**31 - 1)
    assert form.said == [(msgspec.structs.replace(experiment, seed=2**31 - 1), "Change seed")]


def test_the_step_is_named_for_the_edit_menu(make) -> None:
    form = make(Hyperparameters())
    form.editor("batch_size").setValue(128)
    assert form.said[-1][1] == "Change batch size"


def test_whole_numbers_stay_whole(make) -> None:
    form = make(Paint())
    form.editor("layers").setValue(5)
    assert form.said[0][0].layers == 5
    assert isinstance(form.said[0][0].layers, int)


def test_the_value_that_was_given_is_never_changed(make) -> None:
    value = Paint()
    form = make(value)
    for name in ("name", "layers", "share", "glossy", "kind"):
        change(form.editor(name))
    assert value == Paint()
    assert form.value == Paint(name="other", layers=3, share=0.51, glossy=True, kind="water_colour")


def test_the_same_value_again_says_nothing(make) -> None:
    form = make(Paint())
    form.editor("name").setText("red")
    form.editor("name").editingFinished.emit()
    form.editor("layers").setValue(2)
    assert form.said == []


def test_what_a_spec_refuses_is_shown_as_it_was(make) -> None:
    form = make(Paint())
    # An editor that lets more through than the spec.
    form.editor("layers").setMaximum(100)
    form.editor("layers").setValue(50)
    assert form.said == []
    assert form.editor("layers").value() == 2
    assert form.value == Paint()


@pytest.mark.parametrize("name", ["layers", "share", "kind"])
def test_the_wheel_passes_over_a_form_without_changing_it(make, name) -> None:
    form = make(Paint())
    form.editor(name).clearFocus()
    turn_wheel(form.editor(name))
    assert form.said == []
    assert form.value == Paint()


def test_the_wheel_passes_over_choices_of_specs_too(make) -> None:
    form = make(Hyperparameters())
    for name in ("optimizer", "schedule", "loss", "device", "precision"):
        editor = form.editor(name)
        editor.setFocus()
        turn_wheel(editor)
    assert form.said == []


# --- specs inside specs


def test_another_choice_starts_from_its_own_defaults_and_shows_its_fields(make, qtbot) -> None:
    form = make(Hyperparameters())
    editor = form.editor("optimizer")
    assert isinstance(editor, ChoiceEditor)
    editor.setCurrentIndex(editor.findText(OPTIMIZERS["sgd"].title))
    assert form.said == [(Hyperparameters(optimizer=OPTIMIZERS["sgd"]()), "Change optimizer")]
    momentum = editor.details.findChild(NumberEdit, "field_momentum")
    qtbot.waitUntil(momentum.isVisible)
    momentum.setValue(0.5)
    assert form.said[-1] == (Hyperparameters(optimizer=OPTIMIZERS["sgd"](momentum=0.5)), "Change momentum")


def test_a_choice_without_fields_takes_no_room(make) -> None:
    form = make(Hyperparameters())
    assert not form.editor("adversarial").details.isVisible()
    assert form.editor("optimizer").details.isVisible()


def test_what_is_put_below_a_choice_stands_below_its_fields(make, qtbot) -> None:
    form = make(Hyperparameters())
    below = QPushButton("Below")
    form.add_below("optimizer", below)
    details = form.editor("optimizer").details
    qtbot.waitUntil(lambda: below.y() > 0 and below.isVisible())
    assert details.geometry().bottom() < below.y() < form.editor("schedule").y()


def test_each_choice_says_what_it_is(make) -> None:
    editor = make(Hyperparameters()).editor("optimizer")
    tips = [editor.itemData(row, Qt.ItemDataRole.ToolTipRole) for row in range(editor.count())]
    assert tips == [kind.summary() for kind in OPTIMIZERS.classes.values()]
    assert all(tips)


def test_a_value_shown_from_outside_goes_into_the_form_of_the_choice(make) -> None:
    form = make(Hyperparameters())
    editor = form.editor("optimizer")
    form.show_value(Hyperparameters(optimizer=OPTIMIZERS["sgd"](momentum=0.25)))
    assert editor.currentText() == OPTIMIZERS["sgd"].title
    assert editor.details.findChild(NumberEdit, "field_momentum").value() == 0.25
    form.show_value(Hyperparameters(optimizer=OPTIMIZERS["sgd"](momentum=0.75)))
    assert editor.details.findChild(NumberEdit, "field_momentum").value() == 0.75
    # What was said last is the start of what is said next.
    editor.details.findChild(NumberEdit, "field_learning_rate").setValue(0.5)
    assert form.said[-1][0].optimizer == OPTIMIZERS["sgd"](momentum=0.75, learning_rate=0.5)


def switch_of(editor: QWidget) -> QCheckBox:
    return editor.findChild(QCheckBox)


def test_an_augmentation_can_be_switched_off_and_on_with_what_was_set(make) -> None:
    affine = AUGMENTATIONS["affine"]
    form = make(Hyperparameters(augmentations=(affine(turn=3.0),)))
    editor = form.editor("augmentations")
    assert isinstance(editor, SeveralEditor)
    turn: Any = editor.findChild(NumberEdit, "field_turn")
    assert turn.isVisible()
    switch_of(editor).click()
    assert form.said[-1] == (Hyperparameters(augmentations=()), f"Switch {affine.title}")
    assert not turn.isVisible()
    switch_of(editor).click()
    assert form.said[-1][0] == Hyperparameters(augmentations=(affine(turn=3.0),))
    turn.setValue(5.0)
    assert form.said[-1] == (Hyperparameters(augmentations=(affine(turn=5.0),)), "Change turn")


def test_switches_follow_a_value_from_outside(make) -> None:
    form = make(Hyperparameters(augmentations=()))
    switch = switch_of(form.editor("augmentations"))
    assert not switch.isChecked()
    form.show_value(Hyperparameters(augmentations=(AUGMENTATIONS["affine"](scale=0.2),)))
    assert switch.isChecked()
    assert form.editor("augmentations").findChild(NumberEdit, "field_scale").value() == pytest.approx(0.2)
    assert form.said == []


@pytest.mark.parametrize("sliders", [False, True])
def test_what_is_put_below_a_field_stands_there_with_and_without_sliders(qtbot, sliders: bool) -> None:
    form = Form(LiveSettings(), only=("momentum", "dropout"), sliders=sliders)
    note = QLabel("Said of dropout")
    form.add_below("dropout", note)
    qtbot.addWidget(form)
    form.show()
    momentum, dropout = (form.editor(name).mapTo(form, QPoint()).y() for name in ("momentum", "dropout"))
    assert momentum < dropout < note.y()
