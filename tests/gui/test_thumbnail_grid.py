"""The grid of pictures: what it paints, how keys and mouse move in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets import thumbnail_painter
from lepton_studio.gui.widgets.thumbnail_grid import LARGEST_SIDE, SMALLEST_SIDE, ThumbnailGrid

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def grid(qtbot) -> ThumbnailGrid:
    widget = ThumbnailGrid()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.set_side(40)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setFocus()
    return widget


@pytest.fixture
def painted(monkeypatch) -> Callable[[], int]:
    """How many pictures were resized for the screen since the last question."""
    counts: list[int] = []
    original = thumbnail_painter.resized_pictures

    def counting(pictures, side):
        counts.append(len(pictures))
        return original(pictures, side)

    monkeypatch.setattr(thumbnail_painter, "resized_pictures", counting)

    def since() -> int:
        total = sum(counts)
        counts.clear()
        return total

    return since


def fill(grid: ThumbnailGrid, count: int, channels: int = 1, indices=None) -> None:
    # One picture seen a million times costs no memory.
    images = np.broadcast_to(np.full((1, channels, 8, 8), 200, dtype=np.uint8), (count, channels, 8, 8))
    labels = np.arange(count, dtype=np.int64) % len(NAMES)
    grid.set_pictures(images, labels, NAMES, np.arange(count) if indices is None else np.asarray(indices))


def click(grid: ThumbnailGrid, position: int) -> None:
    QTest.mouseClick(
        grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grid.place_of(position)
    )


def ctrl_wheel(grid: ThumbnailGrid, turn: int) -> None:
    middle = QPointF(grid.viewport().rect().center())
    event = QWheelEvent(
        middle,
        QPointF(grid.viewport().mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), event)


@pytest.mark.parametrize("count", [0, 1, 60_000, 1_000_000])
def test_only_what_is_seen_is_painted(grid, painted, count) -> None:
    fill(grid, count)
    painted()
    grid.grab()
    room = (400 // 40 + 1) * (300 // 40 + 2)
    assert min(count, 1) <= painted() <= min(count, room)


def test_the_end_of_a_million_pictures_is_one_key_away(grid, painted) -> None:
    fill(grid, 1_000_000)
    painted()
    QTest.keyClick(grid, Qt.Key.Key_End)
    grid.grab()
    assert grid.chosen() == 999_999
    assert 0 < painted() < 100
    assert grid.viewport().rect().contains(grid.place_of(999_999))


def test_nothing_is_copied_when_pictures_are_set(grid) -> None:
    images = np.zeros((5, 1, 8, 8), dtype=np.uint8)
    grid.set_pictures(images, np.zeros(5, dtype=np.int64), ("0",), np.arange(5))
    images[:] = 255
    middle = grid.place_of(0)
    assert grid.viewport().grab().toImage().pixelColor(middle).name() == "#ffffff"


@pytest.mark.parametrize(("channels", "colour"), [(1, "#c8c8c8"), (3, "#c80a1e")])
def test_one_channel_is_grey_and_three_are_colour(grid, channels, colour) -> None:
    images = np.zeros((1, channels, 8, 8), dtype=np.uint8)
    images[0] = np.array([200, 10, 30], dtype=np.uint8)[:channels, None, None]
    grid.set_pictures(images, np.zeros(1, dtype=np.int64), ("0",), np.arange(1))
    assert grid.viewport().grab().toImage().pixelColor(grid.place_of(0)).name() == colour


def test_an_enlarged_picture_keeps_sharp_pixels(grid) -> None:
    images = np.array([[[[0, 255], [255, 0]]]], dtype=np.uint8)
    grid.set_side(100)
    grid.set_pictures(images, np.zeros(1, dtype=np.int64), ("0",), np.arange(1))
    shown = grid.viewport().grab().toImage()
    middle, half = grid.place_of(0), theme.px(100) // 2 - 3
    greys = {
        QImage.pixelColor(shown, middle + QPoint(dx, dy)).lightness()
        for dx in range(-half, half)
        for dy in range(-half, half)
    }
    assert greys == {0, 255}


def test_a_click_chooses_and_is_told_once(grid, qtbot) -> None:
    fill(grid, 30, indices=np.arange(29, -1, -1))
    chosen = []
    grid.sample_chosen.connect(chosen.append)
    click(grid, 25)
    click(grid, 25)
    assert chosen == [25]
    assert grid.chosen() == 25


def test_a_click_between_the_pictures_chooses_nothing(grid) -> None:
    fill(grid, 30)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(2, 2))
    assert grid.chosen() is None


def test_a_double_click_and_enter_activate(grid) -> None:
    fill(grid, 30)
    activated = []
    grid.sample_activated.connect(activated.append)
    QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grid.place_of(3))
    QTest.keyClick(grid, Qt.Key.Key_Return)
    QTest.keyClick(grid, Qt.Key.Key_Enter)
    assert activated == [3, 3, 3]


def test_enter_activates_nothing_while_nothing_is_chosen(grid, qtbot) -> None:
    fill(grid, 3)
    with qtbot.assertNotEmitted(grid.sample_activated):
        QTest.keyClick(grid, Qt.Key.Key_Return)


def test_arrows_walk_and_stop_at_the_edges(grid) -> None:
    fill(grid, 30)
    columns = sum(grid.place_of(at).y() == grid.place_of(0).y() for at in range(30))
    where = []
    grid.sample_chosen.connect(where.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(grid, key)
    assert where == [0, 1, 1 + columns, columns, 0]
    QTest.keyClick(grid, Qt.Key.Key_Up)
    QTest.keyClick(grid, Qt.Key.Key_Left)
    assert grid.chosen() == 0
    QTest.keyClick(grid, Qt.Key.Key_End)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.chosen() == 29
    QTest.keyClick(grid, Qt.Key.Key_Home)
    assert grid.chosen() == 0


def test_pages_move_by_what_is_seen_and_keep_the_column(grid) -> None:
    fill(grid, 5_000)
    click(grid, 2)
    x, y = grid.place_of(2).x(), grid.place_of(2).y()
    QTest.keyClick(grid, Qt.Key.Key_PageDown)
    place = grid.place_of(grid.chosen())
    assert place.x() == x
    assert grid.viewport().rect().contains(place)
    assert place.y() + grid.verticalScrollBar().value() - y <= grid.viewport().height()
    QTest.keyClick(grid, Qt.Key.Key_PageUp)
    assert grid.chosen() == 2


def test_a_typed_number_jumps_to_that_dataset_position(grid) -> None:
    fill(grid, 5_000, indices=np.arange(4_999, -1, -1))
    QTest.keyClicks(grid, "412")
    assert grid.chosen() == 412
    assert grid.viewport().rect().contains(grid.place_of(412))


def test_a_typed_number_that_is_not_shown_leaves_the_choice(grid) -> None:
    fill(grid, 5_000, indices=[1, 7, 41])
    QTest.keyClicks(grid, "412")
    grid.grab()
    assert grid.chosen() == 41
    QTest.keyClick(grid, Qt.Key.Key_Backspace)
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    QTest.keyClicks(grid, "7")
    assert grid.chosen() == 7


def test_ctrl_and_wheel_change_the_size_within_bounds(grid) -> None:
    fill(grid, 500)
    sizes = []
    grid.side_changed.connect(sizes.append)
    for _ in range(30):
        ctrl_wheel(grid, 120)
    assert grid.side() == LARGEST_SIDE
    for _ in range(30):
        ctrl_wheel(grid, -120)
    assert grid.side() == SMALLEST_SIDE
    assert sizes == sorted(sizes[: sizes.index(LARGEST_SIDE) + 1]) + sorted(
        sizes[sizes.index(LARGEST_SIDE) + 1 :], reverse=True
    )


def test_small_turns_of_a_touchpad_add_up(grid) -> None:
    for _ in range(3):
        ctrl_wheel(grid, 40)
    assert grid.side() == 46


def test_the_chosen_picture_stays_on_screen_when_the_size_changes(grid) -> None:
    fill(grid, 5_000)
    QTest.keyClicks(grid, "2500")
    for side in (160, 24, 57):
        grid.set_side(side)
        assert grid.viewport().rect().contains(grid.place_of(2_500))


def test_new_indices_keep_the_choice_only_if_it_is_among_them(grid, qtbot) -> None:
    fill(grid, 100)
    click(grid, 10)
    with qtbot.assertNotEmitted(grid.sample_chosen):
        grid.set_indices(np.array([50, 10, 3]))
        assert grid.chosen() == 10
        grid.set_indices(np.array([50, 3]))
        assert grid.chosen() is None


def test_a_page_chooses_without_a_signal(grid, qtbot) -> None:
    fill(grid, 5_000)
    with qtbot.assertNotEmitted(grid.sample_chosen):
        assert grid.choose(4_000)
        assert grid.viewport().rect().contains(grid.place_of(4_000))
        assert not grid.choose(5_000)
    assert grid.chosen() is None


def test_captions_take_room_only_under_large_thumbnails(grid) -> None:
    fill(grid, 30)
    grid.set_caption("class")

    def distance() -> int:
        ys = sorted({grid.place_of(at).y() for at in range(30)})
        return ys[1] - ys[0]

    grid.set_side(47)
    small = distance()
    grid.set_side(48)
    assert distance() - small > 8
    grid.grab()
    grid.set_caption("none")
    assert distance() - small <= 2


def test_a_mark_changes_its_picture_and_no_other(grid) -> None:
    fill(grid, 30)
    before = grid.viewport().grab().toImage()
    grid.set_marks(np.arange(30) == 2)
    after = grid.viewport().grab().toImage()
    corner = QPoint(theme.px(40) // 2 - 5, 5 - theme.px(40) // 2)
    assert before.pixelColor(grid.place_of(2) + corner) != after.pixelColor(grid.place_of(2) + corner)
    assert before.pixelColor(grid.place_of(3) + corner) == after.pixelColor(grid.place_of(3) + corner)
    assert "wrong" in grid.describe(2)
    assert "wrong" not in grid.describe(3)


def test_an_empty_grid_paints_its_placeholder(grid) -> None:
    fill(grid, 0)
    grid.set_placeholder("")
    blank = grid.viewport().grab().toImage()
    grid.set_placeholder("Nothing matches")
    assert grid.viewport().grab().toImage() != blank


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # a tip on the offscreen platform
def test_the_mouse_at_rest_tells_number_and_class(grid) -> None:
    fill(grid, 30)
    at = grid.place_of(4)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, grid.viewport().mapToGlobal(at))
    QApplication.sendEvent(grid.viewport(), event)
    assert QToolTip.text() == "Number 4, class dog"
    QToolTip.hideText()


def test_screen_readers_hear_a_named_list_and_the_chosen_picture(grid) -> None:
    fill(grid, 30)
    click(grid, 5)
    interface = QAccessible.queryAccessibleInterface(grid)
    assert interface.role() == QAccessible.Role.List
    assert interface.text(QAccessible.Text.Name) == "Pictures"
    assert interface.text(QAccessible.Text.Description) == "Number 5, class owl"


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_larger_theme_enlarges_the_thumbnails(qtbot, qapp, grid, name) -> None:
    fill(grid, 30)
    before = grid.place_of(1).x() - grid.place_of(0).x()
    try:
        grid.clearFocus()
        theme.apply_theme(qapp, name, 1.5)
        qapp.processEvents()
        assert grid.place_of(1).x() - grid.place_of(0).x() > before * 1.2
        background = grid.viewport().grab().toImage().pixelColor(1, 1)
        assert background.name() == theme.tokens().surface.lower()
    finally:
        theme.apply_theme(qapp, "light", 1.0)


@pytest.mark.parametrize(("labels", "indices"), [(4, [0]), (5, [5]), (5, [-1])], ids=["labels", "too far", "negative"])
def test_arrays_that_do_not_fit_are_refused(grid, labels, indices) -> None:
    images = np.zeros((5, 1, 8, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"labels|positions"):
        grid.set_pictures(images, np.zeros(labels, dtype=np.int64), ("0",), np.array(indices))


def test_marks_of_another_length_are_refused(grid) -> None:
    fill(grid, 5)
    with pytest.raises(ValueError, match="4 marks for 5 pictures"):
        grid.set_marks(np.zeros(4, dtype=np.bool_))
