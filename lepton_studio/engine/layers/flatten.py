"""From a picture to a row of numbers."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape


class Flatten(Layer, frozen=True, tag="flatten"):
    """Lays all numbers of the picture into one row, as linear layers want them.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """

    title: ClassVar[str] = "Flatten"
    group: ClassVar[str] = "Shape"
    also: ClassVar[tuple[str, ...]] = ("vector", "reshape")

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.Flatten()
