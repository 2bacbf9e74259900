"""Convolution over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class Conv2d(Layer, frozen=True, tag="conv2d"):
    """Slides small windows over the picture; each channel learns to answer to one pattern, wherever it is.

    ``y[o] = b[o] + Σ_i w[o, i] ⋆ x[i]`` (cross-correlation),
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """

    title: ClassVar[str] = "Convolution 2d"
    group: ClassVar[str] = "Picture"

    channels: Annotated[int, about("How many patterns to learn.", low=1, high=4096)] = 32
    kernel_size: Annotated[int, about("Side of the window.", unit="pixels", low=1, high=31)] = 3
    stride: Annotated[int, about("How far the window moves each time.", unit="pixels", low=1, high=16)] = 1
    padding: Annotated[int, about("Zeros put around the picture.", unit="pixels", low=0, high=15)] = 0

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape, self.kernel_size, self.padding)
        return nn.Conv2d(shape[0], self.channels, self.kernel_size, self.stride, self.padding)
