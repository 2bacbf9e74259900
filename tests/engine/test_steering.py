"""Live settings: what is changed while a run goes on, and what a resume repeats of it."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
import torch
from torch import nn

from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import EpochFinished, SettingChanged
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import Change
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.live_changes import MOST_DROPOUT, Dropouts
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.runs import Run
from lepton_studio.engine.steering import (
    LiveSettings,
    live_settings,
    read_changes,
    settings_now,
    steerable,
    with_change,
)
from lepton_studio.engine.training import start_training


def changed(experiment: Experiment, **fields: Any) -> Experiment:
    settings = msgspec.structs.replace(experiment.hyperparameters, **fields)
    return msgspec.structs.replace(experiment, hyperparameters=settings)


def trained(run: Run, samples: Any) -> Run:
    for _ in start_training(run, samples):
        pass
    return run


def assert_same(run: Run, other: Run) -> None:
    assert run.history.batch_loss.tobytes() == other.history.batch_loss.tobytes()
    assert run.history.batch_rate.tobytes() == other.history.batch_rate.tobytes()
    assert run.history.batch_end.tobytes() == other.history.batch_end.tobytes()
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert all(torch.equal(weights[name], others[name]) for name in weights)


# Before the second batch of the first epoch, before the second epoch, and in its middle.
PLANS = [
    Change(0, 1, 1 / 3, "learning_rate", 0.02, 0.005),
    Change(0, 2, 2 / 3, "batch_size", 32, 10),
    Change(0, 2, 2 / 3, "dropout", 1, 2),
    Change(1, 0, 1.0, "augmentation", 1, 0.5),
    Change(1, 3, 1.4, "batch_size", 10, 24),
    Change(1, 3, 1.4, "weight_decay", 0, 0.01),
    Change(1, 4, 1.5, "epochs", 2, 3),
]


def test_an_experiment_that_nobody_steers_is_followed_as_it_is(tiny_experiment) -> None:
    settings = tiny_experiment.hyperparameters
    assert settings_now(settings, live_settings(tiny_experiment)) == settings


def test_only_what_does_something_can_be_steered(tiny_experiment) -> None:
    assert steerable(tiny_experiment) == (
        "learning_rate", "weight_decay", "dropout", "augmentation", "batch_size", "epochs",
    )  # fmt: skip
    with_momentum = steerable(changed(tiny_experiment, optimizer=Sgd(), augmentations=()))
    assert "momentum" in with_momentum
    assert "augmentation" not in with_momentum


@pytest.mark.parametrize(
    ("field", "value"), [("learning_rate", 0.0), ("dropout", 3.0), ("batch_size", 0), ("nothing", 1)]
)
def test_what_is_out_of_range_is_refused_in_words(field: str, value: float) -> None:
    with pytest.raises(LeptonError) as caught:
        with_change(LiveSettings(), field, value)
    assert field in caught.value.what


@pytest.mark.parametrize(("field", "value"), [("learning_rate", -1.0), ("epochs", 0), ("colour", 1)])
def test_a_wish_that_cannot_be_granted_is_refused_when_it_is_made(trained_run, field: str, value: float) -> None:
    with pytest.raises(LeptonError, match=field):
        trained_run.steer(field, value)
    assert not trained_run.wishes


def test_a_wish_takes_effect_with_the_next_batch_and_is_written_down(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 3))
    run.steer("learning_rate", 0.004)
    rest = list(events)
    (told,) = [event for event in rest if isinstance(event, SettingChanged)]
    assert (told.change.epoch, told.change.batch, told.change.before, told.change.after) == (0, 2, 0.02, 0.004)
    assert read_changes(run.folder) == run.changes == (told.change,)
    rates, untouched = run.history.batch_rate, 0.02 * 0.9330127018922193
    assert rates[1] == pytest.approx(untouched)
    assert rates[2] == pytest.approx(0.004 * 0.75)


def test_a_wish_for_what_is_already_so_changes_nothing(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    run.steer("batch_size", 32)
    assert not [event for event in events if isinstance(event, SettingChanged)]
    assert run.changes == ()


def test_batches_of_another_size_see_each_picture_once_an_epoch(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    run.note_changes(PLANS)
    trained(run, tiny_samples)
    # 72 pictures: two batches of 32, one of the eight that are left; three of 10, then of 24.
    ends = [end * 72 for end in run.history.batch_end]
    assert ends == pytest.approx([32, 64, 72, 82, 92, 102, 126, 144, 168, 192, 216])
    assert [row.epoch for row in run.history.epochs] == [1, 2, 3]


def test_a_run_that_was_steered_and_stopped_anywhere_goes_on_to_the_same_bits(tiny_experiment, tiny_samples) -> None:
    whole = Run.create(tiny_experiment)
    whole.note_changes(PLANS)
    trained(whole, tiny_samples)
    for stop in range(1, 14):
        run = Run.create(tiny_experiment, f"Stopped at {stop}")
        run.note_changes(PLANS)
        events = start_training(run, tiny_samples)
        list(itertools.islice(events, stop))
        events.close()
        assert run.record.state == "stopped", run.record.name
        assert_same(trained(Run.open(run.folder), tiny_samples), whole)


def test_changes_after_the_last_checkpoint_are_made_again(tiny_experiment, tiny_samples) -> None:
    whole, run = Run.create(tiny_experiment), Run.create(tiny_experiment)
    checkpoint = b""
    for started in (whole, run):
        for number, _ in enumerate(start_training(started, tiny_samples)):
            if number == 2:
                started.keep()
                checkpoint = started.checkpoint.read_bytes()
            if number == 3:
                started.steer("learning_rate", 0.001)
    # As if it had been killed before the next checkpoint.
    run.update(state="running", epochs_done=0)
    run.checkpoint.write_bytes(checkpoint)
    assert_same(trained(Run.open(run.folder), tiny_samples), whole)


def test_a_finished_run_is_extended_and_goes_on(tiny_experiment, tiny_samples) -> None:
    run = trained(Run.create(tiny_experiment), tiny_samples)
    run.extend(3)
    opened = Run.open(run.folder)
    assert opened.record.state == "stopped"
    trained(opened, tiny_samples)
    assert [row.epoch for row in opened.history.epochs] == [1, 2, 3, 4, 5]
    assert opened.record.state == "finished"
    # The schedule is spread over all five epochs now, so the rate rises again.
    assert opened.history.batch_rate[6] > opened.history.batch_rate[5]


def test_a_run_that_was_shortened_too_late_is_extended_from_where_it_ended(tiny_experiment, tiny_samples) -> None:
    run = Run.create(changed(tiny_experiment, epochs=9))
    for event in start_training(run, tiny_samples):
        if isinstance(event, EpochFinished) and event.row.epoch == 3:
            run.steer("epochs", 1)
    done = len(run.history.epochs)
    assert done > 1
    run.extend(2)
    trained(run, tiny_samples)
    assert len(run.history.epochs) == done + 2


def test_dropout_is_scaled_wherever_it_is_and_never_takes_all() -> None:
    network = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout2d(0.2)), nn.LSTM(3, 3, 2, dropout=0.1))
    dropouts = Dropouts(network)
    dropouts.scale(2.0)
    assert (network[0].p, network[1][0].p, network[2].dropout) == (0.95, 0.4, 0.2)
    dropouts.scale(0.0)
    assert (network[0].p, network[1][0].p, network[2].dropout) == (0.0, 0.0, 0.0)
    dropouts.scale(1.0)
    assert (network[0].p, network[1][0].p, network[2].dropout) == (0.5, 0.2, 0.1)


def test_weight_decay_and_momentum_reach_the_optimizer(tiny_experiment, tiny_samples) -> None:
    learner = Learner(Run.create(changed(tiny_experiment, optimizer=Sgd())), tiny_samples)
    learner.follow(msgspec.structs.replace(learner.changes.live, weight_decay=0.02, momentum=0.3, batch_size=9))
    group = learner.optimizer.param_groups[0]
    assert (group["weight_decay"], group["momentum"], learner.batches.batch_size) == (0.02, 0.3, 9)


def test_of_two_wishes_for_the_same_batch_the_later_one_holds(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    run.steer("learning_rate", 0.5)
    run.steer("learning_rate", 0.02)
    trained(run, tiny_samples)
    assert [(change.before, change.after) for change in run.changes] == [(0.02, 0.5), (0.5, 0.02)]
    assert live_settings(run.experiment, run.changes).learning_rate == 0.02
    assert run.history.batch_rate[0] == pytest.approx(0.02)


def test_a_wish_that_no_batch_came_for_is_kept_by_a_stop(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 3))
    run.steer("learning_rate", 0.004)
    events.close()
    opened = Run.open(run.folder)
    assert [(change.epoch, change.batch, change.after) for change in opened.changes] == [(0, 2, 0.004)]
    trained(opened, tiny_samples)
    assert opened.history.batch_rate[2] == pytest.approx(0.004 * 0.75)


def test_a_dropout_that_was_built_stronger_than_the_most_stays_as_it_was_built() -> None:
    network = nn.Sequential(nn.Dropout(0.97), nn.Dropout(0.5))
    dropouts = Dropouts(network)
    dropouts.scale(1.0)
    assert [layer.p for layer in network] == [0.97, 0.5]
    dropouts.scale(10.0)
    assert [layer.p for layer in network] == [0.97, MOST_DROPOUT]
