"""How far a layer looks: what the receptive field of a network is made of.

Araujo, Norris and Sim 2019, https://distill.pub/2019/computing-receptive-fields
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True)
class Reach:
    """What one output of a layer, or of several in a row, sees of its input, along one side of a picture.

    Attributes:
        growth: how many pixels of the input it sees beside its own; infinite where it sees all.
        stride: how many pixels of the input lie between two outputs that are neighbours.
    """

    growth: float = 0.0
    stride: float = 1.0

    @staticmethod
    def everything() -> Reach:
        """Of a layer each of whose outputs depends on the whole input."""
        return Reach(math.inf, 1.0)

    @staticmethod
    def beside(several: tuple[Reach, ...]) -> Reach:
        """Of layers that look at the same input beside each other."""
        if not several:
            return Reach()
        return Reach(max(one.growth for one in several), several[0].stride)

    @staticmethod
    def in_turn(several: tuple[Reach, ...]) -> Reach:
        """Of layers one after the other."""
        return reduce(Reach.then, several, Reach())

    def then(self, after: Reach) -> Reach:
        """Of this and another after it."""
        # Infinity times a stride of zero would not be a number; a stride is never zero.
        return Reach(self.growth + self.stride * after.growth, self.stride * after.stride)

    def field(self, shape: tuple[int, ...]) -> int:
        """The side of the receptive field in pixels, never more than the larger side of a picture of ``shape``."""
        widest = max(shape[1:], default=1)
        return widest if self.growth >= widest - 1 else math.ceil(self.growth) + 1
