"""Sigmoid activation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Sigmoid(Layer, frozen=True, tag="sigmoid"):
    """Squeezes every number smoothly between 0 and 1.

    ``y = 1 / (1 + exp(-x))``, https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
    """

    title: ClassVar[str] = "Sigmoid"
    group: ClassVar[str] = "Activation"
    also: ClassVar[tuple[str, ...]] = ("logistic",)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.Sigmoid()
