"""A penalty on the size of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.regularisation import Regularisation, Tensor


class L1(Regularisation, frozen=True, tag="l1"):
    """Makes each weight pay for its size, so that those that help little become zero.

    ``strength Σ|w|``, Tibshirani 1996, https://doi.org/10.1111/j.2517-6161.1996.tb02080.x
    """

    title: ClassVar[str] = "L1 penalty"

    strength: Annotated[float, about("How much a weight of 1 adds to the loss.", low=0, high=1, log=True)] = 1e-5

    def penalty(self, weights: Sequence[Tensor]) -> Tensor | None:
        import torch

        # One launch for all layers.
        return torch.stack(torch._foreach_norm(list(weights), 1)).sum() * self.strength
