"""Projected gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from lepton_studio.engine.attack import WHITE, Attack, Radius, ShareAttacked, Tensor, climbed, started_anywhere
from lepton_studio.engine.fields import about

# Of all steps together, in radii, in a test: Madry et al. 2017, section 5.
REACH = 2.5


class Pgd(Attack, frozen=True, tag="pgd"):
    """Many small steps of every pixel that make the loss larger, each brought back within the radius.

    What resists it resists the other attacks that know the network and stay within the radius:
    Madry et al. 2017, https://arxiv.org/abs/1706.06083
    """

    title: ClassVar[str] = "PGD"

    radius: Radius = 0.1
    share: ShareAttacked = 0.5
    steps: Annotated[
        int, about("How often each picture is moved; training takes so many times longer, and once.", low=1, high=200)
    ] = 7
    step: Annotated[
        float,
        about(
            "How far each step moves a pixel, as a share of the radius; all steps together should reach twice as far.",
            label="Step size",
            low=0.01,
            high=2,
        ),
    ] = 0.25
    random_start: Annotated[bool, about("Begin somewhere within the radius rather than at the picture itself.")] = True

    def share_attacked(self) -> float:
        return self.share

    def as_test(self, radius: float, steps: int) -> Pgd:
        # From anywhere within the radius, all steps together reach its other side and have some left for the way.
        step = min(max(REACH / max(1, steps), 0.01), 2.0)
        return Pgd(radius, self.share, steps, step, random_start=True)

    def steps_taken(self) -> int:
        return self.steps

    def perturb(
        self,
        pictures: Tensor,
        labels: Tensor,
        answer: Callable[[Tensor], Tensor],
        loss: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        pictures, farthest = pictures.detach(), self.radius * WHITE
        moved = started_anywhere(pictures, farthest) if self.random_start else pictures
        for _ in range(self.steps):
            moved = climbed(moved, pictures, farthest, self.step * farthest, lambda at: loss(answer(at), labels))
        return moved
