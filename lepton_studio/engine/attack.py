"""What an attack is: a change of a picture that people hardly see and that makes the network wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef

from lepton_studio.engine.fields import about
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor, nn
else:
    Tensor = Any

# From black to white, in the units of the pictures.
WHITE = 255.0

Radius = Annotated[
    float,
    about(
        "How far each pixel may be moved, as a share of the way from black to white; 0.1 is 25 of 255 grey levels.",
        low=0,
        high=1,
    ),
]
ShareAttacked = Annotated[
    float, about("Share of the pictures of each batch that are attacked; the others stay as they are.", low=0, high=1)
]


class Attack(Spec, frozen=True):
    """Changes pictures so that the network errs; a network that learns from such pictures resists them.

    Goodfellow et al. 2014, https://arxiv.org/abs/1412.6572
    """

    def share_attacked(self) -> float:
        """The share of each batch that is attacked in training, 0 to 1."""
        return 0.0

    def as_test(self, radius: float, steps: int) -> Attack:
        """The attack as it is used to test a network: as strong as it can be with so many steps."""
        return self

    def steps_taken(self) -> int:
        """How often the network is asked for a gradient."""
        return 0

    def perturb(
        self,
        pictures: Tensor,
        labels: Tensor,
        answer: Callable[[Tensor], Tensor],
        loss: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        """Moves pixels within the radius, so that the loss becomes large.

        The steps of a GPU are recorded: nothing may wait for a number, and random numbers are drawn on the device of
        the pictures. The network must answer as in use: see :func:`as_in_use`.

        Args:
            pictures: N x C x H x W, float32, 0..255.
            labels: N, int64.
            answer: gives the logits (N x classes, float32) for pictures; the precision is its own affair.
            loss: gives the mean loss (scalar) for logits and labels.

        Returns:
            Pictures of the same shape, 0..255, without gradient.
        """
        return pictures


def started_anywhere(pictures: Tensor, farthest: float) -> Tensor:
    """Each pixel moved at random, by at most ``farthest`` grey levels and not beyond black and white."""
    import torch

    drawn = torch.rand(pictures.shape, device=pictures.device)
    return (pictures + (drawn * 2 - 1) * farthest).clamp(0, WHITE)


def climbed(
    moved: Tensor, pictures: Tensor, farthest: float, step: float, loss_of: Callable[[Tensor], Tensor]
) -> Tensor:
    """One step of an attack: each pixel goes ``step`` grey levels to where the loss is larger.

    Args:
        moved: N x C x H x W, where the attack is.
        pictures: the same, where it began; the result is within ``farthest`` of it and within 0..255.
        farthest: in grey levels.
        step: in grey levels.
        loss_of: gives the loss (scalar) for pictures.
    """
    import torch

    with torch.enable_grad():
        moved = moved.detach().requires_grad_()
        # By the pictures alone: the gradients of the weights are neither computed nor left behind.
        (slope,) = torch.autograd.grad(loss_of(moved), moved)
    moved = moved.detach() + step * slope.sign()
    nearest, highest = (pictures - farthest).clamp(min=0), (pictures + farthest).clamp(max=WHITE)
    return torch.maximum(torch.minimum(moved, highest), nearest)


@contextlib.contextmanager
def as_in_use(network: nn.Module) -> Iterator[None]:
    """Lets a network answer as it will when it is used, for as long as it is attacked; then all is as before.

    Batch norm takes the means that it has learned rather than those of the attacked batch, and remembers nothing of
    the steps of the attack; dropout drops nothing, so that the gradient is that of the network and not of a part of
    it, and no random number is drawn (Pang et al. 2021, https://arxiv.org/abs/2010.00467). Recurrent
    layers stay as they are: cuDNN gives gradients for them only while they learn.
    """
    from torch import nn

    changed = [part for part in network.modules() if part.training and not isinstance(part, nn.RNNBase)]
    for part in changed:
        part.training = False
    try:
        yield
    finally:
        for part in changed:
            part.training = True


ATTACKS: Registry[Attack] = Registry(Attack, "attack", "lepton_studio.engine.attacks")

if TYPE_CHECKING:
    AnyAttack = Attack
else:
    AnyAttack = ForwardRef("ATTACKS.union", module=__name__)
