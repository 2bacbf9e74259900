"""Mirror pictures."""

from __future__ import annotations

from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about


class Flip(Augmentation, frozen=True, tag="flip"):
    """Mirrors pictures at random. Not for digits and letters: a mirrored one is another sign, or none.

    A cat that looks to the other side is still a cat. A mirrored 2 is no 2, and a 6 that stands on its head is a 9:
    the labels would no longer be true.
    """

    title: ClassVar[str] = "Mirror"
    rank: ClassVar[int] = 2
    ink_caution: ClassVar[str] = (
        "A mirrored digit or letter is another sign, or none: Mirror teaches wrong labels on this dataset."
    )

    horizontal: Annotated[
        float, about("Share of the pictures that are mirrored left to right.", label="Left to right", low=0, high=1)
    ] = 0.5
    vertical: Annotated[
        float, about("Share of the pictures that are turned upside down.", label="Upside down", low=0, high=1)
    ] = 0.0

    def apply(self, pictures: Tensor) -> Tensor:
        import torch

        for axis, probability in ((3, self.horizontal), (2, self.vertical)):
            if probability:
                pictures = torch.where(drawn(pictures) < probability, pictures.flip(axis), pictures)
        return pictures
