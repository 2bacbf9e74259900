"""The queue on screen: what is put into it, what it shows while it is worked off, and what it offers afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import Qt

from lepton_studio.engine import Run, RunQueue
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.gui.queue_view import QueueView
from lepton_studio.gui.session import Session

PATIENCE = 60_000


@pytest.fixture
def view(tiny_session: Session, qtbot) -> Iterator[QueueView]:
    view = QueueView(tiny_session)
    qtbot.addWidget(view)
    view.resize(340, 480)
    view.show()
    yield view
    view.hide()


def cells(view: QueueView) -> list[tuple[str, str]]:
    texts = []
    for row in range(view.table.rowCount()):
        name, state = view.table.item(row, 0), view.table.item(row, 1)
        assert name is not None
        assert state is not None
        texts.append((name.text(), state.text()))
    return texts


def states() -> list[str]:
    return [entry.state for entry in RunQueue().entries]


def trained(view: QueueView, session: Session, qtbot) -> None:
    """Starts the queue and waits for its end."""
    qtbot.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.training_state == "idle", timeout=PATIENCE)
    view.refresh()


def test_an_empty_queue_can_only_be_added_to(view) -> None:
    assert view.adding.add_button.isEnabled()
    assert not view.start_button.isEnabled()
    assert not view.bar.isVisible()
    assert not view.pause_button.isVisible()
    assert not view.tools.clear_button.isEnabled()


def test_the_experiment_is_added_as_it_is_now(view, tiny_session, qtbot) -> None:
    qtbot.mouseClick(view.adding.add_button, Qt.MouseButton.LeftButton)
    tiny_session.experiment = msgspec.structs.replace(tiny_session.experiment, seed=8)
    qtbot.mouseClick(view.adding.add_button, Qt.MouseButton.LeftButton)
    assert [entry.experiment.seed for entry in RunQueue().entries] == [3, 8]
    assert cells(view) == [("Tiny", "waiting"), ("Tiny", "waiting")]
    assert view.start_button.isEnabled()


def test_repeats_are_as_many_as_the_number_says(view, qtbot) -> None:
    view.adding.seeds.setValue(3)
    qtbot.mouseClick(view.adding.repeat_button, Qt.MouseButton.LeftButton)
    assert [name for name, _ in cells(view)] == [f"Tiny, 3 seeds, seed {seed}" for seed in (3, 4, 5)]


def test_what_cannot_be_trained_is_not_added_and_the_view_says_why(view, tiny_session) -> None:
    broken = msgspec.structs.replace(tiny_session.experiment.architecture, layers=(Linear(outputs=99),))
    tiny_session.experiment = msgspec.structs.replace(tiny_session.experiment, architecture=broken)
    view.add()
    view.repeat(3)
    assert view.message.text
    assert RunQueue().entries == ()


def test_the_queue_is_trained_live_and_its_group_can_be_compared(view, tiny_session, qtbot) -> None:
    view.repeat(2)
    begun: list[Run] = []
    tiny_session.run_chosen.connect(lambda: begun.append(tiny_session.chosen))
    trained(view, tiny_session, qtbot)
    assert states() == ["done", "done"]
    assert [run.id for run in begun] == [entry.run for entry in RunQueue().entries]
    assert tiny_session.run is begun[-1]
    assert [state.partition(" · ")[0] for _, state in cells(view)] == ["done", "done"]
    assert "over 2 runs" in view.message.text
    with qtbot.waitSignal(view.group_shown) as shown:
        view.message.accepted.emit()
    assert shown.args == ["Tiny, 2 seeds"]
    with qtbot.waitSignal(view.group_shown) as again:
        qtbot.mouseClick(view.tools.compare_button, Qt.MouseButton.LeftButton)
    assert again.args == ["Tiny, 2 seeds"]


def test_stopped_it_goes_on_exactly_there(view, tiny_session, qtbot) -> None:
    view.add()
    view.add()
    qtbot.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    tiny_session.pause_training()
    qtbot.waitUntil(lambda: view.status.worker == "us" and view.bar.isVisible(), timeout=PATIENCE)
    assert view.start_button.text() == "Go on"
    assert view.stop_button.isEnabled()
    qtbot.mouseClick(view.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tiny_session.training_state == "idle", timeout=PATIENCE)
    view.refresh()
    assert states() == ["stopped", "waiting"]
    assert cells(view)[0][1] == "goes on at 1 of 2"
    assert view.start_button.text() == "Start queue"
    first = RunQueue().entries[0].run
    trained(view, tiny_session, qtbot)
    assert states() == ["done", "done"]
    assert RunQueue().entries[0].run == first


def test_paused_after_this_run_the_next_one_waits(view, tiny_session, qtbot) -> None:
    view.add()
    view.add()
    qtbot.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    tiny_session.pause_training()
    qtbot.waitUntil(lambda: view.pause_button.isVisible() and view.status.worker == "us", timeout=PATIENCE)
    qtbot.mouseClick(view.pause_button, Qt.MouseButton.LeftButton)
    assert view.pause_button.isChecked()
    # It may take a moment until the training is held and can go on.
    qtbot.waitUntil(lambda: view.start_button.isEnabled() and view.start_button.isVisible(), timeout=PATIENCE)
    qtbot.mouseClick(view.start_button, Qt.MouseButton.LeftButton)
    assert tiny_session.training_state != "paused"
    qtbot.waitUntil(lambda: tiny_session.training_state == "idle", timeout=PATIENCE)
    assert states() == ["done", "waiting"]


def test_a_failure_is_shown_with_its_reason_and_can_be_tried_again(view, tiny_session, qtbot) -> None:
    queue = RunQueue()
    entry = queue.add(tiny_session.experiment)
    queue.put(entry.id, state="failed", error="The loss is not a number.")
    view.refresh()
    assert cells(view) == [("Tiny", "failed")]
    assert view.findChild(type(view._reason), "queue_reason").text() == "The loss is not a number."
    assert not view.start_button.isEnabled()
    qtbot.mouseClick(view.tools.retry_button, Qt.MouseButton.LeftButton)
    assert states() == ["waiting"]
    assert not view.tools.retry_button.isVisible()


def test_entries_are_moved_removed_and_cleared(view, tiny_session, qtbot) -> None:
    queue = RunQueue()
    for name in "abc":
        queue.add(tiny_session.experiment, name)
    view.refresh()
    assert not view.tools.up_button.isEnabled()
    qtbot.mouseClick(view.tools.down_button, Qt.MouseButton.LeftButton)
    assert [name for name, _ in cells(view)] == ["b", "a", "c"]
    # The moved one stays chosen, so that it can be moved on.
    qtbot.mouseClick(view.tools.down_button, Qt.MouseButton.LeftButton)
    assert [name for name, _ in cells(view)] == ["b", "c", "a"]
    assert not view.tools.down_button.isEnabled()
    qtbot.mouseClick(view.tools.up_button, Qt.MouseButton.LeftButton)
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    assert [name for name, _ in cells(view)] == ["b", "c"]
    queue.put(2, state="done")
    view.refresh()
    qtbot.mouseClick(view.tools.clear_button, Qt.MouseButton.LeftButton)
    assert [name for name, _ in cells(view)] == ["c"]


def test_what_another_program_trains_is_shown_and_can_only_be_paused(view, tiny_session, qtbot) -> None:
    queue = RunQueue()
    run = Run.create(tiny_session.experiment)
    run.update(epochs_done=1)
    queue.add(tiny_session.experiment)
    with queue.being_worked_off():
        queue.take()
        queue.put(1, run=run.id)
        view.refresh()
        assert cells(view) == [("Tiny", "epoch 2 of 2")]
        assert "another program" in view.status.summary()
        assert not view.stop_button.isVisible()
        assert not view.start_button.isVisible()
        assert not view.tools.remove_button.isEnabled()
        qtbot.mouseClick(view.pause_button, Qt.MouseButton.LeftButton)
        assert queue.ends_after_this
    view.refresh()
    assert view.start_button.isEnabled()


def test_a_training_under_way_must_end_before_the_queue_begins(view, tiny_session, qtbot) -> None:
    view.add()
    tiny_session.start_training(watched=True)
    tiny_session.pause_training()
    qtbot.waitUntil(lambda: not view.start_button.isEnabled(), timeout=PATIENCE)
    assert "under way" in view.start_button.toolTip()
    tiny_session.stop_training()
    qtbot.waitUntil(lambda: tiny_session.training_state == "idle", timeout=PATIENCE)
    view.refresh()
    assert view.start_button.isEnabled()


def test_a_damaged_file_is_told_and_does_no_harm(view) -> None:
    view.queue.path.parent.mkdir(parents=True, exist_ok=True)
    view.queue.path.write_text("{}}")
    view.refresh()
    assert "queue.json" in view.message.text
    assert cells(view) == []


def test_a_hidden_queue_does_not_look_at_the_disk(view, tiny_session, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    read = view._reader.read
    monkeypatch.setattr(view._reader, "read", lambda: (looks.append(1), read())[1])
    view.hide()
    tiny_session.training_changed.emit()
    assert looks == []
    assert not view._timer.isActive()
    view.show()
    assert looks
    assert view._timer.isActive()
