"""Where the window stood and how its parts were divided, from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter

from lepton_studio import paths
from lepton_studio.gui import theme


def keep_geometry(window: QMainWindow) -> None:
    """Writes place, size and splitters; a disk that refuses costs nothing but the memory."""
    settings = _settings()
    settings.setValue("geometry", window.saveGeometry())
    for splitter in window.findChildren(QSplitter):
        settings.setValue(_splitter_key(splitter), splitter.saveState())
    settings.sync()


def restore_geometry(window: QMainWindow) -> None:
    """Puts the window where it was, if it was anywhere."""
    settings = _settings()
    if settings.contains("geometry"):
        window.restoreGeometry(settings.value("geometry"))


def restore_splitters(window: QMainWindow) -> None:
    """Divides the parts of the pages as they were."""
    settings = _settings()
    for splitter in window.findChildren(QSplitter):
        state = settings.value(_splitter_key(splitter))
        if state is not None:
            splitter.restoreState(state)


def keep_appearance(theme_name: str, zoom: float) -> None:
    """Remembers how the window looked, for the first picture of the next start (see :func:`appearance`)."""
    settings = _settings()
    settings.setValue("theme", theme_name)
    settings.setValue("zoom", zoom)
    settings.sync()


def appearance() -> tuple[str, float]:
    """Theme and zoom of the last window, read without the engine: the preferences are the truth, this is faster."""
    settings = _settings()
    name, zoom = str(settings.value("theme", "system")), str(settings.value("zoom", "1.0"))
    try:
        return name, min(max(float(zoom), 1.0), 2.0)
    except ValueError:
        return name, 1.0


def keep_text(name: str, text: str) -> None:
    """Remembers something small that a person has chosen where it stands, by a name of its own."""
    settings = _settings()
    settings.setValue(f"choices/{name}", text)
    settings.sync()


def kept_text(name: str) -> str:
    """What :func:`keep_text` was given last; empty if it never was."""
    return str(_settings().value(f"choices/{name}", ""))


def _splitter_key(splitter: QSplitter) -> str:
    """Another one for each zoom: what enlarged text needs would take the place of pictures when it is small again."""
    return f"splitters/{round(theme.scale() * 100)}/{splitter.objectName()}"


def _settings() -> QSettings:
    return QSettings(str(paths.home() / "window.ini"), QSettings.Format.IniFormat)
