"""The trainings of a session at the moments in which somebody clicks too early or too late."""

from __future__ import annotations

import pytest

from lepton_studio.engine import Run, RunQueue, list_runs, work_off
from lepton_studio.gui.session import Session

PATIENCE = 60_000


def ended(session: Session) -> bool:
    return session.training_state == "idle" and session.under_way is None


@pytest.fixture
def older(tiny_session: Session, qtbot) -> Run:
    """A run that the session trained before."""
    tiny_session.start_training()
    qtbot.waitUntil(lambda: tiny_session.run is not None and ended(tiny_session), timeout=PATIENCE)
    assert tiny_session.run is not None
    return tiny_session.run


def test_a_training_that_is_not_yet_made_takes_nothing_from_the_run_before_it(
    tiny_session: Session, older: Run, qtbot
) -> None:
    tiny_session.start_training()
    # No event came yet: the new run is still on its way.
    assert tiny_session.run is older
    assert tiny_session.under_way is None
    tiny_session.steer("learning_rate", 0.5)
    tiny_session.extend_training(5)
    assert not older.wishes
    qtbot.waitUntil(lambda: tiny_session.run is not older and ended(tiny_session), timeout=PATIENCE)
    assert older.changes == ()
    assert len(list_runs()) == 2


def test_a_run_that_ended_while_it_was_asked_is_discarded_and_not_the_one_after_it(
    tiny_session: Session, older: Run, qtbot
) -> None:
    tiny_session.start_training()
    qtbot.waitUntil(lambda: tiny_session.run is not older, timeout=PATIENCE)
    newer = tiny_session.run
    assert newer is not None
    tiny_session.discard_training(older)
    qtbot.waitUntil(lambda: ended(tiny_session), timeout=PATIENCE)
    assert [run.id for run in list_runs()] == [newer.id]
    assert newer.record.state == "finished"


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_run_of_the_queue_that_is_discarded_is_deleted_and_the_queue_goes_on(
    tiny_session: Session, qtbot, is_paused: bool
) -> None:
    session, queue = tiny_session, RunQueue()
    for name in ("First", "Second"):
        queue.add(session.experiment, name)
    session.set_delay(0.05)
    session.train_all(work_off(queue, session.samples, session.experiment.dataset))
    qtbot.waitUntil(lambda: session.under_way is not None, timeout=PATIENCE)
    first = session.under_way
    assert first is not None
    if is_paused:
        session.pause_training()
        qtbot.waitUntil(lambda: session.training_state == "paused", timeout=PATIENCE)
    session.discard_training(first)
    qtbot.waitUntil(lambda: session.under_way not in (None, first), timeout=PATIENCE)
    session.set_delay(0.0)
    second = session.run
    assert not first.folder.exists()
    assert session.chosen is second
    qtbot.waitUntil(lambda: ended(session), timeout=PATIENCE)
    assert [run.record.name for run in list_runs()] == ["Second"]
    assert [(entry.name, entry.state) for entry in queue.entries] == [("Second", "done")]


def test_the_last_run_of_the_queue_that_is_discarded_leaves_nothing(tiny_session: Session, qtbot) -> None:
    session, queue = tiny_session, RunQueue()
    queue.add(session.experiment)
    session.set_delay(0.05)
    session.train_all(work_off(queue, session.samples, session.experiment.dataset))
    qtbot.waitUntil(lambda: session.under_way is not None, timeout=PATIENCE)
    assert session.under_way is not None
    session.discard_training(session.under_way)
    qtbot.waitUntil(lambda: ended(session), timeout=PATIENCE)
    assert (list_runs(), queue.entries, session.run) == ([], (), None)


def test_more_epochs_that_are_asked_for_in_the_test_are_trained(tiny_session: Session, qtbot) -> None:
    tiny_session.step_epoch()
    qtbot.waitUntil(lambda: tiny_session.training_state == "paused", timeout=PATIENCE)
    tiny_session.step_epoch()
    run = tiny_session.run
    assert run is not None
    qtbot.waitUntil(lambda: tiny_session.training_state == "paused" and len(run.history.epochs) == 2, timeout=PATIENCE)
    # Step by step through the test.
    while run.pace.phase != "test":
        before = run.pace
        tiny_session.step_training()
        qtbot.waitUntil(lambda: tiny_session.training_state == "paused" or ended(tiny_session), timeout=PATIENCE)
        assert run.pace is not before
    tiny_session.extend_training(1)
    tiny_session.start_training()
    qtbot.waitUntil(lambda: ended(tiny_session) and len(run.history.epochs) == 3, timeout=PATIENCE)
    assert run.record.state == "finished"
    assert not run.wishes


def test_a_close_in_the_test_begins_nothing_again(tiny_session: Session, older: Run, qtbot) -> None:
    older.steer("epochs", 9)
    tiny_session.start_training(older)
    qtbot.waitUntil(lambda: tiny_session.under_way is older, timeout=PATIENCE)
    tiny_session.end_training()
    qtbot.waitUntil(lambda: tiny_session.under_way is None, timeout=PATIENCE)
    assert tiny_session.training_state == "idle"
