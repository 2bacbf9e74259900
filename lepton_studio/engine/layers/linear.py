"""Fully connected layer."""

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, counted, require_row, shape_text
from lepton_studio.engine.reach import Reach


class Linear(Layer, frozen=True, tag="linear"):
    """Every output is a weighted sum of all inputs; the weights are what is learned. Of a sequence, step by step.

    ``y = W x + b``, https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """

    title: ClassVar[str] = "Linear"
    group: ClassVar[str] = "Dense"
    also: ClassVar[tuple[str, ...]] = ("dense", "fully connected", "fc")

    outputs: Annotated[int, about("How many weighted sums to make.", low=1, high=65_536)] = 10
    inputs: Annotated[
        int,
        about(
            "How many numbers it is made for; 0 takes as many as come, so that it always fits.",
            low=0,
            high=100_000_000,
            zero="as many as come",
        ),
    ] = 0
    bias: Annotated[bool, about("Whether a learned number is added to each sum.")] = True

    def reach(self, shape: Shape) -> Reach:
        return Reach() if len(shape) == 2 else Reach.everything()

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_row(self.title, shape)
        if self.inputs not in (0, shape[-1]):
            where = " at each step" if len(shape) == 2 else ""
            arrives = "arrives" if shape[-1] == 1 else "arrive"
            raise self._misfit(shape, f"{shape_text(shape[-1:])} {arrives}{where}.")
        return nn.Linear(shape[-1], self.outputs, bias=self.bias)

    def explained(self, error: LeptonError, shape: Shape, picture: Shape) -> LeptonError:
        if len(shape) != 1 or self.inputs in (0, shape[0]):
            return error
        return self._misfit(shape, f"{shape_text(shape)} arrive: {shape_text(picture)}, laid flat.", picture[0])

    def _misfit(self, shape: Shape, arrive: str, channels: int = 0) -> LeptonError:
        meant = ""
        # The classic slip: the size of the picture was worked out wrong, the channels were not.
        if channels and self.inputs % channels == 0:
            side = math.isqrt(self.inputs // channels)
            if side * side * channels == self.inputs:
                meant = f" ({shape_text((channels, side, side))}?)"
        return LeptonError(
            f"This layer was made for {counted(self.inputs, 'number')}{meant}, but {arrive}",
            f"Set its inputs to {shape_text(shape[-1:])}, or to 0: as many as come.",
        )
