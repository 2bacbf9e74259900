"""Where the window stood and how its parts were divided, from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter

from lepton_studio import paths


def keep_geometry(window: QMainWindow) -> None:
    """Writes place, size and splitters; a disk that refuses costs nothing but the memory."""
    settings = _settings()
    settings.setValue("geometry", window.saveGeometry())
    for splitter in window.findChildren(QSplitter):
        settings.setValue(f"splitters/{splitter.objectName()}", splitter.saveState())
    settings.sync()


def restore_geometry(window: QMainWindow) -> None:
    """Puts the window where it was, if it was anywhere."""
    settings = _settings()
    if settings.contains("geometry"):
        window.restoreGeometry(settings.value("geometry"))
    for splitter in window.findChildren(QSplitter):
        state = settings.value(f"splitters/{splitter.objectName()}")
        if state is not None:
            splitter.restoreState(state)


def _settings() -> QSettings:
    return QSettings(str(paths.home() / "window.ini"), QSettings.Format.IniFormat)
