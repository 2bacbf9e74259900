"""The queue's file: what is added stays, whoever adds at the same time and whatever dies."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.run_queue import EntryState, QueueEntry, RunQueue, seconds_left
from lepton_studio.engine.run_store import delete_run
from lepton_studio.engine.runs import Run

ADDS_TWENTY = """
import sys
from lepton_studio.engine.experiment import default_experiment
from lepton_studio.engine.run_queue import RunQueue
queue = RunQueue()
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    queue.add(default_experiment(), f"{sys.argv[1]} {number}")
"""

HOLDS_THE_WORK = """
import sys
from lepton_studio.engine.run_queue import RunQueue
queue = RunQueue()
with queue.being_worked_off():
    queue.take()
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def queue() -> RunQueue:
    return RunQueue()


def started(script: str, *words: str) -> subprocess.Popen[str]:
    """A process that waits for a line."""
    command = [sys.executable, "-c", script, *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_is_added_is_there_for_the_next_program_in_the_same_order(queue: RunQueue) -> None:
    experiment = default_experiment()
    first = queue.add(experiment, "First")
    second = queue.add(with_setting(experiment, "seed", "7"))
    again = RunQueue().entries
    assert again == (first, second)
    assert [entry.title for entry in again] == ["First", "LeptonNet"]
    assert again[1].experiment.seed == 7
    assert {entry.state for entry in again} == {"waiting"}


def test_looking_at_an_empty_queue_writes_nothing(queue: RunQueue, home: Path) -> None:
    assert queue.entries == ()
    assert not queue.is_worked_off
    assert not home.exists()


def test_repeats_differ_by_their_seed_alone_and_have_one_group(queue: RunQueue) -> None:
    experiment = with_setting(default_experiment(), "seed", "4")
    group = queue.add_repeats(experiment, 3)
    entries = queue.entries
    assert group == "LeptonNet, 3 seeds"
    assert [entry.experiment.seed for entry in entries] == [4, 5, 6]
    assert {entry.group for entry in entries} == {group}
    assert {msgspec.structs.replace(entry.experiment, seed=4) for entry in entries} == {experiment}
    assert entries[0].title == "LeptonNet, 3 seeds, seed 4"


def test_a_group_takes_a_name_that_neither_an_entry_nor_a_run_has(queue: RunQueue) -> None:
    run = Run.create(default_experiment())
    run.update(group="Mine")
    assert queue.add_repeats(default_experiment(), [1], "Mine") == "Mine (2)"
    assert queue.add_repeats(default_experiment(), [1], "Mine") == "Mine (3)"


def test_seeds_count_on_from_the_highest_at_zero(queue: RunQueue) -> None:
    queue.add_repeats(with_setting(default_experiment(), "seed", str(2**31 - 1)), 2)
    assert [entry.experiment.seed for entry in queue.entries] == [2**31 - 1, 0]


@pytest.mark.parametrize("seeds", [0, [], [1, 1], 1001, [-1], [2**31]], ids=str)
def test_seeds_that_cannot_be_are_refused_and_nothing_is_added(queue: RunQueue, seeds: Any) -> None:
    with pytest.raises(LeptonError, match="seed"):
        queue.add_repeats(default_experiment(), seeds)
    assert queue.entries == ()


def test_entries_move_as_far_as_the_queue_goes(queue: RunQueue) -> None:
    for name in "abc":
        queue.add(default_experiment(), name)
    queue.move(3, -1)
    assert [entry.name for entry in queue.entries] == ["a", "c", "b"]
    queue.move(1, 99)
    assert [entry.name for entry in queue.entries] == ["c", "b", "a"]
    queue.move(1, -99)
    assert [entry.name for entry in queue.entries] == ["a", "c", "b"]


def test_removing_takes_all_that_are_named_or_none(queue: RunQueue) -> None:
    for name in "abc":
        queue.add(default_experiment(), name)
    with pytest.raises(LeptonError, match="no entry 9"):
        queue.remove(1, 9)
    assert len(queue.entries) == 3
    queue.remove(1, 3)
    assert [entry.name for entry in queue.entries] == ["b"]
    # A number is never given twice: somebody may still have it in mind.
    assert queue.add(default_experiment()).id == 4


def test_clearing_takes_out_what_is_done_and_what_failed(queue: RunQueue) -> None:
    run = Run.create(default_experiment())
    for state in ("waiting", "done", "failed", "stopped"):
        queue.put(queue.add(default_experiment()).id, state=state, run=run.id)
    assert queue.clear_finished() == 2
    assert [entry.state for entry in queue.entries] == ["waiting", "stopped"]


def test_only_what_failed_is_tried_again(queue: RunQueue) -> None:
    queue.add(default_experiment())
    queue.add(default_experiment())
    queue.put(1, state="failed", error="It was too hot.")
    queue.put(2, state="failed", error="It was too hot.", run=Run.create(default_experiment()).id)
    queue.retry(1)
    queue.retry(2)
    assert [(entry.state, entry.error) for entry in queue.entries] == [("waiting", ""), ("stopped", "")]
    with pytest.raises(LeptonError, match="did not fail"):
        queue.retry(1)


def test_taking_goes_through_what_is_open_and_ends_when_it_shall(queue: RunQueue) -> None:
    for state in ("done", "stopped", "waiting"):
        queue.put(queue.add(default_experiment()).id, state=state)
    with queue.being_worked_off():
        assert queue.take() == msgspec.structs.replace(queue.entry(2), state="stopped")
        assert queue.entry(2).state == "running"
        queue.put(2, state="done")
        queue.end_after_this()
        assert queue.ends_after_this
        assert queue.take() is None
        queue.end_after_this(False)
        assert queue.take(passed_over={3}) is None
        taken = queue.take()
    assert taken is not None
    assert taken.id == 3


def test_only_one_program_works_it_off_and_the_other_can_still_add(queue: RunQueue) -> None:
    queue.add(default_experiment(), "Under way")
    worker = started(HOLDS_THE_WORK)
    try:
        assert queue.is_worked_off
        with pytest.raises(LeptonError, match="worked off already"), queue.being_worked_off():
            pass
        assert queue.add(default_experiment()).id == 2
        assert [entry.state for entry in queue.entries] == ["running", "waiting"]
        with pytest.raises(LeptonError, match="is being trained"):
            queue.remove(1)
    finally:
        worker.kill()
        worker.communicate()
    # It died, so nothing is under way any more.
    assert not queue.is_worked_off
    assert [entry.state for entry in queue.entries] == ["waiting", "waiting"]
    queue.remove(1)
    assert len(queue.entries) == 1


def test_an_entry_of_a_program_that_died_says_how_far_its_run_came(queue: RunQueue) -> None:
    run = Run.create(default_experiment())
    run.update(epochs_done=2, train_seconds=6.0)
    queue.put(queue.add(default_experiment()).id, state="running", run=run.id)
    entry = queue.entries[0]
    assert (entry.state, entry.epochs_done, entry.seconds) == ("stopped", 2, 6.0)
    record = queue.record_of(entry)
    assert record is not None
    assert record.epochs_done == 2


def test_an_entry_whose_run_was_deleted_waits_again(queue: RunQueue) -> None:
    run = Run.create(default_experiment())
    queue.put(queue.add(default_experiment()).id, state="stopped", run=run.id, epochs_done=3)
    assert queue.entries[0].state == "stopped"
    run.update(state="stopped")
    delete_run(run)
    assert (queue.entries[0].state, queue.entries[0].epochs_done) == ("waiting", 0)


def test_two_programs_that_add_at_once_lose_nothing(queue: RunQueue) -> None:
    both = [started(ADDS_TWENTY, name) for name in ("one", "other")]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=100)
        assert process.returncode == 0
    entries = queue.entries
    assert [entry.id for entry in entries] == list(range(1, 41))
    for name in ("one", "other"):
        assert [entry.name for entry in entries if entry.name.startswith(name)] == [f"{name} {n}" for n in range(20)]


