"""Recipes: choose one, change it, go back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox

from lepton_studio.engine import MACHINE_FIELDS, default_experiment, recipes


def shown_recipe(hand: Any) -> str:
    return str(hand.find("recipe_picker", QComboBox).currentText())


def entries(hand: Any) -> list[str]:
    box = hand.find("recipe_picker", QComboBox)
    return [box.itemText(row) for row in range(box.count())]


def test_a_recipe_is_chosen_undone_and_followed_by_the_picker(hand: Any) -> None:
    session, fast = hand.session, recipes()["fast"]
    hand.go("train_page")
    assert shown_recipe(hand) == "Standard"
    assert entries(hand) == ["Fast", "Robust", "Standard"]
    assert hand.says(recipes()["standard"].description)
    hand.choose("recipe_picker", "Fast")
    assert session.experiment == msgspec.structs.replace(default_experiment(), hyperparameters=fast.hyperparameters)
    assert session.undo_stack.undoText() == "Choose Fast"
    assert session.undo_stack.count() == 1
    assert shown_recipe(hand) == "Fast"
    assert hand.says(fast.description)
    assert hand.find("field_epochs").value() == fast.hyperparameters.epochs
    hand.control(Qt.Key.Key_Z)
    assert session.experiment == default_experiment()
    assert shown_recipe(hand) == "Standard"
    assert not session.undo_stack.canUndo()
    hand.action("redo").trigger()
    assert shown_recipe(hand) == "Fast"
    assert not hand.trouble


def test_hyperparameters_of_ones_own_are_called_custom_until_a_recipe_is_chosen(hand: Any) -> None:
    hand.go("train_page")
    epochs = hand.find("field_epochs")
    hand.click(epochs)
    hand.control(Qt.Key.Key_A)
    hand.type("37")
    hand.press(Qt.Key.Key_Return)
    assert hand.session.experiment.hyperparameters.epochs == 37
    assert shown_recipe(hand) == "Custom"
    assert entries(hand) == ["Fast", "Robust", "Standard", "Custom"]
    assert hand.says("of your own")
    hand.choose("recipe_picker", "Custom")
    assert hand.session.undo_stack.count() == 1
    hand.choose("recipe_picker", "Standard")
    assert hand.session.experiment == default_experiment()
    assert entries(hand) == ["Fast", "Robust", "Standard"]


@pytest.mark.parametrize("name", recipes())
def test_settings_of_the_machine_stay_and_make_no_recipe_another(hand: Any, name: str) -> None:
    session, recipe = hand.session, recipes()[name]
    hand.go("train_page")
    # It stands below the part of the column that is in sight.
    box = hand.find("field_compile", QCheckBox)
    box.setFocus()
    hand.press(Qt.Key.Key_Space)
    hand.find("field_threads").setValue(2)
    hand.find("field_device", QComboBox).setCurrentText("cpu")
    assert shown_recipe(hand) == "Standard"
    machine = [getattr(session.experiment.hyperparameters, field) for field in MACHINE_FIELDS]
    assert machine[:4] == ["cpu", "auto", 2, True]
    hand.choose("recipe_picker", recipe.name)
    assert shown_recipe(hand) == recipe.name
    assert [getattr(session.experiment.hyperparameters, field) for field in MACHINE_FIELDS] == machine
    assert session.experiment.hyperparameters == recipe.applied_to(session.experiment.hyperparameters)
