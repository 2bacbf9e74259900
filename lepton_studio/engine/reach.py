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
        growth: how many pixels of the input it sees beside its own; infinite where it sees all. A broken number where
            the picture grows: outputs lie closer than pixels then, and whether a window of theirs looks over one pixel
            more depends on where it lies. The whole part is the most.
        stride: how many pixels of the input lie between two outputs that are neighbours; less than 1 where it grows.
        turns: growth and stride of the layers that it is made of; those of whole numbers in a row are one. Parts of a
            pixel come to nothing at each layer that enlarges, so sums of them would say too much.
    """

    growth: float = 0.0
    stride: float = 1.0
    turns: tuple[tuple[float, float], ...] = ()

    @staticmethod
    def everything() -> Reach:
        """Of a layer each of whose outputs depends on the whole input."""
        return Reach(math.inf, 1.0)

    @staticmethod
    def of_parts(before: int, after: int) -> Reach:
        """Of a picture of ``before`` pixels cut into ``after`` equal parts, as adaptive pooling does."""
        # Parts end at fractions of a pixel, and a pixel that is touched counts whole.
        cut = after // math.gcd(before, after)
        return Reach(before / after + (cut - 2) / cut, before / after)

    @staticmethod
    def of_enlarging(before: int, after: int, mixes: bool) -> Reach:
        """Of ``before`` pixels drawn as ``after`` pixels: the nearest one, or two that are mixed."""
        common = math.gcd(before, after)
        old, new = before // common, after // common
        if mixes:
            # Where the grids never meet, an output always lies between two pixels.
            return Reach(2 - (2 if (old - new) % 2 == 0 else 1) / new, before / after)
        return Reach(1 - 1 / new, before / after)

    @staticmethod
    def beside(several: tuple[Reach, ...]) -> Reach:
        """Of layers that look at the same input beside each other."""
        if not several:
            return Reach()
        return max(several, key=lambda one: one.growth)

    @staticmethod
    def in_turn(several: tuple[Reach, ...]) -> Reach:
        """Of layers one after the other."""
        return reduce(Reach.then, several, Reach())

    def then(self, after: Reach) -> Reach:
        """Of this and another after it."""
        if math.isinf(self.growth) or math.isinf(after.growth):
            return Reach(math.inf, self.stride * after.stride)
        turns = list(self._turns())
        for growth, stride in after._turns():
            before, spread = turns[-1]
            if all(float(number).is_integer() for number in (before, spread, growth, stride)):
                turns[-1] = (before + spread * growth, spread * stride)
            else:
                turns.append((growth, stride))
        seen = 0.0
        for growth, stride in reversed(turns):
            seen = _whole(growth + stride * seen)
        return Reach(seen, self.stride * after.stride, tuple(turns) if len(turns) > 1 else ())

    def _turns(self) -> tuple[tuple[float, float], ...]:
        return self.turns or ((self.growth, self.stride),)

    def field(self, shape: tuple[int, ...]) -> int:
        """The side of the receptive field in pixels, never more than the larger side of a picture of ``shape``."""
        widest = max(shape[1:], default=1)
        return widest if self.growth >= widest - 1 else _whole(self.growth) + 1


def _whole(pixels: float) -> int:
    # A little more, because fractions of pixels do not add up to whole ones in floating point.
    return math.floor(pixels + 1e-6)
