"""Put pictures out of focus."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about

# A Gaussian has fallen to a hundredth of its height at three standard deviations.
REACH = 3


class Blur(Augmentation, frozen=True, tag="blur"):
    """Puts each picture more or less out of focus (Gaussian blur).

    https://en.wikipedia.org/wiki/Gaussian_blur
    """

    title: ClassVar[str] = "Blur"
    rank: ClassVar[int] = 5

    width: Annotated[
        float,
        about("Largest standard deviation (sigma) of the blur; each picture gets more or less.", unit="px", low=0,
              high=5),
    ] = 0.8  # fmt: skip

    def apply(self, pictures: Tensor) -> Tensor:
        if not self.width:
            return pictures
        return blurred(pictures, drawn(pictures, self.width), math.ceil(REACH * self.width))


def blurred(pictures: Tensor, sigma: Tensor, reach: int) -> Tensor:
    """Averages each pixel with its neighbours, first along rows, then along columns; edges are mirrored.

    Args:
        pictures: N x C x H x W, 0..255.
        sigma: N x 1 x 1 x 1, standard deviation in pixels; 0 changes nothing.
        reach: the farthest neighbour that counts, in pixels; less in pictures that are smaller.
    """
    import torch
    from torch.nn import functional

    for axis, size in ((3, pictures.shape[3]), (2, pictures.shape[2])):
        # An edge cannot be mirrored farther than to the other edge.
        far = min(reach, size - 1)
        distances = torch.arange(-far, far + 1, device=pictures.device, dtype=pictures.dtype)
        weights = torch.exp(-(distances**2) / (2 * sigma.clamp(min=1e-3) ** 2))
        weights = weights / weights.sum(dim=3, keepdim=True)
        wider = functional.pad(pictures, (far, far, 0, 0) if axis == 3 else (0, 0, far, far), mode="reflect")
        # A sum of shifted pictures, because each has weights of its own, and a convolution would round to bfloat16.
        pictures = torch.zeros_like(pictures)
        for step in range(2 * far + 1):
            pictures = torch.addcmul(pictures, wider.narrow(axis, step, size), weights[..., step : step + 1])
    return pictures.clamp(0, 255)
