"""The same numbers in another shape."""

import math
from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, counted, shape_text
from lepton_studio.engine.reach import Reach


class Reshape(Layer, frozen=True, tag="reshape"):
    """Lays the same numbers out anew: a row as a picture, or anything as a row.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
    """

    title: ClassVar[str] = "Reshape"
    group: ClassVar[str] = "Shape"

    to: Annotated[Literal["picture", "row"], about("What the numbers become.")] = "picture"
    channels: Annotated[
        int, about("Channels of the picture; 0 is as many as the numbers give.", low=0, high=65_536, zero="inferred")
    ] = 0
    height: Annotated[
        int,
        about("Height of the picture; 0 is as the numbers give.", unit="px", low=0, high=4096, zero="inferred"),
    ] = 0
    width: Annotated[
        int,
        about(
            "Width of the picture; 0 is as the numbers give: a square picture if height is 0, too.",
            unit="px",
            low=0,
            high=4096,
            zero="inferred",
        ),
    ] = 0

    def reach(self, shape: Shape) -> Reach:
        if self.to == "row" or len(shape) < 3 or self._picture(math.prod(shape))[1:] == shape[1:]:
            return Reach()
        # Numbers that are neighbours behind it may come from anywhere.
        return Reach(0, math.prod(shape))

    def build(self, shape: Shape) -> Module:
        from torch import nn

        if self.to == "row":
            return nn.Flatten()
        count = math.prod(shape)
        sizes = self._picture(count)
        if math.prod(sizes) != count:
            asked = shape_text(sizes) if all(self._asked()) else " × ".join(str(size or "?") for size in self._asked())
            raise LeptonError(
                f"{counted(count, 'number')} cannot be laid out as a picture of {asked}.", self._remedy(count)
            )
        unflatten = nn.Unflatten(1, sizes)
        return unflatten if len(shape) == 1 else nn.Sequential(nn.Flatten(), unflatten)

    def _asked(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    def _picture(self, count: int) -> tuple[int, int, int]:
        """The sizes asked for, the others as ``count`` numbers give them, or nearly if they give none."""
        channels, height, width = self._asked()
        if not height and not width:
            channels = channels or 1
            side = max(1, math.isqrt(count // channels))
            return channels, side, side
        if height and width:
            return channels or max(1, count // (height * width)), height, width
        channels = channels or 1
        other = max(1, count // (channels * (height or width)))
        return channels, height or other, width or other

    def _remedy(self, count: int) -> str:
        # With as many channels as were asked for, if that leaves squares; else with as few as do.
        rest = count // self.channels if self.channels and not count % self.channels else count
        side = math.isqrt(rest)
        if side * side != rest:
            side = math.isqrt(count)
        while count % (side * side):
            side -= 1
        return f"{counted(count // (side * side), 'channel')}, height {side} and width {side} would do."
