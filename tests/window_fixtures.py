"""What every test with a QApplication gets: the same looks at its start, and an eye on what it leaves behind.

``tests/conftest.py`` hands this file to pytest where pytest-qt is installed; the engine's tests need no Qt.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from lepton_studio.engine import Experiment, Samples
from lepton_studio.gui import theme
from lepton_studio.gui.app import create_application
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session

# For qtbot.waitUntil: longer than anything takes on two busy cores.
PATIENCE = 60_000


@pytest.fixture(autouse=True)
def _nothing_of_qt_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    if "qapp" not in request.fixturenames:
        yield
        return
    application: QApplication = request.getfixturevalue("qapp")
    theme.apply_theme(application, "light", 1.0)
    started: list[Runner] = []
    walk = Runner.walk

    def noting(runner: Runner, *arguments: object) -> None:
        started.append(runner)
        walk(runner, *arguments)  # type: ignore[arg-type]

    Runner.walk = noting  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Runner.walk = walk  # type: ignore[method-assign]
    deliver_deletions()
    left = list(_threads(started)) + list(_timers()) + list(_windows())
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture
def make_window(qapp: QApplication) -> Iterator[Callable[..., MainWindow]]:
    """Opens main windows as the program does, in this test's home; they are closed without a question."""
    windows: list[MainWindow] = []

    def make(*arguments: str) -> MainWindow:
        application, window = create_application(list(arguments))
        assert application is qapp
        windows.append(window)
        return window

    yield make
    for window in windows:
        if isValid(window):
            window.close_unasked()
            # In words before they are deleted.
            running = [f"{timer.parent()}" for timer in window.findChildren(QTimer) if timer.isActive()]
            window.deleteLater()
            deliver_deletions()
            assert not running, f"timers of a closed window: {running}"
    windows.clear()
    gc.collect()


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    """A main window; torch may still be on its way (``window.session.engine_ready``)."""
    return make_window()


@pytest.fixture
def ready_window(window: MainWindow, qtbot: object) -> MainWindow:
    """A main window with torch imported and the bundled digits loaded."""
    session = window.session
    qtbot.waitUntil(lambda: session.engine_ready and session.samples is not None, timeout=PATIENCE)  # type: ignore[attr-defined]
    return window


@pytest.fixture
def ready_session(qapp: QApplication, qtbot: object) -> Iterator[Session]:
    """A session with torch imported and the bundled digits loaded, and no window: for the parts of a page."""
    session = Session()
    session.start()
    qtbot.waitUntil(lambda: session.engine_ready and session.samples is not None, timeout=PATIENCE)  # type: ignore[attr-defined]
    yield session
    session.close()


@pytest.fixture
def tiny_session(qapp: QApplication, tiny_samples: Samples, tiny_experiment: Experiment) -> Iterator[Session]:
    """A session with torch and tiny pictures, without waiting for either."""
    session = Session()
    session.engine_ready = True
    session.loader.samples = tiny_samples
    session.experiment = tiny_experiment
    yield session
    session.close()


def deliver_deletions() -> None:
    """Lets everything die that was to be deleted later; whoever waits for the loop waits for ever in a test."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _threads(started: list[Runner]) -> Iterator[str]:
    for runner in started:
        if isValid(runner) and runner.isRunning():
            # The next test shall not suffer for it.
            runner.stop()
            yield f"a runner of {runner.parent()}"


def _timers() -> Iterator[str]:
    for widget in QApplication.topLevelWidgets():
        for timer in widget.findChildren(QTimer):
            if timer.isActive():
                timer.stop()
                yield f"a timer of {timer.parent()}"


def _windows() -> Iterator[str]:
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible():
            widget.hide()
            yield f"an open {widget}"
