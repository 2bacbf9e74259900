"""A hand that clicks, types and drops anything anywhere in the window: it stays whole, and nothing is logged."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QTabBar,
    QWidget,
)

STEPS = 300
LEFT, PLAIN, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
KEYS = (
    Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Delete, Qt.Key.Key_Space,
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_F2,
)  # fmt: skip
TEXTS = ("", "a", "名前 漢字", "عربى", "🙂" * 10, "x" * 300, "1e99", "-1", "0", "nan", "1,5", "1.5", "<b>&amp;</b>")
SIZES = ((100, 100), (1024, 640), (1280, 720), (1920, 1080), (1100, 2000))
RUBBISH = {
    "a.json": b'{"a":',
    "list.json": b"[1,2,3]",
    "a.zip": b"PK no zip",
    "a.npz": b"x",
    "a.csv": b"",
    "a.png": b"x",
}


class WindowMonkey:
    """Does something by chance; the same seed does the same, as far as what goes on beside it keeps its pace."""

    def __init__(self, hand: Any, seed: int, files: list[Path]) -> None:
        self.hand, self.chance, self.files = hand, random.Random(seed), files
        self.done: list[str] = []
        self.deeds: dict[Callable[[], None], int] = {
            self.click: 12, self.press: 18, self.command: 5, self.keys: 10, self.write: 9, self.choose: 7,
            self.drop: 5, self.resize: 1, self.turn: 4, self.go: 4, self.rest: 4,
        }  # fmt: skip

    def step(self) -> None:
        (deed,) = self.chance.choices(list(self.deeds), list(self.deeds.values()))
        self.done.append(getattr(deed, "__name__", "?"))
        deed()
        QApplication.processEvents()

    def close_popup(self) -> None:
        """A menu that is open waits for somebody, for ever."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()

    def one(self, kind: type[Any]) -> Any:
        """Something of a kind that can be reached now; None if there is nothing."""
        root = QApplication.activeModalWidget() or self.hand.window
        found = [each for each in root.findChildren(kind) if each.isVisible() and each.isEnabled()]
        return self.chance.choice(found) if found else None

    def click(self) -> None:
        widget = self.one(QWidget)
        if widget is not None and not isinstance(widget, QAbstractButton):
            place = QPoint(self.chance.randrange(widget.width() + 1), self.chance.randrange(widget.height() + 1))
            (QTest.mouseDClick if self.chance.random() < 0.2 else QTest.mouseClick)(widget, LEFT, PLAIN, place)

    def press(self) -> None:
        button = self.one(QAbstractButton)
        # Nothing is fetched from elsewhere.
        if button is not None and "download" not in f"{button.objectName()} {button.text()}".lower():
            self.done.append(button.objectName())
            QTest.mouseClick(button, LEFT)

    def command(self) -> None:
        actions = [each for each in self.hand.window.actions_table.findChildren(QAction) if each.isEnabled()]
        actions += [
            self.hand.action(name) for name in ("undo", "redo", "new", "theme", "start", "pause", "stop", "about")
        ]
        action = self.chance.choice(actions)
        self.done.append(action.objectName())
        action.trigger()

    def keys(self) -> None:
        for _ in range(self.chance.choice((1, 1, 3, 8))):
            widget = QApplication.focusWidget() or self.hand.window
            QTest.keyClick(
                widget, self.chance.choice(KEYS), self.chance.choice((PLAIN, Qt.KeyboardModifier.ShiftModifier))
            )

    def write(self) -> None:
        edit = self.one(QLineEdit)
        if edit is not None:
            edit.setFocus()
            edit.selectAll()
            edit.insert(self.chance.choice(TEXTS))
            QTest.keyClick(edit, self.chance.choice(KEYS[:3]))

    def choose(self) -> None:
        box = self.one(QComboBox)
        if box is not None and box.count():
            at = self.chance.randrange(box.count())
            box.setCurrentIndex(at)
            box.activated.emit(at)

    def drop(self) -> None:
        wanted = [each for each in self.hand.window.findChildren(QWidget) if each.isVisible() and each.acceptDrops()]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(each)) for each in self.chance.sample(self.files, 2)])
        widget = self.chance.choice(wanted) if wanted else None
        if widget is None or isinstance(widget.parent(), QAbstractItemView):
            return
        middle = widget.rect().center()
        event = QDragEnterEvent(middle, COPY, data, LEFT, PLAIN)
        QApplication.sendEvent(widget, event)
        if event.isAccepted():
            QApplication.sendEvent(widget, QDropEvent(QPointF(middle), COPY, data, LEFT, PLAIN))

    def resize(self) -> None:
        self.hand.window.resize(*self.chance.choice(SIZES))

    def turn(self) -> None:
        bar = self.one(QTabBar)
        if bar is not None:
            bar.setCurrentIndex(self.chance.randrange(bar.count()))

    def go(self) -> None:
        self.hand.window.show_page(self.chance.choice(self.hand.window.page_table())[0])
        # What was chosen or typed meanwhile may take long to train.
        self.hand.set_small(epochs=3)

    def rest(self) -> None:
        QTest.qWait(self.chance.choice((1, 50, 200)))


@pytest.fixture
def make_monkey(hand: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[int], WindowMonkey]]:
    files = [tmp_path / name for name in RUBBISH]
    for file in files:
        file.write_bytes(RUBBISH[file.name])
    timer = QTimer()

    def make(seed: int) -> WindowMonkey:
        monkey = WindowMonkey(hand, seed, files)

        def answer(box: QMessageBox) -> int:
            monkey.chance.choice(box.buttons()).click()
            return 0

        one_file = lambda *_args, **_more: (str(monkey.chance.choice(files)), "")  # noqa: E731
        monkeypatch.setattr(QMessageBox, "exec", answer)
        monkeypatch.setattr(QDialog, "exec", lambda _dialog: 0)
        monkeypatch.setattr(QMenu, "exec", lambda *_args: None)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", one_file)
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args, **_more: ([], ""))
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_more: ("", ""))
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args, **_more: str(tmp_path))
        monkeypatch.setattr(
            QInputDialog, "getText", lambda *_args, **_more: (monkey.chance.choice(TEXTS), monkey.chance.random() < 0.8)
        )
        monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
        timer.timeout.connect(monkey.close_popup)
        timer.start(100)
        hand.set_small(epochs=3)
        return monkey

    yield make
    timer.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_done_to_the_window_it_stays_whole(
    make_monkey: Callable[[int], WindowMonkey], caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    monkey = make_monkey(seed)
    for _ in range(STEPS):
        monkey.step()
        errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert errors == [], monkey.done[-20:]
        assert monkey.hand.window.isVisible(), monkey.done[-20:]
    for dialog in [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog)]:
        dialog.close()
    monkey.hand.session.stop_training()
    monkey.hand.wait(monkey.hand.is_idle)
