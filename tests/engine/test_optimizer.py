"""What holds for every optimizer: it goes downhill."""

from __future__ import annotations

import pytest
import torch

from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.optimizer import OPTIMIZERS, Optimizer

every_optimizer = pytest.mark.parametrize(
    "optimizer", [spec_class() for spec_class in OPTIMIZERS.classes.values()], ids=OPTIMIZERS.names()
)


def walk(optimizer: Optimizer, steps: int, slope: float = 1.0) -> list[float]:
    """Distances from the bottom of ``slope * |w - 3|²`` after each step."""
    weights = torch.nn.Parameter(torch.zeros(4))
    built = optimizer.build([weights])
    distances = [float((weights - 3).detach().abs().max())]
    for _ in range(steps):
        built.zero_grad()
        (slope * (weights - 3).square().sum()).backward()
        built.step()
        distances.append(float((weights - 3).detach().abs().max()))
    return distances


@every_optimizer
def test_an_optimizer_lowers_a_quadratic(optimizer: Optimizer) -> None:
    distances = walk(replaced(optimizer, "learning_rate", 0.01), 400)
    assert distances[-1] < 0.5 * distances[0]


@every_optimizer
def test_the_default_learning_rate_goes_downhill_from_the_first_step(optimizer: Optimizer) -> None:
    distances = walk(optimizer, 5)
    assert distances[5] < distances[1] < distances[0]


@every_optimizer
def test_the_learning_rate_of_the_spec_is_that_of_the_built_optimizer(optimizer: Optimizer) -> None:
    built = replaced(optimizer, "learning_rate", 0.125).build([torch.nn.Parameter(torch.zeros(2))])
    assert [group["lr"] for group in built.param_groups] == [0.125]


@every_optimizer
def test_the_learning_rate_may_be_changed_before_each_step(optimizer: Optimizer) -> None:
    weights = torch.nn.Parameter(torch.zeros(2))
    built = optimizer.build([weights])
    for group in built.param_groups:
        group["lr"] = 0.0
    weights.grad = torch.ones(2)
    built.step()
    assert torch.equal(weights.detach(), torch.zeros(2))


@every_optimizer
def test_weight_decay_pulls_weights_to_zero(optimizer: Optimizer) -> None:
    if "weight_decay" not in {field.name for field in fields_of(type(optimizer))}:
        pytest.skip("it has no weight decay")
    weights = torch.nn.Parameter(torch.full((3,), 5.0))
    built = replaced(optimizer, "weight_decay", 0.5).build([weights])
    for _ in range(10):
        weights.grad = torch.zeros(3)
        built.step()
    assert (weights.detach() < 5.0).all()
    assert (weights.detach() > 0.0).all()
