"""GELU activation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Gelu(Layer, frozen=True, tag="gelu"):
    """ReLU with a soft bend: small negative numbers come through a little; usual in transformers.

    ``y = x Φ(x)``, Φ the normal distribution; Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """

    title: ClassVar[str] = "GELU"
    group: ClassVar[str] = "Activation"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.GELU()
