"""Change the light."""

from __future__ import annotations

from typing import Annotated, ClassVar

from lepton_studio.engine.augmentation import Augmentation, Tensor, drawn
from lepton_studio.engine.fields import about

# How bright red, green and blue look: https://www.itu.int/rec/R-REC-BT.601
LUMA = (0.2989, 0.587, 0.114)


class BrightnessContrast(Augmentation, frozen=True, tag="brightness_contrast"):
    """Makes each picture brighter or darker, and its contrast stronger or weaker, as another light would."""

    title: ClassVar[str] = "Brightness and contrast"
    rank: ClassVar[int] = 4

    brightness: Annotated[float, about("Largest change of the brightness, as a share.", low=0, high=0.9)] = 0.2
    contrast: Annotated[float, about("Largest change of the contrast, as a share.", low=0, high=0.9)] = 0.2

    def apply(self, pictures: Tensor) -> Tensor:
        if not self.brightness and not self.contrast:
            return pictures
        brightness = 1 - self.brightness + drawn(pictures, 2 * self.brightness)
        contrast = 1 - self.contrast + drawn(pictures, 2 * self.contrast)
        return in_other_light(pictures, brightness, contrast)


def in_other_light(pictures: Tensor, brightness: Tensor, contrast: Tensor) -> Tensor:
    """Multiplies all pixels, then their distance from the mean of the picture; what leaves 0..255 is cut.

    Args:
        pictures: N x C x H x W, 0..255; of three channels the mean is that of their luma, else that of all.
        brightness: the factor of each picture, N x 1 x 1 x 1; 1 changes nothing.
        contrast: likewise.
    """
    pictures = (pictures * brightness).clamp(0, 255)
    channels = [pictures[:, at : at + 1].mean(dim=(1, 2, 3), keepdim=True) for at in range(pictures.shape[1])]
    shares = LUMA if len(channels) == len(LUMA) else (1 / len(channels),) * len(channels)
    mean = sum(channel * share for channel, share in zip(channels, shares, strict=True))
    return (pictures * contrast + mean * (1 - contrast)).clamp(0, 255)
