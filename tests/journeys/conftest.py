"""A hand on mouse and keys, and settings so small that every journey is short."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QListWidget,
    QMessageBox,
    QPushButton,
    QWidget,
)

from lepton_studio.engine import preset
from lepton_studio.gui.demo import DIGITS, _dense
from lepton_studio.gui.main_window import MainWindow

PATIENCE = 60_000

W = TypeVar("W", bound=QWidget)


class Hand:
    """Does what a person does: looks for a thing on the screen, clicks it, types."""

    def __init__(self, window: MainWindow, qtbot: Any) -> None:
        self.window, self.qtbot = window, qtbot
        self.trouble: list[str] = []
        window.session.trouble_met.connect(lambda error, _page: self.trouble.append(str(error)))

    @property
    def session(self) -> Any:
        return self.window.session

    def wait(self, done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(done, timeout=PATIENCE)

    def is_idle(self) -> bool:
        """Whether the training has ended and the window knows it."""
        train = self.window.page("train_page")
        return (
            self.session.training_state == "idle"
            and not train.buttons.stop.isEnabled()
            and self.find("settings_note").isHidden()
        )

    def settle(self) -> None:
        """Lets everything be handled that waits now."""
        for _ in range(3):
            QApplication.processEvents()

    def find(self, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
        found = self.window.findChild(kind, name)
        assert found is not None, f"nothing on the screen is called {name}"
        return found

    def action(self, name: str) -> QAction:
        found = self.window.findChild(QAction, f"action_{name}")
        assert found is not None
        return found

    def click(self, target: str | QWidget, at: QPoint | None = None) -> None:
        """Clicks what can be seen and clicked, and nothing else."""
        widget = self.find(target) if isinstance(target, str) else target
        self.settle()
        assert widget.isVisible(), f"{widget.objectName()} is not to be seen"
        assert widget.isEnabled(), f"{widget.objectName()} is greyed out"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())

    def double_click(self, widget: QWidget, at: QPoint) -> None:
        # As a mouse does it: a press and a release come before the double click.
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Presses a key where the focus is."""
        self.settle()
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)
        self.settle()

    def control(self, key: Qt.Key) -> None:
        """Presses a key with Ctrl held."""
        self.press(key, Qt.KeyboardModifier.ControlModifier)

    def type(self, text: str) -> None:
        self.settle()
        QTest.keyClicks(QApplication.focusWidget(), text)

    def says(self, text: str) -> bool:
        """Whether a label on the page in front says something with this text."""
        page = self.window.page(self.window.current_page)
        labels = [label for label in page.findChildren(QLabel) if label.isVisible()]
        return any(text in re.sub("<[^>]*>", "", label.text()) for label in labels)

    def go(self, page: str) -> None:
        self.click(f"go_{page}")
        self.wait(lambda: self.window.current_page == page)

    def choose(self, name: str, text: str) -> None:
        """Picks an entry of a combo box, as the list under it does."""
        box = self.find(name, QComboBox)
        assert box.isVisible()
        assert box.isEnabled()
        row = next(row for row in range(box.count()) if text in box.itemText(row))
        box.showPopup()
        self.settle()
        view = box.view()
        view.scrollTo(view.model().index(row, 0))
        place = view.visualRect(view.model().index(row, 0))
        QTest.mouseMove(view.viewport(), place.center())
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
        self.wait(lambda: box.currentIndex() == row)

    def row_place(self, view: QAbstractItemView, row: int, column: int = 0) -> QRect:
        index = view.model().index(row, column)
        view.scrollTo(index)
        return view.visualRect(index)

    def click_row(self, view: QAbstractItemView, row: int) -> None:
        self.settle()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=self.row_place(view, row).center())

    def palette_row(self, title: str) -> tuple[QListWidget, int]:
        palette = self.find("palette", QListWidget)
        return palette, next(row for row in range(palette.count()) if palette.item(row).text().strip() == title)

    def add_layer(self, title: str) -> None:
        """Double-clicks a layer of the palette."""
        palette, row = self.palette_row(title)
        self.double_click(palette.viewport(), self.row_place(palette, row).center())
        self.settle()

    def fix(self, number: int) -> QPushButton:
        """The button of an offered fix, as soon as it was found."""
        self.wait(lambda: self.window.findChild(QPushButton, f"fix_{number}") is not None)
        return self.find(f"fix_{number}", QPushButton)

    def stroke(self, points: Any) -> None:
        """Draws one stroke on the canvas; points as shares of its square."""
        canvas = self.find("drawing_canvas")
        path = _dense(points, canvas)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=path[0])
        for place in path[1:]:
            QTest.mouseMove(canvas, place)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=path[-1])

    def draw_digit(self, digit: int) -> None:
        for points in DIGITS[digit]:
            self.stroke(points)

    def answer(self) -> tuple[str, float, list[float]]:
        view = self.find("prediction_view")
        return view.property("label"), view.property("probability"), view.property("probabilities")

    # --- settings

    def set_small(self, epochs: int = 1, batch_size: int = 128) -> None:
        """A network that learns in a second: what takes long is not what journeys are about."""
        experiment = self.session.experiment
        settings = msgspec.structs.replace(
            experiment.hyperparameters, epochs=epochs, batch_size=batch_size, augmentations=(), device="cpu"
        )
        experiment = msgspec.structs.replace(experiment, architecture=preset("mlp"), hyperparameters=settings)
        self.session.edit("Set small", experiment)

    def train(self, epochs: int = 1) -> Any:
        """Trains a small network to its end, by the button; returns the run."""
        self.set_small(epochs)
        self.go("train_page")
        self.click("train_start")
        self.wait(lambda: self.session.run is not None and self.is_idle())
        assert self.session.run.record.state == "finished"
        return self.session.run


@pytest.fixture
def hand(ready_window: MainWindow, qtbot: Any) -> Hand:
    """A hand on the mouse of a window that is ready."""
    ready_window.activateWindow()
    qtbot.waitUntil(ready_window.isActiveWindow, timeout=PATIENCE)
    return Hand(ready_window, qtbot)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a person clicks in the next questions: put the texts of buttons in; all must be asked for."""
    wanted: list[str] = []

    def answer(box: QMessageBox) -> int:
        text = wanted.pop(0)
        found = [each for each in box.buttons() if isinstance(each, QPushButton) and text in each.text()]
        # Qt asks from within: a StopIteration would end the interpreter.
        assert found, f"{text} is none of {[each.text() for each in box.buttons()]}"
        found[0].click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    yield wanted
    assert not wanted, f"nobody asked, so {wanted} was not answered"
