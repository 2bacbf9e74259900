"""The stack on the workbench: every action by button, menu, key, drop and palette, each to be undone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from lepton_studio.engine import LAYERS, Architecture, layers_to_text
from lepton_studio.engine.device import import_torch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.gui.session import Session
from lepton_studio.gui.stack_editor import StackEditor, layer_palette
from lepton_studio.gui.stack_rows import palette_entries, settings_text
from lepton_studio.gui.widgets.layer_palette import LayerPalette
from lepton_studio.gui.widgets.layer_stack import TAG_MIME, LayerStack
from lepton_studio.gui.workbench import Workbench

TREE = (Conv2d(channels=4), Residual(body=(Relu(), Tanh())), Flatten(), Linear(outputs=10))


class Desk:
    """A palette and an editor beside each other."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.bench = Workbench(session)
        self.box = QWidget()
        self.palette: LayerPalette = layer_palette()
        self.palette.setParent(self.box)
        self.editor = StackEditor(self.bench, self.palette, self.box)
        self.palette.setGeometry(0, 0, self.palette.width(), 700)
        self.editor.setGeometry(self.palette.width() + 8, 0, 480, 700)
        self.box.resize(700, 700)
        self.stack: LayerStack = self.editor.stack

    @property
    def titles(self) -> list[str]:
        return [layer.title for layer in self.bench.layers]

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.stack, key, modifier)
        QApplication.processEvents()

    def click_button(self, name: str) -> None:
        button = self.editor.findChild(QToolButton, f"layer_{name}")
        assert button is not None
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def click_card(self, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = self.stack._plan.card_rect(row, self.stack._top_of(row)).center().toPoint()
        QTest.mouseClick(self.stack.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    def drop(self, row: int, data: QMimeData, source: Any = None) -> None:
        """Drops something just below the card of a row."""
        bottom = self.stack._plan.card_rect(row, self.stack._top_of(row)).bottom()

        class Drop(QDropEvent):
            def source(self) -> Any:
                return source

        action = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
        held = Qt.KeyboardModifier.NoModifier
        self.stack.dropEvent(Drop(QPointF(90, bottom + 4), action, data, Qt.MouseButton.LeftButton, held))
        QApplication.processEvents()


@pytest.fixture
def desk(qtbot: Any) -> Iterator[Desk]:
    import_torch()
    session = Session()
    session.engine_ready = True
    session.edit("Begin", msgspec.structs.replace(session.experiment, architecture=Architecture("Mine", TREE)))
    session.undo_stack.clear()
    made = Desk(session)
    qtbot.addWidget(made.box)
    made.box.show()
    qtbot.waitExposed(made.box)
    made.stack.setFocus()
    yield made
    session.kept.finish()


def test_input_layers_and_output_stand_below_each_other(desk: Desk) -> None:
    rows = desk.stack.rows
    assert [row.title for row in rows] == [
        "Input", "Convolution 2d", "Residual", "ReLU", "Tanh", "Flatten", "Linear", "Output",
    ]  # fmt: skip
    assert [row.kind for row in rows][::7] == ["input", "output"]
    conv = rows[1]
    assert (conv.shape, conv.cost, conv.brief) == ("4 × 26 × 26", "40 parameters", "40")
    assert conv.figures[0].endswith("kFLOP")
    assert conv.figures[2] == "sees 3 × 3"
    assert conv.tensor == (4, 26, 26)
    assert rows[2].joint == "+"
    assert rows[2].goes_by
    assert rows[6].figures[2] == "sees all"
    assert "4 × 26 × 26" in conv.tip
    assert "320" not in conv.tip
    assert "in Residual" in rows[3].spoken


def test_a_fault_is_told_on_the_card_at_once(desk: Desk) -> None:
    desk.bench.choose((2,))
    desk.bench.add("conv2d")
    faulty = desk.stack.rows[6]
    assert faulty.title == "Convolution 2d"
    assert "needs a picture" in faulty.error
    assert "does not fit" in faulty.spoken
    desk.session.undo_stack.undo()
    desk.bench.choose((3,))
    desk.bench.remove()
    # What comes out does not fit the classes: told where it comes out.
    assert desk.stack.rows[-1].error


def test_an_empty_stack_says_how_to_begin_and_is_no_fault(desk: Desk) -> None:
    desk.box.show()
    assert not desk.editor.empty.isVisible()
    desk.bench.select_all()
    desk.bench.remove()
    assert desk.editor.empty.isVisible()
    assert [row.error for row in desk.stack.rows] == ["", ""]
    asked: list[str] = []
    desk.editor.empty.known_wanted.connect(lambda: asked.append("known"))
    QTest.mouseClick(desk.editor.empty.known_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(desk.editor.empty.find_button, Qt.MouseButton.LeftButton)
    assert asked == ["known"]
    assert desk.palette.search.hasFocus()
    desk.bench.add("flatten")
    assert not desk.editor.empty.isVisible()
    assert desk.stack.rows[-1].error


def test_a_short_stack_has_no_bar_to_hold(desk: Desk, qtbot: Any) -> None:
    desk.box.show()
    desk.bench.edit("Few", (Flatten(),))
    qtbot.waitUntil(lambda: not desk.stack.verticalScrollBar().isEnabled())
    desk.bench.edit("Many", (Flatten(),) * 30)
    qtbot.waitUntil(lambda: desk.stack.verticalScrollBar().isEnabled())
    assert desk.stack.verticalScrollBar().maximum() > 0


def test_choosing_goes_both_ways(desk: Desk) -> None:
    desk.click_card(5)
    assert desk.bench.current == (2,)
    desk.click_card(1, Qt.KeyboardModifier.ControlModifier)
    assert desk.bench.chosen == ((0,), (2,))
    assert desk.bench.current == (0,)
    desk.bench.choose((1, 1))
    assert desk.stack.chosen_paths == ((1, 1),)
    desk.click_card(0)
    assert desk.bench.chosen == ()
    assert desk.stack.currentRow() == 0


def test_keys_do_to_the_cards_what_they_say_and_all_of_it_is_undone(desk: Desk) -> None:
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    desk.bench.choose((2,))
    desk.press(Qt.Key.Key_Right, alt)
    assert [layer.title for layer in desk.bench.layers[1].children()] == ["ReLU", "Tanh", "Flatten"]
    desk.press(Qt.Key.Key_Left, alt)
    desk.press(Qt.Key.Key_Down, alt)
    assert desk.titles == ["Convolution 2d", "Residual", "Linear", "Flatten"]
    desk.press(Qt.Key.Key_Up, alt)
    desk.press(Qt.Key.Key_D, control)
    assert desk.titles.count("Flatten") == 2
    desk.press(Qt.Key.Key_Slash, control)
    assert desk.bench.layers[3].disabled
    desk.press(Qt.Key.Key_C, control)
    desk.press(Qt.Key.Key_V, control)
    desk.press(Qt.Key.Key_X, control)
    desk.press(Qt.Key.Key_Delete)
    desk.press(Qt.Key.Key_A, control)
    desk.press(Qt.Key.Key_Backspace)
    assert desk.titles == []
    stack = desk.session.undo_stack
    assert [stack.text(at) for at in range(stack.count())] == [
        "Move Flatten", "Move Flatten", "Move Flatten", "Move Flatten", "Duplicate Flatten", "Leave out Flatten",
        "Paste Flatten", "Cut Flatten", "Remove Linear", "Remove 4 layers",
    ]  # fmt: skip
    while stack.canUndo():
        stack.undo()
    assert desk.bench.layers == TREE
    while stack.canRedo():
        stack.redo()
    assert desk.titles == []


def test_buttons_do_the_same_and_are_grey_where_they_cannot(desk: Desk) -> None:
    desk.bench.choose((1,))
    desk.click_button("up")
    assert desk.titles[:2] == ["Residual", "Convolution 2d"]
    desk.click_button("down")
    desk.click_button("duplicate")
    desk.click_button("remove")
    desk.click_button("leave_out")
    assert desk.bench.layers[2].disabled
    desk.bench.choose((1,))
    desk.click_button("unwrap")
    assert desk.titles[1:3] == ["ReLU", "Tanh"]
    for name in ("in", "out", "unwrap"):
        assert not desk.editor.findChild(QToolButton, f"layer_{name}").isEnabled()
    desk.bench.choose()
    assert not any(button.isEnabled() for button in desk.editor.findChildren(QToolButton))
    tips = [button.toolTip() for button in desk.editor.findChildren(QToolButton)]
    assert "Duplicate (Ctrl+D)" in tips
    assert all(button.accessibleName() for button in desk.editor.findChildren(QToolButton))


def test_the_menu_names_everything_with_its_key(desk: Desk) -> None:
    desk.bench.choose((1,))
    menu = desk.editor.menu()
    texts = {action.objectName(): action.text() for action in menu.actions() if action.objectName()}
    assert texts["card_remove"] == "Remove\tDel"
    assert texts["card_leave_out"].endswith("\tCtrl+/")
    assert len(texts) == 15
    next(action for action in menu.actions() if action.objectName() == "card_duplicate").trigger()
    assert desk.titles.count("Residual") == 2
    wrap = next(action for action in menu.actions() if action.objectName() == "card_wrap").menu()
    kinds = {f"wrap_{tag}" for tag, kind in LAYERS.classes.items() if kind.is_container}
    assert {action.objectName() for action in wrap.actions()} == kinds
    next(action for action in wrap.actions() if action.objectName() == "wrap_residual").trigger()
    assert desk.bench.layers[2].children()[0].title == "Residual"
    menu.close()


def test_a_right_click_opens_the_menu_and_ctrl_g_that_of_the_containers(desk: Desk, qtbot: Any) -> None:
    desk.bench.choose((0,))
    desk.stack.customContextMenuRequested.emit(QPoint(100, 100))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert any(action.objectName() == "card_remove" for action in menu.actions())
    menu.close()
    QApplication.processEvents()
    desk.press(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    next(action for action in menu.actions() if action.objectName() == "wrap_residual").trigger()
    menu.close()
    QApplication.processEvents()
    assert desk.titles[0] == "Residual"


def test_enter_and_a_double_click_ask_for_the_settings(desk: Desk) -> None:
    asked: list[bool] = []
    desk.editor.settings_wanted.connect(lambda: asked.append(True))
    desk.bench.choose((0,))
    desk.press(Qt.Key.Key_Return)
    assert asked == [True]
    place = desk.stack._plan.card_rect(1, desk.stack._top_of(1)).center().toPoint()
    desk.click_card(1)
    QTest.mouseDClick(desk.stack.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [True, True]


def test_insert_leads_to_the_search_and_enter_adds_after_the_chosen_card(desk: Desk) -> None:
    desk.box.activateWindow()
    desk.bench.choose((2,))
    desk.press(Qt.Key.Key_Insert)
    QTest.keyClicks(desk.palette.search, "dropout")
    QTest.keyClick(desk.palette.search, Qt.Key.Key_Return)
    assert desk.titles == ["Convolution 2d", "Residual", "Flatten", "Dropout", "Linear"]
    assert desk.bench.current == (3,)


def test_what_is_added_goes_into_an_open_container_and_after_a_folded_one(desk: Desk) -> None:
    desk.bench.choose((1,))
    assert desk.palette.inside_button.isVisible()
    QTest.keyClicks(desk.palette.search, "dropout")
    QTest.keyClick(desk.palette.search, Qt.Key.Key_Return)
    assert [layer.title for layer in desk.bench.layers[1].children()] == ["ReLU", "Tanh", "Dropout"]
    desk.bench.choose((1,))
    desk.stack.set_folded((1,), True)
    QTest.keyClick(desk.palette.search, Qt.Key.Key_Return)
    assert desk.titles[2] == "Dropout"
    desk.bench.choose((1,))
    QTest.mouseClick(desk.palette.inside_button, Qt.MouseButton.LeftButton)
    assert len(desk.bench.layers[1].children()) == 4
    # What was added is seen.
    assert desk.stack.is_open((1,))


def test_cards_are_dragged_into_containers_and_out_of_them(desk: Desk) -> None:
    desk.click_card(1)
    desk.drop(3, desk.stack.drag_data(), desk.stack)
    assert [layer.title for layer in desk.bench.layers[0].children()] == ["ReLU", "Convolution 2d", "Tanh"]
    assert desk.bench.current == (0, 1)
    desk.drop(6, desk.stack.drag_data(), desk.stack)
    assert desk.titles == ["Residual", "Flatten", "Linear", "Convolution 2d"]
    assert desk.session.undo_stack.undoText() == "Move Convolution 2d"


def test_layers_of_the_palette_and_of_other_windows_are_dropped(desk: Desk, qtbot: Any) -> None:
    data = QMimeData()
    data.setData(TAG_MIME, b"dropout")
    desk.drop(1, data)
    assert desk.titles[1] == "Dropout"
    other = QMimeData()
    other.setText(layers_to_text((Tanh(), Relu())))
    desk.drop(1, other)
    assert desk.titles[1:3] == ["Tanh", "ReLU"]
    assert desk.bench.chosen == ((1,), (2,))
    for wrong in (b"nothing of the kind", b"\xff"):
        data.setData(TAG_MIME, wrong)
        desk.drop(1, data)
    other.setText("A letter")
    with qtbot.waitSignal(desk.session.trouble_met):
        desk.drop(1, other)
    assert len(desk.bench.layers) == 7


def test_what_is_pasted_goes_into_an_empty_container(desk: Desk) -> None:
    QGuiApplication.clipboard().setText(layers_to_text((Tanh(),)))
    desk.bench.choose((0,))
    desk.bench.add("residual")
    desk.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert desk.bench.layers[1].children() == (Tanh(),)


def test_the_palette_has_every_layer_once_by_its_group() -> None:
    entries = palette_entries()
    assert sorted(entry.tag for entry in entries) == sorted(LAYERS.classes)
    groups = [entry.group for entry in entries]
    assert groups[0] == "Picture"
    # One run for each group.
    assert sum(one != other for one, other in pairwise(groups)) == len(set(groups)) - 1
    assert all(entry.tip for entry in entries)
    assert all(entry.glyph for entry in entries)


@pytest.mark.parametrize(("text", "first"), [("dense", "linear"), ("fully connected", "linear"), ("fc", "linear")])
def test_layers_are_found_by_what_people_call_them(text: str, first: str) -> None:
    ranks = {entry.tag: entry.rank(text) for entry in palette_entries()}
    found = {tag: rank for tag, rank in ranks.items() if rank is not None}
    assert min(found, key=lambda tag: found[tag]) == first


def test_settings_are_said_in_few_words() -> None:
    assert settings_text(Conv2d(channels=8, padding=1)) == "channels 8, kernel size 3, padding 1"
    assert settings_text(Relu()) == ""


def test_an_editor_without_a_palette_has_nothing_to_search(qtbot: Any) -> None:
    session = Session()
    editor = StackEditor(Workbench(session))
    qtbot.addWidget(editor)
    editor.do("find")
    assert "Input" in editor.stack.item(0).text()
    session.kept.finish()


def test_a_button_takes_what_is_half_typed_with_the_card(ready_window: Any, qtbot: Any) -> None:
    ready_window.show_page("build_page")
    ready_window.activateWindow()
    page = ready_window.page("build_page")
    page.workbench.choose((0,))
    editor = page.settings.form.editor("channels")
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    editor.selectAll()
    QTest.keyClicks(editor, "12")
    button = page.editor.findChild(QToolButton, "layer_duplicate")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [layer.channels for layer in page.workbench.layers[:2]] == [12, 12]
    assert page.workbench.current == (1,)


def test_what_is_folded_away_is_not_chosen_unless_its_container_is(desk: Desk) -> None:
    desk.bench.choose((1, 0), (1, 1), (3,))
    desk.stack.set_folded((1,), True)
    assert desk.bench.chosen == ((3,),)
    desk.press(Qt.Key.Key_Delete)
    assert "Residual" in desk.titles
    desk.bench.choose((1, 0), (2,))
    # What is chosen is shown.
    assert desk.stack.is_open((1,))
    desk.stack.set_folded((1,), True)
    desk.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert not desk.stack.is_open((1,))
    assert (1, 0) in desk.bench.chosen
    desk.stack.set_folded((1,), False)
    assert desk.stack.chosen_paths == desk.bench.chosen
