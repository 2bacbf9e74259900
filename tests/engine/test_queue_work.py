"""Working the queue off: entry after entry, through failures, stops and kills."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from lepton_studio import paths
from lepton_studio.engine import queue_work
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError, OutOfMemory
from lepton_studio.engine.events import EpochFinished, Notice, TrainingFinished
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.queue_work import work_off
from lepton_studio.engine.repeats import group_result
from lepton_studio.engine.run_queue import RunQueue
from lepton_studio.engine.run_store import delete_run, list_runs
from lepton_studio.engine.runs import Run

WORKS_OFF = """
from lepton_studio.engine.queue_work import work_off
from lepton_studio.engine.run_queue import RunQueue
for item in work_off(RunQueue()):
    if item is None:
        print("batch", flush=True)
"""


@pytest.fixture
def queue() -> RunQueue:
    return RunQueue()


@pytest.fixture
def quick() -> Experiment:
    """Twenty steps on the bundled digits, with little to compute."""
    experiment = default_experiment()
    for field, value in (
        ("epochs", "2"), ("samples_per_epoch", "320"), ("batch_size", "32"),
        ("device", "cpu"), ("precision", "float32"),
    ):  # fmt: skip
        experiment = with_setting(experiment, field, value)
    from lepton_studio.engine.shipped_architectures import presets

    return msgspec.structs.replace(experiment, architecture=presets()["mlp"])


def worked(queue: RunQueue, samples: Samples, experiment: Experiment) -> list[Any]:
    return list(work_off(queue, samples, experiment.dataset))


def states(queue: RunQueue) -> list[str]:
    return [entry.state for entry in queue.entries]


def weights(run: Run) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return {name: value for name, value in load_file(run.checkpoint).items() if not name.startswith("optimizer")}


def test_entries_are_trained_in_their_order_and_say_what_came(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(tiny_experiment, "First")
    queue.add(with_setting(tiny_experiment, "seed", "9"), "Second")
    items = worked(queue, tiny_samples, tiny_experiment)
    assert [item.record.name for item in items if isinstance(item, Run)] == ["First", "Second"]
    assert sum(isinstance(item, TrainingFinished) for item in items) == 2
    for entry in queue.entries:
        run = Run.open(paths.runs() / entry.run)
        assert entry.state == "done"
        assert run.record.state == "finished"
        assert entry.test_accuracy == run.record.test_accuracy
        assert entry.seconds == run.record.train_seconds > 0
        assert entry.epochs_done == 2
    assert worked(queue, tiny_samples, tiny_experiment) == []


def test_a_run_of_the_queue_is_bit_for_bit_one_trained_by_hand(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples, trained_run: Run
) -> None:
    entry = queue.add(tiny_experiment)
    worked(queue, tiny_samples, tiny_experiment)
    queued = weights(Run.open(paths.runs() / queue.entry(entry.id).run))
    for name, value in weights(trained_run).items():
        np.testing.assert_array_equal(queued[name], value)


def test_repeats_become_a_group_with_a_spread(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    group = queue.add_repeats(tiny_experiment, 3)
    worked(queue, tiny_samples, tiny_experiment)
    result = group_result(group)
    assert result.finished == 3
    assert [run.experiment.seed for run in result.runs] == [3, 4, 5]
    assert result.test_accuracy is not None
    assert result.test_accuracy.count == 3


def test_what_fails_is_told_and_the_next_one_begins(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(with_setting(tiny_experiment, "device", "mps"), "Nowhere")
    queue.add(tiny_experiment)
    notices = [item for item in worked(queue, tiny_samples, tiny_experiment) if isinstance(item, Notice)]
    assert states(queue) == ["failed", "done"]
    assert "Nowhere failed" in notices[0].what
    assert queue.entries[0].error
    assert Run.open(paths.runs() / queue.entries[0].run).record.state == "failed"


def test_a_dataset_that_cannot_be_loaded_fails_its_entry_alone(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    from lepton_studio.engine.datasets.image_folder import ImageFolder

    queue.add(msgspec.structs.replace(tiny_experiment, dataset=ImageFolder("gone")))
    queue.add(tiny_experiment)
    worked(queue, tiny_samples, tiny_experiment)
    # The samples at hand were let go for the other dataset; the bundled digits were loaded for the second one.
    assert states(queue)[0] == "failed"
    assert "gone" in queue.entries[0].error
    assert Run.open(paths.runs() / queue.entries[0].run).record.state == "failed"


def test_one_fault_of_the_program_is_logged_and_passed_and_the_second_in_a_row_ends_the_work(
    queue: RunQueue,
    tiny_experiment: Experiment,
    tiny_samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def faulty(run: Run, samples: Samples | None) -> Iterator[Any]:
        yield None
        raise RuntimeError("cuDNN is tired")

    for _ in range(3):
        queue.add(tiny_experiment)
    monkeypatch.setattr(queue_work, "start_training", faulty)
    work = work_off(queue, tiny_samples, tiny_experiment.dataset)
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError, match="tired"):
        list(work)
    assert "cuDNN is tired" in caplog.text
    assert states(queue) == ["failed", "failed", "waiting"]


def test_a_batch_without_room_is_taken_in_smaller_parts(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def crowded(run: Run, samples: Samples | None) -> Iterator[Any]:
        yield None
        sizes.append(run.record.part_size)
        if run.record.part_size != 8:
            raise OutOfMemory("There is no room.", "Take less.", (run.record.part_size or 32) // 2)
        run.update(state="finished")

    queue.add(tiny_experiment)
    monkeypatch.setattr(queue_work, "start_training", crowded)
    items = worked(queue, tiny_samples, tiny_experiment)
    assert sizes == [0, 16, 8]
    assert states(queue) == ["done"]
    assert ["8 pictures" in item.what for item in items if isinstance(item, Notice)] == [False, True]


def test_where_there_is_no_room_for_one_picture_the_entry_fails(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(run: Run, samples: Samples | None) -> Iterator[Any]:
        yield None
        raise OutOfMemory("There is no room.", "Take less.", max(1, (run.record.part_size or 4) // 2))

    queue.add(tiny_experiment)
    monkeypatch.setattr(queue_work, "start_training", crowded)
    worked(queue, tiny_samples, tiny_experiment)
    assert states(queue) == ["failed"]


def test_closed_within_an_entry_it_goes_on_exactly_where_it_stopped(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples, trained_run: Run
) -> None:
    queue.add(tiny_experiment)
    queue.add(tiny_experiment)
    work = work_off(queue, tiny_samples, tiny_experiment.dataset)
    for item in work:
        if isinstance(item, EpochFinished):
            break
    cast(Any, work).close()
    first = queue.entries[0]
    assert states(queue) == ["stopped", "waiting"]
    assert first.epochs_done == 1
    assert Run.open(paths.runs() / first.run).record.state == "stopped"
    assert not queue.is_worked_off
    worked(queue, tiny_samples, tiny_experiment)
    assert states(queue) == ["done", "done"]
    assert queue.entries[0].run == first.run
    resumed = weights(Run.open(paths.runs() / first.run))
    for name, value in weights(trained_run).items():
        np.testing.assert_array_equal(resumed[name], value)


def test_a_run_that_nobody_wants_any_more_is_left_and_the_next_one_begins(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    for name in "abc":
        queue.add(tiny_experiment, name)
    runs: list[Run] = []
    for item in work_off(queue, tiny_samples, tiny_experiment.dataset):
        if isinstance(item, Run):
            runs.append(item)
            assert item.is_queued
        elif isinstance(item, EpochFinished) and len(runs) == 1:
            runs[0].is_unwanted = True
        elif item is None and len(runs) == 2:
            runs[1].is_unwanted = True
    assert [run.record.name for run in runs] == ["a", "b", "c"]
    assert [(entry.name, entry.state) for entry in queue.entries] == [("c", "done")]
    left = [Run.open(run.folder) for run in runs]
    assert [run.record.state for run in left] == ["stopped", "stopped", "finished"]
    assert [len(run.history.epochs) for run in left] == [1, 0, 2]
    assert not any(run.is_queued for run in runs)


def test_closed_before_an_unwanted_run_is_left_its_entry_does_not_come_back(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(tiny_experiment, "a")
    queue.add(tiny_experiment, "b")
    work = work_off(queue, tiny_samples, tiny_experiment.dataset)
    run = next(work)
    assert isinstance(run, Run)
    assert any(isinstance(item, EpochFinished) for item in work)
    run.is_unwanted = True
    cast(Any, work).close()
    assert [(entry.name, entry.state) for entry in queue.entries] == [("b", "waiting")]
    assert Run.open(run.folder).record.state == "stopped"


def test_closed_before_the_first_batch_the_run_is_stopped_and_taken_up_again(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(tiny_experiment)
    work = work_off(queue, tiny_samples, tiny_experiment.dataset)
    run = next(work)
    cast(Any, work).close()
    assert isinstance(run, Run)
    assert Run.open(run.folder).record.state == "stopped"
    assert states(queue) == ["stopped"]
    worked(queue, tiny_samples, tiny_experiment)
    assert [each.id for each in list_runs()] == [run.id]
    assert states(queue) == ["done"]


def test_the_work_ends_between_two_entries_when_it_shall(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(tiny_experiment)
    queue.add(tiny_experiment)
    for item in work_off(queue, tiny_samples, tiny_experiment.dataset):
        if isinstance(item, Run):
            queue.end_after_this()
    assert states(queue) == ["done", "waiting"]
    # The next start is meant to go on.
    worked(queue, tiny_samples, tiny_experiment)
    assert states(queue) == ["done", "done"]


def test_what_is_added_and_removed_meanwhile_counts(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    queue.add(tiny_experiment, "a")
    queue.add(tiny_experiment, "b")
    begun = []
    for item in work_off(queue, tiny_samples, tiny_experiment.dataset):
        if isinstance(item, Run):
            begun.append(item.record.name)
            if item.record.name == "a":
                queue.remove(2)
                queue.add(tiny_experiment, "c")
    assert begun == ["a", "c"]


def test_an_entry_whose_run_is_finished_or_gone_is_done_or_begun_anew(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples, trained_run: Run
) -> None:
    queue.put(queue.add(tiny_experiment).id, state="running", run=trained_run.id)
    gone = Run.create(tiny_experiment)
    queue.put(queue.add(tiny_experiment).id, state="stopped", run=gone.id)
    gone.update(state="stopped")
    delete_run(gone)
    begun = [item for item in worked(queue, tiny_samples, tiny_experiment) if isinstance(item, Run)]
    assert states(queue) == ["done", "done"]
    assert queue.entries[0].test_accuracy == trained_run.record.test_accuracy
    assert [run.id for run in begun] == [queue.entries[1].run]


def test_a_run_that_another_program_trains_is_passed_over(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    run = Run.create(tiny_experiment)
    queue.put(queue.add(tiny_experiment).id, state="stopped", run=run.id)
    queue.add(tiny_experiment)
    with run.being_trained():
        items = worked(queue, tiny_samples, tiny_experiment)
    assert [item.what for item in items if isinstance(item, Notice)] == ["Tiny is being trained by another program."]
    assert states(queue) == ["stopped", "done"]


def test_a_run_made_in_the_moment_of_a_kill_is_found_again(
    queue: RunQueue, tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    group = queue.add_repeats(tiny_experiment, 1)
    with queue.being_worked_off():
        entry = queue.take()
    assert entry is not None
    orphan = Run.create(entry.experiment, entry.name)
    worked(queue, tiny_samples, tiny_experiment)
    assert [run.id for run in list_runs()] == [orphan.id]
    assert queue.entries[0].run == orphan.id
    assert group_result(group).finished == 1


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_weights_of_one_that_was_not(
    queue: RunQueue, quick: Experiment
) -> None:
    queue.add_repeats(quick, 2, "Killed")
    for batches in (1, 7, 13):
        worker = subprocess.Popen([sys.executable, "-c", WORKS_OFF], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        for _ in range(batches):
            assert worker.stdout.readline() == "batch\n"
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        assert not queue.is_worked_off
    assert "running" not in states(queue)
    list(work_off(queue))
    assert states(queue) == ["done", "done"]
    assert len(list_runs()) == 2
    for entry in queue.entries:
        whole = Run.create(entry.experiment, "Whole")
        for _ in queue_work.start_training(whole):
            pass
        killed = weights(Run.open(paths.runs() / entry.run))
        for name, value in weights(whole).items():
            np.testing.assert_array_equal(killed[name], value)


def test_a_queue_that_is_worked_off_elsewhere_is_refused(queue: RunQueue, tiny_experiment: Experiment) -> None:
    queue.add(tiny_experiment)
    with queue.being_worked_off(), pytest.raises(LeptonError, match="worked off already"):
        next(work_off(RunQueue()))
    assert states(queue) == ["waiting"]
