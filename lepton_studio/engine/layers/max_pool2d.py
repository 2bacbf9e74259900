"""Max pooling over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class MaxPool2d(Layer, frozen=True, tag="max_pool2d"):
    """Keeps the strongest answer of each window, so that a small shift of the picture matters less.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """

    title: ClassVar[str] = "Max pooling 2d"
    group: ClassVar[str] = "Picture"

    kernel_size: Annotated[
        int, about("Side of the window; the picture shrinks by it.", unit="pixels", low=2, high=31)
    ] = 2

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape, self.kernel_size)
        return nn.MaxPool2d(self.kernel_size)
