"""The stopwatch and the notebook of a training."""

from __future__ import annotations

from typing import Any

import pytest

from lepton_studio.engine import meter as meter_module
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import EpochFinished, Notice
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.runs import Pace, Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.writer import Record


class Clock:
    """A clock that goes on by one second at each look, and by more when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(meter_module, "perf_counter", clock)
    return clock


def walk(run: Run, samples: Any, clock: Clock, pause: float, steps: int = 10_000) -> list[Any]:
    found, events = [], start_training(run, samples)
    for _, event in zip(range(steps), events, strict=False):
        found.append(event)
        clock.now += pause
    events.close()
    return found


def test_time_spent_between_the_steps_does_not_count(tiny_experiment, tiny_samples, clock: Clock) -> None:
    quick, slow = Run.create(tiny_experiment), Run.create(tiny_experiment)
    events = [walk(run, tiny_samples, clock, pause) for run, pause in ((quick, 0.0), (slow, 1000.0))]
    assert slow.record.train_seconds == quick.record.train_seconds > 0
    rows = [[event.row.seconds for event in one if isinstance(event, EpochFinished)] for one in events]
    assert rows[0] == rows[1]
    assert sum(rows[0]) == quick.record.train_seconds


def test_the_stopwatch_goes_on_after_a_stop(tiny_experiment, tiny_samples, clock: Clock) -> None:
    run = Run.create(tiny_experiment)
    walk(run, tiny_samples, clock, 0.0, steps=3)
    so_far = run.record.train_seconds
    assert so_far > 0
    opened = Run.open(run.folder)
    walk(opened, tiny_samples, clock, 0.0)
    assert opened.record.train_seconds > so_far
    assert opened.history.epochs[0].seconds > so_far


def test_the_pace_says_which_epoch_and_which_part_of_it_is_under_way(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    seen: list[tuple[int, str]] = []
    for event in start_training(run, tiny_samples):
        if event is None:
            seen.append((run.pace.epoch, run.pace.phase))
            assert run.pace.epochs == 2
            assert run.pace.batches == 3
    epochs = [[(epoch, "train")] * 3 + [(epoch, "validation")] for epoch in (1, 2)]
    assert seen == [*epochs[0], *epochs[1], (2, "test")]


def test_the_pace_of_a_run_that_goes_on_is_that_of_its_place(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    for event in events:
        if isinstance(event, EpochFinished):
            break
    next(events)
    events.close()
    events = start_training(run, tiny_samples)
    next(events)
    next(events)
    assert (run.pace.epoch, run.pace.batch, run.pace.phase) == (2, 1, "train")
    events.close()


def test_the_time_left_falls_to_nothing(tiny_experiment, tiny_samples, monkeypatch) -> None:
    monkeypatch.setattr(meter_module, "SECONDS_BETWEEN_READINGS", -1.0)
    run = Run.create(tiny_experiment)
    left = []
    for event in start_training(run, tiny_samples):
        if event is None:
            pace: Pace = run.pace
            assert pace.images_per_second > 0
            left.append(pace.seconds_left * pace.images_per_second / 32)
    # In batches: five, four, three, three while validating, then the second epoch.
    assert left == pytest.approx([5, 4, 3, 3, 2, 1, 0, 0, 0], abs=1e-6)
    assert run.pace.seconds_left == 0


def test_numbers_and_weights_are_read_at_least_once_an_epoch(tiny_experiment, tiny_samples, monkeypatch) -> None:
    monkeypatch.setattr(meter_module, "SECONDS_BETWEEN_READINGS", 1e9)
    run = Run.create(tiny_experiment)
    lengths = [(len(run.history), run.weights_version) for event in start_training(run, tiny_samples) if event is None]
    assert lengths == [(0, 0)] * 3 + [(3, 1)] + [(3, 1)] * 3 + [(6, 2)] * 2


def test_numbers_and_weights_are_read_at_every_batch_when_there_is_time(
    tiny_experiment, tiny_samples, monkeypatch
) -> None:
    monkeypatch.setattr(meter_module, "SECONDS_BETWEEN_READINGS", -1.0)
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    for batch in (1, 2, 3):
        next(events)
        assert (len(run.history), run.weights_version) == (batch, batch)
    events.close()


def test_the_weights_that_are_left_are_a_copy_that_training_does_not_change(
    tiny_experiment, tiny_samples, monkeypatch
) -> None:
    monkeypatch.setattr(meter_module, "SECONDS_BETWEEN_READINGS", -1.0)
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    next(events)
    assert run.weights is not None
    left, kept = run.weights, {name: tensor.clone() for name, tensor in run.weights.items()}
    next(events)
    events.close()
    assert all(left[name].equal(kept[name]) for name in kept)
    assert not all(run.weights[name].equal(kept[name]) for name in kept)
    assert all(str(tensor.device) == "cpu" for tensor in left.values())


class Refusing(Record):
    """A record whose disk is full."""

    def __init__(self) -> None:
        self.asked = 0

    def write(self) -> None:
        self.asked += 1
        raise LeptonError("The disk of the other program is full.", "Free some space.")


def test_a_record_for_another_program_that_cannot_be_written_is_told_once_and_ends_nothing(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_module, "SECONDS_BETWEEN_READINGS", -1.0)
    record, run = Refusing(), Run.create(tiny_experiment)
    write_to = Meter.write_to
    monkeypatch.setattr(Meter, "write_to", lambda meter, _records: write_to(meter, (record,)))
    told = [event for event in start_training(run, tiny_samples) if isinstance(event, Notice)]
    assert [notice.what for notice in told] == ["The disk of the other program is full."]
    assert record.asked == 6
    assert run.record.state == "finished"
