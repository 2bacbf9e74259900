"""The layers that can be added: groups, search, and the ways to ask for one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui.widgets.layer_palette import LayerPalette, PaletteEntry
from lepton_studio.gui.widgets.layer_stack import TAG_MIME

ENTRIES = [
    PaletteEntry("relu", "Activation", "ReLU", "Cuts off what is negative."),
    PaletteEntry("conv2d", "Picture", "Convolution", "Looks at patches.", "group_picture", also=("filter", "CNN")),
    PaletteEntry("max_pool2d", "Picture", "Max pooling", "Keeps the largest.", "group_pooling", "Pooling"),
]


@pytest.fixture
def palette(qtbot) -> LayerPalette:
    widget = LayerPalette(ENTRIES)
    qtbot.addWidget(widget)
    widget.resize(200, 600)
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
    assert palette.list.item(3).data(Qt.ItemDataRole.AccessibleDescriptionRole) == "Looks at patches."
    assert not palette.list.item(3).icon().isNull()


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
    QTest.keyClicks(palette.search, "nothing of the kind")
    assert not palette.add_button.isEnabled()
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    palette.search.clear()
    QTest.keyClicks(palette.search, "pool")
    pick(palette, "Max pooling")
    QTest.mouseClick(palette.add_button, Qt.MouseButton.LeftButton)
    assert wanted == [("max_pool2d", False)]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("cnn", ["Convolution"]),
        ("FILTER", ["Convolution"]),
        ("max_pool", ["Max pooling"]),
        ("max pool2d", ["Max pooling"]),
        ("picture", ["Convolution", "Max pooling"]),
        ("lu", ["ReLU", "Convolution"]),
    ],
)
def test_other_names_are_found_too(palette, text, titles) -> None:
    QTest.keyClicks(palette.search, text)
    assert texts(palette) == titles


def test_enter_in_the_search_adds_the_best_hit_and_the_next_word_takes_its_place(palette, wanted) -> None:
    palette.focus_search()
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert wanted == []
    QTest.keyClicks(palette.search, "po")
    assert palette.list.currentItem().text() == "Max pooling"
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    QTest.keyClicks(palette.search, "relu")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert wanted == [("max_pool2d", False), ("relu", False)]
    assert palette.search.text() == "relu"


def test_what_is_asked_for_goes_into_an_open_container(palette, wanted) -> None:
    palette.set_container_chosen(True, opened=True)
    QTest.keyClicks(palette.search, "relu")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    palette.set_container_chosen(True, opened=False)
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert wanted == [("relu", True), ("relu", False)]


def test_down_leads_from_the_search_into_the_list(palette, wanted) -> None:
    palette.focus_search()
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentItem().text() == "ReLU"
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert wanted == [("relu", False)]


def test_the_plus_of_an_entry_adds_it(palette, wanted) -> None:
    place = palette.list.visualItemRect(palette.list.item(3))
    QTest.mouseClick(
        palette.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.right() - 8, place.center().y())
    )
    assert wanted == [("conv2d", False)]
    heading = palette.list.visualItemRect(palette.list.item(0))
    QTest.mouseClick(
        palette.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(heading.right() - 8, heading.center().y())
    )
    assert len(wanted) == 1


def test_an_entry_is_dragged_by_its_tag(palette) -> None:
    data = palette.list.mimeData([palette.list.item(4)])
    assert bytes(data.data(TAG_MIME).data()) == b"max_pool2d"
    assert palette.list.dragEnabled()
    assert not palette.list.item(0).flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert palette.list.mimeData([]).formats() == []


def test_the_entry_under_the_mouse_is_explained(palette) -> None:
    assert "Point at a layer" in palette.hint.text()
    QTest.mouseMove(palette.list.viewport(), palette.list.visualItemRect(palette.list.item(4)).center())
    assert palette.hint.text() == "Keeps the largest."
    QApplication.sendEvent(palette.list, QEvent(QEvent.Type.Leave))
    pick(palette, "ReLU")
    QApplication.sendEvent(palette.list, QEvent(QEvent.Type.Leave))
    assert palette.hint.text() == "Cuts off what is negative."


def test_a_low_palette_keeps_its_room_for_the_list(palette) -> None:
    assert palette.hint.isVisible()
    palette.resize(200, 300)
    QApplication.processEvents()
    assert not palette.hint.isVisible()


def test_a_search_that_finds_nothing_says_so(palette) -> None:
    palette.search.setText("zzz")
    assert texts(palette) == []
    assert palette.list.accessibleDescription().startswith("No layer is called that.")
    assert not palette.list.grab().isNull()
    palette.search.setText("conv")
    assert palette.list.accessibleDescription() == ""
