"""The enlarged picture: sharp pixels, their values, the grid."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.pixel_view import PixelView


@pytest.fixture
def view(qtbot) -> PixelView:
    widget = PixelView()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def middle_of(view: PixelView, row: int, column: int, shape: tuple[int, int]) -> QPoint:
    place = view.picture_place()
    x = place.left() + (column + 0.5) * place.width() / shape[1]
    y = place.top() + (row + 0.5) * place.height() / shape[0]
    return QPointF(x, y).toPoint()


def test_every_pixel_is_shown_sharp_and_found_again(view) -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(1, 3, 4) * 20
    view.set_picture(picture)
    shown = view.grab().toImage()
    for row in range(3):
        for column in range(4):
            point = middle_of(view, row, column, (3, 4))
            assert view.pixel_at(point) == (row, column)
            assert shown.pixelColor(point).red() == picture[0, row, column]


def test_all_pixels_are_equally_wide_and_the_picture_keeps_its_shape(view) -> None:
    view.set_picture(np.zeros((1, 28, 28), dtype=np.uint8))
    place = view.picture_place()
    assert place.width() == place.height() == 7 * 28
    view.set_picture(np.zeros((1, 10, 40), dtype=np.uint8))
    assert view.picture_place().width() == 4 * view.picture_place().height()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # a tip on the offscreen platform
def test_the_mouse_tells_row_column_and_value(view) -> None:
    picture = np.zeros((1, 28, 28), dtype=np.uint8)
    picture[0, 3, 7] = 182
    view.set_picture(picture)
    QTest.mouseMove(view, middle_of(view, 3, 7, (28, 28)))
    assert QToolTip.text() == "row 3, column 7: 182"
    QToolTip.hideText()


def test_a_coloured_pixel_tells_its_three_parts(view) -> None:
    picture = np.zeros((3, 2, 2), dtype=np.uint8)
    picture[:, 0, 1] = 10, 20, 30
    view.set_picture(picture)
    assert view.pixel_text(0, 1) == "row 0, column 1: red 10, green 20, blue 30"
    assert view.grab().toImage().pixelColor(middle_of(view, 0, 1, (2, 2))).getRgb()[:3] == (10, 20, 30)


def test_grid_lines_are_drawn_where_pixels_are_large_enough(view) -> None:
    view.set_picture(np.zeros((1, 28, 28), dtype=np.uint8))
    plain = view.grab().toImage()
    view.set_grid(True)
    assert view.grab().toImage() != plain
    view.set_picture(np.zeros((1, 100, 100), dtype=np.uint8))
    with_grid = view.grab().toImage()
    view.set_grid(False)
    assert view.grab().toImage() == with_grid


def test_a_picture_larger_than_the_view_is_shrunk_into_it(view) -> None:
    view.set_picture(np.full((3, 600, 900), 90, dtype=np.uint8))
    place = view.picture_place()
    assert view.rect().contains(place.toRect())
    assert place.width() == pytest.approx(1.5 * place.height())
    view.grab()


def test_a_later_change_of_the_array_does_not_reach_the_view(view) -> None:
    picture = np.zeros((1, 2, 2), dtype=np.uint8)
    view.set_picture(picture)
    picture[:] = 255
    assert view.pixel_text(0, 0).endswith(": 0")
    assert view.grab().toImage().pixelColor(middle_of(view, 0, 0, (2, 2))).red() == 0


def test_without_a_picture_the_placeholder_is_painted(view) -> None:
    view.set_picture(None)
    view.set_placeholder("")
    blank = view.grab().toImage()
    view.set_placeholder("Choose a picture")
    assert view.grab().toImage() != blank
    assert view.pixel_at(view.rect().center()) is None


def test_the_frame_follows_the_theme(view, qapp) -> None:
    view.set_picture(np.zeros((1, 4, 4), dtype=np.uint8))
    try:
        for name in ("dark", "light"):
            theme.apply_theme(qapp, name, 1.0)
            qapp.processEvents()
            place = view.picture_place().toRect()
            corner = place.topLeft() + QPoint(-1, -1)
            assert view.grab().toImage().pixelColor(corner).name() == theme.tokens().line.lower()
    finally:
        theme.apply_theme(qapp, "light", 1.0)


def test_screen_readers_hear_a_picture_and_its_size(view) -> None:
    view.set_picture(np.zeros((1, 28, 20), dtype=np.uint8))
    interface = QAccessible.queryAccessibleInterface(view)
    assert interface.role() == QAccessible.Role.Graphic
    assert interface.text(QAccessible.Text.Description) == "28 × 20 pixels"
