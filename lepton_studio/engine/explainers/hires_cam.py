"""HiResCAM: what each place of the last convolution's maps adds to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.convolution_maps import Layer, enlarged, maps_and_slopes
from lepton_studio.engine.explainer import Explainer, Heat, one_picture

if TYPE_CHECKING:
    from torch import nn


class HiResCam(Explainer, frozen=True, tag="hires_cam"):
    """Multiplies the feature maps of the last convolution by their gradient, place by place, and adds them up.

    ``sum of map x d score / d map``, in logits for each place of the maps, enlarged to the picture (bilinear). The maps
    are taken as by Grad-CAM, but each place has a weight of its own. Draelos and Carin 2020,
    https://arxiv.org/abs/2011.08891
    """

    title: ClassVar[str] = "HiResCAM"
    is_signed: ClassVar[bool] = True
    how_to_read: ClassVar[str] = "Orange: what the last convolution found here speaks for the answer; blue: against it."

    layer: Layer = ""

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        maps, slope = maps_and_slopes(
            network, one_picture(picture), self.layer, self.title, target=target, against=against
        )
        yield enlarged((maps * slope).sum(dim=1, keepdim=True), picture.shape)
