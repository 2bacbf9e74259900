"""SiLU activation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Silu(Layer, frozen=True, tag="silu"):
    """ReLU with a soft bend, made of sigmoid; also called Swish, and usual in mobile networks.

    ``y = x / (1 + exp(-x))``, Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941
    """

    title: ClassVar[str] = "SiLU"
    group: ClassVar[str] = "Activation"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.SiLU()
