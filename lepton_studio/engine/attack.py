"""What an attack is: a change of a picture that people hardly see and that makes the network wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef

from lepton_studio.engine.fields import about
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor
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

    def perturb(
        self,
        pictures: Tensor,
        labels: Tensor,
        answer: Callable[[Tensor], Tensor],
        loss: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        """Moves pixels within the radius, so that the loss becomes large.

        The steps of a GPU are recorded: nothing may wait for a number, and random numbers are drawn on the device of
        the pictures.

        Args:
            pictures: N x C x H x W, float32, 0..255.
            labels: N, int64.
            answer: gives the logits (N x classes, float32) for pictures.
            loss: gives the mean loss (scalar) for logits and labels.

        Returns:
            Pictures of the same shape, 0..255, without gradient.
        """
        return pictures


ATTACKS: Registry[Attack] = Registry(Attack, "attack", "lepton_studio.engine.attacks")

if TYPE_CHECKING:
    AnyAttack = Attack
else:
    AnyAttack = ForwardRef("ATTACKS.union", module=__name__)
