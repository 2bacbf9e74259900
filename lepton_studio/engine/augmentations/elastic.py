"""Bend pictures as rubber."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, pixel_centres
from lepton_studio.engine.fields import about

# Knots of the rubber beyond each edge, in standard deviations: farther ones would not be felt inside.
BEYOND = 2


class Elastic(Augmentation, frozen=True, tag="elastic"):
    """Bends each picture like rubber, as a hand that trembles or is in a hurry would write it.

    Random moves, smoothed by a Gaussian: Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural
    networks applied to visual document analysis". Their alpha = 34 and sigma = 4 are moves of 1.4 pixels and a
    smoothness of 4 pixels here.
    """

    title: ClassVar[str] = "Elastic bend"
    rank: ClassVar[int] = 1

    move: Annotated[
        float,
        about("Typical move of a point in each direction; of 100 points 32 move farther.", unit="px", low=0, high=8),
    ] = 1.4
    smoothness: Annotated[
        float,
        about("How far apart points must be to move on their own (sigma): low trembles, high bends.", unit="px",
              low=2, high=32),
    ] = 4.0  # fmt: skip

    def apply(self, pictures: Tensor) -> Tensor:
        import torch

        if not self.move:
            return pictures
        count, _, height, width = pictures.shape
        down, right = _spread(height, self.smoothness, pictures), _spread(width, self.smoothness, pictures)
        knots = torch.randn(count, 2, down.shape[1], right.shape[1], device=pictures.device)
        # Where the training computes in bfloat16, the moves would come in steps.
        with torch.autocast(pictures.device.type, enabled=False):
            moves = down @ knots @ right.T * self.move
        return displaced(pictures, moves)


def displaced(pictures: Tensor, moves: Tensor) -> Tensor:
    """Takes each pixel from elsewhere, by bilinear interpolation; what comes from outside is black.

    Args:
        pictures: N x C x H x W.
        moves: N x 2 x H x W, pixels to the right and downwards from where a pixel is to where it is taken from.
    """
    import torch
    from torch.nn import functional

    height, width = pictures.shape[2:]
    across = pixel_centres(width, pictures) + moves[:, 0] * (2 / width)
    along = pixel_centres(height, pictures)[:, None] + moves[:, 1] * (2 / height)
    return functional.grid_sample(pictures, torch.stack([across, along], dim=3), align_corners=False)


def _spread(pixels: int, sigma: float, like: Tensor) -> Tensor:
    """How much each pixel of a row feels of each knot: a Gaussian; pixels x knots, squares of a row sum to 1.

    Smoothing white noise at knots that are ``sigma`` apart gives what smoothing it at every pixel gives, for a
    fraction of the work. Squares that sum to 1 make each move as large as a knot's.
    """
    import torch

    # Knots stand evenly around the middle, so that no side is bent more than the other.
    knots = math.ceil((pixels - 1) / sigma) + 1 + 2 * BEYOND
    places = (torch.arange(knots, device=like.device, dtype=like.dtype) - (knots - 1) / 2) * sigma
    centres = torch.arange(pixels, device=like.device, dtype=like.dtype) - (pixels - 1) / 2
    weights = torch.exp(-((centres[:, None] - places) ** 2) / (2 * sigma**2))
    return weights / weights.square().sum(dim=1, keepdim=True).sqrt()
