"""Steering: a training is changed while it goes on, and everything tells of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QTabBar

from lepton_studio.engine import LAYERS, Run, find_run, insert_layer
from lepton_studio.gui.widgets.number_edit import NumberEdit

LONG = 5000


@pytest.fixture
def steer(hand: Any) -> Callable[[str, str], None]:
    """Types a number into a field of the Steer tab."""

    def type_number(field: str, text: str) -> None:
        view = hand.find("steering_view")
        editor = view.findChild(NumberEdit, f"field_{field}")
        assert editor.isVisible()
        assert editor.isEnabled()
        QTest.mouseDClick(editor.lineEdit(), Qt.MouseButton.LeftButton)
        editor.selectAll()
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)

    return type_number


def open_tab(hand: Any, text: str) -> None:
    bar = hand.find("train_tabs", QTabBar)
    at = next(at for at in range(bar.count()) if bar.tabText(at) == text)
    hand.click(bar, bar.tabRect(at).center())


def begin(hand: Any, epochs: int = LONG) -> Run:
    hand.set_small(epochs=epochs)
    hand.go("train_page")
    open_tab(hand, "Steer")
    assert hand.says("Nothing is being trained")
    hand.click("train_start")
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history) > 0)
    hand.wait(hand.find("steering_view").findChild(NumberEdit, "field_learning_rate").isVisible)
    return hand.session.run


def test_the_learning_rate_is_changed_while_the_training_goes_on(hand: Any, steer: Any) -> None:
    run = begin(hand)
    before = hand.session.experiment.hyperparameters.optimizer.learning_rate
    steer("learning_rate", "0.0002")
    hand.wait(lambda: len(run.changes) == 1)
    (change,) = run.changes
    assert (change.field, change.before, change.after) == ("learning_rate", before, 0.0002)
    hand.wait(lambda: f"learning rate {before:g} → 0.0002" in hand.find("steering_changes", QLabel).text())
    # The batches after it learn with it, the schedule on top.
    taken = len(run.history)
    hand.wait(lambda: len(run.history) > taken + 30)
    after = run.history.batch_end > change.at + 1e-9
    assert run.history.batch_rate[after].max() <= 0.0002 * 1.0001
    hand.wait(lambda: hand.find("steering_rate", QLabel).text().startswith("Learning rate now: "))
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    assert find_run(run.id).changes == run.changes
    assert not hand.trouble


def test_what_is_changed_in_a_pause_comes_with_the_next_batch(hand: Any, steer: Any) -> None:
    run = begin(hand)
    with hand.qtbot.waitSignal(hand.session.trainer.held, timeout=60_000):
        hand.click("train_pause")
    steer("batch_size", "64")
    note = hand.find("note_batch_size", QLabel)
    hand.wait(note.isVisible)
    assert note.text() == "From the next batch"
    assert run.changes == ()
    with hand.qtbot.waitSignal(hand.session.trainer.held, timeout=60_000):
        hand.click("train_step")
    assert [change.after for change in run.changes] == [64]
    hand.wait(lambda: not note.isVisible())
    hand.click("train_stop")
    hand.wait(hand.is_idle)


def test_a_slider_that_is_dragged_makes_one_change(hand: Any) -> None:
    hand.set_small(epochs=LONG)
    experiment = hand.session.experiment
    layers = insert_layer(experiment.architecture.layers, (1,), LAYERS["dropout"]())
    architecture = msgspec.structs.replace(experiment.architecture, layers=layers)
    hand.session.edit("Drop", msgspec.structs.replace(experiment, architecture=architecture))
    hand.go("train_page")
    open_tab(hand, "Steer")
    hand.click("train_start")
    view = hand.find("steering_view")
    editor = view.findChild(NumberEdit, "field_dropout")
    hand.wait(lambda: editor.isVisible() and editor.isEnabled())
    slider = editor.parentWidget().findChild(QSlider)
    middle = slider.rect().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, middle.x()):
        QTest.mouseMove(slider, middle - QPoint(step, 0))
    hand.qtbot.wait(500)
    run = hand.session.run
    assert run.changes == ()
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(0, middle.y()))
    hand.wait(lambda: len(run.changes) == 1)
    assert (run.changes[0].field, run.changes[0].after) == ("dropout", editor.value())
    assert editor.value() < 0.2
    hand.click("train_stop")
    hand.wait(hand.is_idle)


def test_what_was_changed_becomes_that_of_the_next_run_and_the_run_is_trained_longer(hand: Any, steer: Any) -> None:
    run = begin(hand)
    steer("learning_rate", "0.0005")
    hand.wait(lambda: len(run.changes) == 1)
    hand.click("steering_take")
    assert hand.session.experiment.hyperparameters.optimizer.learning_rate == 0.0005
    assert not hand.find("steering_take", QPushButton).isEnabled()
    hand.wait(lambda: len(run.history.epochs) >= 1)
    # The end of the epoch under way becomes the end of the training.
    steer("epochs", str(len(run.history.epochs) + 2))
    hand.wait(lambda: hand.is_idle() and run.record.state == "finished")
    done = len(run.history.epochs)
    hand.click("steering_extend")
    hand.wait(lambda: hand.is_idle() and len(run.history.epochs) == done + 5)
    assert hand.session.run is run
    assert run.record.state == "finished"
    assert f"→ {done + 5}" in hand.find("steering_changes", QLabel).text()
    assert not hand.trouble
