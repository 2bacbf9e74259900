"""The learning rate finder: it sees a training explode, suggests what leads downhill, and leaves no trace."""

from __future__ import annotations

import contextlib
import math

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio import paths
from lepton_studio.engine import rate_trial
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.engine.rate_finder import (
    REASONS,
    RatePoint,
    RateSearch,
    find_rate,
    has_exploded,
    rates_to_try,
    search_of,
    smoothed,
)
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.turns import TURNS


def with_optimizer(experiment, name: str, **fields: object):
    settings = msgspec.structs.replace(experiment.hyperparameters, optimizer=OPTIMIZERS[name](**fields))
    return msgspec.structs.replace(experiment, hyperparameters=settings)


def result_of(experiment, samples) -> RateSearch:
    return [item for item in find_rate(experiment, samples) if isinstance(item, RateSearch)][-1]


def points_of(losses: list[float]) -> list[RatePoint]:
    return [RatePoint(rate, loss) for rate, loss in zip(rates_to_try(), losses, strict=False)]


def curve_falling_around(centre: float) -> list[float]:
    """Losses from 2.3 down to 0.5, which fall fastest at a learning rate."""
    return [0.5 + 1.8 / (1 + math.exp(3 * math.log10(rate / centre))) for rate in rates_to_try()]


def test_rates_rise_evenly_over_all_that_can_be_set() -> None:
    rates = rates_to_try()
    assert (rates[0], rates[-1]) == (pytest.approx(1e-7), pytest.approx(10))
    steps = np.diff(np.log10(rates))
    assert (steps > 0).all()
    assert 100 <= len(rates) <= 200
    # Where networks learn there are more than twenty to each power of ten.
    assert steps[rates.index(1e-5) if 1e-5 in rates else 20 :].max() < 1 / 20


@pytest.mark.parametrize("centre", [1e-5, 1e-3, 0.1])
def test_the_steepest_place_is_suggested(centre: float) -> None:
    found = search_of(points_of(curve_falling_around(centre)))
    assert found.suggestion == pytest.approx(centre, rel=0.25)
    assert found.verdict == "steepest"
    assert "falls fastest" in found.reason


def test_noise_moves_the_suggestion_by_little() -> None:
    noise = np.random.default_rng(0).normal(1, 0.05, len(rates_to_try()))
    found = search_of(points_of([loss * each for loss, each in zip(curve_falling_around(1e-3), noise, strict=True)]))
    assert found.suggestion is not None
    assert 1e-4 < found.suggestion < 1e-2


def test_what_comes_after_the_lowest_loss_is_left_aside() -> None:
    losses = [*curve_falling_around(1e-3)[:130], 3.0, 9.0, 2.0, 1e6]
    found = search_of(points_of(losses))
    assert found.exploded
    assert found.suggestion == pytest.approx(1e-3, rel=0.3)


def test_a_loss_that_does_not_fall_suggests_nothing_and_says_so() -> None:
    noise = np.random.default_rng(1).normal(2.3, 0.05, len(rates_to_try()))
    found = search_of(points_of(noise.tolist()))
    assert (found.suggestion, found.verdict) == (None, "no_fall")
    assert found.reason == REASONS["no_fall"]


def test_losses_that_are_no_numbers_suggest_nothing_and_say_so() -> None:
    found = search_of([RatePoint(1e-7, math.nan)])
    assert (found.suggestion, found.verdict, found.rates) == (None, "no_number", ())


@pytest.mark.parametrize(
    ("losses", "exploded"),
    [
        ([], False),
        ([2.3], False),
        ([2.3, math.nan], True),
        ([2.3, math.inf], True),
        ([2.3] * 10, False),
        ([2.3] * 10 + [50.0] * 5, True),
        # One batch alone may jump.
        ([2.3] * 10 + [20.0] + [2.3] * 2, False),
    ],
)
def test_an_explosion_is_no_number_or_many_times_the_lowest(losses: list[float], exploded: bool) -> None:
    assert has_exploded(losses) is exploded


def test_smoothing_keeps_what_is_level_and_moves_nothing_sideways() -> None:
    assert smoothed([2.0] * 9) == pytest.approx([2.0] * 9)
    peak = smoothed([1.0] * 20 + [10.0] + [1.0] * 20)
    assert int(peak.argmax()) == 20
    assert peak == pytest.approx(peak[::-1])


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_finds_a_rate_with_which_it_learns(tiny_experiment, tiny_samples, name: str) -> None:
    plain = msgspec.structs.replace(tiny_experiment, architecture=Architecture("Plain", (Flatten(), Linear(outputs=4))))
    found = result_of(with_optimizer(plain, name), tiny_samples)
    assert found.suggestion is not None
    trained = Run.create(with_optimizer(plain, name, learning_rate=found.suggestion))
    list(start_training(trained, tiny_samples))
    assert trained.history.batch_loss[-1] < trained.history.batch_loss[0]


def test_it_tells_each_point_and_its_progress(tiny_experiment, tiny_samples) -> None:
    items = list(find_rate(tiny_experiment, tiny_samples))
    points = [item for item in items if isinstance(item, RatePoint)]
    progress = [item for item in items if isinstance(item, Progress)]
    found = items[-1]
    assert isinstance(found, RateSearch)
    assert found.rates == tuple(point.rate for point in points if math.isfinite(point.loss))
    assert [item.done for item in progress] == list(range(len(points) + 1))
    assert {item.total for item in progress} == {len(rates_to_try())}


def test_the_same_experiment_gives_the_same_points_whatever_its_own_rate(tiny_experiment, tiny_samples) -> None:
    first = result_of(with_optimizer(tiny_experiment, "adam", learning_rate=0.5), tiny_samples)
    second = result_of(with_optimizer(tiny_experiment, "adam", learning_rate=1e-6), tiny_samples)
    assert first == second


def test_nothing_is_left_behind(tiny_experiment, tiny_samples) -> None:
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    threads = torch.get_num_threads()
    result_of(tiny_experiment, tiny_samples)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert not paths.runs().exists() or not any(paths.runs().iterdir())


def test_a_training_that_comes_between_ends_the_search_with_a_word(tiny_experiment, tiny_samples) -> None:
    search = find_rate(tiny_experiment, tiny_samples)
    next(search)
    next(search)
    with TURNS.training(), pytest.raises(LeptonError, match="A training is under way"):
        next(item for item in search if isinstance(item, RateSearch))


def test_it_can_be_ended_at_any_point(tiny_experiment, tiny_samples) -> None:
    search = find_rate(tiny_experiment, tiny_samples)
    for _ in range(7):
        next(search)
    search.close()
    with contextlib.suppress(LeptonError), TURNS.probing():
        assert next(search, None) is None


def test_a_network_that_does_not_fit_is_refused(tiny_experiment, tiny_samples) -> None:
    wrong = msgspec.structs.replace(tiny_experiment, architecture=Architecture("Wrong", (Linear(outputs=4),)))
    with pytest.raises(LeptonError):
        list(find_rate(wrong, tiny_samples))


def test_too_little_memory_is_told_with_what_to_do(tiny_experiment, tiny_samples, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(rate_trial, "take_step", full)
    with pytest.raises(LeptonError, match=r"memory to learn from 32 pictures .* smaller batch size"):
        list(find_rate(tiny_experiment, tiny_samples))
