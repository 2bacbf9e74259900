"""Average pooling over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.sliding import require_pooling


class AvgPool2d(Layer, frozen=True, tag="avg_pool2d"):
    """Takes the mean of each window: a smaller, smoother picture.

    ``y = mean(window)``, https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """

    title: ClassVar[str] = "Average pooling 2d"
    group: ClassVar[str] = "Pooling"

    kernel_size: Annotated[int, about("Side of the window; the picture shrinks by it.", unit="px", low=2, high=31)] = 2
    stride: Annotated[
        int,
        about(
            "How far the window moves each time; 0 is the side of the window, so that windows lie side by side.",
            unit="px",
            low=0,
            high=31,
            zero="as the window",
        ),
    ] = 0
    padding: Annotated[int, about("Zeros put around the picture.", unit="px", low=0, high=15)] = 0

    def reach(self, shape: Shape) -> Reach:
        return Reach(self.kernel_size - 1, self.stride or self.kernel_size)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_pooling(self.title, shape, self.kernel_size, self.padding)
        return nn.AvgPool2d(self.kernel_size, self.stride or self.kernel_size, self.padding)
