"""ReLU activation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Relu(Layer, frozen=True, tag="relu"):
    """Lets positive numbers through and makes the rest zero; without such a bend, many layers are no more than one.

    ``y = max(0, x)``, https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html
    """

    title: ClassVar[str] = "ReLU"
    group: ClassVar[str] = "Activation"
    also: ClassVar[tuple[str, ...]] = ("rectifier", "rectified linear unit")

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.ReLU()
