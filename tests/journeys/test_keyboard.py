"""Everything without a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QScrollArea, QTabBar, QTableWidget, QWidget

from lepton_studio.gui.try_it_view import TryItView

PAGES = ("data_page", "build_page", "train_page", "evaluate_page", "draw_page", "runs_page")

# What Tab must come by on each page.
REACHED = {
    "data_page": {"dataset_picker", "data_next", "class_filter", "split_filter", "thumbnail_size", "thumbnail_grid"},
    "build_page": {"architecture_picker", "build_next", "palette_search", "palette", "layer_stack", "field_channels"},
    "train_page": {"train_start", "train_step", "train_dataset_picker", "train_network_picker", "field_epochs"},
    "evaluate_page": {"evaluate_run_picker", "evaluate_split_picker", "evaluate_start", "confusion_matrix"},
    "draw_page": {"draw_run_picker", "drawing_canvas", "canvas_brush"},
    "runs_page": {"runs_search", "runs_import", "runs_table"},
}


def test_ctrl_and_a_number_goes_to_the_page_of_that_number(hand: Any) -> None:
    for number in (6, 5, 4, 3, 2, 1):
        hand.control(Qt.Key(Qt.Key.Key_0 + number))
        assert hand.window.current_page == PAGES[number - 1]
        assert hand.find(f"go_{PAGES[number - 1]}").isChecked()


@pytest.mark.parametrize("page", PAGES)
def test_tab_comes_by_everything_on_a_page_and_back_to_the_sidebar(hand: Any, page: str) -> None:
    hand.control(Qt.Key(Qt.Key.Key_1 + PAGES.index(page)))
    seen: list[str] = []
    # Train has a field for each hyperparameter and each augmentation.
    for _ in range(140):
        hand.press(Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        assert widget is not None
        assert widget.isVisible()
        seen.append(widget.objectName())
        if seen.count(f"go_{page}") == 2:
            break
    assert seen.count(f"go_{page}") == 2, "Tab did not come round"
    assert REACHED[page] <= set(seen), f"Tab did not come by {REACHED[page] - set(seen)}"


@pytest.mark.parametrize("page", PAGES)
def test_whatever_tab_comes_by_has_a_name_for_those_who_listen(hand: Any, page: str) -> None:
    hand.go(page)
    bars = [bar for bar in hand.window.page(page).findChildren(QTabBar) if bar.isVisible()]
    turns = [(bar, tab) for bar in bars for tab in range(bar.count())] or [(None, 0)]
    nameless = set()
    for bar, tab in turns:
        if bar is not None:
            bar.setCurrentIndex(tab)
            hand.settle()
        for widget in hand.window.findChildren(QWidget):
            reached = widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if reached and not isinstance(widget, QTabBar | QScrollArea) and not widget.objectName().startswith("qt_"):
                interface = QAccessible.queryAccessibleInterface(widget)
                if not interface.text(QAccessible.Text.Name).strip():
                    nameless.add(f"{type(widget).__name__} {widget.objectName()}")
    assert nameless == set()


def test_f1_lists_the_keys_of_menus_and_pages_each_once_at_a_place(hand: Any) -> None:
    hand.press(Qt.Key.Key_F1)
    dialog = hand.find("keys_dialog")
    table = dialog.findChild(QTableWidget)
    rows = [tuple(table.item(row, column).text() for column in range(3)) for row in range(table.rowCount())]
    assert ("View", "Ctrl+L", "Light or dark") in rows
    assert ("Build", "Ctrl+D", "Duplicate") in rows
    assert ("Build", "F2", "Go to the settings of the chosen layer") in rows
    # What the stack does with a key, no menu does with the same one.
    menus = {keys for where, keys, _what in rows if where in ("File", "Edit", "Training", "View", "Help")}
    assert not menus & {keys for where, keys, _what in rows if where == "Build"}
    assert len({(where, keys) for where, keys, _what in rows}) == len(rows)
    dialog.close()


def test_escape_leads_back_to_the_stack_from_everywhere_on_build(hand: Any) -> None:
    hand.go("build_page")
    page = hand.window.page("build_page")
    stack = hand.find("layer_stack")
    for name in ("palette_search", "field_channels", "architecture_picker", "build_next", "network_drawing"):
        hand.find(name).setFocus(Qt.FocusReason.TabFocusReason)
        hand.press(Qt.Key.Key_Escape)
        assert stack.hasFocus(), name
    page.side.enlarge.setChecked(True)
    hand.find("network_drawing").setFocus(Qt.FocusReason.TabFocusReason)
    hand.press(Qt.Key.Key_Escape)
    assert stack.isVisible()
    assert stack.hasFocus()


def test_escape_closes_an_enlarged_map_first(hand: Any) -> None:
    hand.go("build_page")
    page = hand.window.page("build_page")
    page.side.setCurrentIndex(1)
    look = page.side.currentWidget().findChild(TryItView)
    hand.wait(lambda: bool(look._strips.strips))
    look.enlarged.choose((0,), 0)
    look._area.setFocus()
    hand.find("try_it_next").setFocus(Qt.FocusReason.TabFocusReason)
    assert look.enlarged.isVisible()
    hand.press(Qt.Key.Key_Escape)
    assert not look.enlarged.is_open
    assert not hand.find("layer_stack").hasFocus()


def test_the_sidebar_is_walked_by_keys(hand: Any) -> None:
    hand.find("go_data_page").setFocus(Qt.FocusReason.TabFocusReason)
    hand.press(Qt.Key.Key_Down)
    hand.press(Qt.Key.Key_Space)
    assert hand.window.current_page == "build_page"


def test_a_training_is_started_paused_and_stopped_by_keys(hand: Any) -> None:
    hand.set_small(epochs=5000)
    hand.control(Qt.Key.Key_Return)
    assert hand.window.current_page == "train_page"
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history) > 0)
    assert hand.window.property("training_state") == "running"
    hand.control(Qt.Key.Key_P)
    assert hand.window.property("training_state") == "paused"
    hand.control(Qt.Key.Key_B)
    hand.wait(lambda: hand.window.property("training_state") == "paused")
    hand.control(Qt.Key.Key_Return)
    assert hand.window.property("training_state") == "running"
    hand.control(Qt.Key.Key_Period)
    hand.wait(hand.is_idle)
    assert hand.session.run.record.state == "stopped"


def test_light_dark_and_size_change_by_keys_and_keep_page_and_drawing(hand: Any) -> None:
    from lepton_studio.gui import theme

    hand.go("draw_page")
    hand.draw_digit(7)
    hand.control(Qt.Key.Key_L)
    assert theme.tokens() is theme.DARK
    hand.control(Qt.Key.Key_Plus)
    assert theme.scale() > 1.2
    assert hand.window.current_page == "draw_page"
    hand.settle()
    assert hand.answer()[0] == "7"
    assert hand.find("drawing_canvas").can_undo
    hand.control(Qt.Key.Key_Minus)
    hand.control(Qt.Key.Key_L)
    assert theme.scale() == 1.0
    assert theme.tokens() is theme.LIGHT


def test_the_main_button_answers_to_enter(hand: Any) -> None:
    hand.find("data_next").setFocus(Qt.FocusReason.TabFocusReason)
    hand.press(Qt.Key.Key_Return)
    assert hand.window.current_page == "build_page"
