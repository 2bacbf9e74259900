"""The one dialog for things that went wrong, and the last place where exceptions are caught."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from lepton_studio import paths
from lepton_studio.engine import LeptonError

log = logging.getLogger("lepton_studio")


class ErrorDialog(QMessageBox):
    """Says what happened and what to do; for a fault of the program also where its log lies."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        """Makes the dialog; ``open`` shows it without stopping anything."""
        super().__init__(parent)
        self.setObjectName("error_dialog")
        self.setWindowTitle("Lepton Studio")
        self.setIcon(QMessageBox.Icon.Warning)
        if isinstance(error, LeptonError):
            self.setText(error.what)
            self.setInformativeText(error.remedy)
        else:
            self.setText(self.tr("This is a fault of Lepton Studio: {}").format(error or type(error).__name__))
            self.setInformativeText(
                self.tr("What you made is kept. The details below are also in {}.").format(paths.log_file())
            )
            self.setDetailedText("".join(traceback.format_exception(error)))


def show_error(error: BaseException, parent: QWidget | None = None) -> ErrorDialog:
    """Logs an error and shows it; faults with their traceback, what people can mend without."""
    if isinstance(error, LeptonError):
        log.warning("%s", error)
    else:
        log.error("%s", "".join(traceback.format_exception(error)))
    dialog = ErrorDialog(error, parent or QApplication.activeWindow())
    dialog.open()
    return dialog


def install_excepthook() -> None:
    """Shows whatever nobody caught, instead of ending the program."""

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
        else:
            show_error(error.with_traceback(where))

    sys.excepthook = hook
