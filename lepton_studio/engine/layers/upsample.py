"""Enlarging pictures."""

from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture
from lepton_studio.engine.reach import Reach


class Upsample(Layer, frozen=True, tag="upsample"):
    """Enlarges the picture without learning anything: pixels are repeated, or mixed with their neighbours.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html
    """

    title: ClassVar[str] = "Upsample"
    group: ClassVar[str] = "Picture"

    scale: Annotated[int, about("How many times larger the picture becomes.", low=1, high=32)] = 2
    height: Annotated[
        int,
        about("Height of what comes out; 0 leaves it to the scale.", unit="px", low=0, high=1024, zero="by the scale"),
    ] = 0
    width: Annotated[
        int,
        about("Width of what comes out; 0 leaves it to the scale.", unit="px", low=0, high=1024, zero="by the scale"),
    ] = 0
    mode: Annotated[
        Literal["nearest", "bilinear"], about("Repeat the nearest pixel, or mix the four around (smoother).")
    ] = "nearest"

    def reach(self, shape: Shape) -> Reach:
        several = (
            Reach.of_enlarging(before, after, self.mode == "bilinear")
            for before, after in zip(shape[1:], self._sides(shape), strict=True)
        )
        return max(several, key=lambda one: one.growth)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        if not self.height and not self.width:
            return nn.Upsample(scale_factor=self.scale, mode=self.mode)
        return nn.Upsample(self._sides(shape), mode=self.mode)

    def _sides(self, shape: Shape) -> tuple[int, int]:
        return self.height or shape[1] * self.scale, self.width or shape[2] * self.scale
