"""Saves the curves of a run: as a picture, as a drawing that scales, or their numbers as a table."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import CurvesExported, LeptonError, Run, export_curves, write_bytes
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.widgets.curve_print import CurvePrint


class CurveFiles(QObject):
    """Asks where to, and says what became of it.

    Signals:
        said: a line for people, and its role.
    """

    said = Signal(str, str)

    def __init__(self, print_of: Callable[[Run], CurvePrint], parent: QWidget) -> None:
        """Takes what makes a drawing of the plots as they look now."""
        super().__init__(parent)
        self._asker, self._print_of = parent, print_of
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(lambda error: self.said.emit(str(error), "bad"))

    def choose_and_save(self, run: Run, ending: str) -> None:
        """Asks for a place and writes a file of this kind there, or of another that is chosen in the dialog."""
        kinds = {
            ".png": self.tr("Picture"), ".svg": self.tr("Drawing that scales"), ".csv": self.tr("Table of the numbers"),
        }  # fmt: skip
        kinds = {ending: kinds.pop(ending), **kinds}
        try:
            path = path_to_save(self._asker, self.tr("Save the curves"), f"{run.record.name}{ending}", kinds)
            if path is not None:
                self.save(run, path)
        except LeptonError as error:
            self.said.emit(str(error), "bad")

    def save(self, run: Run, path: pathlib.Path) -> None:
        """Writes a file whose kind is in its name; a table is written in the background.

        Raises:
            LeptonError: the file cannot be written.
        """
        ending = path.suffix.lower()
        if ending == ".csv":
            if not self._runner.isRunning():
                self._runner.walk(export_curves(run, path))
            return
        drawing = self._print_of(run)
        write_bytes(path, drawing.png() if ending == ".png" else drawing.svg())
        self.said.emit(self.tr("The curves are in {}.").format(path), "good")

    def stop(self) -> None:
        """Ends what is being written; nothing half-written stays."""
        self._runner.stop()

    def _take(self, event: object) -> None:
        if isinstance(event, CurvesExported):
            self.said.emit(self.tr("The numbers are in {}.").format(event.path), "good")
