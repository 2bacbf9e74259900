"""Shift, turn, scale and shear at random."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor
from lepton_studio.engine.fields import about


class Affine(Augmentation, frozen=True, tag="affine"):
    """Shifts, turns, scales and slants each picture a little, as different hands would write it.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
    """

    title: ClassVar[str] = "Shift, turn, scale"

    shift: Annotated[float, about("Farthest move in each direction.", unit="pixels", low=0, high=16)] = 1.5
    turn: Annotated[float, about("Largest turn to either side.", unit="degrees", low=0, high=180)] = 10.0
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
        # affine_grid measures both sides from -1 to 1: only the ratio of the sides keeps a turn a turn.
        lean = (shear * self.shear - sine) * (height / width)
        across = torch.stack([cosine, lean, right * (2 * self.shift / width)], 1)
        along = torch.stack([sine * (width / height), cosine, down * (2 * self.shift / height)], 1)
        grid = functional.affine_grid(torch.stack([across, along], 1), list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, align_corners=False)
