"""Add the grain of a bad camera."""

from __future__ import annotations

from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about


class Noise(Augmentation, frozen=True, tag="noise"):
    """Adds grain, as of a camera in poor light: a little brighter or darker at each pixel (Gaussian noise).

    https://en.wikipedia.org/wiki/Gaussian_noise
    """

    title: ClassVar[str] = "Noise"
    rank: ClassVar[int] = 6

    grain: Annotated[
        float,
        about("Largest spread of the grain in grey levels (standard deviation; white is 255).", low=0, high=128),
    ] = 20.0

    def apply(self, pictures: Tensor) -> Tensor:
        import torch

        if not self.grain:
            return pictures
        return (pictures + torch.randn_like(pictures) * drawn(pictures, self.grain)).clamp(0, 255)
