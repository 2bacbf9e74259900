"""What holds for every optimizer: it goes downhill, as its formula says, and may be steered and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine.checkpoint import Position, restore, save_checkpoint
from lepton_studio.engine.fields import fields_of, replaced
from lepton_studio.engine.optimizer import OPTIMIZERS, Optimizer
from lepton_studio.engine.optimizers.lion import Lion
from lepton_studio.engine.optimizers.rmsprop import RmsProp
from lepton_studio.engine.optimizers.sgd import Sgd

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
    # The steps of Adagrad become shorter by themselves.
    rate = 0.2 if optimizer.tag() == "adagrad" else 0.01
    distances = walk(replaced(optimizer, "learning_rate", rate), 400)
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


# What torch itself calls ours, with the same settings.
OF_TORCH: dict[str, Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]] = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, weight_decay=0.1),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=0.1),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01, alpha=0.9, momentum=0.9, weight_decay=0.1),
    "adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.01, weight_decay=0.1),
}


def weights_and_gradients() -> tuple[list[torch.nn.Parameter], list[list[torch.Tensor]]]:
    """Weights of two layers, one of them with its channels last, and four gradients for each in the same layout."""
    random = torch.Generator().manual_seed(1)

    def drawn() -> list[torch.Tensor]:
        first, second = (torch.randn(shape, generator=random) for shape in ((5, 3, 2, 2), (7,)))
        return [first.to(memory_format=torch.channels_last), second]

    return [torch.nn.Parameter(each) for each in drawn()], [drawn() for _ in range(4)]


def stepped(
    build: Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer],
    before: Callable[[torch.optim.Optimizer, int], None] = lambda built, number: None,
) -> tuple[list[torch.Tensor], torch.optim.Optimizer]:
    """The weights after four steps; ``before`` may change the optimizer before each."""
    weights, gradients = weights_and_gradients()
    built = build(weights)
    for number, each in enumerate(gradients):
        before(built, number)
        for weight, gradient in zip(weights, each, strict=True):
            weight.grad = gradient.clone()
        built.step()
    return [weight.detach() for weight in weights], built


def with_fields(name: str, **fields: object) -> Optimizer:
    known = {field.name for field in fields_of(OPTIMIZERS[name])}
    return msgspec.structs.replace(
        OPTIMIZERS[name](), **{field: value for field, value in fields.items() if field in known}
    )


@pytest.mark.parametrize("name", OF_TORCH)
def test_an_optimizer_steps_as_that_of_torch(name: str) -> None:
    ours, _ = stepped(with_fields(name, learning_rate=0.01, momentum=0.9, weight_decay=0.1).build)
    theirs, _ = stepped(OF_TORCH[name])
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


def test_nesterov_looks_ahead_as_that_of_torch_does() -> None:
    ours, _ = stepped(Sgd(0.01, momentum=0.9, nesterov=True).build)
    plain, _ = stepped(Sgd(0.01, momentum=0.9).build)
    theirs, _ = stepped(lambda weights: torch.optim.SGD(weights, lr=0.01, momentum=0.9, nesterov=True))
    for mine, other, without in zip(ours, theirs, plain, strict=True):
        torch.testing.assert_close(mine, other)
        assert not torch.allclose(mine, without)


def test_lion_steps_as_its_paper_says() -> None:
    ours, _ = stepped(Lion(0.01, weight_decay=0.1).build)
    weights, gradients = weights_and_gradients()
    for place, weight in enumerate(weights):
        w, m = weight.detach().double().numpy(), np.zeros(weight.shape)
        for each in gradients:
            g = each[place].double().numpy()
            w = w - 0.01 * (np.sign(0.9 * m + 0.1 * g) + 0.1 * w)
            m = 0.99 * m + 0.01 * g
        assert ours[place].numpy() == pytest.approx(w, rel=1e-5, abs=1e-6)


@every_optimizer
def test_a_learning_rate_may_be_a_tensor_without_dimensions(optimizer: Optimizer) -> None:
    def as_tensor(built: torch.optim.Optimizer, number: int) -> None:
        for group in built.param_groups:
            group["lr"] = torch.tensor(float(group["lr"]))

    with_tensor, _ = stepped(optimizer.build, as_tensor)
    plain, _ = stepped(optimizer.build)
    for one, other in zip(with_tensor, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


@every_optimizer
def test_what_is_remembered_lies_in_memory_as_the_weights_do(optimizer: Optimizer) -> None:
    _, built = stepped(optimizer.build)
    (first, *_) = built.param_groups[0]["params"]
    kept = [value for value in built.state[first].values() if isinstance(value, torch.Tensor) and value.dim()]
    assert kept
    assert all(value.stride() == first.stride() for value in kept)


@every_optimizer
def test_an_optimizer_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(optimizer: Optimizer, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = torch.nn.ParameterList(weights_and_gradients()[0])

    networks = Both(), Both(), Both()
    built = [optimizer.build(network.parameters()) for network in networks]
    gradients = weights_and_gradients()[1]

    def step(which: int, number: int) -> None:
        for weight, gradient in zip(networks[which].parameters(), gradients[number], strict=True):
            weight.grad = gradient.clone()
        built[which].step()

    for number in range(4):
        step(0, number)
    step(1, 0)
    step(1, 1)
    save_checkpoint(path, networks[1], built[1], Position(0, 2))
    assert restore(path, networks[2], built[2]) == Position(0, 2)
    step(2, 2)
    step(2, 3)
    for whole, resumed in zip(networks[0].parameters(), networks[2].parameters(), strict=True):
        assert torch.equal(whole, resumed)


@pytest.mark.parametrize(
    "optimizer",
    [Sgd(0.01), Sgd(0.01, nesterov=True), Sgd(0.01, momentum=0.0, nesterov=True), RmsProp(0.01), RmsProp(0.01, 0.9)],
    ids=["sgd", "nesterov", "nesterov without momentum", "rmsprop", "rmsprop with momentum"],
)
def test_momentum_may_be_set_to_nothing_and_back_while_it_runs(optimizer: Optimizer) -> None:
    seen = []

    def switch(built: torch.optim.Optimizer, number: int) -> None:
        built.param_groups[0]["momentum"] = (0.9, 0.0, 0.9, 0.0)[number]
        seen.append([float(weight.detach().sum()) for weight in built.param_groups[0]["params"]])

    weights, _ = stepped(optimizer.build, switch)
    assert all(torch.isfinite(weight).all() for weight in weights)
    assert len({tuple(sums) for sums in seen}) == 4


def test_nesterov_without_momentum_is_plain_descent() -> None:
    with_switch, _ = stepped(Sgd(0.01, momentum=0.0, nesterov=True).build)
    without, _ = stepped(Sgd(0.01, momentum=0.0).build)
    assert all(torch.equal(one, other) for one, other in zip(with_switch, without, strict=True))


@every_optimizer
def test_what_can_be_steered_is_called_as_in_torch(optimizer: Optimizer) -> None:
    (group,) = optimizer.build([torch.nn.Parameter(torch.zeros(2))]).param_groups
    for field, key in (("learning_rate", "lr"), ("weight_decay", "weight_decay"), ("momentum", "momentum")):
        if hasattr(optimizer, field):
            assert group[key] == getattr(optimizer, field)
