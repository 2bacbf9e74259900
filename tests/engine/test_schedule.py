"""What holds for every schedule: a finite factor at every moment of a run."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.schedule import SCHEDULES, Schedule
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.schedules.one_cycle import OneCycle
from lepton_studio.engine.schedules.reduce_on_plateau import ReduceOnPlateau
from lepton_studio.engine.schedules.step import StepDecay

LARGEST_FACTOR = 25.0


def with_extremes(schedule: Schedule) -> list[Schedule]:
    found = [schedule]
    for field in fields_of(type(schedule)):
        if field.kind in ("integer", "number"):
            number = int if field.kind == "integer" else float
            found += [replaced(schedule, field.name, number(end)) for end in (field.minimum, field.maximum)]
    return found


@pytest.mark.parametrize("name", SCHEDULES.names())
@given(progress=st.floats(0, 1))
def test_the_factor_is_finite_and_never_negative(name: str, progress: float) -> None:
    for schedule in with_extremes(SCHEDULES[name]()):
        factor = schedule.factor(progress)
        assert math.isfinite(factor)
        assert 0 <= factor <= LARGEST_FACTOR


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_the_learning_rate_is_not_zero_while_there_is_something_to_learn(name: str) -> None:
    factors = [SCHEDULES[name]().factor(step / 100) for step in range(100)]
    assert sum(factors) > 1
    assert max(factors) > 0.1


def test_a_constant_schedule_stays() -> None:
    assert {Constant().factor(step / 10) for step in range(11)} == {1.0}


def test_a_cosine_schedule_falls_from_one_to_zero() -> None:
    factors = [Cosine().factor(step / 10) for step in range(11)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1
    assert factors[5] == pytest.approx(0.5)
    assert factors[10] == pytest.approx(0, abs=1e-12)


def rates_of_torch(steps: int, warm_up: float) -> list[float]:
    """The learning rates of torch's OneCycleLR with the peak 1, one for each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=steps, pct_start=warm_up, cycle_momentum=False
    )
    rates = []
    for step in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        if step < steps - 1:
            schedule.step()
    return rates


@pytest.mark.parametrize("warm_up", [0.1, 0.3, 0.5, 0.95])
@pytest.mark.parametrize("steps", [40, 1000])
def test_one_cycle_is_that_of_torch(steps: int, warm_up: float) -> None:
    top = warm_up * steps - 1
    for step, rate in enumerate(rates_of_torch(steps, warm_up)):
        # Torch gives its two ways to the steps 0 to top and top to the last one; progress is continuous.
        progress = warm_up * step / top if step <= top else (step + 1) / steps
        assert OneCycle(warm_up).factor(progress) == pytest.approx(rate, rel=1e-9, abs=1e-12)


def test_one_cycle_needs_no_translation_into_steps_when_there_are_many() -> None:
    rates = rates_of_torch(5000, 0.3)
    assert [OneCycle().factor(step / 5000) for step in range(5000)] == pytest.approx(rates, abs=2e-3)


def test_one_cycle_rises_to_the_learning_rate_and_falls_to_almost_nothing() -> None:
    factors = [OneCycle().factor(step / 100) for step in range(101)]
    assert factors[0] == pytest.approx(1 / 25)
    assert factors[:31] == sorted(factors[:31])
    assert factors[30] == max(factors) == 1
    assert factors[30:] == sorted(factors[30:], reverse=True)
    assert factors[100] == pytest.approx(1 / 25 / 1e4)


def test_one_cycle_without_warm_up_starts_at_the_peak() -> None:
    assert OneCycle(0.0).factor(0.0) == 1
    assert OneCycle(0.0).factor(1.0) == pytest.approx(1 / 25 / 1e4)


def stepped_rates(make: Any, steps: int) -> list[float]:
    """The learning rates of one of torch's schedulers, with 1 for the optimizer's own."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize(("epochs", "parts"), [(30, 3), (100, 100), (12, 4), (29, 1)])
def test_step_is_that_of_torch(epochs: int, parts: int) -> None:
    rates = stepped_rates(lambda sgd: torch.optim.lr_scheduler.StepLR(sgd, epochs // parts, gamma=0.5), epochs)
    assert [StepDecay(parts, 0.5).factor(epoch / epochs) for epoch in range(epochs)] == pytest.approx(rates, rel=1e-9)


def test_step_takes_as_many_steps_as_its_parts_whatever_the_number_of_batches() -> None:
    for batches in range(100, 1100, 37):
        factors = [StepDecay(4, 0.5).factor(batch / batches) for batch in range(batches)]
        assert sorted(set(factors), reverse=True) == [1, 0.5, 0.25, 0.125]
        assert factors[-(-batches // 4)] == 0.5
    assert StepDecay(4, 0.5).factor(1.0) == 0.125


@pytest.mark.parametrize("steps", [10, 1000])
def test_a_warm_up_rises_as_that_of_torch_and_then_goes_its_way(steps: int) -> None:
    def of_torch(sgd: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.LinearLR(sgd, start_factor=0.01, total_iters=steps // 5)

    rates = stepped_rates(of_torch, steps)
    assert [Constant(0.2).factor(step / steps) for step in range(steps)] == pytest.approx(rates, rel=1e-9)


@pytest.mark.parametrize("name", [name for name in SCHEDULES.names() if name != "one_cycle"])
def test_what_follows_a_warm_up_is_the_schedule_in_the_time_that_is_left(name: str) -> None:
    plain, warmed = SCHEDULES[name](), replaced(SCHEDULES[name](), "warm_up", 0.25)
    rising = [warmed.factor(step / 100) for step in range(26)]
    assert rising[0] == pytest.approx(0.01)
    assert rising == sorted(rising)
    assert rising[25] == pytest.approx(1)
    for share in (0.0, 0.2, 0.5, 0.9, 1.0):
        assert warmed.factor(0.25 + 0.75 * share) == pytest.approx(plain.factor(share), abs=1e-9)


LOSSES_SO_FAR = {
    "falling": [1 / (epoch + 1) for epoch in range(12)],
    "flat": [0.5] * 12,
    "rising": [0.1 * epoch + 0.1 for epoch in range(12)],
    "noisy": [0.9, 0.7, 0.71, 0.705, 0.72, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.5, 0.51],
    "barely": [0.5 * (1 - 5e-5) ** epoch for epoch in range(12)],
    "no number": [0.5, math.nan, math.nan, math.inf, 0.4, 0.41, math.nan, 0.42, 0.43],
}


@pytest.mark.parametrize("losses", LOSSES_SO_FAR)
@pytest.mark.parametrize("patience", [0, 1, 2, 5])
def test_reduce_on_plateau_is_that_of_torch(losses: str, patience: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience)
    schedule, so_far = ReduceOnPlateau(patience, 0.5), []
    assert schedule.plateau_factor(so_far) == 1
    for loss in LOSSES_SO_FAR[losses]:
        scheduler.step(loss)
        so_far.append(loss)
        assert schedule.plateau_factor(so_far) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-9)


@pytest.mark.parametrize("name", [name for name in SCHEDULES.names() if name != "reduce_on_plateau"])
def test_other_schedules_do_not_look_at_the_validation_loss(name: str) -> None:
    assert {SCHEDULES[name]().plateau_factor(losses) for losses in LOSSES_SO_FAR.values()} == {1.0}
