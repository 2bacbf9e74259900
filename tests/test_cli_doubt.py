"""``lepton-studio evaluate --coverage``: what is answered, how much of it is right, how honest it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.calibration import calibration_of
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training


@pytest.fixture
def run(tiny_experiment: Experiment) -> Run:
    """One layer that saw the bundled digits once; their validation split has 400."""
    simple = msgspec.structs.replace(
        tiny_experiment,
        dataset=BundledDigits(),
        architecture=Architecture("Simple", (Flatten(), Linear(outputs=10))),
        hyperparameters=msgspec.structs.replace(tiny_experiment.hyperparameters, epochs=1, validation_share=0.1),
    )
    made = Run.create(simple, "Simple")
    for _ in start_training(made):
        pass
    return made


def test_a_run_is_measured_once_and_says_what_its_doubts_are_worth(run: Run, ask: Callable[..., Any]) -> None:
    asked = ("evaluate", "last", "--coverage", "0.9", "--json")
    first = ask(*asked)
    assert f"Measuring how sure '{run.id}' may be" in first.err
    assert first.value["coverage"] == 0.9
    assert first.value["is_enough"]
    assert first.value["answered"] == pytest.approx(0.9, abs=0.06)
    assert first.value["accuracy_of_answered"] > first.value["accuracy"]
    assert first.value["temperature"] > 0
    assert 0 <= first.value["calibration_error"]["after"] <= first.value["calibration_error"]["before"] + 0.01
    assert calibration_of(run) is not None
    again = ask(*asked)
    assert again.value == first.value
    assert run.id not in again.err


def test_all_is_answered_at_a_coverage_of_one_and_nothing_is_said_without_one(
    run: Run, ask: Callable[..., Any]
) -> None:
    whole = ask("evaluate", "last", "--coverage", "1", "--json").value
    assert whole["answered"] == 1
    assert whole["accuracy_of_answered"] == pytest.approx(whole["accuracy"])
    assert "answered" not in ask("evaluate", "last", "--json").value
    assert "it answers 9" in ask("evaluate", "last", "--coverage", "0.95").out


@pytest.mark.parametrize("coverage", ["0", "0.49", "1.01", "95", "nan"])
def test_a_coverage_that_cannot_be_is_refused_before_anything_is_done(coverage: str, ask: Callable[..., Any]) -> None:
    answer = ask("evaluate", "nobody", "--coverage", coverage)
    assert answer.status == 2
    assert "Give 0.5 to 1." in answer.err
