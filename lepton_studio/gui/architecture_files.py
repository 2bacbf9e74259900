"""Opening and saving the architecture alone, apart from the experiment around it."""

from __future__ import annotations

import pathlib

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from lepton_studio.engine import Architecture, LeptonError, opened_architecture, write_struct
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.workbench import Workbench


class ArchitectureFiles(QObject):
    """Takes architectures from JSON and Python files, and writes JSON; says on a message line how it went.

    Its owner calls :meth:`stop`.

    Signals:
        opened: an architecture came from a file and is on the bench now.
    """

    opened = Signal()

    def __init__(self, workbench: Workbench, message: MessageLine, parent: QWidget) -> None:
        """``message`` is the line of the page; ``parent`` is whose dialogs these are."""
        super().__init__(parent)
        self._workbench = workbench
        self._message = message
        self._asker = parent
        self._path = pathlib.Path()
        # Reading code needs torch, which may still be on its way, and builds what it reads.
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(lambda error: message.say(str(error) or type(error).__name__))

    def stop(self) -> None:
        """Ends the work for good."""
        self._runner.stop()

    def choose_and_open(self) -> None:
        """Asks which file to open."""
        kinds = self.tr("Architectures and code (*.json *.py)")
        name, _ = QFileDialog.getOpenFileName(self._asker, self.tr("Open an architecture"), "", kinds)
        if name:
            self.open_path(pathlib.Path(name))

    def choose_and_save(self) -> None:
        """Asks where to keep the architecture."""
        proposed = f"{self._workbench.session.experiment.architecture.name}.json".replace("/", "_")
        title, kinds = self.tr("Save the architecture"), {".json": self.tr("Architectures")}
        try:
            path = path_to_save(self._asker, title, proposed, kinds)
        except LeptonError as error:
            self._message.say(str(error))
            return
        if path is not None:
            self.save_path(path)

    def open_path(self, path: pathlib.Path) -> None:
        """Opens a file; Undo brings back what was on the bench."""
        if self._runner.isRunning():
            return
        self._path = path
        self._message.clear()
        self._runner.walk(opened_architecture(path, self._workbench.shape))

    def save_path(self, path: pathlib.Path) -> None:
        """Writes what is on the bench as JSON."""
        try:
            write_struct(path, self._workbench.session.experiment.architecture)
        except LeptonError as error:
            self._message.say(str(error))
        else:
            self._message.say(self.tr("The architecture is in {}.").format(path), "good")

    def _take(self, event: object) -> None:
        if not isinstance(event, Architecture):
            return
        session = self._workbench.session
        experiment = msgspec.structs.replace(session.experiment, architecture=event)
        session.edit(self.tr("Open {}").format(self._path.name), experiment)
        self._workbench.choose(*(((0,),) if event.layers else ()))
        self.opened.emit()
