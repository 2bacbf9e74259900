"""Average pooling to a given size."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture
from lepton_studio.engine.reach import Reach


class AdaptiveAvgPool2d(Layer, frozen=True, tag="adaptive_avg_pool2d"):
    """Takes the mean of each of so many equal parts of the picture; with 1, one number for each channel.

    Whatever the size of the picture, the same size comes out. With 1 it is called global average pooling; Lin et al.
    2013, https://arxiv.org/abs/1312.4400
    """

    title: ClassVar[str] = "Adaptive average pooling 2d"
    group: ClassVar[str] = "Pooling"

    output_size: Annotated[int, about("Height and width of what comes out.", unit="px", low=1, high=256)] = 1

    def reach(self, shape: Shape) -> Reach:
        return max((Reach.of_parts(size, self.output_size) for size in shape[1:]), key=lambda one: one.growth)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        return nn.AdaptiveAvgPool2d(self.output_size)
