"""What the Data page and collecting show besides the grid: nothing is cut, in any look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from lepton_studio.gui.data_tabs import DATASETS, INSIGHT, SPLITS
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.preferences import Preferences

LOOKS = [("light", "100 %", (1280, 720)), ("dark", "100 %", (1024, 640)), ("light", "150 %", (1280, 720))]
PATIENCE = 20_000


@pytest.fixture(params=LOOKS, ids=[f"{name}, {zoom}, {size[0]}" for name, zoom, size in LOOKS])
def shown(ready_window: MainWindow, request: pytest.FixtureRequest) -> MainWindow:
    name, zoom, size = request.param
    ready_window.set_preferences(Preferences(theme=name, zoom=zoom))
    ready_window.resize(*size)
    ready_window.show_page("data_page")
    QApplication.processEvents()
    return ready_window


def test_nothing_is_cut_in_the_tabs(shown: MainWindow, qtbot: Any, faults_of: Any) -> None:
    page: Any = shown.page("data_page")
    page.tabs.bar.setCurrentIndex(INSIGHT)
    for panel in range(5):
        page.tabs.insight.show_panel(panel)
        qtbot.waitUntil(lambda: not page.tabs.insight.runner.isRunning(), timeout=PATIENCE)
        assert faults_of(shown.centralWidget()) == [], f"panel {panel} of what explains the data"
    for tab in (SPLITS, DATASETS):
        page.tabs.bar.setCurrentIndex(tab)
        assert faults_of(shown.centralWidget()) == [], f"tab {tab}"


def test_nothing_is_cut_in_the_report_of_an_import(
    shown: MainWindow, qtbot: Any, faults_of: Any, tmp_path: Path
) -> None:
    for name in ("a", "a class with a name that is longer than any column is wide"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (40 + number, 30), (90 * number, 10, 200)).save(tmp_path / "mine" / name / f"{number}.png")
        (tmp_path / "mine" / name / "broken with a long name, too, as cameras like to give them.png").write_bytes(b"")
    page: Any = shown.page("data_page")
    page.look_at([tmp_path / "mine"])
    view = page.tabs.import_view
    qtbot.waitUntil(lambda: not view.runner.isRunning() and view.report.isVisible(), timeout=PATIENCE)
    assert faults_of(shown.centralWidget()) == []
    view.discard()


def test_nothing_is_cut_in_the_dialog_that_makes_a_view(shown: MainWindow, qtbot: Any, faults_of: Any) -> None:
    page: Any = shown.page("data_page")
    page.tabs.make_view()
    dialog = shown.findChild(QWidget, "view_editor")
    qtbot.waitUntil(lambda: not dialog.runner.isRunning(), timeout=PATIENCE)
    assert faults_of(dialog) == []
    dialog.reject()


def test_nothing_is_cut_while_drawings_are_collected(shown: MainWindow, faults_of: Any) -> None:
    shown.show_page("draw_page")
    QApplication.processEvents()
    shown.findChild(QAbstractButton, "collect_switch").click()
    assert faults_of(shown.centralWidget()) == []
