"""Shift, turn, scale and shear at random."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, pixel_centres
from lepton_studio.engine.fields import about


class Affine(Augmentation, frozen=True, tag="affine"):
    """Shifts, turns, scales and slants each picture a little, as different hands would write it.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
    """

    title: ClassVar[str] = "Shift, turn, scale"

    shift: Annotated[float, about("Farthest move in each direction.", unit="px", low=0, high=16)] = 1.5
    turn: Annotated[float, about("Largest turn to either side.", unit="°", low=0, high=180)] = 10.0
    scale: Annotated[float, about("Largest growth or shrinkage, as a share.", low=0, high=0.9)] = 0.1
    shear: Annotated[float, about("Largest slant, as a share of the height.", low=0, high=1)] = 0.15

    def apply(self, pictures: Tensor) -> Tensor:
        import torch
        from torch.nn import functional

        count, _, height, width = pictures.shape
        # Five numbers a picture, even between -1 and 1: angle, scale, shear, two shifts.
        angle, scale, shear, right, down = torch.rand(5, count, device=pictures.device) * 2 - 1
        angle = angle * math.radians(self.turn)
        scale = 1 + scale * self.scale
        cosine, sine = torch.cos(angle) / scale, torch.sin(angle) / scale
        # The sampler measures both sides from -1 to 1: only the ratio of the sides keeps a turn a turn.
        lean = (shear * self.shear - sine) * (height / width)
        columns, rows = pixel_centres(width, pictures), pixel_centres(height, pictures)[:, None]
        # Written out, because affine_grid multiplies many tiny matrices and costs more than the sampling.
        across = _each(cosine) * columns + (_each(lean) * rows + _each(right * (2 * self.shift / width)))
        along = _each(sine * (width / height)) * columns + (
            _each(cosine) * rows + _each(down * (2 * self.shift / height))
        )
        return functional.grid_sample(pictures, torch.stack([across, along], dim=3), align_corners=False)


def _each(numbers: Tensor) -> Tensor:
    """One number for each picture, to be broadcast over rows and columns."""
    return numbers[:, None, None]
