"""The card of a field that a sweep changes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from lepton_studio.engine.fields import Field
from lepton_studio.gui.widgets.axis_editor import AxisDraft, AxisEditor

RATE = Field("rate", "Rate", "number", 0.001, 1e-7, 10.0, logarithmic=True, help="How far to go.")
KIND = Field("kind", "Kind", "choice", "adam", choices=("adam", "sgd", "lion"))


@pytest.fixture
def rate(qtbot) -> AxisEditor:
    editor = AxisEditor("Learning rate", RATE, AxisDraft(True, "0.1, 0.2", 1e-4, 1e-2, True))
    qtbot.addWidget(editor)
    editor.show()
    yield editor
    editor.hide()


def test_it_gives_back_what_it_was_given(rate) -> None:
    assert rate.draft == AxisDraft(True, "0.1, 0.2", 1e-4, 1e-2, True)


def test_a_range_shows_its_ends_and_a_list_its_values(rate, qtbot) -> None:
    assert rate.low.isVisible()
    assert not rate.values.isVisible()
    with qtbot.waitSignal(rate.edited):
        rate.kind.setCurrentIndex(0)
    assert rate.values.isVisible()
    assert not rate.high.isVisible()
    assert not rate.log.isVisible()
    with qtbot.waitSignal(rate.edited):
        qtbot.keyClicks(rate.values, ", 0.5")
    assert rate.draft.text == "0.1, 0.2, 0.5"
    assert not rate.draft.is_range


def test_only_a_grid_asks_how_many_values(rate) -> None:
    assert not rate.count.isVisible()
    rate.show_count(True)
    assert rate.count.isVisible()
    rate.count.setValue(9)
    assert rate.draft.count == 9
    rate.kind.setCurrentIndex(0)
    assert not rate.count.isVisible()


def test_numbers_stay_in_the_range_of_the_field(rate) -> None:
    rate.high.setValue(99)
    assert rate.draft.high == 10


def test_words_are_ticked(qtbot) -> None:
    editor = AxisEditor("Optimizer", KIND, AxisDraft(text="adam, lion"))
    qtbot.addWidget(editor)
    editor.show_count(True)
    boxes = editor._boxes
    assert [box.isChecked() for box in boxes] == [True, False, True]
    with qtbot.waitSignal(editor.edited):
        boxes[0].click()
    assert editor.draft.text == "lion"


def test_it_can_be_taken_away(rate, qtbot) -> None:
    with qtbot.waitSignal(rate.removed):
        qtbot.mouseClick(rate.remove_button, Qt.MouseButton.LeftButton)
    assert "Learning rate" in rate.remove_button.accessibleName()
