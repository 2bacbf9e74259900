"""The first start: look at the pictures."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel

from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid


def test_the_window_opens_on_the_data_page_with_pictures_and_no_message(hand: Any) -> None:
    assert hand.window.current_page == "data_page"
    grid = hand.find("thumbnail_grid", ThumbnailGrid)
    assert grid.isVisible()
    assert grid.place_of(0) is not None
    assert not hand.window.page("data_page").message.text
    assert hand.find("go_data_page").state == "10 classes"
    assert hand.find("device_label", QLabel).text().endswith(("thread", "threads"))


def test_pictures_are_filtered_by_class_and_split(hand: Any) -> None:
    samples = hand.session.samples
    grid = hand.find("thumbnail_grid", ThumbnailGrid)
    hand.choose("class_filter", "7")
    sevens = [index for index in range(len(samples)) if samples.labels[index] == 7]
    assert grid.place_of(sevens[0]) is not None
    other = next(index for index in range(len(samples)) if samples.labels[index] != 7)
    assert grid.place_of(other) is None
    assert hand.says("500 of")
    hand.choose("split_filter", "Test")
    assert hand.says("100 of")
    shown = [index for index in sevens if grid.place_of(index) is not None]
    assert len(shown) == 100
    assert all(samples.is_test[index] for index in shown)
    hand.choose("class_filter", "All classes")
    hand.choose("split_filter", "All splits")
    assert grid.place_of(other) is not None


def test_a_clicked_picture_is_shown_large_with_its_facts(hand: Any) -> None:
    grid, view = hand.find("thumbnail_grid", ThumbnailGrid), hand.find("sample_view", PixelView)
    samples = hand.session.samples
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.place_of(5))
    assert grid.chosen() == 5
    assert hand.says(samples.class_names[samples.labels[5]])
    assert hand.says("Number 5 ")
    row, column = (int(side[0]) for side in samples.images[5, 0].nonzero())
    assert view.pixel_text(row, column).endswith(f": {samples.images[5, 0, row, column]}")
    hand.press(Qt.Key.Key_Right)
    assert grid.chosen() == 6
    assert hand.says("Number 6 ")


def test_the_size_of_the_pictures_follows_the_slider_and_the_wheel(hand: Any) -> None:
    grid, slider = hand.find("thumbnail_grid", ThumbnailGrid), hand.find("thumbnail_size")
    before = grid.side()
    slider.setFocus()
    hand.press(Qt.Key.Key_End)
    assert grid.side() == slider.maximum() > before
    grid.set_side(40)
    assert slider.value() == 40


def test_the_main_button_leads_on_to_the_next_page(hand: Any) -> None:
    hand.click("data_next")
    assert hand.window.current_page == "build_page"
    hand.click("build_next")
    assert hand.window.current_page == "train_page"
    assert hand.find("dataset_picker", QComboBox).currentText() == "Bundled digits"
