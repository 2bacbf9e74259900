"""Fully connected layer."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_row


class Linear(Layer, frozen=True, tag="linear"):
    """Every output is a weighted sum of all inputs; the weights are what is learned.

    ``y = W x + b``, https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """

    title: ClassVar[str] = "Linear"
    group: ClassVar[str] = "Dense"

    outputs: Annotated[int, about("How many weighted sums to make.", low=1, high=65_536)] = 10

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_row(self.title, shape)
        return nn.Linear(shape[0], self.outputs)
