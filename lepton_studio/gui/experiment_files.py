"""Opening and saving: experiments, runs, folders of pictures."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog

from lepton_studio.engine import (
    LeptonError,
    default_experiment,
    find_run,
    import_archive,
    read_experiment,
    save_experiment,
)
from lepton_studio.gui.error_dialog import show_error

if TYPE_CHECKING:
    from lepton_studio.gui.main_window import MainWindow

# What holds pictures and labels; a zip may be the archive of a run instead.
PICTURE_SUFFIXES = (".zip", ".csv", ".tsv", ".npz", ".tar", ".tgz")

# lupdate looks for calls of this name.
translate = QCoreApplication.translate


def open_path(window: MainWindow, path: Path) -> None:
    """Opens an experiment, a run, a run archive or a folder of pictures; Undo brings back what was open."""
    session = window.session
    try:
        if (path / "run.json").is_file():
            session.choose(find_run(str(path)))
            window.show_page("draw_page")
        elif path.is_dir() or (path.suffix.lower() in PICTURE_SUFFIXES and not _holds_run(path)):
            session.import_pictures([path])
        elif path.suffix.lower() == ".zip":
            session.choose(import_archive(path))
            session.runs_changed.emit()
            window.show_page("runs_page")
        else:
            session.edit(translate("experiment_files", "Open {}").format(path.name), read_experiment(path))
    except LeptonError as error:
        show_error(error, window)


def _holds_run(path: Path) -> bool:
    """Whether a zip is the archive of a run rather than one of pictures."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == "run.json" for name in archive.namelist())
    # A file that is no good zip is told as the archive that its name promises.
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return path.suffix.lower() == ".zip"


def choose_path(window: MainWindow) -> None:
    """Asks which file to open."""
    kinds = translate("experiment_files", "Experiments, runs and pictures (*.json *.zip *.csv *.npz)")
    name, _ = QFileDialog.getOpenFileName(window, translate("experiment_files", "Open"), "", kinds)
    if name:
        open_path(window, Path(name))


def save_as(window: MainWindow) -> None:
    """Asks where to keep the experiment as a file of its own."""
    name, _ = QFileDialog.getSaveFileName(
        window,
        translate("experiment_files", "Save experiment"),
        "experiment.json",
        translate("experiment_files", "Experiments (*.json)"),
    )
    if name:
        try:
            save_experiment(Path(name), window.session.experiment)
        except LeptonError as error:
            show_error(error, window)


def start_anew(window: MainWindow) -> None:
    """Goes back to the default experiment; Undo brings back what was there."""
    window.session.edit(translate("experiment_files", "New experiment"), default_experiment())
