"""Attacks: how far they go, that they make the network err, and what they leave as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.attack import ATTACKS, WHITE, Attack, as_in_use
from lepton_studio.engine.attacks.fgsm import Fgsm
from lepton_studio.engine.attacks.pgd import Pgd
from lepton_studio.engine.device import Device
from lepton_studio.engine.fields import replaced
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.network import Network, build_network
from lepton_studio.engine.onednn import fast_steps

SHAPE = (2, 6, 6)
ATTACKERS = {name: ATTACKS[name]() for name in ATTACKS.names() if name != "none"}
every_attacker = pytest.mark.parametrize("attack", ATTACKERS.values(), ids=ATTACKERS)
LOSS = CrossEntropy().measure


@pytest.fixture
def network() -> Network:
    """A network with all that answers another way while it learns."""
    torch.manual_seed(4)
    layers = (Conv2d(channels=5), BatchNorm2d(), Relu(), Flatten(), Dropout(p=0.5), Linear(outputs=3))
    return build_network(Architecture("A", layers), SHAPE, 3, [100.0, 120.0], [60.0, 50.0])


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """24 pictures from black to white, with their labels."""
    random = torch.Generator().manual_seed(8)
    pictures = torch.randint(0, 256, (24, *SHAPE), generator=random).float()
    return pictures, torch.arange(24) % 3


def attacked(attack: Attack, network: Network, batch: tuple[Tensor, Tensor], seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    with as_in_use(network):
        return attack.perturb(*batch, network, LOSS)


@every_attacker
@pytest.mark.parametrize("radius", [0.0, 0.03, 0.1, 1.0])
def test_an_attacked_picture_stays_within_the_radius_and_between_black_and_white(
    attack: Attack, network: Network, batch: tuple[Tensor, Tensor], radius: float
) -> None:
    before = batch[0].clone()
    after = attacked(replaced(attack, "radius", radius), network, batch)
    assert torch.equal(batch[0], before)
    assert after.shape == before.shape
    assert after.dtype == torch.float32
    assert not after.requires_grad
    assert float((after - before).abs().max()) <= radius * WHITE + 1e-4
    assert float(after.min()) >= 0
    assert float(after.max()) <= WHITE
    assert torch.equal(after, before) == (radius == 0)


@every_attacker
def test_an_attack_makes_the_loss_larger_for_almost_every_picture(
    attack: Attack, network: Network, batch: tuple[Tensor, Tensor]
) -> None:
    after = attacked(attack, network, batch)
    network.eval()
    with torch.no_grad():
        losses = [functional.cross_entropy(network(pictures), batch[1], reduction="none") for pictures in
                  (batch[0], after)]  # fmt: skip
    assert float((losses[1] > losses[0]).float().mean()) > 0.9


@every_attacker
@pytest.mark.parametrize("steps", [1, 20, 200])
def test_an_attack_for_a_test_is_one_that_a_person_could_set(attack: Attack, steps: int) -> None:
    made = attack.as_test(0.3, steps)
    assert msgspec.convert(msgspec.to_builtins(made), type(attack)) == made
    assert msgspec.to_builtins(made)["radius"] == 0.3
    assert made.steps_taken() == (steps if made.tag() == "pgd" else 1)


def test_more_steps_make_a_stronger_attack(network: Network, batch: tuple[Tensor, Tensor]) -> None:
    network.eval()
    with torch.no_grad():
        one, many = (
            float(LOSS(network(attacked(attack, network, batch)), batch[1])) for attack in (Fgsm(), Pgd(steps=20))
        )
    assert many > one


@pytest.mark.parametrize("attack", [Fgsm(random_start=False), Pgd(steps=9), Pgd(random_start=False)], ids=repr)
def test_where_the_loss_is_steepest_in_one_direction_all_go_there_to_the_end(attack: Attack) -> None:
    # For a linear network the worst picture within the radius is known: every pixel against its weight.
    torch.manual_seed(1)
    linear = nn.Linear(12, 2)
    pictures = torch.full((5, 1, 3, 4), 128.0)
    labels = torch.tensor([0, 1, 0, 1, 1])
    after = attack.perturb(pictures, labels, lambda x: linear(x.flatten(1) / WHITE), LOSS)
    towards = (linear.weight[1] - linear.weight[0]).sign().reshape(1, 1, 3, 4)
    expected = pictures + attack.radius * WHITE * torch.where(labels.reshape(-1, 1, 1, 1) == 0, towards, -towards)
    assert torch.allclose(after, expected, atol=1e-3)


@every_attacker
def test_an_attack_leaves_weights_gradients_means_and_modes_as_they_were(
    attack: Attack, network: Network, batch: tuple[Tensor, Tensor]
) -> None:
    network.train()
    network.layers[2].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [part.training for part in network.modules()]
    attacked(attack, network, batch)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert [part.training for part in network.modules()] == modes


@every_attacker
def test_the_same_random_numbers_give_the_same_attack(
    attack: Attack, network: Network, batch: tuple[Tensor, Tensor]
) -> None:
    assert torch.equal(attacked(attack, network, batch, seed=5), attacked(attack, network, batch, seed=5))
    assert not torch.equal(attacked(attack, network, batch, seed=5), attacked(attack, network, batch, seed=6))


def test_a_network_under_attack_answers_as_in_use_but_recurrent_layers_go_on_learning() -> None:
    network = nn.Sequential(nn.Dropout(), nn.LSTM(3, 2), nn.BatchNorm1d(4))
    network[2].eval()

    def ended_early() -> Iterator[list[bool]]:
        with as_in_use(network):
            yield [part.training for part in network]

    walk = ended_early()
    assert next(walk) == [False, True, False]
    walk.close()
    assert [part.training for part in network] == [True, True, False]


class NothingIsRead(TorchDispatchMode):
    """Refuses whatever would make the program wait for a number of the device, which no recording allows."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        words = ("_local_scalar_dense", "nonzero", "equal", "masked_select")
        assert not str(func).removeprefix("aten.").startswith(words), func
        return func(*args, **(kwargs or {}))


