"""Average pooling over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class AvgPool2d(Layer, frozen=True, tag="avg_pool2d"):
    """Takes the mean of each window: a smaller, smoother picture.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """

    title: ClassVar[str] = "Average pooling 2d"
    group: ClassVar[str] = "Picture"

    kernel_size: Annotated[
        int, about("Side of the window; the picture shrinks by it.", unit="pixels", low=2, high=31)
    ] = 2

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape, self.kernel_size)
        return nn.AvgPool2d(self.kernel_size)
