"""Tanh activation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Tanh(Layer, frozen=True, tag="tanh"):
    """Squeezes every number smoothly between -1 and 1.

    ``y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))``, https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html
    """

    title: ClassVar[str] = "Tanh"
    group: ClassVar[str] = "Activation"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.Tanh()
