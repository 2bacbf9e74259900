"""Runs that were cut short are found again, and only those."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lepton_studio.engine.events import EpochFinished
from lepton_studio.engine.interrupted import interrupted_runs, last_written, leave_stopped, note_cut_short
from lepton_studio.engine.run_store import delete_run
from lepton_studio.engine.runs import RECORD, Run
from lepton_studio.engine.training import start_training


def found() -> list[str]:
    (*pauses, runs) = interrupted_runs()
    assert set(pauses) <= {None}
    assert runs is not None
    return [run.record.name for run in runs]


def change_record(run: Run, **changes: Any) -> None:
    path = run.folder / RECORD
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def stopped(tiny_experiment, tiny_samples) -> Callable[[str], Run]:
    """Makes a run that was stopped after an epoch."""

    def make(name: str) -> Run:
        run = Run.create(tiny_experiment, name)
        events = start_training(run, tiny_samples)
        assert any(isinstance(event, EpochFinished) for event in events)
        events.close()  # type: ignore[attr-defined]
        assert run.record.state == "stopped"
        return run

    return make


def test_an_empty_store_holds_nothing_that_was_cut_short() -> None:
    assert found() == []


def test_a_run_whose_process_died_is_found(stopped, trained_run: Run) -> None:
    change_record(stopped("Died"), state="running")
    assert found() == ["Died"]
    assert trained_run.record.state == "finished"


def test_a_run_that_another_process_trains_is_not_cut_short(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment, "Alive")
    events = start_training(run, tiny_samples)
    next(events)
    assert found() == []
    events.close()  # type: ignore[attr-defined]


def test_a_run_that_was_stopped_by_hand_is_left_in_peace(stopped) -> None:
    stopped("By hand")
    assert found() == []


def test_a_run_that_was_stopped_by_closing_the_window_is_found_until_it_went_on(stopped, tiny_samples) -> None:
    run = stopped("Closed")
    note_cut_short(run)
    assert found() == ["Closed"]
    list(start_training(Run.open(run.folder), tiny_samples))
    assert found() == []


def test_a_run_that_went_on_and_was_stopped_by_hand_is_not_found_again(stopped, tiny_samples) -> None:
    run = stopped("Closed")
    note_cut_short(run)
    events = start_training(run, tiny_samples)
    for _ in range(4):
        next(events)
    events.close()  # type: ignore[attr-defined]
    assert run.record.state == "stopped"
    assert found() == []


def test_a_finished_run_is_not_noted(trained_run: Run) -> None:
    note_cut_short(trained_run)
    assert found() == []


def test_the_one_that_learned_last_comes_first(stopped) -> None:
    for age, name in ((50, "Oldest"), (0, "Newest"), (20, "Middle")):
        run = stopped(name)
        change_record(run, state="running")
        for path in run.folder.iterdir():
            os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
        assert last_written(run) == 1_700_000_000 - age
    assert found() == ["Newest", "Middle", "Oldest"]


def test_a_damaged_folder_holds_nobody_up(stopped, home: Path) -> None:
    change_record(stopped("Died"), state="running")
    broken = stopped("Broken")
    change_record(broken, state="running")
    (broken.folder / "experiment.json").write_text("{")
    (home / "runs" / "no run").mkdir()
    assert found() == ["Died"]


def test_one_that_is_left_is_an_ordinary_stopped_run(stopped) -> None:
    died, closed = stopped("Died"), stopped("Closed")
    change_record(died, state="running")
    note_cut_short(closed)
    assert sorted(found()) == ["Closed", "Died"]
    for run in (died, closed):
        leave_stopped(Run.open(run.folder))
        assert Run.open(run.folder).record.state == "stopped"
    assert found() == []


def test_one_that_is_gone_stays_gone(stopped) -> None:
    run = stopped("Gone")
    delete_run(run)
    leave_stopped(run)
    assert not run.folder.exists()
    assert last_written(run) == 0
