"""PReLU activation: a layer as somebody adds it, in one file."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape


class Prelu(Layer, frozen=True, tag="prelu"):
    """Like leaky ReLU, but how much of a negative number comes through is learned.

    ``y = x if x > 0 else a x``, He et al. 2015, https://arxiv.org/abs/1502.01852
    """

    title: ClassVar[str] = "PReLU"
    group: ClassVar[str] = "Activation"

    start: Annotated[float, about("What the slope is before anything is learned.", low=0.0, high=1.0)] = 0.25

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.PReLU(init=self.start)
