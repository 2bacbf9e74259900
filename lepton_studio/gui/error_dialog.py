"""The one dialog for things that went wrong, and the last place where exceptions are caught."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QWidget

from lepton_studio import paths
from lepton_studio.engine import LeptonError

log = logging.getLogger("lepton_studio")


class ErrorDialog(QMessageBox):
    """Says what happened and what to do; for a fault of the program also where its log lies."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        """Makes the dialog; ``open`` shows it without stopping anything."""
        super().__init__(parent)
        self.setObjectName("error_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Lepton Studio")
        self.setIcon(QMessageBox.Icon.Warning)
        if isinstance(error, LeptonError):
            self.setText(error.what)
            self.setInformativeText(error.remedy)
        else:
            self.setText(self.tr("This is a fault of Lepton Studio: {}").format(str(error) or type(error).__name__))
            self.setInformativeText(
                self.tr("What you made is kept. The details below are also in {}.").format(paths.log_file())
            )
            self.setDetailedText("".join(traceback.format_exception(error)))


def show_error(error: BaseException, parent: QWidget | None = None) -> ErrorDialog:
    """Logs an error and shows it; faults with their traceback, what people can mend without."""
    _log(error)
    dialog = ErrorDialog(error, parent or _some_window())
    dialog.open()
    return dialog


def _log(error: BaseException) -> None:
    if isinstance(error, LeptonError):
        log.warning("%s", error)
    else:
        log.error("%s", "".join(traceback.format_exception(error)))


def _some_window() -> QWidget | None:
    """A window to show a dialog above: without a parent it would be gone before it is seen."""
    windows = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    mains = [window for window in windows if isinstance(window, QMainWindow)]
    return QApplication.activeWindow() or next(iter(mains + windows), None)


def install_excepthook() -> None:
    """Shows whatever nobody caught, instead of ending the program; the first of many, and all of them in the log."""

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
        elif any(isinstance(window, ErrorDialog) and window.isVisible() for window in QApplication.topLevelWidgets()):
            # A fault in a timer comes thirty times a second.
            _log(error.with_traceback(where))
        else:
            show_error(error.with_traceback(where))

    sys.excepthook = hook
