"""Leaky ReLU activation."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape


class LeakyRelu(Layer, frozen=True, tag="leaky_relu"):
    """Like ReLU, but a little of what is negative comes through, so that no channel falls silent for good.

    ``y = x if x > 0 else slope x``, Maas et al. 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    title: ClassVar[str] = "Leaky ReLU"
    group: ClassVar[str] = "Activation"

    slope: Annotated[float, about("How much of a negative number comes through.", low=0.0, high=1.0)] = 0.01

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.LeakyReLU(self.slope)
