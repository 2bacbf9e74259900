"""Pictures resized and colours chosen for the painted widgets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.confusion_painter import shades
from lepton_studio.gui.widgets.painting import (
    contrast,
    image_of,
    ink_on,
    mixed,
    paint_placeholder,
    resized_pictures,
    split_colour,
)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 90))
def test_the_longer_edge_gets_the_asked_number_of_pixels(height, width, side) -> None:
    pictures = np.full((2, 3, height, width), 77, dtype=np.uint8)
    result = resized_pictures(pictures, side)
    assert max(result.shape[2:]) == side
    assert result.dtype == np.uint8
    assert np.all(result == 77)


def test_shrinking_averages_so_that_a_thin_stroke_stays() -> None:
    picture = np.zeros((1, 1, 28, 28), dtype=np.uint8)
    for column in range(28):
        thin = picture.copy()
        thin[..., column] = 255
        assert resized_pictures(thin, 14).max() >= 127


def test_enlarging_repeats_pixels() -> None:
    picture = np.array([[[[1, 2], [3, 4]]]], dtype=np.uint8)
    assert resized_pictures(picture, 4)[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_an_image_owns_its_pixels_whatever_its_width() -> None:
    pixels = np.arange(5 * 3 * 3, dtype=np.uint8).reshape(5, 3, 3)
    image = image_of(pixels)
    pixels[:] = 0
    assert image.pixelColor(2, 4).getRgb()[:3] == (42, 43, 44)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_figures_on_every_shade_of_the_matrix_are_readable(qapp, name) -> None:
    try:
        theme.apply_theme(qapp, name, 1.0)
        colours = theme.tokens()
        for target in (colours.bad, colours.good):
            for share in np.linspace(0, 1, 101):
                paper = mixed(colours.raised, target, float(share))
                assert contrast(paper, ink_on(paper)) >= 4.5, f"{target} {share:.2f}"
    finally:
        theme.apply_theme(qapp, "light", 1.0)


def test_contrast_is_that_of_the_accessibility_guidelines() -> None:
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


def test_one_error_is_seen_beside_a_thousand_and_does_not_shout_alone() -> None:
    many = np.array([[900, 1], [1000, 900]])
    alone = np.array([[900, 1], [0, 900]])
    assert 0.15 < shades(many)[0, 1] < shades(many)[1, 0] == 1
    assert shades(alone)[0, 1] < 0.5
    assert np.all(np.diag(shades(many)) == 0)
    assert shades(alone)[1, 0] == 0


def test_each_split_has_its_colour_and_what_is_none_a_quiet_one(qapp) -> None:
    colours = theme.tokens()
    known = [split_colour(split) for split in ("train", "validation", "test")]
    assert known == [QColor(colours.train), QColor(colours.validation), QColor(colours.test)]
    assert split_colour("of another kind") == QColor(colours.second_text)


@pytest.mark.parametrize(
    "text", ["Draw here", "How your drawing becomes what the network sees, in a longer language " * 2]
)
def test_a_placeholder_is_written_smaller_rather_than_cut_off(qapp: object, text: str) -> None:
    # Room of 50 rows in the middle of a taller picture.
    sheet = QImage(220, 200, QImage.Format.Format_Grayscale8)
    sheet.fill(255)
    with QPainter(sheet) as painter:
        paint_placeholder(painter, QRect(0, 75, 220, 50), text)
    pixels = np.array(sheet.constBits(), np.uint8).reshape(200, sheet.bytesPerLine())[:, :220]
    written = np.flatnonzero((pixels < 255).any(axis=1))
    assert written.min() >= 75
    assert written.max() < 125
