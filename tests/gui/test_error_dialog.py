"""What people see when something goes wrong, and what the log keeps of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QMainWindow

from lepton_studio import paths
from lepton_studio.engine import LeptonError
from lepton_studio.gui.error_dialog import ErrorDialog, install_excepthook, show_error


@pytest.fixture
def main(qtbot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def hook(monkeypatch) -> Iterator[object]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    install_excepthook()
    return sys.excepthook


def dialogs() -> list[ErrorDialog]:
    return [
        window for window in QApplication.topLevelWidgets() if isinstance(window, ErrorDialog) and window.isVisible()
    ]


def fault(message: str = "by nought") -> ZeroDivisionError:
    try:
        raise ZeroDivisionError(message)
    except ZeroDivisionError as error:
        return error


def test_an_error_that_people_can_mend_says_what_happened_and_what_to_do(main, caplog) -> None:
    dialog = show_error(LeptonError("The disk is full.", "Free some space."), main)
    assert dialog.objectName() == "error_dialog"
    assert dialog.text() == "The disk is full."
    assert dialog.informativeText() == "Free some space."
    assert dialog.detailedText() == ""
    assert "The disk is full." in caplog.text
    assert "Traceback" not in caplog.text
    dialog.close()


def test_a_fault_of_ours_says_so_with_its_traceback_and_the_log(main, caplog) -> None:
    dialog = show_error(fault(), main)
    assert "fault of Lepton Studio" in dialog.text()
    assert "by nought" in dialog.text()
    assert str(paths.log_file()) in dialog.informativeText()
    assert "Traceback" in dialog.detailedText()
    assert "test_error_dialog.py" in dialog.detailedText()
    assert "Traceback" in caplog.text
    dialog.close()


def test_a_fault_without_a_message_is_called_by_its_kind(main) -> None:
    dialog = show_error(fault(""), main)
    assert dialog.text().endswith("ZeroDivisionError")
    dialog.close()


def test_the_dialog_does_not_stop_the_window_and_is_gone_when_it_is_closed(main, qtbot) -> None:
    show_error(LeptonError("One.", "Two."), main)
    assert len(dialogs()) == 1
    dialogs()[0].close()
    qtbot.waitUntil(lambda: main.findChild(ErrorDialog) is None)


@pytest.mark.usefixtures("main")
def test_whatever_nobody_caught_is_shown_though_nobody_keeps_the_dialog(hook, caplog) -> None:
    error = fault()
    hook(type(error), error, error.__traceback__)
    QApplication.processEvents()
    (dialog,) = dialogs()
    assert "by nought" in dialog.text()
    assert "Traceback" in caplog.text
    dialog.close()


@pytest.mark.usefixtures("main")
def test_many_faults_are_one_dialog_and_all_of_them_in_the_log(hook, caplog) -> None:
    for number in range(30):
        error = fault(f"number {number}")
        hook(type(error), error, error.__traceback__)
    assert len(dialogs()) == 1
    assert "number 29" in caplog.text
    dialogs()[0].close()


def test_an_interrupt_from_the_keyboard_ends_the_program_without_a_dialog(hook, monkeypatch) -> None:
    quits = []
    monkeypatch.setattr(QApplication, "quit", lambda: quits.append(True))
    hook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert quits == [True]
    assert dialogs() == []
