"""Show code: the network on the bench as a PyTorch module, or its whole training as a script."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QVBoxLayout, QWidget

from lepton_studio.engine import ExportedCode, LeptonError, code_for, write_bytes
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.network_view import layer_title
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.code_text import CodeText
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.workbench import Workbench


class CodeView(QWidget):
    """Follows the workbench while somebody looks. Its owner calls :meth:`stop`."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Shows the network first."""
        super().__init__(parent)
        self._workbench = workbench
        self._exported: ExportedCode | None = None
        # A click in the code must not move the code.
        self._is_clicked = False
        self._trouble = ""
        self._work = LatestWork(self, self._writing)
        self._work.event_emitted.connect(self._take)
        self._work.job_failed.connect(self._failed)
        self._work.ended.connect(self._say_why_not)
        self._make_parts()
        workbench.described.connect(self.refresh)
        workbench.selection_changed.connect(self._mark_chosen)
        self.refresh()

    @property
    def exported(self) -> ExportedCode | None:
        """What is shown; None while there is nothing to show."""
        return self._exported

    def stop(self) -> None:
        """Ends the work for good."""
        self._work.stop()

    def refresh(self) -> None:
        """Writes the code anew, soon, if somebody looks."""
        # What was said of a file or the clipboard was of other code.
        self.message.clear()
        self._say_why_not()
        self._work.wish()

    def save_code(self, path: pathlib.Path) -> None:
        """Writes what is shown.

        Raises:
            LeptonError: the file cannot be written.
        """
        if self._exported is not None:
            write_bytes(path, self._exported.text.encode())

    # --- parts

    def _make_parts(self) -> None:
        self.network_button = self._switch("code_network", self.tr("Network"))
        self.network_button.setToolTip(self.tr("The layers as a PyTorch module that you can import anywhere"))
        self.script_button = self._switch("code_script", self.tr("Training script"))
        self.script_button.setToolTip(
            self.tr("A program of its own: it reads pictures, trains this network and answers, without Lepton Studio")
        )
        self._switches = QButtonGroup(self)
        for switch in (self.network_button, self.script_button):
            self._switches.addButton(switch)
        self.network_button.setChecked(True)
        self._switches.buttonToggled.connect(lambda _switch, is_on: self.refresh() if is_on else None)
        self.copy_button = button("code_copy", self.tr("Copy"), "copy")
        self.copy_button.setToolTip(self.tr("Copy all of the code"))
        self.copy_button.clicked.connect(self._copy)
        self.save_button = button("code_save", self.tr("Save as…"), "save")
        self.save_button.setToolTip(self.tr("Save the code as a Python file"))
        self.save_button.clicked.connect(self._save)
        tools = QWidget()
        row = FlowLayout(theme.GAP_SMALL, tools)
        for each in (self.network_button, self.script_button, self.copy_button, self.save_button):
            row.addWidget(each)
        self.message = MessageLine()
        self._explanation = second()
        self._explanation.setObjectName("code_explanation")
        self.code = CodeText()
        self.code.setObjectName("code_text")
        self.code.setAccessibleName(self.tr("Python code"))
        self.code.line_chosen.connect(self._choose_line)
        self._filler = QWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for part in (tools, self.message, self._explanation):
            layout.addWidget(part)
        layout.addWidget(self.code, 1)
        layout.addWidget(self._filler, 1)

    def _switch(self, name: str, text: str) -> QPushButton:
        made = button(name, text)
        made.setCheckable(True)
        return made

    # --- writing the code

    def _writing(self) -> Iterator[ExportedCode] | None:
        if self._why_not():
            return None
        self._trouble = ""
        session = self._workbench.session
        return code_for(session.experiment, session.samples, self.script_button.isChecked())

    def _take(self, event: ExportedCode) -> None:
        self._exported = event
        self.code.show_code(event.text)
        self._mark_chosen()

    def _failed(self, error: Exception) -> None:
        self._trouble = str(error) or type(error).__name__

    # --- what is shown

    def _say_why_not(self) -> None:
        """Shows the code, or says why there is none."""
        trouble = self._why_not() or self._trouble
        is_code = not trouble
        if not is_code:
            self._exported = None
        told = trouble or self._hint()
        self._explanation.setText(told)
        self._explanation.setVisible(bool(told))
        self.code.setVisible(is_code)
        self._filler.setVisible(not is_code)
        for each in (self.copy_button, self.save_button):
            each.setEnabled(is_code)

    def _why_not(self) -> str:
        report = self._workbench.report
        if report is None:
            return self.tr("PyTorch is being loaded; then the network stands here as code.")
        if not report.errors:
            return ""
        at_fault = [row for row in report.layers if row.error is not None]
        if not at_fault:
            return self.tr("There is no code yet, because the network does not build. {}").format(report.errors[0])
        return self.tr("There is no code yet, because the network does not build. {0}: {1}").format(
            layer_title(at_fault[0].layer), at_fault[0].error
        )

    def _hint(self) -> str:
        if self._workbench.session.samples is None:
            return self.tr(
                "The dataset is not loaded, so this is for grey pictures of 28 × 28 and ten classes called by numbers."
            )
        return ""

    def _mark_chosen(self) -> None:
        if self._exported is None:
            return
        chosen = [place for path in self._workbench.chosen for place in self._exported.lines_of(path)]
        current = self._exported.lines_of(self._workbench.current)
        in_sight = (current[0].first, current[0].last) if current and not self._is_clicked else None
        self.code.mark(tuple((place.first, place.last) for place in chosen), in_sight)

    # --- what people do

    def _choose_line(self, line: int) -> None:
        path = self._exported.path_at(line) if self._exported is not None else None
        if path is None:
            return
        self._is_clicked = True
        try:
            self._workbench.choose(path)
        finally:
            self._is_clicked = False

    def _copy(self) -> None:
        if self._exported is not None:
            QGuiApplication.clipboard().setText(self._exported.text)
            lines = self._exported.text.count("\n")
            self.message.say(self.tr("{} lines of code are in the clipboard.").format(lines), "good")

    def _save(self) -> None:
        if self._exported is None:
            return
        name = self._workbench.session.experiment.architecture.name
        plain = re.sub(r"\W+", "_", name).strip("_").lower() or "network"
        proposed = "train.py" if self.script_button.isChecked() else f"{plain}.py"
        try:
            path = path_to_save(self, self.tr("Save the code"), proposed, {".py": self.tr("Python files")})
            if path is not None:
                self.save_code(path)
                self.message.say(self.tr("The code is in {}.").format(path), "good")
        except LeptonError as error:
            self.message.say(str(error))

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._mark_chosen()
