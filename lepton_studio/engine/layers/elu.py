"""ELU activation."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape


class Elu(Layer, frozen=True, tag="elu"):
    """Like ReLU, but negative numbers bend smoothly towards -α, which keeps the mean of the outputs near zero.

    ``y = x if x > 0 else α (exp(x) - 1)``, Clevert et al. 2015, https://arxiv.org/abs/1511.07289
    """

    title: ClassVar[str] = "ELU"
    group: ClassVar[str] = "Activation"

    alpha: Annotated[float, about("How far below zero the outputs can go.", low=0.01, high=10.0)] = 1.0

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.ELU(self.alpha)
