"""Sweeps on screen: what is chosen, how it is worked off, what it shows and offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from lepton_studio.engine import Run, Sweep, SweepField, create_sweep, find_sweep, list_runs, sweep_result, sweepable
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.sweep_fields import axis_from
from lepton_studio.gui import sweep_view
from lepton_studio.gui.session import Session
from lepton_studio.gui.sweep_view import SweepView

pytest.importorskip("optuna", reason="sweeps are Optuna's")

PATIENCE = 60_000
RATE = "hyperparameters.optimizer.learning_rate"
SIZE = "hyperparameters.batch_size"
KIND = "hyperparameters.optimizer.type"


@pytest.fixture(autouse=True)
def _a_session_that_trains_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def train_all(session: Session, runs_and_events: Iterator[object]) -> None:
        session.trainer.walk(runs_and_events)
        session.training_changed.emit()

    if not hasattr(Session, "train_all"):
        monkeypatch.setattr(Session, "train_all", train_all, raising=False)


@pytest.fixture
def session(tiny_session: Session) -> Session:
    """With a network of one layer and no augmentation, which trains in no time."""
    experiment = tiny_session.experiment
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, augmentations=())
    network = Architecture("Small", (Flatten(), Linear(outputs=4)))
    tiny_session.experiment = msgspec.structs.replace(experiment, architecture=network, hyperparameters=hyperparameters)
    return tiny_session


@pytest.fixture
def view(session: Session, qtbot) -> Iterator[SweepView]:
    view = shown_view(session, qtbot)
    yield view
    view.hide()
    view.stop()


def shown_view(session: Session, qtbot) -> SweepView:
    view = SweepView(session)
    qtbot.addWidget(view)
    view.resize(340, 900)
    view.show()
    qtbot.waitUntil(lambda: view.is_settled, timeout=PATIENCE)
    return view


def field(session: Session, path: str) -> SweepField:
    return next(each for each in sweepable(session.experiment) if each.path == path)


def a_sweep(session: Session, *over: str, **changes: object) -> Sweep:
    axes = tuple(axis_from(session.experiment, text) for text in over)
    return create_sweep(msgspec.structs.replace(Sweep("", session.experiment, axes, "grid"), **changes))


def click(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_for_the_end(view: SweepView, session: Session, qtbot) -> None:
    qtbot.waitUntil(lambda: session.training_state == "idle", timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.is_settled, timeout=PATIENCE)


def column(view: SweepView, number: int) -> list[str]:
    items = [view.outcome.table.item(row, number) for row in range(view.outcome.table.rowCount())]
    return [item.text() for item in items]


# --- what to try


def test_at_first_it_says_what_a_sweep_is_for(view) -> None:
    assert view.setup.isVisible()
    assert view.setup.teaching.isVisible()
    assert not view.progress.isVisible()
    assert not view.setup.start_button.isEnabled()


def test_every_field_that_can_change_is_in_the_menu_once(view, session) -> None:
    view.setup._menu.aboutToShow.emit()

    def actions(menu: QMenu) -> Iterator[str]:
        for action in menu.actions():
            if action.menu() is None:
                yield action.text()
            else:
                yield from actions(action.menu())

    assert len(list(actions(view.setup._menu))) == len(sweepable(session.experiment))
    batch_size = next(action for action in view.setup._menu.actions() if action.text() == "Batch size")
    batch_size.trigger()
    assert [each.path for each, _ in view.setup._axes] == [SIZE]
    assert not view.setup.teaching.isVisible()
    view.setup._menu.aboutToShow.emit()
    batch_size = next(action for action in view.setup._menu.actions() if action.text() == "Batch size")
    assert not batch_size.isEnabled()


def test_a_grid_counts_its_trials_and_a_draw_asks_for_their_number(view, session) -> None:
    view.setup.add_field(field(session, SIZE))
    view.setup.add_field(field(session, RATE)).count.setValue(4)
    assert view.setup.trials.isVisible()
    assert view.setup.summary.text() == "20 trials of 2 epochs"
    view.setup.sampler.setCurrentIndex(view.setup.sampler.findData("grid"))
    assert not view.setup.trials.isVisible()
    assert view.setup.summary.text() == "3 × 4 = 12 trials of 2 epochs"
    assert view.setup.start_button.isEnabled()


def test_what_cannot_be_trained_is_told_before(view, session, qtbot) -> None:
    editor = view.setup.add_field(field(session, SIZE))
    editor.values.clear()
    qtbot.keyClicks(editor.values, "16, 0")
    assert "batch_size" in view.setup.summary.text()
    assert not view.setup.start_button.isEnabled()
    click(qtbot, editor.remove_button)
    assert view.setup._axes == []
    assert view.setup.teaching.isVisible()


def test_what_stands_there_is_handed_over_when_the_looks_change(view, session, qtbot) -> None:
    view.setup.add_field(field(session, RATE)).low.setValue(0.002)
    view.setup.sampler.setCurrentIndex(2)
    view.setup.trials.setValue(7)
    view.setup.pruning.setChecked(False)
    view.setup.name.setText("Mine")
    other = shown_view(session, qtbot)
    other.take_over(view.hand_over())
    assert other.setup.draft == view.setup.draft
    assert other.setup.planned() == view.setup.planned()
    other.hide()
    other.stop()


# --- how it is worked off


def test_a_sweep_is_begun_and_shows_its_trials_best_first(view, session, qtbot) -> None:
    editor = view.setup.add_field(field(session, RATE))
    editor.kind.setCurrentIndex(0)
    editor.values.setText("0.00001, 0.1, 0.0001, 0.001")
    view.setup.sampler.setCurrentIndex(view.setup.sampler.findData("grid"))
    view.setup.pruning.setChecked(False)
    click(qtbot, view.setup.start_button)
    assert view.progress.isVisible()
    assert not view.setup.isVisible()
    wait_for_the_end(view, session, qtbot)
    qtbot.waitUntil(lambda: view._result.is_complete, timeout=PATIENCE)
    assert view.message.text == ""
    assert column(view, 0) == ["2", "4", "3", "1"]
    assert column(view, 2) == ["0.1", "0.001", "0.0001", "0.00001"]
    assert column(view, 3)[0] == "best"
    assert view.progress.summary.text() == "All 4 trials are over; number 2 is the best"
    assert view.outcome.plots.bars.shares == {"Optimizer: learning rate": pytest.approx(1)}
    assert view.outcome.plots.bars.isVisible()
    assert view.picker.currentText() == "Sweep 1"
    assert {run.record.group for run in list_runs()} == {"Sweep 1"}
    assert not view.progress.go_on_button.isVisible()


def test_it_pauses_stops_and_goes_on_where_it_was(session, qtbot) -> None:
    long = msgspec.structs.replace(session.experiment.hyperparameters, epochs=400)
    session.experiment = msgspec.structs.replace(session.experiment, hyperparameters=long)
    kept = a_sweep(session, "optimizer.learning_rate=0.01,0.02")
    view = shown_view(session, qtbot)
    # One that is not at its end is what a person wants to go on with.
    assert view.picker.currentText() == kept.name
    assert view.progress.go_on_button.text() == "Start"
    click(qtbot, view.progress.go_on_button)
    qtbot.waitUntil(lambda: view.progress.pause_button.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: session.run is not None and len(session.run.history) > 3, timeout=PATIENCE)
    click(qtbot, view.progress.pause_button)
    qtbot.waitUntil(lambda: session.training_state == "paused", timeout=PATIENCE)
    assert view.progress.go_on_button.isVisible()
    assert view.progress.summary.text().startswith("Trial 1 of 2")
    assert not view.progress.delete_button.isVisible()
    click(qtbot, view.progress.go_on_button)
    assert session.training_state == "running"
    click(qtbot, view.progress.stop_button)
    wait_for_the_end(view, session, qtbot)
    run = session.run
    assert isinstance(run, Run)
    assert run.record.state == "stopped"
    qtbot.waitUntil(lambda: "interrupted" in view.progress.summary.text(), timeout=PATIENCE)
    assert view.progress.go_on_button.text() == "Go on"
    assert column(view, 3) == ["interrupted"]
    click(qtbot, view.progress.go_on_button)
    qtbot.waitUntil(lambda: session.training_state == "running", timeout=PATIENCE)
    qtbot.waitUntil(lambda: session.run is not run, timeout=PATIENCE)
    assert session.run.id == run.id
    session.stop_training()
    wait_for_the_end(view, session, qtbot)
    assert [trial.run for trial in sweep_result(find_sweep(kept.name)).trials] == [run.id]
    view.hide()
    view.stop()


def test_another_training_keeps_it_from_being_started(view, session, monkeypatch) -> None:
    view.setup.add_field(field(session, SIZE))
    assert view.setup.start_button.isEnabled()
    monkeypatch.setattr(Session, "training_state", "running")
    session.training_changed.emit()
    assert not view.setup.start_button.isEnabled()
    assert "after it" in view.setup.start_button.toolTip()


# --- what it shows and offers


@pytest.fixture
def done(session: Session, qtbot) -> Iterator[SweepView]:
    """A view of a sweep that is over."""
    from lepton_studio.engine import work_off_sweep

    sweep = a_sweep(session, "optimizer.learning_rate=0.0001,0.1", "optimizer=adam,sgd")
    for _ in work_off_sweep(sweep, session.samples):
        pass
    view = shown_view(session, qtbot)
    assert view.picker.currentText() == "New sweep"
    view.picker.setCurrentIndex(view.picker.findData(sweep.name))
    view.picker.activated.emit(view.picker.currentIndex())
    qtbot.waitUntil(lambda: view.is_settled and view.outcome.isVisible(), timeout=PATIENCE)
    yield view
    view.hide()
    view.stop()


def test_the_settings_of_the_best_are_taken_in_one_step(done, session, qtbot) -> None:
    best = done._result.best
    assert done.outcome.chosen == best
    assert done.progress.take_button.text() == "Take the settings of the best"
    click(qtbot, done.progress.take_button)
    assert session.experiment == done._result.sweep.experiment_with(best.values)
    assert session.undo_stack.undoText() == f"Take the settings of trial {best.number}"
    session.undo_stack.undo()
    other = next(trial for trial in done._result.trials if trial != best)
    done.outcome._choose(str(other.number))
    assert done.progress.take_button.text() == f"Take the settings of trial {other.number}"
    click(qtbot, done.progress.take_button)
    assert session.experiment.hyperparameters.optimizer.tag() == other.values[KIND]


def test_a_click_on_a_heading_sorts_and_the_third_puts_the_best_first_again(done) -> None:
    first = column(done, 0)
    rates = sorted(column(done, 2), key=float)
    done.outcome._sort(2)
    assert column(done, 2) == rates
    done.outcome._sort(2)
    assert column(done, 2) == rates[::-1]
    done.outcome._sort(2)
    assert column(done, 0) == first
    done.outcome._sort(3)
    assert column(done, 3) == ["adam", "adam", "sgd", "sgd"]


def test_a_click_on_a_point_chooses_its_row(done, qtbot) -> None:
    plot = done.outcome.plots.scatter
    place = plot.place_of("1").toPoint()
    # Points of the two optimizers lie over each other; the click takes one of them.
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place + QPoint(1, 0))
    assert done.outcome.chosen is not None
    assert done.outcome.chosen.values[RATE] == "0.0001"
    done.outcome.plots.axis.setCurrentIndex(1)
    assert plot.accessibleName() == "Validation loss over Optimizer"


def test_a_wide_view_puts_bars_beside_points(done, qtbot) -> None:
    def place(widget) -> QPoint:
        return widget.mapTo(done, QPoint())

    bars, points = done.outcome.plots.bars, done.outcome.plots.scatter
    assert place(bars).x() == place(points).x()
    done.resize(860, 700)
    qtbot.waitUntil(lambda: place(bars).x() < place(points).x(), timeout=PATIENCE)
    done.resize(340, 900)
    qtbot.waitUntil(lambda: place(bars).x() == place(points).x(), timeout=PATIENCE)
    assert place(bars).y() < place(points).y()


def test_a_deleted_sweep_leaves_its_runs(done, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(sweep_view, "confirmed", lambda *_: True)
    click(qtbot, done.progress.delete_button)
    qtbot.waitUntil(lambda: done.is_settled and done.picker.count() == 1, timeout=PATIENCE)
    assert done.setup.isVisible()
    assert len(list_runs()) == 4


def test_a_damaged_record_is_told_with_its_file(session, qtbot) -> None:
    sweep = a_sweep(session, "batch_size=16,32")
    sweep.study_file.write_bytes(b"cake" * 1000)
    view = shown_view(session, qtbot)
    # It is not what a person looks at yet.
    assert view.message.text == ""
    view.picker.setCurrentIndex(1)
    view.picker.activated.emit(1)
    qtbot.waitUntil(lambda: view.message.text != "", timeout=PATIENCE)
    assert Path(sweep.study_file).name in view.message.text
    view.hide()
    view.stop()
