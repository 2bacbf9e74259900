"""Working off a sweep: what it tries, and that stopping and dying never change what comes of it."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError, OutOfMemory
from lepton_studio.engine.events import EpochFinished, Event
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.run_store import delete_run, find_run, list_runs
from lepton_studio.engine.runs import Run
from lepton_studio.engine.sweep import STUDY, Sweep, SweepResult, create_sweep, is_worked_on
from lepton_studio.engine.sweep_fields import axis_from
from lepton_studio.engine.sweep_study import sweep_result
from lepton_studio.engine.sweep_work import TrialFinished, work_off_sweep

pytest.importorskip("optuna", reason="sweeps are Optuna's")

RATE = "hyperparameters.optimizer.learning_rate"


@pytest.fixture
def small(tiny_experiment: Experiment) -> Experiment:
    """Two epochs of three batches of one Linear layer."""
    hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, augmentations=())
    network = Architecture("Small", (Flatten(), Linear(outputs=4)))
    return msgspec.structs.replace(tiny_experiment, architecture=network, hyperparameters=hyperparameters)


Begin = Callable[..., Sweep]


@pytest.fixture
def begin(small: Experiment) -> Begin:
    """Keeps a sweep."""

    def made(*over: str, **changes: Any) -> Sweep:
        return create_sweep(Sweep("", small, tuple(axis_from(small, text) for text in over), **changes))

    return made


def walked(sweep: Sweep, samples: Samples) -> list[TrialFinished]:
    return [event for event in work_off_sweep(sweep, samples) if isinstance(event, TrialFinished)]


def told(sweep: Sweep) -> list[tuple[Any, ...]]:
    """What came of each trial, but for what differs from one sweep to the other."""
    return [
        (trial.number, trial.state, trial.values, trial.objective, trial.epochs) for trial in sweep_result(sweep).trials
    ]


def weights(sweep: Sweep) -> list[bytes]:
    from lepton_studio.engine.checkpoint import load_weights

    runs = [find_run(trial.run) for trial in sweep_result(sweep).trials]
    return [b"".join(one.numpy().tobytes() for one in load_weights(run.checkpoint).values()) for run in runs]


def test_a_grid_trains_each_combination_as_a_run_of_its_own(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin("optimizer.learning_rate=0.1", "batch_size=16,32", sampler="grid")
    events = list(work_off_sweep(sweep, tiny_samples))
    runs = [event for event in events if isinstance(event, Run)]
    assert [run.record.name for run in runs] == [
        "Sweep 1, trial 1: learning rate 0.1, batch size 16",
        "Sweep 1, trial 2: learning rate 0.1, batch size 32",
    ]
    assert {run.record.group for run in list_runs()} == {"Sweep 1"}
    assert [run.experiment.hyperparameters.batch_size for run in runs] == [16, 32]
    assert all(run.record.state == "finished" for run in list_runs())
    result = sweep_result(sweep)
    assert result.is_complete
    assert not result.is_running
    assert [trial.run for trial in result.trials] == [run.id for run in runs]
    last = [run.history.epochs[-1].validation_loss for run in runs]
    assert [trial.objective for trial in result.trials] == last
    assert result.best is not None
    assert result.best.objective == min(last)
    finished = [event for event in events if isinstance(event, TrialFinished)]
    assert [(each.number, each.planned, each.state) for each in finished] == [(1, 2, "finished"), (2, 2, "finished")]
    # There is nothing left to do.
    assert list(work_off_sweep(sweep, tiny_samples)) == []


@pytest.mark.parametrize("sampler", ["random", pytest.param("tpe", marks=pytest.mark.slow)])
def test_the_same_seed_tries_the_same(begin: Begin, tiny_samples: Samples, sampler: str) -> None:
    over = ("optimizer.learning_rate=1e-3..1e-1 log", "batch_size=8..64", "optimizer=adam,sgd")
    # More than ten, after which TPE draws near what was good.
    trials = 11 if sampler == "tpe" else 3
    first, second, other = (
        begin(*over, sampler=sampler, trials=trials if seed == 7 else 1, seed=seed) for seed in (7, 7, 8)
    )
    for sweep in (first, second, other):
        walked(sweep, tiny_samples)
    assert told(first) == told(second)
    assert told(first)[0][2] != told(other)[0][2]
    values = [trial.values for trial in sweep_result(first).trials]
    assert len({each[RATE] for each in values}) == trials
    assert all(1e-3 <= cast("float", each[RATE]) <= 1e-1 for each in values)


def test_what_is_worse_than_the_others_is_given_up(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin(
        "optimizer.learning_rate=0.1,0.09,0.08,0.07,0.06,1e-7", sampler="grid", pruning=True
    )  # fmt: skip
    finished = walked(sweep, tiny_samples)
    assert [event.state for event in finished] == ["finished"] * 5 + ["pruned"]
    last = sweep_result(sweep).trials[-1]
    assert (last.state, last.epochs) == ("pruned", 1)
    run = find_run(last.run)
    assert run.record.state == "stopped"
    assert run.checkpoint.is_file()
    assert last.objective == run.history.epochs[-1].validation_loss


def test_a_sweep_by_accuracy_looks_for_the_largest(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin("optimizer.learning_rate=1e-7,0.1", sampler="grid", objective="validation_accuracy")
    walked(sweep, tiny_samples)
    best = sweep_result(sweep).best
    assert best is not None
    assert best.values[RATE] == "0.1"


@pytest.mark.slow
def test_the_axis_that_matters_is_found(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin(
        "optimizer.learning_rate=1e-6..1e-1 log 6", "hyperparameters.kept_epochs=1,2", sampler="grid"
    )  # fmt: skip
    events = work_off_sweep(sweep, tiny_samples)
    for event in events:
        if isinstance(event, TrialFinished) and event.number == 3:
            assert sweep_result(sweep).importances == {}
    shares = sweep_result(sweep).importances
    assert next(iter(shares)) == RATE
    assert shares[RATE] > 0.9
    assert sum(shares.values()) == pytest.approx(1)


def test_of_trials_that_came_to_the_same_nobody_can_tell_what_mattered(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin("hyperparameters.kept_epochs=1,2,3,4", sampler="grid")
    walked(sweep, tiny_samples)
    result = sweep_result(sweep)
    assert len({trial.objective for trial in result.trials}) == 1
    assert result.importances == {}


def test_a_trial_that_fails_is_told_so_and_the_next_one_begins(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_studio.engine import training

    train = training.train

    def failing(run: Run, samples: Samples) -> Iterator[Event | None]:
        size = run.experiment.hyperparameters.batch_size
        if size == 8:
            raise OutOfMemory("The memory of the device is full.", "Take a smaller batch.", part_size=0)
        if size == 16:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        for event in train(run, samples):
            if size == 32 and isinstance(event, EpochFinished):
                nan = msgspec.structs.replace(event.row, validation_loss=float("nan"))
                run.history._epochs = (nan,)
                yield EpochFinished(nan, event.epochs)
            yield event

    monkeypatch.setattr(training, "train", failing)
    sweep = begin("batch_size=8,16,32,64", sampler="grid")
    finished = walked(sweep, tiny_samples)
    assert [event.state for event in finished] == ["failed", "failed", "failed", "finished"]
    assert "memory of the device is full" in finished[0].error
    assert "fault of the program" in finished[1].error
    assert "not a number" in finished[2].error
    trials = sweep_result(sweep).trials
    assert [trial.error for trial in trials] == [event.error for event in finished]
    assert [find_run(trial.run).record.state for trial in trials] == ["failed", "failed", "failed", "finished"]
    assert trials[2].objective is None


def test_two_faults_of_the_program_in_a_row_end_it(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_studio.engine import training

    def failing(run: Run, samples: Samples) -> Iterator[Event | None]:
        raise ZeroDivisionError

    monkeypatch.setattr(training, "train", failing)
    sweep = begin("batch_size=8,16,32", sampler="grid")
    with pytest.raises(ZeroDivisionError):
        walked(sweep, tiny_samples)
    assert [trial.state for trial in sweep_result(sweep).trials] == ["failed", "failed"]


def test_a_batch_without_room_is_taken_in_parts(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_studio.engine import training

    train = training.train

    def failing(run: Run, samples: Samples) -> Iterator[Event | None]:
        if run.record.part_size == 0:
            raise OutOfMemory("The memory of the device is full.", part_size=16)
        yield from train(run, samples)

    monkeypatch.setattr(training, "train", failing)
    sweep = begin("batch_size=32", sampler="grid")
    assert [event.state for event in walked(sweep, tiny_samples)] == ["finished"]
    assert list_runs()[0].record.part_size == 16


def test_values_that_do_not_fit_together_are_a_trial_that_failed(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin("batch_size=8,16", sampler="grid")
    # As if another program had written it.
    odd = msgspec.structs.replace(sweep.axes[0], path="hyperparameters.nothing")
    sweep = msgspec.structs.replace(sweep, axes=(odd,))
    finished = walked(sweep, tiny_samples)
    assert [event.state for event in finished] == ["failed", "failed"]
    assert "no field" in finished[0].error
    assert list_runs() == []


# --- stopped, killed, gone on with

OVER = ("optimizer.learning_rate=1e-4..1e-1 log", "batch_size=16..48")
DRAWN: dict[str, Any] = {"sampler": "tpe", "trials": 7, "pruning": True, "seed": 4}


@pytest.mark.slow
def test_closed_at_any_place_it_goes_on_exactly_there(begin: Begin, tiny_samples: Samples) -> None:
    whole, stopped = begin(*OVER, **DRAWN), begin(*OVER, **DRAWN)
    walked(whole, tiny_samples)
    for places in itertools.count(1):
        events = work_off_sweep(stopped, tiny_samples)
        with closing(cast("Any", events)):
            seen = sum(1 for _ in itertools.islice(events, 4 + places % 5))
        assert not is_worked_on(stopped)
        assert all(run.record.state != "running" for run in list_runs())
        if not seen:
            break
    assert told(stopped) == told(whole)
    assert weights(stopped) == weights(whole)
    assert "pruned" in {trial.state for trial in sweep_result(whole).trials}
    assert len(list_runs()) == 2 * 7


def test_an_interrupted_trial_can_be_seen(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin(*OVER, **DRAWN)
    assert sweep_result(sweep) == SweepResult(sweep)
    events = work_off_sweep(sweep, tiny_samples)
    with closing(cast("Any", events)):
        run = next(event for event in events if isinstance(event, Run))
        assert sweep_result(sweep).is_running
    result = sweep_result(sweep)
    assert [trial.state for trial in result.trials] == ["running"]
    assert result.trials[0].run == run.id
    assert (result.ended, result.is_running, result.best) == (0, False, None)


KILLED = """
import os, signal, sys
import numpy as np
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.sweep import find_sweep
from lepton_studio.engine.sweep_work import work_off_sweep

arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
for number, _ in enumerate(work_off_sweep(find_sweep(sys.argv[1]), samples)):
    if number == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same(
    begin: Begin, tiny_samples: Samples, tmp_path: Path, run_python: Callable[..., Any]
) -> None:
    whole, killed = begin(*OVER, **DRAWN), begin(*OVER, **DRAWN)
    walked(whole, tiny_samples)
    data = tmp_path / "tiny.npz"
    np.savez(data, images=tiny_samples.images, labels=tiny_samples.labels, is_test=tiny_samples.is_test)
    for place in (9, 23):
        run_python(KILLED, killed.name, data, place, code=-9)
        assert [trial.state for trial in sweep_result(killed).trials][-1] == "running"
    walked(killed, tiny_samples)
    assert told(killed) == told(whole)
    assert weights(killed) == weights(whole)
    assert len(list_runs()) == 2 * 7


def test_killed_between_the_draw_and_the_run_it_tries_the_same_values(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = begin(*OVER, **{**DRAWN, "trials": 1})

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            walked(sweep, tiny_samples)
    drawn = sweep_result(sweep).trials[0]
    assert (drawn.state, drawn.run) == ("running", "")
    walked(sweep, tiny_samples)
    assert [trial.values for trial in sweep_result(sweep).trials] == [drawn.values]
    assert len(list_runs()) == 1


def test_killed_between_the_run_and_its_note_it_takes_that_run_up(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_studio.engine.sweep_study import SweepStep

    sweep = begin(*OVER, **{**DRAWN, "trials": 1})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SweepStep, "begin", killed)
        with pytest.raises(KeyboardInterrupt):
            walked(sweep, tiny_samples)
    walked(sweep, tiny_samples)
    runs = list_runs()
    assert [(run.record.state, run.record.group) for run in runs] == [("finished", sweep.name)]
    assert sweep_result(sweep).trials[0].run == runs[0].id


def test_a_run_that_was_deleted_meanwhile_is_trained_anew(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin(*OVER, **{**DRAWN, "trials": 1})
    events = work_off_sweep(sweep, tiny_samples)
    with closing(cast("Any", events)):
        run = next(event for event in events if isinstance(event, Run))
    delete_run(run)
    walked(sweep, tiny_samples)
    assert [trial.state for trial in sweep_result(sweep).trials] == ["finished"]


def test_a_run_that_was_trained_to_its_end_elsewhere_counts(begin: Begin, tiny_samples: Samples) -> None:
    from lepton_studio.engine.training import start_training

    sweep = begin(*OVER, **{**DRAWN, "trials": 1})
    events = work_off_sweep(sweep, tiny_samples)
    with closing(cast("Any", events)):
        run = next(event for event in events if isinstance(event, Run))
    again = find_run(run.id)
    with again.being_trained(), pytest.raises(LeptonError, match="being trained elsewhere"):
        walked(sweep, tiny_samples)
    again = find_run(run.id)
    list(start_training(again, tiny_samples))
    assert [event.state for event in walked(sweep, tiny_samples)] == ["finished"]
    assert sweep_result(sweep).trials[0].objective == again.history.epochs[-1].validation_loss


def test_two_at_once_are_one_too_many(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin(*OVER, **DRAWN)
    events = work_off_sweep(sweep, tiny_samples)
    with closing(cast("Any", events)):
        next(iter(events))
        with pytest.raises(LeptonError, match="worked on already"):
            next(iter(work_off_sweep(sweep, tiny_samples)))


# --- the file


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be read as one" * 40, b"SQLite format 3\0" + b"\7" * 3000]
)
def test_a_damaged_record_is_named(begin: Begin, tiny_samples: Samples, content: bytes) -> None:
    sweep = begin(*OVER, **DRAWN)
    sweep.study_file.write_bytes(content)
    for look in (sweep_result, lambda sweep: walked(sweep, tiny_samples)):
        with pytest.raises(LeptonError, match="damaged") as caught:
            look(sweep)
        assert STUDY in str(caught.value)
    assert list_runs() == []


@pytest.mark.slow
def test_who_looks_from_the_first_moment_on_meets_no_half_record(begin: Begin, tiny_samples: Samples) -> None:
    sweeps = [begin("batch_size=16", sampler="grid") for _ in range(6)]
    seen: list[int] = []
    with ThreadPoolExecutor(1) as pool:

        def look() -> None:
            while len(seen) < 1000 and not sweep_result(sweeps[-1]).is_complete:
                seen.append(sum(len(sweep_result(sweep).trials) for sweep in sweeps))

        looking = pool.submit(look)
        for sweep in sweeps:
            walked(sweep, tiny_samples)
        looking.result(timeout=100)
    assert seen
    assert seen == sorted(seen)
    assert all(sweep_result(sweep).is_complete for sweep in sweeps)


def test_killed_while_the_record_was_made_it_is_made_again(begin: Begin, tiny_samples: Samples) -> None:
    sweep = begin("batch_size=16", sampler="grid")
    sweep.study_file.with_suffix(".part").write_bytes(b"half a record")
    assert sweep_result(sweep).trials == ()
    assert len(walked(sweep, tiny_samples)) == 1
    assert sorted(path.name for path in sweep.folder.iterdir() if path.name != "lock") == [STUDY, "sweep.json"]


def test_a_database_of_something_else_is_no_record(begin: Begin) -> None:
    sweep = begin(*OVER, **DRAWN)
    with closing(sqlite3.connect(sweep.study_file)) as other:
        other.execute("create table version_info (cake text)")
        other.execute("create table studies (cake text)")
        other.commit()
    with pytest.raises(LeptonError, match=r"study\.db is damaged"):
        sweep_result(sweep)


@pytest.mark.parametrize(
    ("pragma", "reason"), [("query_only = on", "readonly"), ("max_page_count = 1", "full")], ids=["readonly", "full"]
)
def test_a_disk_that_refuses_is_told_and_the_trial_goes_on_later(
    begin: Begin, tiny_samples: Samples, monkeypatch: pytest.MonkeyPatch, pragma: str, reason: str
) -> None:
    sweep = begin("batch_size=16,32", sampler="grid")
    events = work_off_sweep(sweep, tiny_samples)
    with closing(cast("Any", events)):
        next(event for event in events if isinstance(event, Run))
    connect = sqlite3.dbapi2.connect

    def refusing(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made = connect(*arguments, **options)
        made.execute(f"pragma {pragma}")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3.dbapi2, "connect", refusing)
        with pytest.raises(LeptonError, match=f"could not be written.*{reason}") as caught:
            # There may be room for a little in pages that are there already.
            walked_until_it_is_full(sweep, tiny_samples)
    assert STUDY in str(caught.value)
    assert [event.state for event in walked(sweep, tiny_samples)][-1] == "finished"
    assert sweep_result(sweep).is_complete


def walked_until_it_is_full(sweep: Sweep, samples: Samples) -> None:
    for number in range(100):
        walked(create_sweep(msgspec.structs.replace(sweep, name=f"another {number}")), samples)
        walked(sweep, samples)


def test_a_home_with_odd_signs_in_its_name_is_a_home(
    begin: Begin, tiny_samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path / "a {home} 100% #1?x=ü&"))
    sweep = begin("batch_size=16,32", sampler="grid")
    assert len(walked(sweep, tiny_samples)) == 2
    assert sweep.study_file.is_file()
    assert sweep_result(sweep).is_complete
