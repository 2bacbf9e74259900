"""Heat maps: their colours, the drawing below, the legend, and strokes side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.heat_colours import clear_heat, drawing_ground, heat_colours, heat_shares, over_ground
from lepton_studio.gui.widgets.heat_legend import HeatLegend
from lepton_studio.gui.widgets.heat_view import HeatView
from lepton_studio.gui.widgets.painting import contrast
from lepton_studio.gui.widgets.stroke_strip import StrokeCell, StrokeStrip

DRAWING = np.zeros((1, 6, 6), np.uint8)
DRAWING[0, 1:5, 2] = 255
HEAT = np.zeros((6, 6), np.float32)
HEAT[1, 2], HEAT[4, 2] = 2.0, -1.0


def cells(count: int) -> list[StrokeCell]:
    places = np.array([[2.5, 1.5], [2.5, 4.5]], np.float32)
    return [
        StrokeCell(DRAWING, places, 1 - number / 4, 1.0, f"→ {number}  50 %", number == 0, f"Tip {number}.")
        for number in range(count)
    ]


def test_the_largest_number_has_the_whole_colour_and_zero_none() -> None:
    shares = heat_shares(HEAT, is_signed=True)
    assert (float(shares.max()), float(shares.min())) == (1.0, -0.5)
    colour, cover = heat_colours(shares, is_signed=True)
    tokens = theme.tokens()
    assert QColor(*colour[1, 2].tolist()) == QColor(tokens.validation)
    assert QColor(*colour[4, 2].tolist()) == QColor(tokens.accent)
    assert cover[1, 2] == 1
    assert 0.5 < cover[4, 2] < 1
    assert cover[0, 0] == 0


def test_an_empty_map_and_numbers_that_are_none_are_clear() -> None:
    for heat in (np.zeros((2, 2), np.float32), np.array([[np.nan, np.inf]], np.float32)):
        assert not clear_heat(heat, True, 1.0).any()
        assert not clear_heat(heat, False, 1.0).any()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_is_strongest_is_seen_on_the_paper_of_either_theme(qapp: QApplication, name: str) -> None:
    theme.apply_theme(qapp, name, 1.0)
    colour, _ = heat_colours(np.linspace(0, 1, 11, dtype=np.float32), is_signed=False)
    paper = QColor(theme.tokens().surface)
    contrasts = [contrast(QColor(*each.tolist()), paper) for each in colour]
    assert contrasts == sorted(contrasts)
    assert contrasts[-1] > 7
    for end in (-1.0, 1.0):
        signed, _ = heat_colours(np.array([end], np.float32), is_signed=True)
        assert contrast(QColor(*signed[0].tolist()), paper) >= 3


def test_a_map_over_paper_is_the_clear_map_laid_over_it() -> None:
    ground = drawing_ground(DRAWING, 0.5)
    clear = clear_heat(HEAT, True, 0.6).astype(float)
    laid = ground * (1 - clear[..., 3:] / 255) + clear[..., :3]
    np.testing.assert_allclose(over_ground(HEAT, True, ground, 0.6), laid, atol=2)
    assert np.array_equal(over_ground(HEAT, True, ground, 0.0), np.rint(ground).astype(np.uint8))


def test_the_view_shows_the_drawing_at_once_and_pales_the_map_of_another(qtbot: Any) -> None:
    view = HeatView()
    qtbot.addWidget(view)
    view.set_drawing(DRAWING)
    alone = view._image.copy()
    view.set_heat(HEAT, True, DRAWING)
    fresh = view._image.copy()
    assert not view.is_old
    assert fresh != alone
    view.set_drawing(DRAWING[:, :, ::-1].copy())
    assert view.is_old
    assert view._image != fresh
    view.set_heat(HEAT, True, DRAWING)
    assert view._image == fresh
    view.set_opacity(0.0)
    assert view._image == alone
    view.set_drawing(None)
    assert view.heat is None
    assert view.picture_place() == QRectF()


def test_a_map_of_another_size_is_dropped(qtbot: Any) -> None:
    view = HeatView()
    qtbot.addWidget(view)
    view.set_heat(HEAT, False, DRAWING)
    view.set_drawing(np.zeros((1, 8, 8), np.uint8))
    assert view.heat is None
    assert not view.is_old


def test_a_pixel_says_what_the_map_says_of_it(qtbot: Any) -> None:
    view = HeatView()
    qtbot.addWidget(view)
    view.set_drawing(DRAWING)
    assert view.pixel_text(1, 2) != view.pixel_text(0, 0)
    view.set_heat(HEAT, True, DRAWING)
    assert view.pixel_text(1, 2) == "row 1, column 2: +2"
    assert view.pixel_text(4, 2) == "row 4, column 2: −1"


def test_a_marked_line_is_painted_over_the_map(qtbot: Any) -> None:
    view = HeatView()
    qtbot.addWidget(view)
    view.resize(120, 120)
    view.set_heat(HEAT, True, DRAWING)
    before = view.grab().toImage()
    for places in ([[1.0, 1.0], [5.0, 5.0]], [[3.0, 3.0]]):
        view.mark_line(np.array(places, np.float32))
        assert view.grab().toImage() != before
    view.mark_line(None)
    assert view.grab().toImage() == before


def test_the_legend_says_its_ends_also_to_those_who_do_not_see_it(qtbot: Any) -> None:
    legend = HeatLegend()
    qtbot.addWidget(legend)
    legend.resize(200, legend.sizeHint().height())
    legend.show_scale(False, "nothing", "", "most")
    plain = legend.grab().toImage()
    assert legend.accessibleName() == "nothing, most"
    legend.show_scale(True, "against 7", "0", "for 7")
    assert legend.texts == ("against 7", "0", "for 7")
    assert legend.grab().toImage() != plain


def test_strokes_stand_in_rows_and_the_strip_is_as_high_as_they_are(qtbot: Any) -> None:
    strip = StrokeStrip()
    qtbot.addWidget(strip)
    strip.resize(330, 10)
    strip.show_cells(cells(3))
    one = strip.height()
    strip.show_cells(cells(8))
    assert strip.height() > 1.9 * one
    assert strip.height() == strip.heightForWidth(330)
    assert strip.cell_place(4).top() > strip.cell_place(3).top()
    assert strip.cell_place(7).bottom() <= strip.height()
    assert strip.accessibleDescription().startswith("Tip 0. Tip 1.")
    assert not strip.grab().isNull()
    strip.show_cells(())
    assert strip.height() == 0


def test_the_stroke_under_the_mouse_or_reached_by_arrows_is_told(qtbot: Any) -> None:
    strip = StrokeStrip()
    qtbot.addWidget(strip)
    strip.resize(330, 10)
    strip.show_cells(cells(3))
    strip.show()
    qtbot.waitExposed(strip)
    told: list[int] = []
    strip.stroke_hovered.connect(told.append)
    qtbot.mouseMove(strip, strip.cell_place(1).center().toPoint())
    qtbot.waitUntil(lambda: told == [1])
    qtbot.mouseMove(strip, QPoint(strip.width() - 1, strip.height() - 1))
    qtbot.waitUntil(lambda: told == [1, -1])
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert told == [1, -1, 0, 1]
    strip.mark_old()
    assert told[-1] == -1
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert told[-1] == -1
    strip.show_cells(cells(1))
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert told[-1] == 0
