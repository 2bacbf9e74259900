"""Numbers of a layer as bytes, to a scale that is held steady, and the colours of these bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import qRgb

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.map_plan import Block
from lepton_studio.gui.widgets.value_colours import value_colours

# Bytes: the ground, from zero up in greys, and from below to above zero with an exact middle.
GROUND, DARK, SIGNED, MIDDLE = 0, 1, 129, 192
# A few numbers that are far above all others would leave the rest in the dark: these are as bright as the brightest
# hundredth, found among so many; but never more than so many times brighter than they are.
BRIGHT, LOOKED_AT, BRIGHTER = 0.99, 1024, 3.0
# How much of a brightness that is not reached any more stays, from picture to picture.
HELD = 0.97


@dataclass(frozen=True, eq=False)
class Values:
    """What one layer holds now.

    Attributes:
        numbers: float32, of the block's given shape.
        lowest: of all its numbers, also those that are not shown.
        highest: likewise.
    """

    numbers: NDArray[np.float32]
    lowest: float
    highest: float


class Levels:
    """The scale of one layer: it grows at once and shrinks slowly, so that nothing flickers while somebody draws."""

    def __init__(self, block: Block) -> None:
        """Has seen nothing yet."""
        self._block = block
        self._size = 0.0
        self._is_signed = False

    def bytes_of(self, values: Values, count: int) -> NDArray[np.uint8]:
        """The first ``count`` numbers as bytes, as :func:`colour_table` colours them."""
        size = self._bright(values)
        self._size = max(size, self._size * HELD + size * (1 - HELD))
        self._is_signed = self._is_signed or values.lowest < 0
        # Probabilities are compared with certainty.
        size = 1.0 if self._block.names else self._size
        middle, reach = (MIDDLE, MIDDLE - SIGNED) if self._is_signed else (DARK, SIGNED - DARK - 1)
        shares = values.numbers.reshape(-1)[:count] * np.float32(reach / size)
        if not np.isfinite(shares.sum()):
            shares = np.nan_to_num(shares)
        np.clip(shares, -reach if self._is_signed else 0, reach, out=shares)
        shares += middle + 0.5
        result: NDArray[np.uint8] = shares.astype(np.uint8)
        return result

    def _bright(self, values: Values) -> float:
        """The number that is fully bright."""
        most = max(abs(values.lowest), abs(values.highest), 1e-12)
        if self._block.form != "maps":
            return most
        flat = values.numbers.reshape(-1)
        some = np.nan_to_num(np.abs(flat[:: max(1, len(flat) // LOOKED_AT)]))
        place = int(len(some) * BRIGHT)
        return max(most / BRIGHTER, float(np.partition(some, place)[place]))


def colour_table() -> list[int]:
    """The colour of each byte in the theme of now."""
    ground = theme.tokens().surface
    greys = value_colours(np.linspace(0, 1, SIGNED - DARK, dtype=np.float32), 0.0, 1.0)
    signed = value_colours(np.linspace(-1, 1, 2 * (MIDDLE - SIGNED) + 1, dtype=np.float32), -1.0, 1.0)
    first = int(ground[1:3], 16), int(ground[3:5], 16), int(ground[5:7], 16)
    return [qRgb(*each) for each in (first, *greys.tolist(), *signed.tolist())]