@every_attacker
def test_an_attack_waits_for_no_number(attack: Attack, network: Network, batch: tuple[Tensor, Tensor]) -> None:
    with NothingIsRead():
        after = attacked(attack, network, batch)
    assert torch.equal(after, attacked(attack, network, batch))


@every_attacker
def test_an_attack_keeps_the_layout_of_the_pictures(
    attack: Attack, network: Network, batch: tuple[Tensor, Tensor]
) -> None:
    channels_last = batch[0].contiguous(memory_format=torch.channels_last)
    after = attacked(attack, network, (channels_last, batch[1]))
    assert after.is_contiguous(memory_format=torch.channels_last)


@every_attacker
def test_an_attack_finds_its_way_in_bfloat16(attack: Attack, network: Network, batch: tuple[Tensor, Tensor]) -> None:
    device = Device("cpu", "CPU", "bfloat16")

    def answer(pictures: Tensor) -> Tensor:
        with device.autocast():
            return network(pictures).float()

    torch.manual_seed(0)
    with as_in_use(network):
        after = attack.perturb(*batch, answer, LOSS)
        with torch.no_grad():
            before, moved = LOSS(network(batch[0]), batch[1]), LOSS(network(after), batch[1])
    assert after.dtype == torch.float32
    assert float(moved) > float(before)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this build of torch has no oneDNN")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_gradients_by_the_pictures_come_through_the_layout_of_onednn(
    network: Network, batch: tuple[Tensor, Tensor], precision: str
) -> None:
    # As in use: batch norm has learned means, whose gradient this layout has for batches that teach only.
    network.train()(batch[0])
    device = Device("cpu", "CPU", precision)

    def slope(answer: Callable[[Tensor], Tensor]) -> Tensor:
        pictures = batch[0].clone().requires_grad_()
        with device.autocast():
            logits = answer(pictures).float()
        return torch.autograd.grad(LOSS(logits, batch[1]), pictures)[0]

    with as_in_use(network):
        plain = slope(network)
        steps = fast_steps(network.steps)
        assert steps is not None
        network.steps = steps
        fast = slope(network)
    tolerance = 1e-3 if precision == "float32" else 5e-2
    assert float((plain - fast).norm()) <= tolerance * float(plain.norm())
