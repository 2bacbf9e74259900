"""The settings of the chosen card."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from lepton_studio.engine import LAYERS
from lepton_studio.gui.layer_settings import LayerSettings
from lepton_studio.gui.workbench import Workbench

PATIENCE = 60_000


@pytest.fixture
def settings(ready_session: Any, qtbot: Any) -> LayerSettings:
    """Settings on a workbench of their own."""
    workbench = Workbench(ready_session, ready_session)
    made = LayerSettings(workbench)
    made.workbench = workbench  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.show()
    return made


def said(settings: LayerSettings, name: str) -> str:
    label = settings.findChild(QLabel, name)
    assert label is not None
    return label.text()


def test_they_show_what_a_layer_makes_of_its_input(settings: Any) -> None:
    settings.workbench.choose((3,))
    assert said(settings, "layer_title") == "Convolution 2d"
    facts = said(settings, "layer_facts")
    assert "Turns 32 × 14 × 14 into 64 × 14 × 14." in facts
    assert "sees 8 × 8 pixels" in facts
    assert "18\u202f496 parameters" in facts


def test_formula_and_paper_stand_below_the_first_sentence(settings: Any) -> None:
    settings.workbench.choose((3,))
    more = said(settings, "layer_more")
    assert more.startswith("<code>y[o]")
    assert '<a href="https://docs.pytorch.org/' in more
    assert ">read more</a>" in more


def test_every_layer_has_a_link_to_read_more(settings: Any, qtbot: Any) -> None:
    stack = settings.workbench.layers
    for tag in LAYERS.names():
        settings.workbench.edit("Add one", (LAYERS[tag](), *stack), ((0,),))
        # One of them waits for a package that is imported in the background.
        qtbot.waitUntil(lambda title=LAYERS[tag].title: said(settings, "layer_title") == title, timeout=PATIENCE)
        assert '<a href="https://' in said(settings, "layer_more"), tag
        assert "``" not in said(settings, "layer_more"), tag


def test_the_input_has_no_form_but_its_size(settings: Any) -> None:
    settings.workbench.choose()
    assert settings.form is None
    assert said(settings, "layer_title") == "Input"
    assert "1 × 28 × 28" in said(settings, "layer_facts")


def test_a_number_that_is_typed_changes_the_chosen_layer_and_merges_with_the_next(settings: Any, qtbot: Any) -> None:
    workbench = settings.workbench
    workbench.choose((0,))
    before = workbench.session.undo_stack.count()
    editor = settings.form.editor("channels")
    for value in (8, 9, 10):
        editor.setValue(value)
    assert workbench.layers[0].channels == 10
    assert workbench.session.undo_stack.count() == before + 1
    workbench.session.undo_stack.undo()
    assert workbench.layers[0].channels == 32
    assert editor.value() == 32


def test_the_first_field_takes_the_keyboard(settings: Any, qtbot: Any) -> None:
    settings.workbench.choose((0,))
    settings.activateWindow()
    qtbot.waitUntil(settings.isActiveWindow)
    settings.focus_first()
    assert settings.form.editor("channels").hasFocus()
    qtbot.keyClick(settings.form.editor("channels"), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(settings.form.editor("channels"), "12")
    qtbot.keyClick(settings.form.editor("channels"), Qt.Key.Key_Return)
    assert settings.workbench.layers[0].channels == 12


@pytest.mark.parametrize("other", [(), (2,), (0,)], ids=["input", "other kind", "same kind"])
def test_what_is_half_typed_is_never_given_to_another_layer(settings: Any, qtbot: Any, other: Any) -> None:
    workbench = settings.workbench
    layers = (LAYERS["dropout"](p=0.1), LAYERS["dropout"](p=0.2), LAYERS["linear"](outputs=5))
    workbench.edit("Begin", layers, ((1,),))
    editor = settings.form.editor("p")
    settings.activateWindow()
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    editor.selectAll()
    qtbot.keyClicks(editor, "0.7")
    # As a button does that does not take the keyboard.
    workbench.choose(*((other,) if other else ()))
    settings.setFocus()
    editor.clearFocus()
    assert workbench.layers in (layers, (layers[0], LAYERS["dropout"](p=0.7), layers[2]))
