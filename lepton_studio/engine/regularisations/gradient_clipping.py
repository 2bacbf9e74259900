"""A limit for the length of the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.regularisation import Parameter, Regularisation


class GradientClipping(Regularisation, frozen=True, tag="gradient_clipping"):
    """Shortens a gradient that is too long, so that one strange batch cannot throw the network off its way.

    Pascanu et al. 2012, https://arxiv.org/abs/1211.5063
    """

    title: ClassVar[str] = "Gradient clipping"

    length: Annotated[
        float, about("Longest gradient of all weights together (Euclidean norm).", low=1e-4, high=1e4, log=True)
    ] = 1.0

    def limit(self, parameters: Sequence[Parameter]) -> None:
        from torch.nn.utils import clip_grad_norm_

        clip_grad_norm_(parameters, self.length)
