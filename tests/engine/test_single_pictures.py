"""Batches of one picture, in networks that compare the pictures of a batch with each other."""

from __future__ import annotations

import math

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.adaptive_avg_pool2d import AdaptiveAvgPool2d
from lepton_studio.engine.layers.batch_norm1d import BatchNorm1d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

ROWS = (Flatten(), Linear(8), BatchNorm1d(), Linear(4))
PIXELS = (AdaptiveAvgPool2d(), BatchNorm2d(), Flatten(), Linear(4))
PICTURES = (BatchNorm2d(), Flatten(), Linear(4))


def run_of(experiment: Experiment, layers: tuple[Layer, ...], batch_size: int) -> Run:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, epochs=1, batch_size=batch_size)
    architecture = Architecture("Normalised", layers)
    return Run.create(msgspec.structs.replace(experiment, architecture=architecture, hyperparameters=hyperparameters))


@pytest.mark.parametrize("layers", [ROWS, PIXELS, PICTURES], ids=["rows", "pixels", "pictures"])
def test_a_last_batch_of_one_picture_is_learned_from(
    layers: tuple[Layer, ...], tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    # 72 pictures to learn from, so that one is left over.
    run = run_of(tiny_experiment, layers, 71)
    list(start_training(run, tiny_samples))
    assert run.record.state == "finished"
    assert len(run.history.batch_loss) == 2
    assert all(math.isfinite(loss) for loss in run.history.batch_loss)


@pytest.mark.parametrize("layers", [ROWS, PIXELS], ids=["rows", "pixels"])
def test_batches_of_one_picture_are_refused_where_it_would_have_nothing_to_be_compared_with(
    layers: tuple[Layer, ...], tiny_experiment: Experiment, tiny_samples: Samples
) -> None:
    with pytest.raises(LeptonError) as caught:
        list(start_training(run_of(tiny_experiment, layers, 1), tiny_samples))
    assert "Batch norm" in caught.value.what
    assert caught.value.remedy == "Set the batch size to 2 or more."
