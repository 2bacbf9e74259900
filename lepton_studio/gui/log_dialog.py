"""What the log says, to be read and copied; for those who want to know more than a line on a page tells."""

from __future__ import annotations

import traceback

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from lepton_studio import paths
from lepton_studio.gui import theme
from lepton_studio.gui.page import button

# The end of the log tells what happened last; all of it may be large.
TAIL_BYTES = 64 * 1024


class LogDialog(QDialog):
    """The newest lines of the log; the window can be worked with meanwhile."""

    def __init__(self, parent: QWidget, error: BaseException | None = None) -> None:
        """Reads the log.

        Args:
            parent: the widget that it belongs to.
            error: what it is opened for; its traceback is shown even if the log could not be written.
        """
        super().__init__(parent)
        self.setObjectName("log_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Log"))
        self.resize(theme.px(760), theme.px(420))
        where = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        where.setText(self.tr("The newest lines of {}").format(paths.log_file()))
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        where.setTextInteractionFlags(selectable)
        self.lines = QPlainTextEdit(_newest_lines(error), readOnly=True)
        self.lines.setObjectName("log_lines")
        self.lines.setAccessibleName(self.tr("Log"))
        self.lines.setTextInteractionFlags(selectable)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.px(theme.SMALL_PIXELS))
        self.lines.setFont(font)
        if not self.lines.toPlainText():
            self.lines.setPlaceholderText(self.tr("Nothing was written into the log yet."))
        copy = button("log_copy", self.tr("Copy"), "copy")
        copy.setToolTip(self.tr("Copy these lines, to ask somebody about them"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.lines.toPlainText()))
        close = button("log_close", self.tr("Close"))
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(where)
        layout.addWidget(self.lines, 1)
        layout.addLayout(row)
        self.lines.verticalScrollBar().setValue(self.lines.verticalScrollBar().maximum())


def _newest_lines(error: BaseException | None) -> str:
    """The end of the log, and the traceback of an error if it is not in there."""
    try:
        with paths.log_file().open("rb") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        text, size = "", 0
    if size > TAIL_BYTES:
        # What is left of the first line says nothing.
        text = text.partition("\n")[2]
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    return text.strip() if trace.strip() in text else f"{text}\n{trace}".strip()
