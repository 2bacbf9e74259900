"""What the pages share: the experiment with its undo, the samples, the training."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication

from lepton_studio import paths
from lepton_studio.engine import (
    DATASETS,
    LAYERS,
    Experiment,
    LeptonError,
    Progress,
    Run,
    Samples,
    bundled_run,
    default_experiment,
    delete_run,
    find_run,
    read_experiment,
    save_experiment,
)
from lepton_studio.gui.session import Session

PATIENCE = 60_000
BundledDigits, Mnist = DATASETS["bundled_digits"], DATASETS["mnist"]


@pytest.fixture
def make_session(qapp) -> Iterator[Callable[[], Session]]:
    sessions = []

    def make() -> Session:
        sessions.append(Session())
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()
        session.kept.finish()


@pytest.fixture
def session(make_session) -> Session:
    return make_session()


@pytest.fixture
def troubles(session) -> list[tuple[Exception, str]]:
    heard: list[tuple[Exception, str]] = []
    session.trouble_met.connect(lambda error, page: heard.append((error, page)))
    return heard


@pytest.fixture
def tiny_session(session, tiny_experiment, tiny_samples, monkeypatch, qtbot) -> Session:
    """A session whose training takes milliseconds."""
    monkeypatch.setattr(BundledDigits, "load", lambda self: iter([tiny_samples]))
    session.edit("Tiny", tiny_experiment)
    session.load_dataset()
    qtbot.waitUntil(lambda: session.samples is tiny_samples and session.loading is None, timeout=PATIENCE)
    return session


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    return msgspec.structs.replace(experiment, seed=seed)


def with_dataset(experiment: Experiment, dataset: object) -> Experiment:
    return msgspec.structs.replace(experiment, dataset=dataset)


def with_epochs(experiment: Experiment, epochs: int) -> Experiment:
    changed = msgspec.structs.replace(experiment.hyperparameters, epochs=epochs)
    return msgspec.structs.replace(experiment, hyperparameters=changed)


# --- editing


def test_an_edit_shows_can_be_undone_and_done_again(session, qtbot) -> None:
    before, after = session.experiment, with_seed(session.experiment, 5)
    with qtbot.waitSignal(session.experiment_changed):
        session.edit("Change seed", after)
    assert session.experiment == after
    assert session.undo_stack.undoText() == "Change seed"
    session.undo_stack.undo()
    assert session.experiment == before
    session.undo_stack.redo()
    assert session.experiment == after


def test_an_edit_that_changes_nothing_is_no_step(session, qtbot) -> None:
    with qtbot.assertNotEmitted(session.experiment_changed):
        session.edit("Change seed", with_seed(session.experiment, session.experiment.seed))
    assert session.undo_stack.count() == 0


def test_edits_in_a_row_with_the_same_text_become_one_step(session) -> None:
    start = session.experiment
    for seed in range(1, 20):
        session.edit("Change seed", with_seed(start, seed), merges=True)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.experiment == start
    session.undo_stack.redo()
    assert session.experiment.seed == 19


def test_edits_with_another_text_or_that_do_not_merge_are_steps_of_their_own(session) -> None:
    start = session.experiment
    session.edit("Change seed", with_seed(start, 1), merges=True)
    session.edit("Change epochs", with_epochs(session.experiment, 3), merges=True)
    session.edit("Change epochs", with_epochs(session.experiment, 4))
    session.edit("Change epochs", with_epochs(session.experiment, 5))
    assert session.undo_stack.count() == 4


def test_a_step_merged_back_to_its_start_is_no_step(session) -> None:
    start = session.experiment
    session.edit("Change epochs", with_epochs(start, 3))
    session.edit("Change seed", with_seed(session.experiment, 1), merges=True)
    session.edit("Change seed", with_seed(session.experiment, 0), merges=True)
    assert session.undo_stack.count() == 1
    assert session.undo_stack.undoText() == "Change epochs"
    session.undo_stack.undo()
    assert session.experiment == start


def test_an_edit_after_an_undo_forgets_what_was_undone(session) -> None:
    session.edit("Change seed", with_seed(session.experiment, 1))
    session.undo_stack.undo()
    session.edit("Change epochs", with_epochs(session.experiment, 3))
    assert not session.undo_stack.canRedo()
    assert session.experiment.seed == 0


# --- kept for the next start


def test_an_edit_is_kept_after_a_moment(session, qtbot) -> None:
    session.edit("Change seed", with_seed(session.experiment, 5))
    assert not paths.current_experiment_file().exists()
    qtbot.waitUntil(paths.current_experiment_file().exists, timeout=PATIENCE)
    assert read_experiment(paths.current_experiment_file()).seed == 5


def test_an_edit_is_kept_at_once_when_the_window_closes(session) -> None:
    session.edit("Change seed", with_seed(session.experiment, 5))
    session.close()
    assert read_experiment(paths.current_experiment_file()).seed == 5


def test_nothing_is_written_where_nothing_was_edited(session) -> None:
    session.close()
    assert not paths.current_experiment_file().exists()


def test_the_next_session_goes_on_where_the_last_one_was(session, make_session) -> None:
    session.edit("Change seed", with_seed(session.experiment, 5))
    session.close()
    assert make_session().experiment == with_seed(default_experiment(), 5)


@pytest.mark.parametrize("content", ["", "{}", "no JSON", '{"format": "lepton-studio experiment", "version": 99}'])
def test_a_broken_experiment_is_kept_aside_and_told(home, make_session, content) -> None:
    home.mkdir()
    paths.current_experiment_file().write_text(content, encoding="utf-8")
    session = make_session()
    assert session.experiment == default_experiment()
    assert str(paths.current_experiment_file()) in str(session.startup_trouble)
    assert paths.current_experiment_file().with_suffix(".broken.json").read_text(encoding="utf-8") == content
    assert not paths.current_experiment_file().exists()


def test_a_broken_experiment_that_cannot_be_kept_aside_does_not_hold_the_start_up(
    home, make_session, monkeypatch
) -> None:
    home.mkdir()
    paths.current_experiment_file().write_text("no JSON", encoding="utf-8")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    session = make_session()
    assert session.experiment == default_experiment()
    assert session.startup_trouble is not None


def test_a_disk_that_refuses_is_told(session, troubles, home) -> None:
    home.write_text("a file where the folder should be", encoding="utf-8")
    session.edit("Change seed", with_seed(session.experiment, 5))
    session.kept.save_now()
    assert [(type(error), page) for error, page in troubles] == [(LeptonError, "train_page")]


# --- samples


def test_the_dataset_of_the_experiment_is_loaded(session, qtbot) -> None:
    session.load_dataset()
    assert session.loading is not None
    qtbot.waitUntil(lambda: session.samples is not None, timeout=PATIENCE)
    assert len(session.samples) == 5000
    qtbot.waitUntil(lambda: session.loading is None, timeout=PATIENCE)


def test_another_dataset_is_loaded_when_it_is_chosen_and_not_for_other_edits(tiny_session, qtbot, tiny_samples) -> None:
    session = tiny_session
    session.edit("Change seed", with_seed(session.experiment, 5))
    assert session.samples is tiny_samples
    session.edit("Choose MNIST", with_dataset(session.experiment, Mnist()))
    # It is not on this computer, and nobody asked to fetch it.
    assert session.samples is None
    assert session.loading is None
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: session.samples is tiny_samples, timeout=PATIENCE)


@pytest.fixture
def slow_mnist(monkeypatch, tiny_samples) -> dict[str, threading.Event]:
    """MNIST is here, and comes when the test says so."""
    events = {name: threading.Event() for name in ("started", "may_go", "closed")}

    def load(self: object) -> Iterator[Progress | Samples]:
        try:
            events["started"].set()
            yield Progress("Reading", 1, 2)
            while not events["may_go"].is_set():
                yield Progress("Reading", 1, 2)
                events["may_go"].wait(0.005)
            yield Samples(tiny_samples.images, tiny_samples.labels, ("a", "b", "c", "d"), tiny_samples.is_test)
        finally:
            events["closed"].set()

    monkeypatch.setattr(Mnist, "is_here", lambda self: True)
    monkeypatch.setattr(Mnist, "load", load)
    return events


def test_progress_is_told_while_a_dataset_is_read(tiny_session, slow_mnist, qtbot) -> None:
    session = tiny_session
    session.edit("Choose MNIST", with_dataset(session.experiment, Mnist()))
    qtbot.waitUntil(lambda: session.loading == Progress("Reading", 1, 2), timeout=PATIENCE)
    slow_mnist["may_go"].set()
    qtbot.waitUntil(lambda: session.samples is not None, timeout=PATIENCE)
    assert session.samples.class_names == ("a", "b", "c", "d")


def test_a_newer_load_replaces_an_older_one(tiny_session, slow_mnist, qtbot, tiny_samples) -> None:
    session = tiny_session
    session.edit("Choose MNIST", with_dataset(session.experiment, Mnist()))
    slow_mnist["started"].wait()
    session.edit("Choose digits", with_dataset(session.experiment, BundledDigits()))
    assert session.samples is None
    qtbot.waitUntil(lambda: session.samples is tiny_samples, timeout=PATIENCE)
    assert slow_mnist["closed"].is_set()
    assert session.experiment.dataset == BundledDigits()


@pytest.mark.parametrize("is_here", [True, False], ids=["another that is here", "another that is not here"])
def test_samples_that_come_late_are_not_taken_for_another_dataset(
    tiny_session, slow_mnist, qtbot, monkeypatch, is_here
) -> None:
    session, tiny_samples = tiny_session, tiny_session.samples
    kuzushiji = DATASETS["kmnist"]
    others = Samples(tiny_samples.images, tiny_samples.labels, ("w", "x", "y", "z"), tiny_samples.is_test)
    monkeypatch.setattr(kuzushiji, "is_here", lambda self: is_here)
    monkeypatch.setattr(kuzushiji, "load", lambda self: iter([others]))
    slow_mnist["may_go"].set()
    session.edit("Choose MNIST", with_dataset(session.experiment, Mnist()))
    # The thread is through, but the window has heard nothing of it yet.
    assert session.loader.runner.wait(PATIENCE)
    session.edit("Choose Kuzushiji", with_dataset(session.experiment, kuzushiji()))
    wrong = []
    session.samples_changed.connect(
        lambda: wrong.append(session.samples) if session.samples not in (None, others) else None
    )
    qtbot.waitUntil(lambda: session.loading is None and (session.samples is others) is is_here, timeout=PATIENCE)
    QCoreApplication.processEvents()
    assert wrong == []
    assert session.samples is (others if is_here else None)


def test_a_dataset_that_cannot_be_read_is_told_on_the_data_page(session, troubles, monkeypatch, qtbot) -> None:
    error = LeptonError("It is damaged.", "Fetch it again.")

    def load(self: object) -> Iterator[Samples]:
        raise error
        yield

    monkeypatch.setattr(BundledDigits, "load", load)
    session.load_dataset()
    qtbot.waitUntil(lambda: troubles == [(error, "data_page")], timeout=PATIENCE)
    assert session.samples is None
    qtbot.waitUntil(lambda: session.loading is None, timeout=PATIENCE)


def test_a_close_while_another_dataset_was_just_chosen_starts_nothing_again(
    tiny_session, slow_mnist, qtbot, monkeypatch
) -> None:
    session = tiny_session
    session.edit("Choose MNIST", with_dataset(session.experiment, Mnist()))
    slow_mnist["started"].wait()
    session.edit("Choose digits", with_dataset(session.experiment, BundledDigits()))
    session.close()
    started = []
    monkeypatch.setattr(BundledDigits, "load", lambda self: iter(started.append("again") or [1]))
    qtbot.wait(20)
    assert started == []
    assert not session.loader.runner.isRunning()


# --- torch


def test_torch_is_imported_beside_the_window_and_the_shipped_network_is_chosen(session, qtbot) -> None:
    assert not session.engine_ready
    with qtbot.waitSignal(session.engine_started, timeout=PATIENCE):
        session.start()
    assert session.engine_ready
    assert session.device_name
    assert session.chosen.id == bundled_run().id
    qtbot.waitUntil(lambda: session.samples is not None, timeout=PATIENCE)


def test_a_close_while_torch_is_imported_leaves_no_thread(session) -> None:
    session.start()
    session.close()
    assert not session.starter.isRunning()
    assert not session.loader.runner.isRunning()


# --- training


def wait_for(qtbot, session: Session, state: str) -> None:
    qtbot.waitUntil(lambda: session.training_state == state, timeout=PATIENCE)


def test_a_training_runs_to_its_end_and_is_chosen(tiny_session, qtbot, troubles) -> None:
    session = tiny_session
    states = []
    session.training_changed.connect(lambda: states.append(session.training_state))
    assert session.training_state == "idle"
    session.start_training()
    assert session.training_state == "running"
    wait_for(qtbot, session, "idle")
    qtbot.waitUntil(lambda: states[-1] == "idle", timeout=PATIENCE)
    assert set(states) == {"running", "idle"}
    run = session.run
    assert run is session.chosen
    assert run.record.state == "finished"
    assert run.record.epochs_done == 2
    assert run.record.test_accuracy is not None
    assert len(run.history.epochs) == 2
    assert troubles == []


def test_a_training_can_be_held_and_goes_on(tiny_session, qtbot) -> None:
    session = tiny_session
    session.edit("Change epochs", with_epochs(session.experiment, 5000))
    session.start_training()
    qtbot.waitUntil(lambda: session.run is not None, timeout=PATIENCE)
    # Listened to before it is asked for: the training may hold at once.
    with qtbot.waitSignal(session.trainer.held, timeout=PATIENCE):
        session.pause_training()
        assert session.training_state == "paused"
    run = session.run
    session.start_training()
    assert session.training_state == "running"
    # The same run: a paused training is not started anew.
    session.stop_training()
    assert session.training_state == "stopping"
    wait_for(qtbot, session, "idle")
    assert session.run is run


def test_a_training_is_under_way_until_its_end_was_heard_of(tiny_session, qtbot) -> None:
    session = tiny_session
    session.step_training()
    wait_for(qtbot, session, "paused")
    run = session.run
    session.stop_training()
    # The thread is over, and nothing that it said was handled yet: neither state nor a click may run ahead.
    assert session.trainer.wait(PATIENCE)
    assert session.training_state == "stopping"
    session.start_training()
    assert session.training_state == "stopping"
    wait_for(qtbot, session, "idle")
    assert session.run is run
    assert len(session.run.history) == 1


def test_asking_twice_for_more_epochs_before_the_next_batch_counts_twice(tiny_session, qtbot) -> None:
    session = tiny_session
    session.step_training()
    qtbot.waitUntil(lambda: session.run is not None and session.training_state == "paused", timeout=PATIENCE)
    before = session.run.experiment.hyperparameters.epochs
    session.extend_training(5)
    session.extend_training(5)
    session.stop_training()
    wait_for(qtbot, session, "idle")
    assert session.run.changes[-1].after == before + 10


def test_an_edit_that_waits_for_a_package_takes_nothing_back(session, monkeypatch) -> None:
    waiting: list[Callable[[], object]] = []
    session.edit("Change seed", with_seed(session.experiment, 5))
    monkeypatch.setattr(session.starter, "prepare", lambda layers, then: waiting.append(then))
    session.edit("Change seed again", with_seed(session.experiment, 6))
    session.undo_stack.undo()
    undone = session.experiment
    waiting.pop()()
    assert session.experiment == undone
    session.edit("Change seed once more", with_seed(session.experiment, 7))
    waiting.pop()()
    assert session.experiment == with_seed(undone, 7)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_each_single_step_is_exactly_one_batch(tiny_session, qtbot, steps) -> None:
    session = tiny_session
    session.step_training()
    wait_for(qtbot, session, "paused")
    for done in range(1, steps):
        session.step_training()
        # Not the signal that it is held: that of the step before may still be on its way.
        qtbot.waitUntil(
            lambda done=done: session.training_state == "paused" and len(session.run.history) > done, timeout=PATIENCE
        )
    assert session.training_state == "paused"
    session.stop_training()
    wait_for(qtbot, session, "idle")
    assert len(session.run.history) == steps


def test_a_stopped_training_is_kept_and_can_be_gone_on_with(tiny_session, qtbot, troubles) -> None:
    session = tiny_session
    session.step_training()
    wait_for(qtbot, session, "paused")
    session.stop_training()
    wait_for(qtbot, session, "idle")
    stopped = Run.open(session.run.folder)
    assert stopped.record.state == "stopped"
    assert stopped.checkpoint.exists()
    session.start_training(find_run(stopped.id))
    wait_for(qtbot, session, "idle")
    qtbot.waitUntil(lambda: session.run is not None and session.run.record.state == "finished", timeout=PATIENCE)
    assert session.run.id == stopped.id
    assert len(session.run.history) == 6
    assert troubles == []


def test_a_pause_while_it_stops_holds_nothing_up(tiny_session, qtbot) -> None:
    session = tiny_session
    session.edit("Change epochs", with_epochs(session.experiment, 5000))
    session.start_training()
    qtbot.waitUntil(lambda: session.run is not None, timeout=PATIENCE)
    session.stop_training()
    session.pause_training()
    wait_for(qtbot, session, "idle")
    assert session.run.record.state == "stopped"


def test_a_close_keeps_the_training_as_stopped(tiny_session, qtbot) -> None:
    session = tiny_session
    session.edit("Change epochs", with_epochs(session.experiment, 5000))
    session.start_training()
    qtbot.waitUntil(lambda: session.run is not None, timeout=PATIENCE)
    session.close()
    assert Run.open(session.run.folder).record.state == "stopped"
    assert session.training_state == "idle"


def test_what_is_trained_is_the_experiment_as_it_was_at_the_start(tiny_session, qtbot) -> None:
    session = tiny_session
    before = session.experiment
    session.start_training()
    session.edit("Change seed", with_seed(before, 99))
    wait_for(qtbot, session, "idle")
    qtbot.waitUntil(lambda: session.run is not None, timeout=PATIENCE)
    assert session.run.experiment == before


def test_a_training_that_fails_is_told_on_the_train_page(tiny_session, qtbot, troubles) -> None:
    session = tiny_session
    layers = (LAYERS["linear"](outputs=3),)
    architecture = msgspec.structs.replace(session.experiment.architecture, layers=layers)
    session.edit("Break it", msgspec.structs.replace(session.experiment, architecture=architecture))
    session.start_training()
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE)
    error, page = troubles[0]
    assert isinstance(error, LeptonError)
    assert page == "train_page"
    wait_for(qtbot, session, "idle")
    assert session.run.record.state == "failed"
    assert len(troubles) == 1


def test_a_fault_of_the_program_while_training_is_told_too(tiny_session, qtbot, troubles, monkeypatch, caplog) -> None:
    def fail(self: object, *arguments: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(LAYERS["flatten"], "build", fail)
    tiny_session.start_training()
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE)
    assert troubles[0][1] == "train_page"
    wait_for(qtbot, tiny_session, "idle")


def test_a_run_that_is_deleted_is_looked_at_no_more(tiny_session, qtbot) -> None:
    session = tiny_session
    session.start_training()
    wait_for(qtbot, session, "idle")
    qtbot.waitUntil(lambda: session.chosen is not None, timeout=PATIENCE)
    run = session.run
    delete_run(run)
    with qtbot.waitSignals([session.run_chosen, session.training_changed]):
        session.run_deleted(run)
    assert session.run is None
    assert session.chosen.id == bundled_run().id


def test_the_deletion_of_another_run_changes_nothing(tiny_session, qtbot, tiny_experiment) -> None:
    session = tiny_session
    session.start_training()
    wait_for(qtbot, session, "idle")
    qtbot.waitUntil(lambda: session.chosen is not None, timeout=PATIENCE)
    other = Run.create(tiny_experiment)
    with qtbot.assertNotEmitted(session.run_chosen):
        session.run_deleted(other)
    assert session.run is session.chosen is not None


def test_a_saved_experiment_is_the_one_that_was_edited(session, tmp_path, tiny_experiment) -> None:
    session.edit("Tiny", tiny_experiment)
    save_experiment(tmp_path / "mine.json", session.experiment)
    assert read_experiment(tmp_path / "mine.json") == tiny_experiment


def test_a_home_that_is_read_only_or_a_file_is_told_at_the_start(home, make_session, monkeypatch) -> None:
    home.mkdir()
    assert make_session().startup_trouble is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        assert str(home) in str(make_session().startup_trouble)
    home.rmdir()
    home.write_text("a file where the folder should be", encoding="utf-8")
    assert str(home) in str(make_session().startup_trouble)


def test_going_on_with_a_run_whose_dataset_is_absent_says_so_and_downloads_nothing(tiny_session, qtbot) -> None:
    session = tiny_session
    run = Run.create(with_dataset(session.experiment, Mnist()))
    with qtbot.waitSignal(session.trouble_met, timeout=PATIENCE) as told:
        session.start_training(run)
    assert "MNIST" in str(told.args[0])
    assert session.training_state == "idle"
