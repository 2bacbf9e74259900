"""Levels of plots: the line lies where it should, what it stands for left of it; and the frame of the keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.plot_levels import GAP, paint_focus, paint_level

PLOT = QRectF(60, 10, 100, 80)


@pytest.fixture
def image(qapp) -> QImage:
    image = QImage(180, 100, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    return image


@pytest.fixture
def painter(image: QImage) -> Iterator[QPainter]:
    painter = QPainter(image)
    painter.setFont(theme.font_of(theme.SMALL_PIXELS))
    yield painter
    painter.end()


def inked(image: QImage, left: int, right: int) -> list[tuple[int, int]]:
    """Places between two columns that are not white."""
    white = QColor("white")
    columns = range(left, right)
    return [(x, y) for y in range(image.height()) for x in columns if image.pixelColor(x, y) != white]


@pytest.mark.parametrize(("is_base", "role"), [(True, "line"), (False, "faint_line")], ids=["base", "level"])
def test_the_line_goes_across_the_plot_and_is_stronger_below_the_curves(image, painter, is_base, role) -> None:
    paint_level(painter, PLOT, 40, "", is_base=is_base)
    places = inked(image, 0, image.width())
    assert {y for _, y in places} == {40}
    assert (min(places)[0], max(places)[0]) == (60, 160)
    assert image.pixelColor(100, 40) == QColor(getattr(theme.tokens(), role))


def test_what_it_stands_for_ends_before_the_plot_at_the_height_of_the_line(image, painter) -> None:
    paint_level(painter, PLOT, 50, "75 %")
    words = inked(image, 0, 60)
    assert 60 - theme.px(GAP) - 4 <= max(x for x, _ in words) < 60 - theme.px(GAP) + 1
    heights = [y for _, y in words]
    assert abs((min(heights) + max(heights)) / 2 - 50) <= 2
    assert painter.pen().color() == QColor(theme.tokens().second_text)


def test_a_wider_gap_moves_the_words_away(image, painter) -> None:
    paint_level(painter, PLOT, 50, "75 %", gap=20)
    assert max(x for x, _ in inked(image, 0, 60)) < 60 - theme.px(20) + 1


def test_the_frame_of_the_keyboard_is_at_the_edge_and_leaves_the_inside_alone(image, painter) -> None:
    painter.setBrush(QColor("black"))
    paint_focus(painter, image.rect())
    assert image.pixelColor(image.width() // 2, 1) == QColor(theme.tokens().accent)
    assert image.pixelColor(image.width() // 2, image.height() // 2) == QColor("white")
