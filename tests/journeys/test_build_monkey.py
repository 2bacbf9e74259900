"""A hand that clicks, types, drags and drops anything anywhere on Build: whatever it does, the page tells the truth."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)

from lepton_studio.engine import all_datasets, all_paths, describe, import_folder, preset_cards
from lepton_studio.engine.description import describe_layer
from lepton_studio.gui.code_view import CodeView
from lepton_studio.gui.layer_settings import LayerSettings
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.stack_editor import TAG_MIME
from lepton_studio.gui.widgets.layer_stack import LayerStack
from lepton_studio.gui.widgets.number_edit import NumberEdit

# More cards than anybody looks at; then the monkey begins anew.
MOST_LAYERS = 90
GARBAGE = (
    "", "nonsense", "{", "[]", "{}", "null", "3", '[{"type": "relu"}]', '{"type": "nothing"}', '{"layers": 5}',
    '[{"type": "conv2d", "channels": -3}]', '[{"type": "linear", "outputs": 1e99}]', '{"layers": [[]]}', "\x00\ud83d",
    '[{"type": "residual", "body": [{"type": "repeat", "times": 2, "body": []}]}]', "[" * 5000, '{"format": 1}',
)  # fmt: skip
NUMBERS = (
    "0",
    "-1",
    "1e9",
    "999999999999",
    "abc",
    "",
    "3.7",
    "1",
    "7",
    "64",
    "nan",
    "inf",
    "0,5",
    "12345678901234567890",
)
NO, CTRL, ALT, SHIFT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("No", "Control", "Alt", "Shift"))
STACK_KEYS = (
    (Qt.Key.Key_Delete, NO), (Qt.Key.Key_Backspace, NO), (Qt.Key.Key_Up, ALT), (Qt.Key.Key_Down, ALT),
    (Qt.Key.Key_Left, ALT), (Qt.Key.Key_Right, ALT), (Qt.Key.Key_D, CTRL), (Qt.Key.Key_C, CTRL), (Qt.Key.Key_X, CTRL),
    (Qt.Key.Key_V, CTRL), (Qt.Key.Key_A, CTRL), (Qt.Key.Key_Slash, CTRL), (Qt.Key.Key_G, CTRL | SHIFT),
    (Qt.Key.Key_Up, NO), (Qt.Key.Key_Down, NO), (Qt.Key.Key_Up, SHIFT), (Qt.Key.Key_Down, SHIFT), (Qt.Key.Key_Home, NO),
    (Qt.Key.Key_End, NO), (Qt.Key.Key_Left, NO), (Qt.Key.Key_Right, NO), (Qt.Key.Key_End, SHIFT),
)  # fmt: skip


class Drop(QDropEvent):
    """A drop that says where it comes from, which only a real drag can."""

    origin: Any = None

    def source(self) -> Any:
        return self.origin


class Monkey:
    """Does something by chance; the same seed does the same."""

    def __init__(self, hand: Any, seed: int, folder: Path) -> None:
        self.hand, self.chance, self.folder = hand, random.Random(seed), folder
        self.done: list[str] = []
        self.deeds: list[tuple[int, Callable[[], None]]] = [
            (14, self.add), (10, self.click_card), (16, self.press_key), (6, self.press_button), (5, self.open_menu),
            (4, self.wrap), (8, self.undo_or_redo), (3, self.paste_garbage), (9, self.drag_cards), (4, self.drop_new),
            (12, self.type_number), (5, self.set_other), (3, self.choose_preset), (6, self.take_fix),
            (4, self.turn_tab), (2, self.enlarge), (2, self.resize), (1, self.change_looks), (2, self.change_dataset),
            (2, self.visit), (2, self.train_or_stop), (4, self.look_around), (2, self.open_code), (4, self.rest),
        ]  # fmt: skip

    # --- what is there

    @property
    def window(self) -> MainWindow:
        return cast("MainWindow", self.hand.window)

    @property
    def page(self) -> Any:
        return self.window.page("build_page")

    @property
    def stack(self) -> LayerStack:
        return cast("LayerStack", self.page.stack)

    @property
    def layers(self) -> Any:
        return self.hand.session.experiment.architecture.layers

    def seen(self, kind: type[Any], within: QWidget | None = None) -> list[Any]:
        """What of a kind can be used now."""
        found = (within or self.page).findChildren(kind)
        return [each for each in found if each.isVisible() and each.isEnabled()]

    def place_of_card(self) -> QPoint:
        """A point on a card that is scrolled into view."""
        rows = [row for row in range(self.stack.count()) if not self.stack.isRowHidden(row)]
        index = self.stack.model().index(self.chance.choice(rows), 0)
        self.stack.scrollTo(index)
        place = self.stack.visualRect(index)
        return QPoint(
            self.chance.randint(place.left(), max(place.left(), place.right())),
            self.chance.randint(place.top(), max(place.top(), place.bottom())),
        )

    # --- a step

    def step(self) -> None:
        """Does one thing; the page in front is Build again before it."""
        if self.window.current_page != "build_page":
            self.hand.click("go_build_page")
        weights, deeds = zip(*self.deeds, strict=True)
        (deed,) = self.chance.choices(deeds, weights)
        self.done.append(deed.__name__)
        deed()
        if self.chance.random() < 0.7:
            self.hand.settle()
        if len(all_paths(self.layers)) > MOST_LAYERS:
            self.stack.setFocus()
            self.key(Qt.Key.Key_A, CTRL)
            self.key(Qt.Key.Key_Delete, NO)

    def key(self, key: Qt.Key, held: Any) -> None:
        self.done.append(f"{held.name} {key.name}")
        QTest.keyClick(self.stack, key, held)

    def add(self) -> None:
        if self.page.side.enlarge.isChecked():
            return
        palette = self.page.palette_view.list
        rows = [row for row in range(palette.count()) if palette.item(row).data(Qt.ItemDataRole.UserRole)]
        row = self.chance.choice(rows)
        self.done.append(palette.item(row).text())
        way = self.chance.randrange(4)
        if way == 0:
            search = self.page.palette_view.search
            search.setFocus()
            QTest.keyClicks(search, palette.item(row).text()[:4])
            QTest.keyClick(search, Qt.Key.Key_Return)
            search.clear()
            return
        place = self.hand.row_place(palette, row)
        if way == 1:
            self.hand.double_click(palette.viewport(), place.center())
        elif way == 2:
            QTest.mouseClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
            buttons = self.seen(QPushButton, self.page.palette_view)
            if buttons:
                QTest.mouseClick(self.chance.choice(buttons), Qt.MouseButton.LeftButton)
        else:
            plus = QPoint(place.right() - 8, place.center().y())
            for _ in range(self.chance.randint(1, 3)):
                QTest.mouseClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=plus)

    def click_card(self) -> None:
        held = self.chance.choice((NO, NO, NO, CTRL, SHIFT, CTRL | SHIFT))
        button = self.chance.choice((Qt.MouseButton.LeftButton,) * 4 + (Qt.MouseButton.MiddleButton,))
        if self.stack.isVisible():
            QTest.mouseClick(self.stack.viewport(), button, held, self.place_of_card())

    def press_key(self) -> None:
        if not self.stack.isVisible():
            return
        self.stack.setFocus()
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            self.key(*self.chance.choice(STACK_KEYS))

    def press_button(self) -> None:
        buttons = [each for each in self.seen(QToolButton, self.page.editor) if each.objectName() != "layer_wrap"]
        if buttons:
            button = self.chance.choice(buttons)
            self.done.append(button.objectName())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def open_menu(self) -> None:
        if self.stack.isVisible():
            place = self.place_of_card()
            reason = QContextMenuEvent.Reason.Mouse
            where = self.stack.viewport().mapToGlobal(place)
            QApplication.sendEvent(self.stack.viewport(), QContextMenuEvent(reason, place, where))
            self.use_menu()

    def wrap(self) -> None:
        button = self.page.findChild(QToolButton, "layer_wrap")
        if button.isVisible() and button.isEnabled():
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            self.use_menu()

    def use_menu(self) -> None:
        """Takes an entry of the menu that is open, or none."""
        menu = QApplication.activePopupWidget()
        if not self.page.editor.isEnabled():
            # A layer waits for what it needs.
            return
        assert isinstance(menu, QMenu)
        for _ in range(self.chance.randrange(20)):
            QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Escape)))
        while (left := QApplication.activePopupWidget()) is not None:
            # The menu of a menu.
            QTest.keyClick(left, self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape)))
            if QApplication.activePopupWidget() is left:
                left.close()

    def undo_or_redo(self) -> None:
        held = self.chance.choice((CTRL, CTRL, CTRL | SHIFT))
        for _ in range(self.chance.choice((1, 2, 5, 30))):
            self.key(Qt.Key.Key_Z, held)

    def paste_garbage(self) -> None:
        if self.stack.isVisible():
            text = self.chance.choice(GARBAGE)
            self.done.append(text[:30])
            QGuiApplication.clipboard().setText(text)
            self.key(Qt.Key.Key_V, CTRL)

    def drop(self, data: QMimeData, origin: QWidget | None) -> None:
        """Lets something go at any height of the stack."""
        if not self.stack.isVisible():
            return
        place = QPointF(90, self.chance.randint(-5, self.stack.viewport().height() + 5))
        held = self.chance.choice((NO, NO, CTRL))
        actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
        event = Drop(place, actions, data, Qt.MouseButton.LeftButton, held)
        event.origin = origin
        self.stack.dragMoveEvent(cast("Any", event))
        self.stack.dropEvent(event)

    def drag_cards(self) -> None:
        if self.page.workbench.chosen:
            self.drop(self.page.workbench.mime_data(), self.chance.choice((self.stack, self.stack, None)))

    def drop_new(self) -> None:
        data = QMimeData()
        if self.chance.random() < 0.5:
            tag = self.chance.choice(("relu", "residual", "parallel", "linear", "nothing", ""))
            data.setData(TAG_MIME, tag.encode())
        else:
            data.setText(self.chance.choice(GARBAGE))
        self.drop(data, None)

    def type_number(self) -> None:
        edits = self.seen(NumberEdit, self.page.findChild(LayerSettings))
        if edits:
            edit = self.chance.choice(edits)
            edit.setFocus()
            edit.selectAll()
            text = self.chance.choice(NUMBERS)
            self.done.append(f"{edit.objectName()} {text}")
            QTest.keyClicks(edit, text)
            QTest.keyClick(edit, self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Up)))

    def set_other(self) -> None:
        """Switches, choices and names of the chosen layer."""
        settings = self.page.findChild(LayerSettings)
        others = [*self.seen(QCheckBox, settings), *self.seen(QComboBox, settings)]
        others += [each for each in self.seen(QLineEdit, settings) if not isinstance(each.parent(), NumberEdit)]
        if not others:
            return
        widget = self.chance.choice(others)
        self.done.append(widget.objectName())
        widget.setFocus()
        if isinstance(widget, QCheckBox):
            QTest.keyClick(widget, Qt.Key.Key_Space)
        elif isinstance(widget, QComboBox):
            QTest.keyClick(widget, self.chance.choice((Qt.Key.Key_Down, Qt.Key.Key_Up)))
        else:
            QTest.keyClicks(widget, self.chance.choice(("my name", "<b>&amp;", "  ", "x" * 80)))
            QTest.keyClick(widget, Qt.Key.Key_Return)

    def choose_preset(self) -> None:
        if not self.page.preset_picker.isEnabled():
            return
        # 224 x 224 pixels take long.
        names = [card.name for name, card in preset_cards().items() if "224" not in name]
        name = self.chance.choice(names)
        self.done.append(name)
        self.hand.choose("architecture_picker", name)

    def take_fix(self) -> None:
        buttons = self.seen(QPushButton, self.page.fixes)
        if self.page.fixes.isVisible() and not buttons:
            QTest.qWait(self.chance.choice((0, 100, 300)))
            buttons = self.seen(QPushButton, self.page.fixes)
        if buttons:
            button = self.chance.choice(buttons)
            self.done.append(button.text())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def turn_tab(self) -> None:
        side = self.page.side
        if side.isVisible():
            bar = side.findChild(QTabBar)
            QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(self.chance.randrange(3)).center())
        elif self.page.side_button.isVisible():
            QTest.mouseClick(self.page.side_button, Qt.MouseButton.LeftButton)

    def enlarge(self) -> None:
        if self.page.side.isVisible():
            QTest.mouseClick(self.page.side.enlarge, Qt.MouseButton.LeftButton)

    def resize(self) -> None:
        self.window.resize(*self.chance.choice(((1024, 640), (1280, 720), (1600, 900), (1920, 1080))))

    def change_looks(self) -> None:
        if self.chance.random() < 0.5:
            # By the keys, while a widget that goes with it has the focus.
            self.key(*self.chance.choice(((Qt.Key.Key_L, CTRL), (Qt.Key.Key_Plus, CTRL), (Qt.Key.Key_Minus, CTRL))))
        wanted = {"theme": self.chance.choice(("light", "dark")), "zoom": self.chance.choice(("100 %", "150 %"))}
        self.window.set_preferences(msgspec.structs.replace(self.window.preferences, **wanted))

    def change_dataset(self) -> None:
        datasets = all_datasets()
        name = self.chance.choice(("Digits", "colour", "tiny"))
        self.done.append(name)
        self.hand.session.choose_dataset(datasets["bundled_digits" if name == "Digits" else name])

    def visit(self) -> None:
        """Looks at another page and comes back."""
        self.hand.click(f"go_{self.chance.choice(('data', 'train', 'evaluate', 'draw', 'runs'))}_page")

    def train_or_stop(self) -> None:
        session = self.hand.session
        if session.training_state == "idle":
            settings = msgspec.structs.replace(session.experiment.hyperparameters, epochs=1, device="cpu")
            session.edit("Short", msgspec.structs.replace(session.experiment, hyperparameters=settings))
            session.start_training()
        else:
            session.stop_training()

    def look_around(self) -> None:
        """Presses something beside the stack."""
        if not self.page.side.isVisible():
            return
        buttons = [*self.seen(QPushButton, self.page.side), *self.seen(QToolButton, self.page.side)]
        names = ("network_export", "code_save")
        buttons = [each for each in buttons if each.objectName() not in names]
        if buttons:
            button = self.chance.choice(buttons)
            self.done.append(button.objectName())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def open_code(self) -> None:
        """Opens what the code view wrote last."""
        for path in list(self.folder.glob("*.py"))[:1]:
            self.page.files.open_path(path)
        shown = self.page.side.findChild(CodeView)
        if shown is not None and shown.exported is not None:
            shown.save_code(self.folder / "network.py")

    def rest(self) -> None:
        QTest.qWait(self.chance.choice((1, 20, 150, 700)))


class Truth:
    """What has to be so whatever was done."""

    def __init__(self, monkey: Monkey, records: list[logging.LogRecord]) -> None:
        self.monkey, self.records = monkey, records

    def faults(self) -> list[str]:
        """What is not so; empty if all is well."""
        self.monkey.hand.settle()
        bench, stack = self.monkey.page.workbench, self.monkey.stack
        paths = all_paths(self.monkey.layers)
        report = describe(bench.session.experiment.architecture, bench.shape, bench.classes)
        said = {
            "logged": [record.getMessage() for record in self.records if record.levelno >= logging.ERROR],
            "a dialog": QApplication.activeModalWidget(),
            "a popup": QApplication.activePopupWidget(),
            "other windows": [each for each in QApplication.topLevelWidgets() if self._is_strange(each)],
            "rows": [row.path for row in stack.rows] != [(), *paths, ()],
            "items": stack.count() != len(paths) + 2,
            "choice": not set(bench.chosen) <= set(paths),
            "current": bench.current not in (bench.chosen or ((),)),
            "choice seen": self._seen_choice(),
            "report": bench.report is not report,
            "shapes": [row.tensor for row in stack.rows[1:-1]] != [row.output_shape or () for row in report.layers],
            "errors": [bool(row.error) for row in stack.rows[1:-1]] != [row.error is not None for row in report.layers],
            "next": self.monkey.page.next_button.isEnabled() == bool(report.errors),
            "fixes": bool(report.errors) == self.monkey.page.fixes.isHidden(),
            "drawn": self._is_drawn_wrong(len(paths)),
        }
        return [f"{name}: {value}" for name, value in said.items() if value]

    @staticmethod
    def _is_strange(widget: QWidget) -> bool:
        return widget.isVisible() and not isinstance(widget, MainWindow)

    def _seen_choice(self) -> str:
        bench, stack = self.monkey.page.workbench, self.monkey.stack
        around = {path: [path[:size] for size in range(1, len(path))] for path in bench.chosen}
        hidden = {path for path, holders in around.items() if not all(stack.is_open(each) for each in holders)}
        seen = tuple(path for path in bench.chosen if path not in hidden)
        others = [row.path for row in stack.rows if row.path not in seen]
        # The keyboard may stand on a card that is not chosen.
        is_one = stack.chosen_paths == seen and stack.chosen_path in (bench.current, *others)
        # What is not seen is chosen with its container only.
        is_one = is_one and all(set(around[path]) & set(seen) for path in hidden)
        return "" if is_one else f"{stack.chosen_paths} {stack.chosen_path}, not {bench.chosen} {bench.current}"

    def _is_drawn_wrong(self, count: int) -> bool:
        """Whether a drawing that is looked at shows another number of layers."""
        view = self.monkey.page.side.findChild(QWidget, "network_drawing")
        if view is None or not view.isVisible():
            return False
        return len({box.path for box in view.plan.boxes if box.path}) != count


def figures(report: Any) -> list[tuple[Any, ...]]:
    """All that a report says, in values that can be compared."""
    rows = [(*(getattr(row, field.name) for field in fields(row) if field.name != "error"), str(row.error))
            for row in report.layers]  # fmt: skip
    return [*rows, (report.output_shape, str(report.output_error), [str(error) for error in report.errors])]


def make_own(folder: Path, name: str, shape: tuple[int, ...], classes: int) -> None:
    """Brings in a few random pictures as a dataset."""
    numbers = np.random.default_rng(4)
    for label in range(classes):
        (folder / name / f"class {label}").mkdir(parents=True)
        for picture in range(6):
            pixels = numbers.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"class {label}" / f"{picture}.png")
    for _ in import_folder(folder / name, name):
        pass


@pytest.fixture
def make_monkey(hand: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[[int], tuple[Monkey, Truth]]:
    make_own(tmp_path, "colour", (32, 32, 3), 3)
    make_own(tmp_path, "tiny", (7, 5), 2)
    hand.go("build_page")
    hand.session.undo_stack.clear()

    def make(seed: int) -> tuple[Monkey, Truth]:
        monkey = Monkey(hand, seed, tmp_path)
        return monkey, Truth(monkey, caplog.records)

    return make


def play(monkey: Monkey, truth: Truth, steps: int) -> list[str]:
    """Does so many things; returns what was not so first, with what was done before it."""
    for _ in range(steps):
        before = len(monkey.done)
        monkey.step()
        faults = truth.faults()
        if faults:
            return [*faults, f"after {monkey.done[max(0, before - 12) :]}"]
    return []


def history_faults(monkey: Monkey, begin: Any) -> list[str]:
    """Undoes all, does all again, and undoes all once more; what is not as it was."""
    session, hand = monkey.hand.session, monkey.hand
    # Nothing is on its way any more.
    hand.wait(lambda: not session.starter.isRunning() and not monkey.page.files._runner.isRunning())
    hand.settle()
    stack = session.undo_stack
    while stack.canRedo():
        hand.action("redo").trigger()
    end = session.experiment
    texts = [stack.text(at) for at in range(stack.count())]
    found = []
    for name, can, wanted in (
        ("undo", stack.canUndo, begin),
        ("redo", stack.canRedo, end),
        ("undo", stack.canUndo, begin),
    ):
        while can():
            hand.action(name).trigger()
        if session.experiment != wanted:
            found.append(f"{name}: {_difference(wanted, session.experiment)}")
        if [stack.text(at) for at in range(stack.count())] != texts:
            found.append(f"{name}: other steps, {[stack.text(at) for at in range(stack.count())][-5:]}, {texts[-5:]}")
    return found


def _difference(one: Any, other: Any) -> str:
    names = [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]
    return f"{[(name, getattr(one, name), getattr(other, name)) for name in names]}"


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_whatever_is_done_the_page_tells_the_truth(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    begin = monkey.hand.session.experiment
    assert play(monkey, truth, 70) == []
    assert history_faults(monkey, begin) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_whatever_is_done_for_long_the_page_tells_the_truth(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    begin = monkey.hand.session.experiment
    assert play(monkey, truth, 400) == []
    assert history_faults(monkey, begin) == []


@pytest.mark.parametrize("seed", range(30, 33))
def test_the_window_can_be_closed_at_any_time(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    for _ in range(monkey.chance.randint(3, 12)):
        monkey.step()
    monkey.window.close_unasked()
    assert not monkey.window.isVisible()
    assert [record.getMessage() for record in truth.records if record.levelno >= logging.ERROR] == []


def test_the_report_is_that_of_one_who_never_saw_the_network(make_monkey: Any) -> None:
    monkey, truth = make_monkey(5)
    assert play(monkey, truth, 40) == []
    bench = monkey.page.workbench
    shown = figures(bench.report)
    describe.cache_clear()
    describe_layer.cache_clear()
    assert figures(describe(bench.session.experiment.architecture, bench.shape, bench.classes)) == shown
