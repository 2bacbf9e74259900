"""Numbers as colours: grey where none is negative, else blue below zero and orange above it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import Bytes


def value_colours(values: NDArray[np.float32], lowest: float, highest: float) -> Bytes:
    """Numbers of any shape as red, green and blue.

    Args:
        values: what to show; what is no number is shown as zero.
        lowest: of all numbers that are shown to the same scale. If it is negative, zero is neutral and both sides have
            the same scale; if not, zero is black and ``highest`` white.
        highest: likewise.

    Returns:
        uint8, the shape of ``values`` and 3.
    """
    known = np.nan_to_num(values, nan=0.0, posinf=highest, neginf=lowest)
    if lowest >= 0:
        grey = np.clip(known / max(highest, 1e-12), 0, 1) * 255
        return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=-1)
    share = np.clip(known / max(-lowest, highest, 1e-12), -1, 1)[..., None]
    # Blue and orange are told apart with any colour vision.
    colours = theme.tokens()
    middle, below, above = (_parts(colour) for colour in (colours.raised, colours.accent, colours.validation))
    mixed: Bytes = (middle + (np.where(share < 0, below, above) - middle) * np.abs(share)).astype(np.uint8)
    return mixed


def value_colour(value: float, lowest: float, highest: float) -> QColor:
    """One number as a colour, as :func:`value_colours` has it."""
    red, green, blue = value_colours(np.array([value], np.float32), lowest, highest)[0].tolist()
    return QColor(red, green, blue)


def short_number(value: float) -> str:
    """A number with three digits, with a minus as long as a plus."""
    # Zero has no sign: a map that is multiplied by nothing may hold some of both.
    return f"{value + 0.0:.3g}".replace("-", "−")


def _parts(colour: str) -> NDArray[np.float64]:
    made = QColor(colour)
    return np.array([made.red(), made.green(), made.blue()], np.float64)
