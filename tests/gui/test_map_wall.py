"""Pictures of layers on one wall: where they are, how bright, and in what colours."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSize

from lepton_studio.gui.widgets.map_levels import DARK, MIDDLE, SIGNED, Levels, Values, colour_table
from lepton_studio.gui.widgets.map_plan import Block, plan_wall
from lepton_studio.gui.widgets.map_wall import MapWall

BLOCKS = (
    Block((-1,), "Picture", (1, 28, 28), (1, 28, 28)),
    Block((0,), "Convolution", (32, 28, 28), (32, 28, 28)),
    Block((1,), "LSTM", (28, 64), (28, 64)),
    Block((2,), "Flatten", (3136,), (3136,)),
    Block((), "Answer", (10,), (10,), tuple("0123456789")),
)


def values(numbers: Any) -> Values:
    array = np.asarray(numbers, np.float32)
    return Values(array, float(array.min()), float(array.max()))


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("size", [(320, 600), (460, 600), (700, 560), (1200, 160), (900, 1600)])
def test_layers_stand_one_after_the_other_and_tiles_do_not_overlap(size: tuple[int, int], scale: float) -> None:
    wall = plan_wall(BLOCKS, *size, scale)
    along = 0 if wall.is_flat else 1
    for one, two in pairwise(wall.placed):
        assert one.place[along] + one.place[along + 2] <= two.place[along]
    for block, placed in zip(BLOCKS, wall.placed, strict=True):
        numbers = placed.pixels(block.tile)
        size_of_tile = block.tile[0] * block.tile[1]
        shown = {int(at) for at in np.unique(numbers) if at > 0}
        assert max(shown) <= placed.shown * size_of_tile
        # Every tile has pixels.
        assert {(at - 1) // size_of_tile for at in shown} == set(range(placed.shown))


def test_what_room_is_left_goes_to_layers_that_hide_maps() -> None:
    low, high = (plan_wall(BLOCKS, 500, height, 1.0) for height in (250, 600))
    assert low.placed[1].shown < high.placed[1].shown == 32


def test_pixels_of_a_map_are_its_numbers_row_by_row() -> None:
    placed = plan_wall((Block((0,), "Small", (1, 4, 4), (1, 4, 4)),), 300, 60, 1.0).placed[0]
    numbers = placed.pixels((4, 4))
    side = placed.side[0] // 4
    assert np.array_equal(numbers[::side, ::side], np.arange(1, 17).reshape(4, 4))


def test_zero_is_neutral_and_signs_have_their_own_colours(qapp: Any) -> None:
    levels = Levels(BLOCKS[2])
    found = levels.bytes_of(values([-2.0, -1.0, 0.0, 1.0, 2.0]), 5)
    assert found.tolist() == [SIGNED, 161, MIDDLE, 224, 255]
    table = colour_table()
    assert len(table) == 256
    assert len(set(table)) > 200


def test_what_is_never_below_zero_is_grey(qapp: Any) -> None:
    found = Levels(BLOCKS[2]).bytes_of(values([0.0, 1.0, 2.0]), 3)
    assert found.tolist() == [DARK, DARK + 64, SIGNED - 1]


def test_a_scale_grows_at_once_and_shrinks_slowly(qapp: Any) -> None:
    levels = Levels(BLOCKS[2])
    first = levels.bytes_of(values([0.0, 4.0]), 2)[1]
    weaker = [int(levels.bytes_of(values([0.0, 2.0]), 2)[1]) for _ in range(200)]
    assert weaker[0] < first
    assert weaker[0] - DARK < (first - DARK) * 0.55
    assert weaker == sorted(weaker)
    assert weaker[-1] >= first - 1
    assert levels.bytes_of(values([0.0, 400.0]), 2)[1] == first


def test_one_wild_number_does_not_leave_the_rest_in_the_dark(qapp: Any) -> None:
    numbers = np.full((4, 28, 28), 1.0, np.float32)
    numbers[0, 0, 0] = 3.0
    found = Levels(BLOCKS[1]).bytes_of(values(numbers), numbers.size)
    assert found[5] == SIGNED - 1


def test_probabilities_are_compared_with_certainty(qapp: Any) -> None:
    found = Levels(BLOCKS[4]).bytes_of(values([0.5] + [0.05] * 9), 10)
    assert found[0] == DARK + 63 + 1 or found[0] == DARK + 63


def test_numbers_that_are_none_are_dark(qapp: Any) -> None:
    numbers = np.array([np.nan, 1.0, 2.0], np.float32)
    found = Levels(BLOCKS[2]).bytes_of(Values(numbers, 1.0, 2.0), 3)
    assert found.tolist() == [DARK, DARK + 63, SIGNED - 1] or found[0] == DARK


def test_a_wall_of_many_layers_is_filled_and_emptied(qtbot: Any) -> None:
    wall = MapWall()
    qtbot.addWidget(wall)
    wall.set_room(QSize(460, 600))
    wall.show_blocks(BLOCKS)
    random = np.random.default_rng(1)
    wall.show_values([values(random.random(block.given)) for block in BLOCKS])
    middle = wall.place_of((0,), 3).center()
    shown = wall.grab().toImage().pixelColor(middle)
    assert wall.byte_at((0,), 3, 400) != DARK
    wall.show_values(())
    assert wall.byte_at((0,), 3, 400) == DARK
    assert wall.grab().toImage().pixelColor(middle) != shown
    assert wall.grab().toImage().pixelColor(middle).name() == "#000000"
    assert wall.tile_at(middle) == ((0,), 3)
    assert wall.place_of((0,), 99).isEmpty()