def test_a_damaged_file_is_named_and_left_alone(queue: RunQueue) -> None:
    queue.add(default_experiment())
    paths.queue_file().write_text('{"entries": 3}')
    with pytest.raises(LeptonError, match=r"queue\.json.*entries.*delete it"):
        queue.add(default_experiment())
    assert paths.queue_file().read_text() == '{"entries": 3}'


def test_a_file_of_a_newer_program_is_refused(queue: RunQueue) -> None:
    queue.add(default_experiment())
    paths.queue_file().write_text('{"version": 2, "entries": "another kind"}')
    with pytest.raises(LeptonError, match="newer Lepton Studio"):
        _ = queue.entries


OPERATIONS = st.one_of(
    st.tuples(st.just("add"), st.text(max_size=5)),
    st.tuples(st.just("repeat"), st.integers(1, 3)),
    st.tuples(st.just("remove"), st.integers(1, 6)),
    st.tuples(st.just("move"), st.tuples(st.integers(1, 6), st.integers(-3, 3))),
    st.tuples(st.just("put"), st.tuples(st.integers(1, 6), st.sampled_from(["done", "failed", "waiting"]))),
    st.tuples(st.just("clear"), st.none()),
)


@settings(max_examples=25)
@given(st.lists(OPERATIONS, max_size=12))
def test_whatever_is_done_the_file_holds_what_a_list_would(operations: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        queue = RunQueue(Path(folder) / "queue.json")
        model: list[tuple[int, str, EntryState]] = []
        count = 0
        for word, value in operations:
            ids = [entry_id for entry_id, _, _ in model]
            if word == "add":
                count += 1
                queue.add(default_experiment(), value)
                model.append((count, value, "waiting"))
            elif word == "repeat":
                group = queue.add_repeats(default_experiment(), value)
                model += [(count + 1 + step, f"{group}, seed {step}", "waiting") for step in range(value)]
                count += value
            elif word == "remove" and value in ids:
                queue.remove(value)
                model.pop(ids.index(value))
            elif word == "move" and value[0] in ids:
                queue.move(*value)
                at = ids.index(value[0])
                one = model.pop(at)
                model.insert(min(max(at + value[1], 0), len(model)), one)
            elif word == "put":
                queue.put(value[0], state=value[1])
                model = [(n, name, value[1] if n == value[0] else state) for n, name, state in model]
            elif word == "clear":
                queue.clear_finished()
                model = [one for one in model if one[2] not in ("done", "failed")]
        assert [(entry.id, entry.name, entry.state) for entry in RunQueue(queue.path).entries] == model


# --- how long it takes still


def entry_of(number: int, experiment: Experiment, state: EntryState = "waiting", **figures: Any) -> QueueEntry:
    return QueueEntry(number, experiment, state=state, **figures)


def test_nobody_can_tell_how_long_before_anything_was_measured() -> None:
    entries = [entry_of(1, default_experiment())]
    assert seconds_left(entries) is None
    assert seconds_left([]) == 0.0


def test_the_time_left_comes_from_the_entries_most_alike() -> None:
    ten = with_setting(default_experiment(), "epochs", "10")
    other_seed, slower = with_setting(ten, "seed", "5"), with_setting(ten, "batch_size", "8")
    done = [
        entry_of(1, ten, "done", epochs_done=10, seconds=20.0),
        entry_of(2, slower, "done", epochs_done=10, seconds=100.0),
    ]
    assert seconds_left([*done, entry_of(3, other_seed)]) == pytest.approx(20.0)
    assert seconds_left([*done, entry_of(3, slower)]) == pytest.approx(100.0)
    # Neither is the same, so that both count.
    assert seconds_left([*done, entry_of(3, with_setting(ten, "batch_size", "16"))]) == pytest.approx(60.0)


def test_the_run_under_way_says_for_itself_how_long_and_stands_for_others() -> None:
    ten = with_setting(default_experiment(), "epochs", "10")
    entries = [entry_of(1, ten, "running"), entry_of(2, ten)]
    assert seconds_left(entries, live=(6.0, 3.0)) == pytest.approx(6.0 + 20.0)
    half = [entry_of(1, ten, "running"), entry_of(2, ten, "stopped", epochs_done=5)]
    assert seconds_left(half, live=(6.0, 3.0)) == pytest.approx(6.0 + 10.0)
