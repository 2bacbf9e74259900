"""Every page in light and dark, as designed and enlarged: nothing is cut, covered or too small to hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.widgets.sidebar_entry import SidebarEntry

PAGES = ("data_page", "build_page", "train_page", "evaluate_page", "draw_page", "runs_page")
SIZES = [("100 %", (1280, 720)), ("100 %", (1024, 640)), ("150 %", (1280, 720))]


@pytest.fixture
def walk(faults_of: Callable[[QWidget], list[str]]) -> Callable[[MainWindow], list[str]]:
    """Goes through all pages and tells their faults."""

    def walk(window: MainWindow) -> list[str]:
        found = []
        for page in PAGES:
            window.show_page(page)
            found += [f"{page}: {fault}" for fault in faults_of(window.centralWidget())]
        return found

    return walk


def appear(window: MainWindow, name: str, zoom: str, size: tuple[int, int]) -> None:
    window.set_preferences(Preferences(theme=name, zoom=zoom))  # type: ignore[arg-type]
    window.resize(*size)
    QApplication.processEvents()


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("look", SIZES)
def test_nothing_is_cut_on_full_pages(
    ready_window: MainWindow, fill: Any, walk: Any, name: str, look: tuple[str, tuple[int, int]]
) -> None:
    appear(ready_window, name, *look)
    fill(ready_window)
    # The longest that the sidebar has to say.
    ready_window.findChild(SidebarEntry, "go_train_page").set_state("paused at 888 of 2000")
    assert walk(ready_window) == []


@pytest.mark.parametrize("look", SIZES[1:])
def test_nothing_is_cut_on_empty_pages(ready_window: MainWindow, walk: Any, look: tuple[str, tuple[int, int]]) -> None:
    appear(ready_window, "light", *look)
    assert walk(ready_window) == []


@pytest.mark.parametrize("look", SIZES[1:])
def test_a_long_message_cuts_nothing(
    ready_window: MainWindow, fill: Any, walk: Any, look: tuple[str, tuple[int, int]]
) -> None:
    appear(ready_window, "light", *look)
    fill(ready_window)
    for page in PAGES:
        ready_window.page(page).message.say("Something went wrong, and this is what it was. " * 3)
    assert walk(ready_window) == []


def colours_in(image: QImage) -> set[int]:
    return {image.pixel(x, y) & 0xFFFFFF for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_is_empty_shows_no_figures(ready_window: MainWindow, name: str) -> None:
    appear(ready_window, name, "100 %", (1280, 720))
    colours = theme.tokens()
    ready_window.show_page("draw_page")
    QApplication.processEvents()
    draw: Any = ready_window.page("draw_page")
    accent = QColor(colours.accent).rgb() & 0xFFFFFF
    assert accent not in colours_in(draw.view.grab().toImage())
    # Steps to what the network sees come with a drawing.
    assert not draw.card.steps.steps
    assert not draw.card.steps.pixels.isVisible()
    ready_window.show_page("train_page")
    QApplication.processEvents()
    train: Any = ready_window.page("train_page")
    assert not train.session.run
    assert not train.progress.result.text()
    assert not train.progress.text.text()
    assert not train.progress.performance.isVisible()


def test_faults_are_seen(qtbot: Any, layout_faults: Any) -> None:
    # A test that never finds anything would be worth nothing.
    box = QWidget()
    qtbot.addWidget(box)
    box.resize(200, 100)
    long, covering, outside = QLabel("A label with many words", box), QPushButton("OK", box), QPushButton("Out", box)
    long.setGeometry(0, 0, 60, 20)
    covering.setGeometry(40, 5, 20, 30)
    outside.setGeometry(150, 60, 80, 30)
    box.show()
    text = "\n".join(layout_faults(box))
    assert "'A label with many words' needs" in text
    assert "lie on each other" in text
    assert "too small to hit" in text
    assert "is cut by" in text
