"""Tiles of pictures, three in a row: where they lie, how keys and clicks go through them, when pictures are made."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.picture_tiles import PictureTiles

GAP = 5
LEFT = Qt.MouseButton.LeftButton


class Tiles(PictureTiles):
    """Numbers of 0 to ``total``, in tiles as high as wide."""

    def __init__(self, total: int, parent: QWidget | None = None) -> None:
        super().__init__(GAP, parent)
        self.total = total

    def count(self) -> int:
        return self.total

    def text_of(self, at: int) -> str:
        return f"number {at}"

    def columns(self) -> int:
        return 3

    def side(self) -> int:
        return int(self.tile_width())

    def tile_height(self) -> int:
        return self.side() + 10


@pytest.fixture
def tiles(qtbot) -> Tiles:
    tiles = Tiles(7)
    qtbot.addWidget(tiles)
    tiles.resize(3 * 60 + 2 * theme.px(GAP), 10)
    tiles.show()
    qtbot.waitExposed(tiles)
    return tiles


def test_tiles_lie_in_rows_with_gaps_and_the_list_is_as_high_as_they_are(tiles) -> None:
    gap = theme.px(GAP)
    assert tiles.place_of(0) == QRect(0, 0, 60, 70)
    assert tiles.place_of(5) == QRect(2 * (60 + gap), 70 + gap, 60, 70)
    assert tiles.height() == 3 * 70 + 2 * gap


def test_none_at_all_still_has_a_height_that_qt_can_show(tiles, qtbot) -> None:
    tiles.total = 0
    tiles._show_others()
    assert tiles.height() == 1
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    assert tiles.accessibleDescription() == ""


@pytest.mark.parametrize(
    ("keys", "ends_at"),
    [("RRD", 5), ("DDD", 6), ("L", 0), ("DU", 0), ("RRRRRRRRR", 6)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrows_go_from_tile_to_tile_and_stop_at_the_ends(tiles, qtbot, keys: str, ends_at: int) -> None:
    named = {"R": Qt.Key.Key_Right, "L": Qt.Key.Key_Left, "U": Qt.Key.Key_Up, "D": Qt.Key.Key_Down}
    for key in keys:
        qtbot.keyClick(tiles, named[key])
    assert tiles.accessibleDescription() == f"number {ends_at}"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space], ids=lambda key: key.name)
def test_return_and_space_ask_for_the_one_that_has_the_keys(tiles, qtbot, key: Qt.Key) -> None:
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    with qtbot.waitSignal(tiles.picture_chosen) as asked:
        qtbot.keyClick(tiles, key)
    assert asked.args == [1]


def test_a_click_asks_for_what_is_under_it_and_gives_it_the_keys(tiles, qtbot) -> None:
    with qtbot.waitSignal(tiles.picture_chosen) as asked:
        qtbot.mouseClick(tiles, LEFT, pos=tiles.place_of(4).center())
    assert asked.args == [4]
    assert tiles.accessibleDescription() == "number 4"
    with qtbot.assertNotEmitted(tiles.picture_chosen):
        qtbot.mouseClick(tiles, LEFT, pos=QPoint(tiles.width() - 2, tiles.height() - 2))


def test_pictures_are_made_anew_for_others_or_another_size_only(tiles) -> None:
    pictures = np.zeros((7, 1, 4, 4), np.uint8)
    first = tiles._image(2, pictures)
    assert (first.width(), first.height()) == (60, 60)
    made = tiles._images
    tiles._image(6, pictures)
    assert tiles._images is made
    tiles._image(2, pictures + 9)
    assert tiles._images is not made
    tiles.resize(3 * 40 + 2 * theme.px(GAP), tiles.height())
    assert tiles._image(2, pictures).width() == 40


def test_a_picture_that_is_not_there_is_empty(tiles) -> None:
    assert tiles._image(0, None).isNull()
