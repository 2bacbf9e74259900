"""Convolution over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape
from lepton_studio.engine.sliding import require_groups, require_window


class Conv2d(Layer, frozen=True, tag="conv2d"):
    """Slides small windows over the picture; each channel learns to answer to one pattern, wherever it is.

    ``y[o] = b[o] + Σ_i w[o, i] ⋆ x[i]`` (cross-correlation),
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """

    title: ClassVar[str] = "Convolution 2d"
    group: ClassVar[str] = "Picture"
    also: ClassVar[tuple[str, ...]] = ("cnn", "filter", "kernel")

    channels: Annotated[int, about("How many patterns to learn.", low=1, high=4096)] = 32
    kernel_size: Annotated[int, about("Side of the window.", unit="px", low=1, high=31)] = 3
    stride: Annotated[int, about("How far the window moves each time.", unit="px", low=1, high=16)] = 1
    padding: Annotated[int, about("Zeros put around the picture.", unit="px", low=0, high=15)] = 0
    dilation: Annotated[
        int, about("Distance of the pixels that the window looks at; 1 is side by side.", unit="px", low=1, high=16)
    ] = 1
    groups: Annotated[
        int,
        about(
            "Channels are cut into so many groups, and each pattern looks at one group; 0 gives each channel that comes"
            " in a group of its own (depthwise).",
            low=0,
            high=4096,
            zero="one per channel",
        ),
    ] = 1
    bias: Annotated[
        bool, about("Whether a learned number is added to each channel; batch norm right after it makes it useless.")
    ] = True

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_window(self.title, shape, self.kernel_size, self.padding, self.dilation)
        groups = self.groups or shape[0]
        require_groups(groups, shape[0], self.channels)
        return nn.Conv2d(
            shape[0],
            self.channels,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            groups,
            bias=self.bias,
        )
