"""The log can be read and copied where something went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from lepton_studio import paths
from lepton_studio.gui.log_dialog import TAIL_BYTES, LogDialog


@pytest.fixture
def parent(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def raised() -> ZeroDivisionError:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_the_traceback_is_there_though_no_log_could_be_written(parent: QWidget, home: Path) -> None:
    dialog = LogDialog(parent, raised())
    assert not paths.log_file().exists()
    assert dialog.lines.toPlainText().startswith("Traceback")
    assert "ZeroDivisionError" in dialog.lines.toPlainText()


def test_an_empty_log_says_so(parent: QWidget) -> None:
    dialog = LogDialog(parent)
    assert dialog.lines.toPlainText() == ""
    assert "Nothing was written" in dialog.lines.placeholderText()


def test_of_a_large_log_the_newest_whole_lines_are_shown(parent: QWidget, home: Path) -> None:
    home.mkdir(parents=True)
    line = "2026-11-26 14:05:00 WARNING The disk is full: größer als gedacht\n"
    paths.log_file().write_text(line * 5000 + "the last line\n", encoding="utf-8")
    text = LogDialog(parent).lines.toPlainText()
    assert len(text.encode()) <= TAIL_BYTES
    assert text.endswith("the last line")
    assert text.split("\n")[0] + "\n" == line


def test_a_traceback_that_the_log_has_is_shown_once(parent: QWidget, home: Path) -> None:
    import traceback

    home.mkdir(parents=True)
    error = raised()
    paths.log_file().write_text("before\n" + "".join(traceback.format_exception(error)))
    text = LogDialog(parent, error).lines.toPlainText()
    assert text.count("ZeroDivisionError") == 1
    assert text.startswith("before")


def test_its_place_is_named_and_its_lines_can_be_copied_but_not_changed(parent: QWidget) -> None:
    dialog = LogDialog(parent, raised())
    dialog.show()
    assert any(str(paths.log_file()) in label.text() for label in dialog.findChildren(QLabel))
    before = dialog.lines.toPlainText()
    QTest.keyClicks(dialog.lines, "typed")
    assert dialog.lines.toPlainText() == before
    QTest.mouseClick(dialog.findChild(QPushButton, "log_copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == before
    QTest.mouseClick(dialog.findChild(QPushButton, "log_close"), Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
