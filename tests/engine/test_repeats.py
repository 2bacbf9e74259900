"""Mean and spread over the runs of a group."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.repeats import (
    MEASURES,
    bands,
    group_result,
    groups_of_runs,
    runs_of_group,
    spread,
    spread_over_epochs,
)
from lepton_studio.engine.runs import HISTORY, Run


def run_with(losses: list[float], experiment: Experiment | None = None, **record: object) -> Run:
    """A run whose train loss is as given, with the other numbers made from it."""
    run = Run.create(experiment if experiment is not None else default_experiment())
    for epoch, loss in enumerate(losses, 1):
        run.history.add_epoch(EpochRow(epoch, loss, 1 - loss, 2 * loss, (1 - loss) / 2, 1.0))
    run.history.save(run.folder / HISTORY)
    run.update(**record)
    return run


def test_each_epoch_has_mean_and_sample_deviation_of_the_runs() -> None:
    losses = np.array([[0.5, 0.3], [0.7, 0.2], [0.9, 0.4]])
    found = spread_over_epochs([run_with(row) for row in losses.tolist()], "train_loss")
    assert found.epochs.tolist() == [1, 2]
    assert found.counts.tolist() == [3, 3]
    np.testing.assert_allclose(found.mean, losses.mean(axis=0))
    np.testing.assert_allclose(found.std, losses.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.lowest, losses.min(axis=0))
    np.testing.assert_allclose(found.highest, losses.max(axis=0))


def test_shorter_runs_count_as_far_as_they_came() -> None:
    found = spread_over_epochs([run_with([0.4, 0.2, 0.1]), run_with([0.6])], "train_loss")
    assert found.counts.tolist() == [2, 1, 1]
    np.testing.assert_allclose(found.mean, [0.5, 0.2, 0.1])
    np.testing.assert_allclose(found.std, [np.sqrt(0.02), 0, 0])


def test_numbers_that_are_none_are_left_out_and_epochs_without_any_too() -> None:
    nan = float("nan")
    found = spread_over_epochs([run_with([0.4, nan, nan]), run_with([nan, 0.2, float("inf")])], "validation_loss")
    assert found.epochs.tolist() == [1, 2]
    assert found.counts.tolist() == [1, 1]
    np.testing.assert_allclose(found.mean, [0.8, 0.4])


def test_a_band_is_one_deviation_wide_and_never_wider_than_the_runs() -> None:
    runs = [run_with([loss]) for loss in (0.1, 0.1, 0.1, 0.9)]
    found = spread_over_epochs(runs, "train_loss")
    band = found.band
    assert band.low[0] == pytest.approx(0.1)
    assert band.high[0] == pytest.approx(found.mean[0] + found.std[0])
    assert set(bands(runs)) == set(MEASURES)
    assert bands(runs)["validation_accuracy"].mean[0] == pytest.approx((1 - found.mean[0]) / 2)


def test_no_runs_have_no_epochs() -> None:
    found = spread_over_epochs([], "train_loss")
    assert len(found.epochs) == len(found.band.low) == 0
    assert spread([]) is None
    assert spread([float("nan")]) is None


def test_a_group_is_the_runs_that_say_so_by_their_seeds() -> None:
    experiment = default_experiment()
    late = run_with([0.5], with_setting(experiment, "seed", "2"), group="Mine")
    early = run_with([0.5], with_setting(experiment, "seed", "1"), group="Mine")
    run_with([0.5])
    assert set(groups_of_runs()) == {"Mine"}
    assert [run.id for run in runs_of_group("Mine")] == [early.id, late.id]
    assert runs_of_group("Nobody's") == ()


def test_a_group_is_summed_up_over_its_finished_runs() -> None:
    for accuracy, state in ((0.90, "finished"), (0.96, "finished"), (None, "failed")):
        run_with([0.5], group="Mine", test_accuracy=accuracy, test_loss=0.1, state=state)
    result = group_result("Mine")
    assert len(result.runs) == 3
    assert result.finished == 2
    assert result.test_accuracy is not None
    assert result.test_accuracy.mean == pytest.approx(0.93)
    assert result.test_accuracy.std == pytest.approx(np.std([0.90, 0.96], ddof=1))
    assert result.test_loss is not None
    assert result.test_loss.count == 2
    assert group_result("Nobody's").test_accuracy is None
