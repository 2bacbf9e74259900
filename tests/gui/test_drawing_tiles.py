"""Small drawings are painted, found under the mouse, and walked with keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.drawing_tiles import DrawingTile, DrawingTiles
from lepton_studio.gui.widgets.drawn_ink import PadStroke

LINE = (PadStroke(((0.5, 0.0), (0.5, 1.0)), 0.2),)


def tile(number: int, strokes: tuple[PadStroke, ...] = LINE) -> DrawingTile:
    return DrawingTile(f"id {number}", strokes, f"{number}", f"drawing {number}")


@pytest.fixture
def tiles(qtbot: Any) -> DrawingTiles:
    made = DrawingTiles(40, wraps=True)
    qtbot.addWidget(made)
    made.resize(150, 100)
    made.show()
    qtbot.waitExposed(made)
    made.show_tiles([tile(number) for number in range(5)])
    return made


def test_they_lie_in_as_many_rows_as_the_width_asks_for(tiles: DrawingTiles) -> None:
    places = [tiles.place_of(number) for number in range(5)]
    assert [place.left() for place in places] == [0, 46, 92, 0, 46]
    assert places[0].top() == places[2].top() < places[3].top()
    assert tiles.height() == places[4].bottom() + 1
    assert not any(one.intersects(other) for one in places for other in places if one is not other)


def test_one_row_is_as_wide_as_its_drawings(qtbot: Any) -> None:
    row = DrawingTiles(40, wraps=False)
    qtbot.addWidget(row)
    row.show_tiles([tile(number) for number in range(7)])
    assert row.width() == 7 * 46 - 6
    assert row.place_of(6).top() == 0


def test_a_drawing_is_painted_in_ink_in_its_place(tiles: DrawingTiles) -> None:
    image: QImage = tiles.grab().toImage()
    place = tiles.place_of(4)
    assert image.pixelColor(place.left() + 20, place.top() + 20) == QColor(theme.tokens().text)
    assert image.pixelColor(place.left() + 8, place.top() + 20) == QColor(theme.tokens().surface)


def test_a_click_chooses_and_the_cross_removes(tiles: DrawingTiles, qtbot: Any) -> None:
    chosen: list[str] = []
    removed: list[str] = []
    tiles.chosen.connect(chosen.append)
    tiles.removed.connect(removed.append)
    place = tiles.place_of(3)
    qtbot.mouseMove(tiles, place.center())
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=place.center())
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=place.topRight() + QPoint(-8, 8))
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=QPoint(place.right() + 3, place.top() + 3))
    assert (chosen, removed) == (["id 3"], ["id 3"])


def test_keys_go_from_drawing_to_drawing_and_never_beyond(tiles: DrawingTiles, qtbot: Any) -> None:
    chosen: list[str] = []
    removed: list[str] = []
    tiles.chosen.connect(chosen.append)
    tiles.removed.connect(removed.append)
    tiles.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Down):
        qtbot.keyClick(tiles, key)
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    qtbot.keyClick(tiles, Qt.Key.Key_Delete)
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    qtbot.keyClick(tiles, Qt.Key.Key_Left)
    qtbot.keyClick(tiles, Qt.Key.Key_Enter)
    assert chosen == ["id 1", "id 4", "id 0"]
    assert removed == ["id 4"]
    assert tiles.accessibleDescription() == "drawing 0"


def test_fewer_drawings_leave_the_keys_on_one_that_is_there(tiles: DrawingTiles, qtbot: Any) -> None:
    tiles.setFocus()
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    tiles.show_tiles([tile(0), tile(1)])
    assert tiles.accessibleDescription() == "drawing 1"
    tiles.show_tiles([])
    qtbot.keyClick(tiles, Qt.Key.Key_Delete)
    assert tiles.accessibleDescription() == ""
    assert tiles.height() == 0


def test_another_theme_paints_them_anew(tiles: DrawingTiles, qapp: Any) -> None:
    theme.apply_theme(qapp, "dark", 1.0)
    image: QImage = tiles.grab().toImage()
    assert image.pixelColor(20, 20) == QColor(theme.DARK.text)
