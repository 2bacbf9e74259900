"""The window's heartbeat: what it counts, when it counts, and what it leaves in the record of a run."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lepton_studio.engine import Run
from lepton_studio.gui import heartbeat
from lepton_studio.gui.heartbeat import Heartbeat


class Beat:
    """A heartbeat whose clock the test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(heartbeat, "perf_counter", lambda: self.now)
        self.made = Heartbeat()

    def tick(self, *gaps: float) -> None:
        for gap in gaps:
            self.now += gap
            self.made._timer.timeout.emit()


@pytest.fixture
def beat(qapp, monkeypatch) -> Beat:
    return Beat(monkeypatch)


@pytest.fixture
def run(tiny_experiment) -> Run:
    return Run.create(tiny_experiment)


def train(beat: Beat, run: Run, *gaps: float) -> None:
    """A whole training with these gaps."""
    beat.made.begin(None)
    beat.made.follow("running")
    beat.made.belong_to(run)
    beat.tick(*gaps)
    beat.made.follow("idle")


def kept(run: Run) -> tuple[float | None, float | None]:
    """What the record on disk says."""
    record = Run.open(run.folder).record
    return record.window_gap_p99, record.window_gap_longest


def test_nothing_is_known_before_the_first_tick(beat) -> None:
    assert beat.made.p99 == beat.made.longest == 0.0


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 1000])
def test_the_figures_are_those_of_all_gaps_to_one_percent(beat, count) -> None:
    gaps = np.random.default_rng(count).lognormal(np.log(0.012), 0.8, count)
    beat.made.follow("running")
    beat.tick(*gaps)
    expected = np.sort(gaps)[min(count - 1, int(count * 0.99))]
    assert beat.made.longest == pytest.approx(gaps.max())
    assert beat.made.p99 == pytest.approx(expected, rel=0.0101)
    assert beat.made.p99 <= beat.made.longest
    beat.made.follow("idle")


@pytest.mark.parametrize("gap", [0.0, 1e-9, 1e-3, 3600.0])
def test_gaps_beyond_all_bins_are_counted_too(beat, gap) -> None:
    beat.made.follow("running")
    beat.tick(gap)
    assert beat.made.longest == pytest.approx(gap)
    assert 0.0 <= beat.made.p99 <= beat.made.longest
    beat.made.follow("idle")


def test_its_memory_does_not_grow(beat) -> None:
    beat.made.follow("running")
    beat.tick(*np.linspace(0.001, 1.0, 5000))
    assert len(beat.made._bins) == heartbeat.BINS
    beat.made.follow("idle")


@pytest.mark.parametrize(("state", "ticks"), [
    ("idle", False), ("running", True), ("paused", False), ("stopping", True),
])  # fmt: skip
def test_it_ticks_only_while_a_training_goes_on(beat, state, ticks) -> None:
    beat.made.follow("running")
    beat.made.follow(state)
    assert beat.made._timer.isActive() is ticks
    beat.made.follow("idle")
    assert not beat.made._timer.isActive()


def test_time_spent_paused_is_no_gap(beat) -> None:
    beat.made.follow("running")
    beat.tick(0.01)
    beat.made.follow("paused")
    beat.now += 60.0
    beat.made.follow("running")
    beat.tick(0.02)
    assert beat.made.longest == pytest.approx(0.02)
    beat.made.follow("idle")


def test_a_wait_that_ends_with_the_training_counts(beat) -> None:
    beat.made.follow("running")
    beat.tick(0.01)
    beat.now += 0.5
    beat.made.follow("idle")
    assert beat.made.longest == pytest.approx(0.5)


def test_hearing_of_the_same_state_again_changes_nothing(beat) -> None:
    beat.made.follow("running")
    beat.now += 0.03
    beat.made.follow("running")
    beat.tick(0.01)
    assert beat.made.longest == pytest.approx(0.04)
    beat.made.follow("idle")


def test_the_record_gets_both_figures_when_the_training_ends(beat, run) -> None:
    train(beat, run, 0.01, 0.01, 0.08)
    assert kept(run) == (beat.made.p99, beat.made.longest)
    assert kept(run)[1] == pytest.approx(0.08)


def test_the_record_gets_them_at_a_pause_and_not_in_between(beat, run) -> None:
    beat.made.begin(None)
    beat.made.follow("running")
    beat.made.belong_to(run)
    beat.tick(0.01, 0.05)
    assert kept(run) == (None, None)
    beat.made.follow("paused")
    assert kept(run)[1] == pytest.approx(0.05)


def test_nothing_new_is_not_written_again(beat, run, monkeypatch) -> None:
    written: list[dict[str, float]] = []
    monkeypatch.setattr(Run, "update", lambda self, **changes: written.append(changes))
    train(beat, run, 0.01)
    assert len(written) == 1
    beat.made.follow("idle")
    assert len(written) == 1


def test_a_training_without_a_tick_leaves_the_record_as_it_was(beat, run) -> None:
    train(beat, run)
    assert kept(run) == (None, None)


def test_each_new_run_starts_from_nothing(beat, run, tiny_experiment) -> None:
    train(beat, run, 0.01, 0.9)
    other = Run.create(tiny_experiment)
    train(beat, other, 0.01, 0.02)
    assert kept(run)[1] == pytest.approx(0.9)
    assert kept(other)[1] == pytest.approx(0.02)


def test_going_on_with_the_same_run_adds_to_its_figures(beat, run) -> None:
    train(beat, run, 0.01, 0.9)
    again = Run.open(run.folder)
    beat.made.begin(again)
    beat.made.follow("running")
    beat.made.belong_to(again)
    beat.tick(0.02)
    beat.made.follow("idle")
    assert kept(run)[1] == pytest.approx(0.9)
    assert kept(run) == (beat.made.p99, beat.made.longest)


def test_the_run_of_the_last_training_is_not_touched_before_the_next_is_there(beat, run) -> None:
    train(beat, run, 0.01)
    before = kept(run)
    beat.made.begin(None)
    beat.made.follow("running")
    beat.tick(0.7)
    # Stopped before its run was made.
    beat.made.follow("idle")
    assert kept(run) == before


def test_a_deleted_run_does_not_come_back(beat, run) -> None:
    beat.made.begin(None)
    beat.made.follow("running")
    beat.made.belong_to(run)
    beat.tick(0.01)
    shutil.rmtree(run.folder)
    beat.made.follow("idle")
    assert not run.folder.exists()


def test_a_disk_that_refuses_breaks_nothing(beat, run, monkeypatch) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    train(beat, run, 0.01, 0.03)
    assert kept(run) == (None, None)
    # What is on the screen knows it all the same.
    assert run.record.window_gap_longest == pytest.approx(0.03)
