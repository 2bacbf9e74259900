"""Keeps the current experiment on disk, so that it is there again at the next start."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from lepton_studio import paths
from lepton_studio.engine import Experiment, LeptonError, default_experiment, read_experiment, save_experiment

AUTOSAVE_MILLISECONDS = 400


class KeptExperiment(QObject):
    """Writes the experiment a moment after each edit.

    Signals:
        save_failed: the LeptonError that says why it could not be written.
    """

    save_failed = Signal(object)

    def __init__(self, current: Callable[[], Experiment], parent: QObject) -> None:
        """Asks ``current`` what to write when it is time."""
        super().__init__(parent)
        self._current = current
        self._is_let_be = False
        self._timer = QTimer(self, singleShot=True, interval=AUTOSAVE_MILLISECONDS)
        self._timer.timeout.connect(self.save_now)

    def let_be(self) -> None:
        """Writes nothing from here on: what is shown is not what the person wants to find again."""
        self._timer.stop()
        self._is_let_be = True

    def note_change(self) -> None:
        """Writes soon; many changes in a row are written once."""
        if not self._is_let_be:
            self._timer.start()

    def finish(self) -> None:
        """Writes what waits to be written."""
        if self._timer.isActive():
            self._timer.stop()
            self.save_now()

    def save_now(self) -> None:
        """Writes the experiment."""
        try:
            save_experiment(paths.current_experiment_file(), self._current())
        except LeptonError as error:
            self.save_failed.emit(error)


def last_experiment() -> tuple[Experiment, LeptonError | None]:
    """The experiment that was open last, or the default one; and what was wrong with the file, if anything."""
    path = paths.current_experiment_file()
    try:
        return read_experiment(path), _trouble_with_home()
    except LeptonError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return default_experiment(), _trouble_with_home()
        # Kept beside, in case somebody wants to mend it by hand; a disk that refuses must not hold the start up.
        kept = path.with_suffix(".broken.json")
        with contextlib.suppress(OSError):
            path.replace(kept)
            text = QCoreApplication.translate("kept_experiment", "It is kept as {}; the default experiment is shown.")
            error = LeptonError(error.what, text.format(kept.name))
        return default_experiment(), error


def _trouble_with_home() -> LeptonError | None:
    """Said at the start, before anybody works for nothing."""
    home = paths.home()
    if not os.access(home, os.F_OK) or os.access(home, os.W_OK):
        return None
    return LeptonError(
        QCoreApplication.translate("kept_experiment", "{} is read-only: what you make cannot be kept.").format(home),
        QCoreApplication.translate(
            "kept_experiment", "Allow writing there, or set LEPTON_STUDIO_HOME to another folder."
        ),
    )
