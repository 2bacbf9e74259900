"""A text that changes often: the page around it stands still unless the text needs another height."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from lepton_studio.gui.widgets.steady_label import SteadyLabel


class Layouts(QObject):
    """Counts how often a widget was asked to lay its children out anew."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self.count = 0
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def shown(qtbot: QtBot, width: int) -> tuple[QWidget, QLabel, SteadyLabel]:
    page, label = QWidget(), QLabel(wordWrap=True)
    steady = SteadyLabel(label)
    layout = QVBoxLayout(page)
    layout.addWidget(steady)
    layout.addStretch(1)
    qtbot.addWidget(page)
    page.resize(width, 200)
    page.show()
    QApplication.processEvents()
    return page, label, steady


def test_a_text_of_the_same_height_lays_nothing_out(qtbot: QtBot) -> None:
    page, label, steady = shown(qtbot, 400)
    steady.show_text("batch 1")
    QApplication.processEvents()
    layouts = Layouts(page)
    for number in range(20):
        steady.show_text(f"batch {number}")
        QApplication.processEvents()
    assert label.text() == "batch 19"
    assert layouts.count == 0


def test_a_text_that_wraps_gets_its_room_and_gives_it_back(qtbot: QtBot) -> None:
    _, label, steady = shown(qtbot, 200)
    steady.show_text("short")
    QApplication.processEvents()
    low = steady.height()
    steady.show_text("a text that is much too long for a single line of this narrow page")
    QApplication.processEvents()
    assert steady.height() >= 2 * low
    assert label.geometry() == steady.rect()
    steady.show_text("")
    QApplication.processEvents()
    assert steady.height() == low
