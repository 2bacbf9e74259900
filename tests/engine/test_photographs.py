"""Pictures for the canvas: solid, in colours, and no larger than needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.photographs import opened_photograph, photograph_of


def test_a_file_comes_in_colours_and_scaled_down(tmp_path: Path) -> None:
    Image.new("L", (3000, 1500), 120).save(tmp_path / "grey.png")
    (pixels,) = opened_photograph(tmp_path / "grey.png")
    assert (pixels.shape, pixels.dtype) == ((512, 1024, 3), np.uint8)
    assert pixels.flags.owndata
    assert (pixels == 120).all()


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("seven")
    with pytest.raises(LeptonError, match=r"text\.png"):
        list(opened_photograph(tmp_path / "text.png"))


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)], ids=["dark", "bright"])
def test_ink_on_nothing_gets_a_ground_that_it_shows_on(ink: int, ground: int) -> None:
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[5:10, 5:10] = (ink, ink, ink, 255)
    solid = photograph_of(pixels)
    assert solid.shape == (20, 30, 3)
    assert (solid[7, 7] == ink).all()
    assert (solid[15, 15] == ground).all()


def test_a_picture_in_memory_is_scaled_down() -> None:
    pixels = np.full((100, 4000, 4), 200, np.uint8)
    pixels[..., 3] = 255
    assert photograph_of(pixels).shape == (26, 1024, 3)


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(LeptonError, match="empty"):
        photograph_of(np.zeros((0, 4, 4), np.uint8))
