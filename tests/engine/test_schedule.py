"""What holds for every schedule: a finite factor at every moment of a run."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.schedule import SCHEDULES, Schedule
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.schedules.one_cycle import OneCycle

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
