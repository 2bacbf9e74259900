"""What is found out about a run with its samples: they come first, nothing is fetched, and the work can be left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lepton_studio.engine.calibrating import load_and_calibrate
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.kmnist import Kmnist
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import load_and_evaluate
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.robustness import load_and_attack
from lepton_studio.engine.run_samples import with_run_samples
from lepton_studio.engine.runs import Run


@pytest.fixture
def run(tiny_experiment: Experiment) -> Run:
    return Run.create(tiny_experiment)


def test_the_samples_come_first_and_the_work_is_done_with_them(run: Run, tiny_samples: Samples) -> None:
    def work(found: Samples) -> Iterator[int]:
        yield len(found.labels)

    assert list(with_run_samples(run, tiny_samples, work)) == [tiny_samples, 120]


def test_leaving_the_work_closes_it(run: Run, tiny_samples: Samples) -> None:
    left = []

    def work(_found: Samples) -> Iterator[int]:
        try:
            yield 1
        finally:
            left.append(True)

    walk = with_run_samples(run, tiny_samples, work)
    assert [next(walk), next(walk)] == [tiny_samples, 1]
    walk.close()  # type: ignore[attr-defined]
    assert left == [True]


@pytest.mark.parametrize(
    "question",
    [
        lambda run: load_and_evaluate(run, None, "test"),
        lambda run: load_and_calibrate(run, None),
        lambda run: load_and_attack(run, None, []),
    ],
    ids=["evaluate", "calibrate", "attack"],
)
def test_a_dataset_that_is_not_here_is_named_and_not_fetched(tiny_experiment: Experiment, question: Any) -> None:
    run = Run.create(msgspec.structs.replace(tiny_experiment, dataset=Kmnist()))
    with pytest.raises(LeptonError, match="Kuzushiji-MNIST, is not on this computer"):
        list(question(run))
