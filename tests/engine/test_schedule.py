"""What holds for every schedule: a finite factor at every moment of a run."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.schedule import SCHEDULES, Schedule
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.schedules.cosine import Cosine

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
