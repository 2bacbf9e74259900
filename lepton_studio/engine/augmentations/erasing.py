"""Cover a part of pictures."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about

# The paper's: rectangles are at most 1 / 0.3 times as high as wide, or as wide as high.
NARROWEST = 0.3


class Erasing(Augmentation, frozen=True, tag="erasing"):
    """Covers a rectangle somewhere in a picture, so that the network does not rely on a single part.

    Random erasing: Zhong, Zheng, Kang, Li and Yang 2017, https://arxiv.org/abs/1708.04896. Where the paper tries again
    until the rectangle fits, its longer side is cut to the picture's here.
    """

    title: ClassVar[str] = "Cover a part"
    rank: ClassVar[int] = 7

    probability: Annotated[float, about("Share of the pictures that lose a part.", low=0, high=1)] = 0.5
    smallest: Annotated[float, about("Least to cover, as a share of the picture.", low=0, high=0.5)] = 0.02
    largest: Annotated[float, about("Most to cover, as a share of the picture.", low=0, high=0.5)] = 0.15
    fill: Annotated[
        Literal["black", "grey", "noise"], about("What the rectangle is filled with; the paper found noise to be best.")
    ] = "black"

    def apply(self, pictures: Tensor) -> Tensor:
        import torch

        if not self.probability or not self.largest:
            return pictures
        height, width = pictures.shape[2:]
        least = min(self.smallest, self.largest)
        area = (least + drawn(pictures, self.largest - least)) * (height * width)
        ratio = torch.exp((drawn(pictures, 2) - 1) * math.log(1 / NARROWEST))
        # Nothing is covered where the rectangle has no height; all pictures take the same way.
        chosen = drawn(pictures) < self.probability
        high = (area * ratio).sqrt().round().clamp(max=height) * chosen
        wide = (area / ratio).sqrt().round().clamp(max=width)
        covered = _inside(height, high, drawn(pictures), pictures)[..., None]
        covered = covered & _inside(width, wide, drawn(pictures), pictures)[..., None, :]
        return torch.where(covered, self._filling(pictures), pictures)

    def _filling(self, pictures: Tensor) -> Tensor:
        import torch

        if self.fill == "noise":
            return torch.rand_like(pictures) * 255
        return torch.full_like(pictures, 127.5 if self.fill == "grey" else 0.0)


def _inside(pixels: int, length: Tensor, place: Tensor, like: Tensor) -> Tensor:
    """Which pixels of a row lie in a stretch: N x 1 x pixels; ``place`` is where it starts, from 0 to below 1."""
    import torch

    start = (place * (pixels - length + 1)).floor()[..., 0]
    positions = torch.arange(pixels, device=like.device)
    return (positions >= start) & (positions < start + length[..., 0])
