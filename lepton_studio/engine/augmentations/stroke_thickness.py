"""Make strokes thinner or thicker."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about


class StrokeThickness(Augmentation, frozen=True, tag="stroke_thickness"):
    """Makes strokes thinner or thicker, as another pen would. For bright strokes on a dark ground.

    Erosion and dilation of grey pictures: each pixel takes the darkest or the brightest of its neighbourhood,
    https://en.wikipedia.org/wiki/Mathematical_morphology#Grayscale_morphology. Parts of a pixel are a mixture of the
    steps before and after.
    """

    title: ClassVar[str] = "Stroke thickness"
    rank: ClassVar[int] = 3
    photo_caution: ClassVar[str] = (
        "Stroke thickness is made for bright strokes on a dark ground; in other pictures bright parts shrink and grow."
    )

    # Less than a whole pixel, so that a line of one pixel pales but does not vanish: its label must stay true.
    thinner: Annotated[float, about("Most to take away at each side of a stroke.", unit="px", low=0, high=0.9)] = 0.5
    thicker: Annotated[float, about("Most to add at each side of a stroke.", unit="px", low=0, high=3)] = 0.8

    def apply(self, pictures: Tensor) -> Tensor:
        if not self.thinner and not self.thicker:
            return pictures
        change = drawn(pictures, self.thinner + self.thicker) - self.thinner
        return thickened(pictures, change, self.thinner, self.thicker)


def thickened(pictures: Tensor, change: Tensor, thinnest: float, thickest: float) -> Tensor:
    """Adds ``change`` pixels at each side of bright strokes, or takes them away.

    Args:
        pictures: N x C x H x W.
        change: N x 1 x 1 x 1, in pixels between ``-thinnest`` and ``thickest``.
        thinnest: says how many steps may be needed; a number rather than a tensor, so that nothing waits for it.
        thickest: likewise.
    """
    result = pictures
    for sign, most in ((1.0, thickest), (-1.0, thinnest)):
        before = pictures * sign
        for step in range(math.ceil(most)):
            after = _grown(before, round_corners=step % 2 == 0)
            result = result + (change * sign - step).clamp(0, 1) * (after - before) * sign
            before = after
    return result.clamp(0, 255)


def _grown(pictures: Tensor, round_corners: bool) -> Tensor:
    """Bright parts grow by a pixel: to four neighbours or to eight; in turns they make an octagon, nearly round."""
    import torch

    across = _brightest_of_three(pictures, 3)
    if round_corners:
        return torch.maximum(across, _brightest_of_three(pictures, 2))
    return _brightest_of_three(across, 2)


def _brightest_of_three(pictures: Tensor, axis: int) -> Tensor:
    """Each pixel becomes the brightest of itself and its two neighbours; max_pool2d takes five times as long."""
    import torch

    ends = pictures.narrow(axis, 0, 1), pictures.narrow(axis, -1, 1)
    wider = torch.cat([ends[0], pictures, ends[1]], dim=axis)
    first, middle, last = (wider.narrow(axis, start, pictures.shape[axis]) for start in range(3))
    return torch.maximum(torch.maximum(first, middle), last)
