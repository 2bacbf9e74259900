"""A hand that clicks anything at any time on Train and Runs: no run is lost, and all that is shown stays true."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QTabBar,
    QToolButton,
)

from lepton_studio.engine import Run, all_datasets, find_run, import_folder, list_runs, preset
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.widgets.number_edit import NumberEdit

LEFT = Qt.MouseButton.LeftButton
MOMENTS = 20
NUMBERS = ("0", "1", "1e9", "nan", "", "0.001", "7", "64", "3.5", "1e-7", "2", "10000000", "0.9", "100", "12")


class Monkey:
    """Does something by chance; the same seed does the same, as far as a training keeps its pace."""

    def __init__(self, hand: Any, seed: int) -> None:
        self.hand, self.chance = hand, random.Random(seed)
        self.done: list[str] = []
        # The runs that ever were, and the names of those that somebody agreed to lose.
        self.made: dict[str, str] = {}
        self.given_up: list[str] = []
        hand.session.trainer.event_emitted.connect(self._note)
        self.deeds: list[tuple[int, Callable[[], None]]] = [
            (14, lambda: self.press("train_start")), (8, lambda: self.press("train_pause")), (9, self.step_quickly),
            (7, lambda: self.press("train_epoch")), (5, lambda: self.press("train_stop")), (4, self.slow_motion),
            (4, self.discard), (5, self.train_longer), (14, self.steer), (8, self.turn_tab), (8, self.drag_epochs),
            (4, self.play_epochs), (3, self.open_epoch), (3, self.change_looks), (4, self.undo_or_redo),
            (2, self.change_dataset), (4, self.edit), (5, self.visit_runs), (4, self.queue), (3, self.sweep),
            (4, self.take_hint), (3, self.find_rate), (10, self.rest), (2, self.curves),
        ]  # fmt: skip

    def _note(self, event: object) -> None:
        if isinstance(event, Run):
            self.made[event.id] = event.record.name

    @property
    def window(self) -> MainWindow:
        return self.hand.window  # type: ignore[no-any-return]

    @property
    def page(self) -> Any:
        return self.window.page("train_page")

    def step(self) -> None:
        """Does one thing, with Train in front."""
        if self.window.current_page != "train_page":
            self.window.show_page("train_page")
        weights, deeds = zip(*self.deeds, strict=True)
        (at,) = self.chance.choices(range(len(deeds)), weights)
        self.done.append(getattr(deeds[at], "__name__", "?"))
        deeds[at]()
        if self.chance.random() < 0.6:
            self.hand.settle()

    def press(self, name: str, kind: type[Any] = QPushButton) -> bool:
        """Clicks a button, if it is there and can be clicked; whether it could."""
        for each in self.window.findChildren(kind, name):
            if each.isVisible() and each.isEnabled():
                self.done.append(name)
                QTest.mouseClick(each, LEFT)
                return True
        return False

    # --- Train

    def step_quickly(self) -> None:
        for _ in range(self.chance.choice((1, 2, 12))):
            if self.chance.random() < 0.5:
                self.press("train_step")
            else:
                QTest.keyClick(self.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)

    def entry(self, menu: str, at: int) -> None:
        found = self.page.findChild(QMenu, menu)
        if found is not None and found.isEnabled():
            found.actions()[at % len(found.actions())].trigger()

    def slow_motion(self) -> None:
        self.entry("train_slow", self.chance.choice((0, 0, 1, 2, 3)))

    def train_longer(self) -> None:
        self.entry("train_longer", self.chance.randrange(3))

    def discard(self) -> None:
        action = self.page.buttons._discard
        if action.isEnabled():
            action.trigger()

    def turn_tab(self) -> None:
        bar = self.hand.find("train_tabs", QTabBar)
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(self.chance.randrange(bar.count())).center())

    def steer(self) -> None:
        self.page.side.turn_to(1)
        edits = [each for each in self.page.side.steering.findChildren(NumberEdit) if each.isVisible()]
        edits = [each for each in edits if each.isEnabled() and each.objectName() != "field_more"]
        if not edits:
            self.press("steering_extend")
            return
        edit = self.chance.choice(edits)
        text = self.chance.choice(NUMBERS)
        self.done.append(f"{edit.objectName()} {text}")
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Up, Qt.Key.Key_Escape)))
        if self.chance.random() < 0.2:
            self.press("steering_take")

    def drag_epochs(self) -> None:
        track = self.page.slider.track
        places = [QPoint(self.chance.randint(-5, track.width() + 5), track.height() // 2) for _ in range(4)]
        QTest.mousePress(track, LEFT, pos=places[0])
        for place in places[1:]:
            QTest.mouseMove(track, place)
            if self.chance.random() < 0.3:
                QTest.qWait(30)
        QTest.mouseRelease(track, LEFT, pos=places[-1])

    def play_epochs(self) -> None:
        self.press(self.chance.choice(("epoch_play", "epoch_now")), QToolButton)

    def open_epoch(self) -> None:
        self.drag_epochs()
        self.press(self.chance.choice(("epoch_draw", "epoch_evaluate")), QToolButton)
        QTest.qWait(self.chance.choice((0, 50)))

    def curves(self) -> None:
        buttons = [each for each in self.page.curves.findChildren(QToolButton) if each.isVisible()]
        buttons = [each for each in buttons if each.isEnabled() and each.isCheckable() and each.menu() is None]
        if buttons:
            QTest.mouseClick(self.chance.choice(buttons), LEFT)

    def take_hint(self) -> None:
        for name in self.chance.sample(("hint_why", "hint_now", "hint_next", "hint_undo", "hint_more_epochs"), 5):
            if self.press(name):
                return

    def find_rate(self) -> None:
        self.page.side.turn_to(0)
        for name in self.chance.sample(("find_rate", "cancel_rate", "use_rate", "fold_rate"), 4):
            if self.press(name):
                return

    # --- around it

    def change_looks(self) -> None:
        wanted = {"theme": self.chance.choice(("light", "dark")), "zoom": self.chance.choice(("100 %", "125 %"))}
        self.window.set_preferences(msgspec.structs.replace(self.window.preferences, **wanted))

    def undo_or_redo(self) -> None:
        for _ in range(self.chance.choice((1, 3))):
            self.hand.action(self.chance.choice(("undo", "undo", "redo"))).trigger()

    def change_dataset(self) -> None:
        name = self.chance.choice(("bundled_digits", "bundled_digits", "tiny"))
        self.hand.session.choose_dataset(all_datasets()[name])

    def edit(self) -> None:
        small(self.hand, self.chance)

    def queue(self) -> None:
        self.runs_tab(1)
        for name in ("queue_add", "queue_start", "queue_pause", "queue_stop", "queue_clear", "queue_remove"):
            if self.chance.random() < 0.4:
                self.press(name)

    def sweep(self) -> None:
        self.runs_tab(2)
        names = ("sweep_start", "sweep_go_on", "sweep_pause", "sweep_stop", "sweep_watch", "sweep_take", "sweep_delete")
        for name in names:
            if self.chance.random() < 0.4:
                self.press(name)

    def runs_tab(self, tab: int) -> None:
        self.window.show_page("runs_page")
        bar = self.hand.find("runs_tabs", QTabBar)
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(tab).center())

    def visit_runs(self) -> None:
        """Chooses a run, perhaps the one under way, and does something with it."""
        self.runs_tab(0)
        table = self.window.page("runs_page").table
        if table.rowCount():
            self.hand.click_row(table, self.chance.randrange(table.rowCount()))
            self.press(self.chance.choice(("runs_resume", "runs_use", "runs_rename", "runs_delete", "runs_draw")))

    def rest(self) -> None:
        QTest.qWait(self.chance.choice((1, 20, 150, 500)))


def small(hand: Any, chance: random.Random) -> None:
    """A training whose epochs take a tenth of a second; some have what is attacked, held back, or batch norm."""
    experiment = hand.session.experiment
    settings = msgspec.structs.replace(
        experiment.hyperparameters,
        epochs=chance.choice((1, 3, 40)),
        batch_size=chance.choice((1, 16, 32, 5000)),
        samples_per_epoch=chance.choice((64, 200)),
        augmentations=(),
        device="cpu",
        threads=1,
    )
    layers = preset(chance.choice(("mlp", "mlp", "lenet5", "resnet8")))
    experiment = msgspec.structs.replace(experiment, architecture=layers, hyperparameters=settings)
    hand.session.edit("Set small", experiment)


def make_own(folder: Path, name: str) -> None:
    """Brings in a few random pictures as a dataset."""
    numbers = np.random.default_rng(4)
    for label in range(2):
        (folder / name / f"class {label}").mkdir(parents=True)
        for picture in range(12):
            pixels = numbers.integers(0, 256, (20, 20), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"class {label}" / f"{picture}.png")
    for _ in import_folder(folder / name, name):
        pass


class Truth:
    """What has to be so whatever was done."""

    def __init__(self, monkey: Monkey, records: list[logging.LogRecord]) -> None:
        self.monkey, self.records = monkey, records

    def faults(self) -> list[str]:
        """What is not so, and stays so; what the training did in this very moment is not told yet."""
        for _ in range(MOMENTS):
            found = self._faults_now()
            if not found:
                break
            QTest.qWait(10)
        return found

    def _faults_now(self) -> list[str]:
        hand = self.monkey.hand
        hand.settle()
        session, state = hand.session, hand.session.training_state
        buttons = self.monkey.page.buttons
        said = {
            "logged": [record.getMessage() for record in self.records if record.levelno >= logging.ERROR],
            "a dialog": QApplication.activeModalWidget(),
            "a popup": QApplication.activePopupWidget(),
            "state": hand.window.property("training_state") != state,
            "stop": state in ("running", "paused") and not buttons.stop.isEnabled(),
            "stop while idle": state == "idle" and buttons.stop.isEnabled(),
            "stop says": (buttons.stop.text() == "Stopping ...") != (state == "stopping"),
            "start says": (buttons.start.text() == "Go on") != (state == "paused"),
            "under way": state == "idle" and session.under_way is not None,
            "lost": self._lost(),
        }
        return [f"{name}: {value}" for name, value in said.items() if value]

    def _lost(self) -> list[str]:
        there = {run.id for run in list_runs()}
        lost = [name for key, name in self.monkey.made.items() if key not in there]
        return [name for name in lost if not any(name in question for question in self.monkey.given_up)]

    def faults_at_the_end(self) -> list[str]:
        """When nothing is trained any more, what the disk says of each run is what is so."""
        hand = self.monkey.hand
        hand.session.stop_training()
        hand.wait(lambda: hand.session.training_state == "idle" and hand.session.under_way is None)
        found = self.faults()
        for run in list_runs():
            # Steered to nonsense, a training may fail; it says why.
            if run.record.state not in ("finished", "stopped", "failed") or (
                run.record.state == "failed" and not run.record.error
            ):
                found.append(f"{run.id} is {run.record.state}: {run.record.error}")
            if run.record.epochs_done > len(run.history.epochs):
                found.append(f"{run.id} has {len(run.history.epochs)} rows of {run.record.epochs_done}")
        live = hand.session.run
        if live is not None and find_run(live.id).record != live.record:
            found.append(f"{live.record} is not what is kept")
        return found


@pytest.fixture
def make_monkey(
    hand: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[int], tuple[Monkey, Truth]]:
    make_own(tmp_path, "tiny")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_more: ("", ""))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("", False))

    def make(seed: int) -> tuple[Monkey, Truth]:
        monkey = Monkey(hand, seed)

        def answer(box: QMessageBox) -> int:
            # Somebody thinks about it; the training goes on.
            QTest.qWait(monkey.chance.choice((0, 0, 60, 300)))
            buttons = [each for each in box.buttons() if isinstance(each, QPushButton)]
            button = monkey.chance.choice(buttons)
            monkey.done.append(f"{box.text()} {button.text()}")
            if button.text() in ("Discard", "Delete"):
                monkey.given_up.append(box.text())
            button.click()
            return 0

        monkeypatch.setattr(QMessageBox, "exec", answer)
        small(hand, monkey.chance)
        hand.go("train_page")
        return monkey, Truth(monkey, caplog.records)

    return make


def play(monkey: Monkey, truth: Truth, steps: int) -> list[str]:
    """Does so many things; returns what was not so first, with what was done before it."""
    for _ in range(steps):
        monkey.step()
        faults = truth.faults()
        if faults:
            return [*faults, f"after {monkey.done[-25:]}"]
    faults = truth.faults_at_the_end()
    return [*faults, f"after {monkey.done[-25:]}"] if faults else []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_whatever_is_clicked_no_run_is_lost_and_what_is_shown_is_true(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    assert play(monkey, truth, 60) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10, 20))
def test_whatever_is_clicked_for_long_no_run_is_lost(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    assert play(monkey, truth, 300) == []


@pytest.mark.parametrize("seed", range(30, 33))
def test_the_window_can_be_closed_at_any_time_of_a_training(make_monkey: Any, seed: int) -> None:
    monkey, truth = make_monkey(seed)
    for _ in range(monkey.chance.randint(3, 12)):
        monkey.step()
    monkey.window.show_page("train_page")
    monkey.press("train_start")
    QTest.qWait(monkey.chance.choice((0, 5, 40, 400)))
    monkey.window.close_unasked()
    assert not monkey.window.isVisible()
    assert [record.getMessage() for record in truth.records if record.levelno >= logging.ERROR] == []
    assert {run.record.state for run in list_runs()} <= {"finished", "stopped", "failed"}


@pytest.mark.parametrize("phase", ["train", "validation"])
def test_stop_is_shown_at_once_and_at_most_one_batch_more_is_learned(
    hand: Any, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    from lepton_studio.engine import training

    taken: list[int] = []
    take_step = training.take_step

    def counted(*arguments: Any) -> Any:
        taken.append(1)
        return take_step(*arguments)

    monkeypatch.setattr(training, "take_step", counted)
    hand.set_small(epochs=5000)
    hand.go("train_page")
    hand.click("train_start")
    hand.wait(lambda: len(taken) > 3 and hand.session.run.pace.phase == phase)
    button = hand.find("train_stop", QPushButton)
    QTest.mouseClick(button, LEFT)
    # Before anything else is handled.
    shown, at_the_click = (button.text(), button.isEnabled(), hand.session.training_state), len(taken)
    assert shown == ("Stopping ...", False, "stopping")
    hand.wait(hand.is_idle)
    assert len(taken) <= at_the_click + 1
    assert len(hand.session.run.history) == len(taken)
    assert find_run(hand.session.run.id).record.state == "stopped"
