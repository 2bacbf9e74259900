"""Groups of pictures: where they lie, what clicks and keys choose and select."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lepton_studio.gui.widgets.group_plan import GroupPlan
from lepton_studio.gui.widgets.picture_groups import PictureGroup, PictureGroups

SIZES = (3, 7, 2)


@pytest.fixture
def view(qtbot) -> PictureGroups:
    widget = PictureGroups()
    qtbot.addWidget(widget)
    widget.resize(360, 400)
    widget.show()
    images = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 6, 6), np.uint8)
    firsts = np.cumsum((0, *SIZES))
    groups = [
        PictureGroup(f"group {number}", np.arange(first, first + size) + 20, (("name", "number"),) * size)
        for number, (first, size) in enumerate(zip(firsts, SIZES, strict=False))
    ]
    widget.set_groups(images, groups)
    return widget


def test_every_place_is_found_again_and_none_overlaps() -> None:
    plan = GroupPlan.fitted(list(SIZES), [20, 0, 30], 350, (110, 120), 8)
    assert plan.columns == 3
    places = [plan.place(entry) for entry in range(plan.count)]
    assert [plan.entry_at(place.center()) for place in places] == list(range(12))
    assert not any(one.intersects(other) for at, one in enumerate(places) for other in places[:at])
    assert plan.tops.tolist() == [0, 140, 500, 650]
    # Titles and the rest of a short row are nobody's.
    assert plan.entry_at(QPoint(20, 10)) is None
    assert plan.entry_at(QPoint(250, 560)) is None
    assert plan.groups_between(139, 501) == range(3)


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        (None, Qt.Key.Key_Down, 0),
        (0, Qt.Key.Key_Right, 1),
        (0, Qt.Key.Key_Left, 0),
        (1, Qt.Key.Key_Down, 4),
        (8, Qt.Key.Key_Down, 9),
        (9, Qt.Key.Key_Down, 10),
        (11, Qt.Key.Key_Up, 9),
        (10, Qt.Key.Key_Down, 10),
        (4, Qt.Key.Key_End, 11),
        (4, Qt.Key.Key_Home, 0),
        (4, Qt.Key.Key_Q, None),
    ],
)
def test_keys_go_from_row_to_row_and_from_group_to_group(start, key, end) -> None:
    plan = GroupPlan.fitted(list(SIZES), [20, 20, 20], 350, (110, 120), 8)
    assert plan.after_key(start, key) == end


def test_a_click_chooses_and_held_keys_select_more(qtbot, view) -> None:
    def click(entry: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, held, view.entry_place(entry).center())

    with qtbot.waitSignal(view.sample_chosen) as chosen:
        click(1)
    assert chosen.args == [21]
    click(3, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected_positions() == [21, 22, 23]
    click(2, Qt.KeyboardModifier.ControlModifier)
    assert view.selected_positions() == [21, 23]
    click(0)
    assert view.selected_positions() == [20]


def test_keys_scroll_to_what_they_choose_and_select_all(view) -> None:
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.selected_positions() == [31]
    assert view.viewport().rect().contains(view.entry_place(11))
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(view.selected_positions()) == 12


def test_a_picture_is_painted_in_its_place(view) -> None:
    image = view.viewport().grab().toImage()
    place = view.entry_place(1)
    ratio = image.devicePixelRatio()
    middle = QPoint(place.center().x(), place.top() + 40) * ratio
    assert image.pixelColor(middle).red() == 21
