"""Pictures that people lay on the canvas instead of drawing: from files, the clipboard or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.strokes import LARGEST_SIDE, Picture, on_ground, open_image


def opened_photograph(path: Path) -> Iterator[Picture]:
    """Reads an image file as a job for the background.

    Yields:
        The picture, H x W x 3, uint8, no side longer than LARGEST_SIDE.

    Raises:
        LeptonError: the file is missing, no image, damaged or too large; the message names it.
    """
    yield _colours(open_image(path))


def photograph_of(pixels: Picture) -> Picture:
    """A picture that is in memory as one for the canvas: solid, and not larger than needed.

    Args:
        pixels: H x W x 4, uint8, red, green, blue and opacity.

    Returns:
        H x W x 3, uint8, no side longer than LARGEST_SIDE; what can be seen through lies on white, or on black if it
        is bright.

    Raises:
        LeptonError: it has no pixels.
    """
    if not pixels.size:
        raise LeptonError("This picture is empty.", "Choose another one.")
    image = Image.fromarray(np.ascontiguousarray(pixels), "RGBA")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return _colours(on_ground(image))


def _colours(image: Image.Image) -> Picture:
    return np.array(image.convert("RGB"), dtype=np.uint8)
