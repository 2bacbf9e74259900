"""The fast gradient sign method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from lepton_studio.engine.attack import WHITE, Attack, Radius, ShareAttacked, Tensor, climbed, started_anywhere
from lepton_studio.engine.fields import about

# Wong et al. 2020: after a random start the step is a quarter longer than the radius.
STEP_AFTER_RANDOM_START = 1.25


class Fgsm(Attack, frozen=True, tag="fgsm"):
    """One large step of every pixel in the direction that makes the loss larger: quick, and weaker than PGD.

    ``x + radius sign(gradient of the loss by x)``, Goodfellow et al. 2014, https://arxiv.org/abs/1412.6572

    A network that learns from such steps alone soon learns to answer these, and only these: from one epoch to the
    next it resists PGD no more (catastrophic overfitting). Each step therefore begins somewhere within the radius,
    at random, and is a quarter longer than it: Wong et al. 2020, https://arxiv.org/abs/2001.03994
    """

    title: ClassVar[str] = "FGSM"

    radius: Radius = 0.1
    share: ShareAttacked = 0.5
    random_start: Annotated[
        bool,
        about("Begin somewhere within the radius; without it training may end in a network that resists this alone."),
    ] = True

    def share_attacked(self) -> float:
        return self.share

    def as_test(self, radius: float, steps: int) -> Fgsm:
        # The whole radius in one step, from the picture itself.
        return Fgsm(radius, self.share, random_start=False)

    def steps_taken(self) -> int:
        return 1

    def perturb(
        self,
        pictures: Tensor,
        labels: Tensor,
        answer: Callable[[Tensor], Tensor],
        loss: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        pictures, farthest = pictures.detach(), self.radius * WHITE
        begun = started_anywhere(pictures, farthest) if self.random_start else pictures
        step = farthest * (STEP_AFTER_RANDOM_START if self.random_start else 1.0)
        return climbed(begun, pictures, farthest, step, lambda moved: loss(answer(moved), labels))
