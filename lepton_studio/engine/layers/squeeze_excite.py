"""Squeeze and excitation."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class SqueezeExcite(Layer, frozen=True, tag="squeeze_excite"):
    """Weighs each channel by what the whole picture shows: useful channels are turned up, others down.

    ``y = x σ(W₂ max(0, W₁ mean(x)))``, Hu et al. 2017, https://arxiv.org/abs/1709.01507
    """

    title: ClassVar[str] = "Squeeze-excite"
    group: ClassVar[str] = "Picture"
    also: ClassVar[tuple[str, ...]] = ("se block", "channel attention")
    sees_everything: ClassVar[bool] = True

    reduction: Annotated[
        int, about("Channels are squeezed to this share of their number on the way: 4 is a quarter.", low=1, high=64)
    ] = 4

    def build(self, shape: Shape) -> Module:
        from torch import nn

        from lepton_studio.engine.modules.excitation import Excitation

        require_picture(self.title, shape)
        channels, squeezed = shape[0], max(1, shape[0] // self.reduction)
        return Excitation(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(1),
                nn.Conv2d(channels, squeezed, 1),
                nn.ReLU(),
                nn.Conv2d(squeezed, channels, 1),
                nn.Sigmoid(),
            )
        )
