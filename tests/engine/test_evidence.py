"""Evidence: what the rules for hints know of a run."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from lepton_studio.engine.evidence import Evidence, evidence_of
from lepton_studio.engine.hint import hints_for, hints_of
from lepton_studio.engine.history import Change, History
from lepton_studio.engine.loss import LOSSES
from lepton_studio.engine.runs import Run


def test_the_evidence_is_that_of_the_run_as_it_is_steered(tiny_experiment, tiny_samples) -> None:
    from lepton_studio.engine.training import start_training

    run = Run.create(tiny_experiment, "Steered")
    run.steer("learning_rate", 0.01)
    list(start_training(run, tiny_samples))
    known = evidence_of(run)
    assert known.experiment.hyperparameters.optimizer.learning_rate == 0.01
    assert run.experiment.hyperparameters.optimizer.learning_rate == 0.02
    assert (known.train_size, known.validation_size) == (72, 18)
    assert known.is_finished
    assert not known.is_running
    assert known.class_names == tiny_samples.class_names
    assert known.snapshot is not None
    assert known.steps_per_epoch == 3


def test_the_evidence_of_a_run_that_is_opened_again_is_the_same(trained_run) -> None:
    again = Run.open(trained_run.folder)
    one, other = evidence_of(trained_run), evidence_of(again)
    assert again.snapshot is None
    assert other.snapshot is not None
    assert other.snapshot.epoch == 2
    np.testing.assert_array_equal(other.losses, one.losses)
    assert [hint.rule for hint in hints_of(again)] == [hint.rule for hint in hints_for(one)]


def test_changes_that_are_still_to_come_are_no_evidence(trained_run) -> None:
    later = Change(7, 0, 7.0, "learning_rate", 0.02, 5.0)
    trained_run.changes = (later,)
    assert evidence_of(trained_run).experiment.hyperparameters.optimizer.learning_rate == 0.02


def test_the_experiment_of_a_run_that_was_not_steered_is_its_own(trained_run) -> None:
    assert evidence_of(trained_run).experiment == trained_run.experiment


def test_a_run_that_goes_on_was_taken_up_before_the_batch_that_diverged(trained_run) -> None:
    trained_run.update(state="failed", diverged_at=4)
    assert evidence_of(trained_run).diverged_at == 4
    trained_run.update(state="running")
    assert evidence_of(trained_run).diverged_at == 0


def test_what_was_seen_may_be_given(trained_run) -> None:
    seen = trained_run.snapshot
    trained_run.snapshot = None
    assert evidence_of(trained_run, seen).snapshot is seen


def test_a_run_without_a_folder_has_no_snapshot(tiny_experiment) -> None:
    run = Run.unkept(tiny_experiment)
    assert evidence_of(run).snapshot is None
    assert hints_of(run) == ()


@pytest.mark.parametrize("tag", list(LOSSES.classes))
def test_the_loss_of_guessing_is_what_the_loss_says_of_equal_votes(tag: str, tiny_experiment) -> None:
    torch = pytest.importorskip("torch")
    loss = LOSSES[tag]()
    settings = msgspec.structs.replace(tiny_experiment.hyperparameters, loss=loss)
    experiment = msgspec.structs.replace(tiny_experiment, hyperparameters=settings)
    measured = loss.measure(torch.zeros(10, 7), torch.arange(10) % 7)
    guessing = Evidence(experiment, History(), class_names=tuple("abcdefg")).guessing_loss
    assert guessing == pytest.approx(float(measured), rel=1e-5)


@pytest.mark.parametrize(
    ("ends", "steps"), [((), 0), ((0.25,), 4), ((0.4, 0.8, 1.0), 3), ((1.0, 2.0), 1), ((3.5, 3.6, 3.7), 10)]
)
def test_the_batches_of_an_epoch_are_counted(ends, steps, tiny_experiment) -> None:
    history = History()
    history.add_batches([1.0] * len(ends), [0.5] * len(ends), None, ends)
    assert Evidence(tiny_experiment, history).steps_per_epoch == steps


@pytest.mark.parametrize(("right", "count"), [(39, 50), (50, 50), (0, 12), (970, 1000)])
def test_the_doubt_is_wilsons_interval(right: int, count: int, tiny_experiment) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is the oracle")
    interval = stats.binomtest(right, count).proportion_ci(method="wilson")
    doubt = Evidence(tiny_experiment, History(), validation_size=count).doubt(right / count)
    assert doubt == pytest.approx((interval.high - interval.low) / 2, rel=1e-4)
    most = Evidence(tiny_experiment, History(), validation_size=count).at_most(right / count)
    assert most == pytest.approx(interval.high, rel=1e-4)
