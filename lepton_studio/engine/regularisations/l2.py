"""A penalty on the square of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.regularisation import Regularisation, Tensor


class L2(Regularisation, frozen=True, tag="l2"):
    """Makes each weight pay for its square, so that none becomes much larger than the others.

    ``strength Σw²``: the gradient is ``2 strength w``, so with SGD it is weight decay of twice the strength. With
    Adam it is not: there the step is divided by the gradients' spread, which AdamW avoids. Loshchilov and Hutter
    2017, https://arxiv.org/abs/1711.05101
    """

    title: ClassVar[str] = "L2 penalty"

    strength: Annotated[float, about("How much a weight of 1 adds to the loss.", low=0, high=1, log=True)] = 1e-4

    def penalty(self, weights: Sequence[Tensor]) -> Tensor | None:
        import torch

        return torch.stack(torch._foreach_norm(list(weights), 2)).square().sum() * self.strength
