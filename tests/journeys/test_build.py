"""Build: change a network, break it, mend it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QListWidget, QPushButton

from lepton_studio.gui.widgets.number_edit import NumberEdit


def titles(hand: Any) -> list[str]:
    return [layer.title for layer in hand.session.experiment.architecture.layers]


def choose_layer(hand: Any, title: str, which: int = 0) -> None:
    """Clicks the which-th row with that title."""
    stack = hand.find("layer_stack", QListWidget)
    rows = [row for row in range(stack.count()) if stack.item(row).data(Qt.ItemDataRole.UserRole).title == title]
    hand.click_row(stack, rows[which])


@pytest.fixture
def build(hand: Any) -> Any:
    hand.go("build_page")
    hand.choose("architecture_picker", "MLP")
    assert hand.session.experiment.architecture.name == "MLP"
    return hand


def test_a_layer_is_added_by_double_click_and_its_number_changed_by_keys(build: Any) -> None:
    choose_layer(build, "ReLU")
    build.add_layer("Dropout")
    assert titles(build)[:4] == ["Flatten", "Linear", "ReLU", "Dropout"]
    assert build.session.experiment.architecture.name == "MLP, changed"
    build.click("field_p")
    build.find("field_p", NumberEdit).selectAll()
    build.type("0.25")
    build.press(Qt.Key.Key_Return)
    assert build.session.experiment.architecture.layers[3].p == 0.25
    stack = build.find("layer_stack", QListWidget)
    assert "0.25" in stack.item(4).text()
    # Two steps: adding, and changing the number.
    build.control(Qt.Key.Key_Z)
    assert build.session.experiment.architecture.layers[3].p == 0.5
    build.control(Qt.Key.Key_Z)
    assert "Dropout" not in titles(build)


def test_a_network_that_does_not_fit_says_where_and_undo_makes_it_fit(build: Any) -> None:
    button = build.find("build_next", QPushButton)
    stack = build.find("layer_stack", QListWidget)
    choose_layer(build, "Flatten")
    build.add_layer("Convolution 2d")
    assert build.says("Convolution 2d needs a picture")
    assert build.find("fix_offers").isVisible()
    assert not button.isEnabled()
    assert build.find("go_build_page").state == "does not fit yet"
    assert stack.item(2).data(Qt.ItemDataRole.UserRole).error
    stack.setFocus()
    build.press(Qt.Key.Key_Delete)
    presses = 0
    while not button.isEnabled():
        build.control(Qt.Key.Key_Z)
        presses += 1
        assert presses < 5
    assert not build.find("fix_offers").isVisible()
    assert build.session.experiment.architecture.name == "MLP"
    assert build.find("go_build_page").state.endswith("parameters")


def test_a_linear_layer_before_the_flattening_is_told(build: Any) -> None:
    build.click_row(build.find("layer_stack", QListWidget), 0)
    build.add_layer("Linear")
    assert titles(build)[:2] == ["Linear", "Flatten"]
    assert build.says("Linear")
    assert build.find("fix_offers").isVisible()
    assert not build.find("build_next", QPushButton).isEnabled()
    build.control(Qt.Key.Key_Z)
    assert build.find("build_next", QPushButton).isEnabled()


def test_a_training_of_a_network_that_does_not_fit_makes_no_run(build: Any) -> None:
    build.click_row(build.find("layer_stack", QListWidget), 0)
    build.add_layer("Linear")
    build.go("train_page")
    assert not build.find("train_start", QPushButton).isEnabled()
    assert not build.find("train_step", QPushButton).isEnabled()
    build.control(Qt.Key.Key_Return)
    assert build.session.training_state == "idle"
    assert build.session.run is None
    build.control(Qt.Key.Key_Z)
    assert build.find("train_start", QPushButton).isEnabled()


def test_layers_are_added_inside_a_residual_block(build: Any) -> None:
    choose_layer(build, "ReLU")
    build.add_layer("Residual")
    residual = build.session.experiment.architecture.layers[3]
    assert residual.title == "Residual"
    inner = len(residual.children())
    palette, row = build.palette_row("Dropout")
    build.click_row(palette, row)
    build.click("layer_add_inside")
    residual = build.session.experiment.architecture.layers[3]
    assert len(residual.children()) == inner + 1
    assert residual.children()[-1].title == "Dropout"
    # The new layer is the chosen one; what is added next goes after it, inside.
    build.add_layer("ReLU")
    assert build.session.experiment.architecture.layers[3].children()[-1].title == "ReLU"
    assert not build.find("layer_add_inside").isVisible()


def test_layers_are_moved_and_removed_by_keys(build: Any) -> None:
    choose_layer(build, "ReLU")
    build.press(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert titles(build)[:3] == ["Flatten", "ReLU", "Linear"]
    build.press(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert titles(build)[:3] == ["Flatten", "Linear", "ReLU"]
    build.press(Qt.Key.Key_Delete)
    assert titles(build).count("ReLU") == 1
    build.click("layer_remove")
    assert titles(build)[:2] == ["Flatten", "Linear"]


def test_the_palette_is_searched(build: Any) -> None:
    build.click("palette_search")
    build.type("drop")
    palette, _row = build.palette_row("Dropout")
    shown = [palette.item(each).text().strip() for each in range(palette.count()) if not palette.isRowHidden(each)]
    assert "Dropout" in shown
    assert "Convolution 2d" not in shown
    # The first hit is marked already.
    build.press(Qt.Key.Key_Tab)
    build.press(Qt.Key.Key_Return)
    assert "Dropout" in titles(build)


def test_a_network_with_other_outputs_than_classes_is_mended_by_one_click(hand: Any) -> None:
    hand.go("build_page")
    experiment = hand.session.experiment
    layers = experiment.architecture.layers
    fewer = msgspec.structs.replace(layers[-1], outputs=7)
    architecture = msgspec.structs.replace(experiment.architecture, layers=(*layers[:-1], fewer))
    hand.session.edit("Seven outputs", msgspec.structs.replace(experiment, architecture=architecture))
    first_fix = hand.fix(0)
    hand.click(first_fix)
    assert hand.session.experiment == experiment
    assert not hand.find("fix_offers").isVisible()
    hand.control(Qt.Key.Key_Z)
    hand.wait(hand.find("fix_offers").isVisible)


def test_what_a_known_network_is_known_for_is_seen_when_it_is_picked(build: Any) -> None:
    choose_layer(build, "ReLU")
    build.choose("architecture_picker", "ResNet-8")
    assert build.says("the idea of 2015 that made very deep networks possible")
    assert build.says("Train was set to that with it; before: 10 epochs")


def test_an_empty_stack_leads_to_the_known_networks(build: Any) -> None:
    stack = build.find("layer_stack", QListWidget)
    stack.setFocus()
    build.control(Qt.Key.Key_A)
    build.press(Qt.Key.Key_Delete)
    assert build.find("go_build_page").state == "no layers yet"
    build.click("empty_known")
    picker = build.find("architecture_picker", QComboBox)
    assert picker.view().isVisible()
    picker.hidePopup()
