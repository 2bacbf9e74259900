"""The path of the work at the left."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from lepton_studio.gui.widgets.sidebar import Sidebar
from lepton_studio.gui.widgets.sidebar_entry import SidebarEntry


@pytest.fixture
def sidebar(qtbot) -> Sidebar:
    widget = Sidebar()
    for name in ("data", "build", "train"):
        widget.add_entry(f"{name}_page", name.title(), name)
    qtbot.addWidget(widget)
    widget.resize(192, 500)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def entry(sidebar: Sidebar, name: str) -> SidebarEntry:
    return sidebar.findChild(SidebarEntry, f"go_{name}")


def test_entries_stand_in_the_order_of_the_work(sidebar) -> None:
    heights = [entry(sidebar, f"{name}_page").y() for name in ("data", "build", "train")]
    assert heights == sorted(heights)
    assert heights[0] < heights[1] < heights[2] < sidebar.findChild(QLabel, "device_label").y()


def test_a_click_says_which_page(sidebar) -> None:
    picked = []
    sidebar.page_picked.connect(picked.append)
    for name in ("build_page", "train_page", "build_page"):
        QTest.mouseClick(entry(sidebar, name), Qt.MouseButton.LeftButton)
    assert picked == ["build_page", "train_page", "build_page"]


def test_the_entry_of_the_page_in_front_is_the_only_one_marked(sidebar) -> None:
    for name in ("build_page", "data_page"):
        sidebar.choose(name)
        marked = [each.objectName() for each in sidebar.findChildren(SidebarEntry) if each.isChecked()]
        assert marked == [f"go_{name}"]


def test_choosing_says_nothing(sidebar, qtbot) -> None:
    with qtbot.assertNotEmitted(sidebar.page_picked):
        sidebar.choose("train_page")


def test_the_quiet_line_is_told_to_screen_readers_too(sidebar) -> None:
    sidebar.set_state("data_page", "10 classes")
    assert entry(sidebar, "data_page").state == "10 classes"
    assert entry(sidebar, "data_page").accessibleDescription() == "10 classes"
    assert entry(sidebar, "data_page").accessibleName() == "Data"
    sidebar.set_state("data_page", "a state that is far too long for so narrow a place " * 3)
    sidebar.grab()


def test_the_device_stands_at_the_bottom(sidebar) -> None:
    sidebar.set_device("CPU (x86_64), 1 thread")
    assert sidebar.findChild(QLabel, "device_label").text() == "CPU (x86_64), 1 thread"


def test_entries_can_be_reached_and_pressed_with_the_keyboard(sidebar) -> None:
    picked = []
    sidebar.page_picked.connect(picked.append)
    one = entry(sidebar, "build_page")
    one.setFocus()
    QTest.keyClick(one, Qt.Key.Key_Space)
    assert picked == ["build_page"]
    sidebar.grab()


def test_a_narrow_sidebar_puts_words_below_icons_and_the_state_into_the_tip(sidebar) -> None:
    wide = sidebar.width()
    sidebar.set_state("build_page", "421 parameters")
    sidebar.set_compact(True)
    assert sidebar.width() < wide / 2
    assert entry(sidebar, "build_page").toolTip() == "421 parameters"
    assert entry(sidebar, "build_page").sizeHint().height() > 50
    sidebar.grab()
    sidebar.set_compact(False)
    assert sidebar.width() == wide
    assert entry(sidebar, "build_page").toolTip() == ""
