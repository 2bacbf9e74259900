"""Convolution that enlarges."""

from typing import Annotated, ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture
from lepton_studio.engine.reach import Reach


class ConvTranspose2d(Layer, frozen=True, tag="conv_transpose2d"):
    """Paints a learned pattern for each pixel that comes in, a stride apart: the picture grows.

    ``y = (x - 1) stride - 2 padding + window + output padding`` pixels come out of x; Dumoulin and Visin 2016,
    https://arxiv.org/abs/1603.07285
    """

    title: ClassVar[str] = "Transposed convolution 2d"
    group: ClassVar[str] = "Picture"
    also: ClassVar[tuple[str, ...]] = ("deconvolution", "upconvolution")

    channels: Annotated[int, about("How many channels come out.", low=1, high=4096)] = 32
    kernel_size: Annotated[int, about("Side of the pattern that is painted.", unit="px", low=1, high=31)] = 2
    stride: Annotated[
        int, about("Distance of what is painted: the picture grows by it.", unit="px", low=1, high=16)
    ] = 2
    padding: Annotated[int, about("Pixels cut off at each side of what comes out.", unit="px", low=0, high=15)] = 0
    output_padding: Annotated[
        int,
        about("Pixels added below and to the right, where several sizes are possible.", unit="px", low=0, high=15),
    ] = 0
    bias: Annotated[
        bool, about("Whether a learned number is added to each channel; batch norm right after it makes it useless.")
    ] = True

    def reach(self, shape: Shape) -> Reach:
        return Reach((self.kernel_size - 1) / self.stride, 1 / self.stride)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        if self.output_padding >= self.stride:
            raise LeptonError(
                f"An output padding of {self.output_padding} must be smaller than the stride, which is {self.stride}.",
                f"Use an output padding of {self.stride - 1}" + (" or less." if self.stride > 1 else "."),
            )
        painted = min((size - 1) * self.stride + self.kernel_size + self.output_padding for size in shape[1:])
        if painted <= 2 * self.padding:
            raise LeptonError(
                f"What is painted has {painted} pixel{'s' if painted > 1 else ''} at its narrowest; a padding of"
                f" {self.padding} cuts all of it off.",
                f"Use a padding of {(painted - 1) // 2}" + (" or less." if painted > 2 else "."),
            )
        return nn.ConvTranspose2d(
            shape[0],
            self.channels,
            self.kernel_size,
            self.stride,
            self.padding,
            self.output_padding,
            bias=self.bias,
        )
