"""One map of numbers, large, whose values can be read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.value_colours import short_number, value_colours


class ValueView(PixelView):
    """A picture view for numbers that are no bytes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._values = np.zeros((0, 0), np.float32)

    def set_values(self, values: NDArray[np.float32], lowest: float, highest: float) -> None:
        """Shows float32 H x W to a scale from ``lowest`` to ``highest``."""
        self._values = values
        self.set_picture(value_colours(values, lowest, highest).transpose(2, 0, 1))

    def pixel_text(self, row: int, column: int) -> str:
        """What a number is, in words."""
        value = short_number(float(self._values[row, column]))
        return self.tr("row {0}, column {1}: {2}").format(row, column, value)
