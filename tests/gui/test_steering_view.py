"""A training is steered where it is watched: one drag is one change, and what was asked for is seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QSlider

from lepton_studio.engine import AUGMENTATIONS, OPTIMIZERS, SCHEDULES, Experiment, Run
from lepton_studio.engine.history import Change
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.session import Session
from lepton_studio.gui.steering_form import SteeringForm
from lepton_studio.gui.steering_view import MOST_CHANGES, SteeringView
from lepton_studio.gui.widgets.number_slider import NumberSlider

SOON = {"timeout": 20_000}
LONG = 10_000


def with_settings(experiment: Experiment, **settings: Any) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **settings)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


class Desk:
    """The view with a training that is held."""

    def __init__(self, session: Session, qtbot: Any) -> None:
        self.session, self.qtbot = session, qtbot
        self.view = SteeringView(Monitor(session))
        qtbot.addWidget(self.view)
        self.view.resize(312, 640)
        self.view.show()

    @property
    def run(self) -> Run:
        assert self.session.run is not None
        return self.session.run

    def hold(self, **settings: Any) -> None:
        """Trains one batch and waits."""
        self.session.experiment = with_settings(self.session.experiment, **{"epochs": LONG, **settings})
        self.session.step_training()
        self.wait(lambda: self.session.training_state == "paused" and len(self.run.history) == 1)
        self.view.refresh()

    def step(self) -> None:
        """Learns from one more batch; answering the validation pictures takes steps, too."""
        before = len(self.run.history)
        while len(self.run.history) == before:
            with self.qtbot.waitSignal(self.session.trainer.held, **SOON):
                self.session.step_training()
        self.view.refresh()

    def wait(self, done: Any) -> None:
        self.qtbot.waitUntil(done, **SOON)

    def label(self, name: str) -> QLabel:
        found = self.view.findChild(QLabel, name)
        assert found is not None
        return found

    def note(self, name: str) -> str:
        label = self.label(f"note_{name}")
        return label.text() if label.isVisible() else ""

    def type(self, name: str, text: str) -> None:
        editor = self.view.form.editor(name)
        assert editor.isVisible()
        editor.setFocus()
        editor.selectAll()
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)

    def slider(self, name: str) -> QSlider:
        row = self.view.form.editor(name).parentWidget()
        assert isinstance(row, NumberSlider)
        return row.slider


@pytest.fixture
def desk(tiny_session: Session, qtbot) -> Iterator[Desk]:
    desk = Desk(tiny_session, qtbot)
    yield desk
    desk.view.stop()
    tiny_session.trainer.stop()


def test_without_a_training_it_says_what_can_be_done_here(desk: Desk) -> None:
    assert "Nothing is being trained" in desk.label("steering_words").text()
    assert "learning rate" in desk.label("steering_words").text()
    assert not desk.view.form.isVisible()
    assert not desk.view.extend_button.isVisible()
    assert not desk.view.take_button.isVisible()


def test_what_is_typed_is_asked_for_and_comes_with_the_next_batch(desk: Desk) -> None:
    desk.hold()
    assert desk.view.form.editor("learning_rate").value() == 0.02
    desk.type("learning_rate", "0.005")
    desk.wait(lambda: desk.note("learning_rate") != "")
    assert desk.note("learning_rate") == "From the next batch"
    assert desk.run.changes == ()
    desk.step()
    desk.wait(lambda: desk.note("learning_rate") == "")
    (change,) = desk.run.changes
    assert (change.field, change.before, change.after, change.batch) == ("learning_rate", 0.02, 0.005, 1)
    assert desk.view.form.editor("learning_rate").value() == 0.005
    assert "learning rate 0.02 → 0.005" in desk.label("steering_changes").text()


def test_one_drag_of_a_slider_is_one_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hold()
    asked: list[tuple[str, float]] = []
    monkeypatch.setattr(desk.session, "steer", lambda field, value: asked.append((field, value)))
    slider = desk.slider("dropout")
    start, end = QPoint(slider.width() // 2, slider.height() // 2), QPoint(slider.width() - 1, slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for place in range(start.x(), end.x(), 2):
        QTest.mouseMove(slider, QPoint(place, start.y()))
    assert slider.isSliderDown()
    # However long it is held: the timer looks again and again.
    desk.qtbot.wait(900)
    assert asked == []
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=end)
    desk.wait(lambda: len(asked) == 1)
    desk.qtbot.wait(400)
    assert asked == [("dropout", 2.0)]


def test_quick_steps_of_the_arrows_are_one_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hold()
    asked: list[tuple[str, float]] = []
    monkeypatch.setattr(desk.session, "steer", lambda field, value: asked.append((field, value)))
    editor = desk.view.form.editor("batch_size")
    for _ in range(5):
        QTest.keyClick(editor, Qt.Key.Key_Up)
    desk.wait(lambda: bool(asked))
    assert asked == [("batch_size", 37)]


def test_two_fields_edited_at_once_are_two_changes(desk: Desk) -> None:
    desk.hold()
    desk.type("learning_rate", "0.01")
    desk.type("epochs", "7")
    desk.wait(lambda: len(desk.run.wishes) == 2)
    desk.step()
    assert {change.field: change.after for change in desk.run.changes} == {"learning_rate": 0.01, "epochs": 7}


def test_a_value_that_is_there_already_is_not_asked_for(desk: Desk) -> None:
    desk.hold()
    desk.view.form.setting_changed.emit("learning_rate", 0.02)
    assert not desk.run.wishes
    assert desk.note("learning_rate") == ""


def test_what_was_asked_for_can_be_taken_back_before_it_comes(desk: Desk) -> None:
    desk.hold()
    desk.type("learning_rate", "0.5")
    desk.wait(lambda: len(desk.run.wishes) == 1)
    desk.type("learning_rate", "0.02")
    desk.wait(lambda: len(desk.run.wishes) == 2)
    desk.step()
    desk.wait(lambda: desk.note("learning_rate") == "")
    assert desk.view.form.editor("learning_rate").value() == 0.02
    assert [change.after for change in desk.run.changes] == [0.5, 0.02]


@pytest.mark.parametrize(
    ("settings", "field", "reason"),
    [
        ({"augmentations": ()}, "augmentation", "not changed at random"),
        ({}, "momentum", "has no momentum"),
        ({"optimizer": OPTIMIZERS["adam"](learning_rate=0.02)}, "momentum", "Adam has no momentum"),
    ],
    ids=["no_augmentation", "no_momentum", "named_optimizer"],
)
def test_what_does_nothing_here_is_grey_and_says_why(desk: Desk, settings: Any, field: str, reason: str) -> None:
    desk.hold(**settings)
    assert not desk.view.form.editor(field).isEnabled()
    assert not desk.slider(field).isVisible()
    assert reason in desk.note(field)
    assert desk.label(f"note_{field}").isEnabled()
    assert desk.view.form.editor("learning_rate").isEnabled()


def test_a_network_without_dropout_says_so(desk: Desk) -> None:
    experiment = desk.session.experiment
    layers = tuple(layer for layer in experiment.architecture.layers if layer.tag() != "dropout")
    architecture = msgspec.structs.replace(experiment.architecture, layers=layers)
    desk.session.experiment = msgspec.structs.replace(experiment, architecture=architecture)
    desk.hold()
    assert desk.note("dropout") == "This network has no Dropout."


def test_the_rate_in_effect_is_shown_with_what_the_schedule_makes_of_it(desk: Desk) -> None:
    desk.hold(schedule=SCHEDULES["cosine"](), epochs=2)
    for _ in range(4):
        desk.step()
    rate = float(desk.run.history.batch_rate[-1])
    assert rate < 0.019
    text = desk.label("steering_rate").text()
    assert f"{rate:.3g}" in text
    assert f"{rate / 0.02 * 100:.0f} %" in text


def test_a_constant_rate_is_shown_without_a_schedule(desk: Desk) -> None:
    desk.hold(schedule=SCHEDULES["constant"]())
    assert desk.label("steering_rate").text() == "Learning rate now: 0.02"


def test_the_newest_change_comes_first_and_old_ones_are_counted(desk: Desk) -> None:
    desk.hold()
    desk.run.changes = tuple(
        Change(number, 0, number + 0.25, "batch_size", 32 + number, 33 + number) for number in range(MOST_CHANGES + 4)
    )
    desk.view.refresh()
    lines = desk.label("steering_changes").text().split("\n")
    assert lines[0] == f"Epoch {MOST_CHANGES + 3}.25: batch size {35 + MOST_CHANGES} → {36 + MOST_CHANGES}"
    assert lines[-1] == "and 4 before"
    assert len(lines) == MOST_CHANGES + 1


def test_what_was_changed_becomes_that_of_the_experiment_and_nothing_else(desk: Desk) -> None:
    desk.hold()
    desk.type("learning_rate", "0.005")
    desk.type("dropout", "0.5")
    desk.wait(lambda: len(desk.run.wishes) == 2)
    desk.step()
    # Meanwhile another batch size was chosen for the next run.
    desk.session.experiment = with_settings(desk.session.experiment, batch_size=16, epochs=3)
    desk.session.experiment_changed.emit()
    assert desk.view.take_button.isEnabled()
    QTest.mouseClick(desk.view.take_button, Qt.MouseButton.LeftButton)
    settings = desk.session.experiment.hyperparameters
    assert (settings.optimizer.learning_rate, settings.batch_size, settings.epochs) == (0.005, 16, 3)
    assert desk.session.undo_stack.undoText() == f"Take what was changed in {desk.run.record.name}"
    assert not desk.view.take_button.isEnabled()
    # Dropout is said by the layers.
    assert any("Build" in label.text() for label in desk.view.findChildren(QLabel) if label.isVisible())
    desk.session.undo_stack.undo()
    assert desk.view.take_button.isEnabled()


def test_a_stronger_augmentation_is_taken_once(desk: Desk) -> None:
    desk.hold(augmentations=(AUGMENTATIONS["noise"](),))
    desk.type("augmentation", "0.5")
    desk.wait(lambda: len(desk.run.wishes) == 1)
    desk.step()
    before = desk.run.experiment.hyperparameters.augmentations
    QTest.mouseClick(desk.view.take_button, Qt.MouseButton.LeftButton)
    assert desk.session.experiment.hyperparameters.augmentations == tuple(each.scaled(0.5) for each in before)
    assert not desk.view.take_button.isEnabled()


def test_a_run_that_ended_can_be_trained_longer(desk: Desk) -> None:
    desk.session.experiment = with_settings(desk.session.experiment, epochs=1)
    desk.session.start_training()
    desk.wait(lambda: desk.session.training_state == "idle" and desk.session.run is not None)
    run = desk.run
    assert desk.view.extend_button.isVisible()
    editor = desk.view._longer.editor("more")
    editor.setFocus()
    editor.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(editor, "2")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.mouseClick(desk.view.extend_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.session.training_state == "idle" and len(run.history.epochs) == 3)
    assert desk.run is run
    assert run.record.state == "finished"
    assert "epochs 1 → 3" in desk.label("steering_changes").text()


def test_what_is_edited_when_it_is_hidden_is_not_lost(desk: Desk) -> None:
    desk.hold()
    desk.view.form.editor("learning_rate").setValue(0.25)
    desk.view.hide()
    assert list(desk.run.wishes) == [("learning_rate", 0.25)]


def test_what_is_edited_as_the_training_ends_is_shown_as_it_was(desk: Desk) -> None:
    desk.hold()
    desk.view.form.editor("learning_rate").setValue(0.25)
    desk.session.stop_training()
    desk.wait(lambda: desk.session.training_state == "idle")
    desk.view.form.finish()
    assert not desk.run.wishes
    assert "Nothing is being trained" in desk.label("steering_words").text()


def test_a_hidden_view_pulls_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hold()
    desk.view.hide()
    shown: list[object] = []
    monkeypatch.setattr(SteeringForm, "show_values", lambda _form, values: shown.append(values))
    desk.session.steer("learning_rate", 0.5)
    with desk.qtbot.waitSignal(desk.session.trainer.held, **SOON):
        desk.session.step_training()
    desk.qtbot.wait(400)
    assert len(desk.run.changes) == 1
    assert shown == []
    desk.view.show()
    assert len(shown) == 1


def test_without_news_nothing_is_shown_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hold()
    shown: list[object] = []
    monkeypatch.setattr(SteeringForm, "show_values", lambda _form, values: shown.append(values))
    for _ in range(5):
        desk.view.refresh()
    assert shown == []
