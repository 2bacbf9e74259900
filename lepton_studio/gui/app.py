"""Starting the window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from lepton_studio import __version__, paths
from lepton_studio.gui import theme
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.window_memory import appearance


def create_application(arguments: list[str]) -> tuple[QApplication, MainWindow]:
    """Makes the QApplication (or takes the one there is) and the shown main window, without entering the loop.

    Torch is imported in the background; ``window.session.engine_ready`` tells when that is done.

    Args:
        arguments: files to open.
    """
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication([sys.argv[0] if sys.argv else "lepton-studio"])
    application.setApplicationName("lepton-studio")
    application.setApplicationDisplayName("Lepton Studio")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("lepton-studio")
    _install_translations(application)
    theme.apply_theme(application, *appearance())
    window = MainWindow()
    window.show()
    # The window is there before the pages are made: what people wait for comes first.
    application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    application.setWindowIcon(theme.icon("logo", "accent"))
    window.fill()
    for name in arguments:
        window.open_file(Path(name))
    return application, window


def run_window(arguments: list[str]) -> int:
    """Opens the window and stays until it is closed; returns the exit status."""
    _log_to_file()
    application, window = create_application(arguments)
    from lepton_studio.gui.error_dialog import install_excepthook

    install_excepthook()
    _close_on_signals(window)
    status = application.exec()
    del window
    return status


def _close_on_signals(window: MainWindow) -> None:
    """Ctrl+C in the terminal and the end of a session stop a training, keep it, and close the window."""
    import signal

    from PySide6.QtCore import QTimer

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: window.close_unasked())
    # Python runs its handlers only between two of its own steps; this gives it some.
    breath = QTimer(window, interval=200)
    breath.timeout.connect(lambda: None)
    breath.start()


def _install_translations(application: QApplication) -> None:
    """Qt's own words and ours, in the language of the system where there is a translation."""
    ours = paths.resources() / "translations"
    if not any(ours.glob("*.qm")):
        # QLocale alone costs a tenth of the time until the window is there.
        return
    from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

    for name, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("lepton_studio", str(ours)),
    ):
        translator = QTranslator(application)
        if translator.load(QLocale(), name, "_", folder):
            application.installTranslator(translator)


def _log_to_file() -> None:
    import logging

    try:
        paths.home().mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(paths.log_file(), encoding="utf-8")
    except OSError:
        # Without a log the window is still worth having.
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger("lepton_studio").addHandler(handler)
