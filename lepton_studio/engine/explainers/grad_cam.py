"""Grad-CAM: where the last convolution found what speaks for the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.convolution_maps import Layer, enlarged, maps_and_slopes
from lepton_studio.engine.explainer import Explainer, Heat, one_picture

if TYPE_CHECKING:
    from torch import nn


class GradCam(Explainer, frozen=True, tag="grad_cam"):
    """Looks at the feature maps of the last convolution and adds up those that speak for the answer.

    ``relu(sum of weight x map)``, where the weight of a map is the mean of ``d score / d map``; the sum is enlarged to
    the picture (bilinear). The maps are taken after batch norm, activation and shortcut, if those follow: before a
    ReLU most numbers are negative, and nothing would be left. Selvaraju et al. 2016, https://arxiv.org/abs/1610.02391

    One weight for all places of a map is right where the network takes the mean of each map at its end. Behind a
    Flatten each place counts for itself, and HiResCAM is the truer one.
    """

    title: ClassVar[str] = "Grad-CAM"
    how_to_read: ClassVar[str] = (
        "Strong colour: here the last convolution found what speaks for the answer. It may miss if a Flatten follows."
    )

    layer: Layer = ""

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        maps, slope = maps_and_slopes(
            network, one_picture(picture), self.layer, self.title, target=target, against=against
        )
        weights = slope.mean(dim=(2, 3), keepdim=True)
        yield enlarged((weights * maps).sum(dim=1, keepdim=True).clamp(min=0), picture.shape)
