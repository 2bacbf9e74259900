"""The layers that can be added: groups, search, and the three ways to ask for one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lepton_studio.gui.widgets.layer_palette import LayerPalette, PaletteEntry

ENTRIES = [
    PaletteEntry("relu", "Activation", "ReLU", "Cuts off what is negative."),
    PaletteEntry("conv2d", "Picture", "Convolution", "Looks at patches."),
    PaletteEntry("max_pool2d", "Picture", "Max pooling", "Keeps the largest."),
]


@pytest.fixture
def palette(qtbot) -> LayerPalette:
    widget = LayerPalette(ENTRIES)
    qtbot.addWidget(widget)
    widget.resize(200, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def wanted(palette) -> list[tuple[str, bool]]:
    heard: list[tuple[str, bool]] = []
    palette.layer_wanted.connect(lambda tag, inside: heard.append((tag, inside)))
    return heard


def texts(palette: LayerPalette) -> list[str]:
    """What is to be seen in the list."""
    rows = (palette.list.item(row) for row in range(palette.list.count()))
    return [row.text().strip() for row in rows if not row.isHidden()]


def pick(palette: LayerPalette, title: str) -> None:
    rows = (palette.list.item(row) for row in range(palette.list.count()))
    item = next(row for row in rows if row.text().strip() == title)
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=palette.list.visualItemRect(item).center())


def test_layers_stand_under_their_groups(palette) -> None:
    assert texts(palette) == ["Activation", "ReLU", "Picture", "Convolution", "Max pooling"]
    assert palette.list.item(3).toolTip() == "Looks at patches."


def test_the_buttons_wait_until_a_layer_is_picked(palette, wanted) -> None:
    assert not palette.add_button.isEnabled()
    pick(palette, "Convolution")
    QTest.mouseClick(palette.add_button, Qt.MouseButton.LeftButton)
    assert wanted == [("conv2d", False)]


def test_a_heading_cannot_be_picked(palette, wanted) -> None:
    pick(palette, "Picture")
    assert not palette.add_button.isEnabled()
    palette.list.itemActivated.emit(palette.list.item(0))
    assert wanted == []


def test_enter_and_a_double_click_add_after(palette, wanted) -> None:
    pick(palette, "ReLU")
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    place = palette.list.visualItemRect(palette.list.currentItem()).center()
    QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wanted == [("relu", False)] * 2


def test_inside_is_offered_only_where_there_is_an_inside(palette, wanted) -> None:
    assert not palette.inside_button.isVisible()
    palette.set_container_chosen(True)
    assert palette.inside_button.isVisible()
    pick(palette, "ReLU")
    QTest.mouseClick(palette.inside_button, Qt.MouseButton.LeftButton)
    assert wanted == [("relu", True)]
    palette.set_container_chosen(False)
    assert not palette.inside_button.isVisible()


def test_the_search_shows_the_layers_that_match(palette) -> None:
    QTest.keyClicks(palette.search, "  POOL ")
    assert texts(palette) == ["Max pooling"]
    palette.search.clear()
    assert len(texts(palette)) == 5
    QTest.keyClicks(palette.search, "nothing of the kind")
    assert texts(palette) == []


def test_what_the_search_hides_is_picked_no_more(palette, wanted) -> None:
    pick(palette, "ReLU")
    QTest.keyClicks(palette.search, "pool")
    assert not palette.add_button.isEnabled()
    palette.search.clear()
    QTest.keyClicks(palette.search, "pool")
    pick(palette, "Max pooling")
    QTest.mouseClick(palette.add_button, Qt.MouseButton.LeftButton)
    assert wanted == [("max_pool2d", False)]
