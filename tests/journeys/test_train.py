"""Train: start, watch, pause, step, stop, go on."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QTableWidget

from lepton_studio.engine import Run, list_runs
from lepton_studio.gui.train_side import SETTINGS, WATCH
from lepton_studio.gui.wording import milliseconds

# So many epochs that nobody waits for the end; they are stopped.
LONG = 5000


def shown_batches(hand: Any, name: str = "loss_plot") -> int:
    """How many batches a plot draws now."""
    data = hand.find(name)._data
    return 0 if data is None else len(data.batches)


def test_the_plots_grow_while_a_training_goes_on(hand: Any) -> None:
    hand.set_small(epochs=LONG)
    hand.go("train_page")
    assert hand.window.property("training_state") == "idle"
    hand.click("train_start")
    assert hand.window.property("training_state") == "running"
    assert not hand.find("train_start").isEnabled()
    hand.wait(lambda: shown_batches(hand) > 0)
    first = shown_batches(hand)
    hand.wait(lambda: shown_batches(hand) > first and shown_batches(hand, "accuracy_plot") > first)
    assert hand.window.property("training_state") == "running"
    assert hand.find("train_progress_text", QLabel).text().startswith("Epoch ")
    hand.wait(lambda: "images/s" in hand.find("performance_speed", QLabel).text())
    hand.wait(lambda: "ms" in hand.find("performance_longest", QLabel).text())
    assert hand.find("performance_left", QLabel).isVisible()
    hand.click("train_stop")
    hand.wait(hand.is_idle)


def test_a_training_ends_with_the_test_accuracy(hand: Any) -> None:
    run = hand.train(epochs=2)
    hand.wait(lambda: shown_batches(hand) == len(run.history) == 2 * 29)
    assert shown_batches(hand, "accuracy_plot") == len(run.history)
    assert hand.find("loss_plot")._data.validation == tuple(row.validation_loss for row in run.history.epochs)
    assert "Test accuracy" in hand.find("train_result", QLabel).text()
    assert "Finished" in hand.find("train_progress_text", QLabel).text()
    bar = hand.find("train_progress", QProgressBar)
    assert bar.value() == bar.maximum()
    assert hand.find("go_train_page").state == "2 epochs done"
    assert hand.session.chosen is run
    assert not hand.trouble


def test_a_training_leaves_how_long_the_window_kept_people_waiting(hand: Any) -> None:
    run = hand.train()
    assert hand.find("go_train_page").state == "1 epoch done"
    hand.wait(lambda: run.record.window_gap_longest is not None)
    assert run.record.window_gap_p99 > 0
    assert run.record.window_gap_longest >= run.record.window_gap_p99
    assert Run.open(run.folder).record == run.record
    # The figures stay in view, but what is left of the training.
    panel = hand.find("performance_panel")
    assert panel.isVisible()
    for name, is_shown in (("speed", True), ("gap", True), ("longest", True), ("precision", True), ("left", False)):
        assert hand.find(f"performance_{name}", QLabel).isVisible() is is_shown
    assert hand.find("performance_longest", QLabel).text() == milliseconds(run.record.window_gap_longest)
    hand.go("runs_page")
    table = hand.find("runs_table", QTableWidget)
    assert milliseconds(run.record.window_gap_p99) in table.item(0, 0).toolTip()


def test_a_step_learns_from_exactly_one_batch(hand: Any) -> None:
    hand.set_small(epochs=2)
    hand.go("train_page")
    # The first step starts the training, which then waits.
    for step in range(1, 5):
        hand.click("train_step")
        hand.wait(lambda: hand.session.run is not None and hand.window.property("training_state") == "paused")
        run = hand.session.run
        hand.wait(lambda step=step: len(hand.session.run.history) == shown_batches(hand) == step)
        assert run.pace.batch == step
    # The numbers may be shown before the word that the training is held comes from its thread.
    hand.wait(lambda: hand.find("train_start", QPushButton).text() == "Go on")
    hand.click("train_start")
    hand.wait(hand.is_idle)
    assert run.record.state == "finished"
    assert len(run.history) == 2 * 29


def test_a_pause_holds_everything_until_it_goes_on(hand: Any) -> None:
    hand.set_small(epochs=LONG)
    hand.go("train_page")
    hand.click("train_start")
    hand.wait(lambda: shown_batches(hand) > 3)
    run = hand.session.run
    with hand.qtbot.waitSignal(hand.session.trainer.held, timeout=60_000):
        hand.click("train_pause")
    # The batch that was under way is read, too.
    before = len(run.history)
    hand.wait(lambda: shown_batches(hand) == before)
    hand.qtbot.wait(50)
    assert len(run.history) == before
    assert "paused" in hand.find("train_progress_text", QLabel).text()
    assert hand.find("go_train_page").state.startswith("paused at")
    hand.click("train_start")
    hand.wait(lambda: len(run.history) > before)
    hand.click("train_stop")
    hand.wait(hand.is_idle)


def test_a_stopped_run_is_kept_and_finished_from_the_runs_page(hand: Any) -> None:
    hand.set_small(epochs=2)
    hand.go("train_page")
    for step in (1, 2, 3):
        hand.click("train_step")
        hand.wait(lambda step=step: shown_batches(hand) == step)
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    assert "kept" in hand.find("train_progress_text", QLabel).text()
    hand.go("runs_page")
    table = hand.find("runs_table", QTableWidget)
    assert table.rowCount() == 1
    assert table.item(0, 1).text() == "stopped"
    hand.click_row(table, 0)
    hand.click("runs_resume")
    assert hand.window.current_page == "train_page"
    hand.wait(lambda: hand.is_idle() and hand.session.run.record.state == "finished")
    (run,) = list_runs()
    assert run.record.state == "finished"
    assert len(run.history) == 2 * 29
    hand.go("runs_page")
    assert table.item(0, 1).text() == "finished"
    assert not hand.find("runs_resume").isEnabled()
    assert not hand.trouble


def test_settings_say_while_a_training_goes_on_that_they_are_for_the_next_one(hand: Any) -> None:
    hand.set_small(epochs=LONG)
    hand.go("train_page")
    hand.click("train_start")
    hand.click("train_pause")
    hand.wait(lambda: hand.session.training_state == "paused" and hand.session.run is not None)
    side = hand.window.page("train_page").side
    # What is under way is more interesting than settings that do not change it.
    assert side.tab == WATCH
    side.turn_to(SETTINGS)
    assert hand.find("settings_note").isVisible()
    experiment = hand.session.run.experiment
    hand.find("field_epochs").setValue(7)
    assert hand.session.experiment.hyperparameters.epochs == 7
    assert hand.session.run.experiment is experiment
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    assert not hand.find("settings_note").isVisible()


def test_stop_right_after_start_keeps_a_whole_run(hand: Any) -> None:
    hand.set_small()
    hand.go("train_page")
    hand.click("train_start")
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    assert [run.record.state for run in list_runs()] in ([], ["stopped"])
    assert not hand.trouble
    hand.click("train_start")
    hand.wait(lambda: hand.is_idle() and hand.session.run is not None)
    assert hand.session.run.record.state == "finished"
