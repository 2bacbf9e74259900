"""What the benchmarks of the window share: a window with a home of its own, and a heartbeat."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_studio.gui.main_window import MainWindow

TICK_MILLISECONDS = 10
PATIENCE_SECONDS = 300.0
# How long a part of the Train page stays in front before the next one is looked at.
TURN_MILLISECONDS = 2000


@contextmanager
def opened_window() -> Iterator[tuple[Any, MainWindow]]:
    """The application and a window that has torch and the bundled digits; offscreen where there is no display."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        from lepton_studio.gui.app import create_application

        application, window = create_application([])
        run_until(application, lambda: window.session.engine_ready and window.session.samples is not None)
        run_until(application, lambda: not window.session.starter.isRunning())
        try:
            yield application, window
        finally:
            window.close_unasked()


def run_until(application: Any, done: Callable[[], bool]) -> None:
    """Lets the event loop run as it does in the program, until something is so."""
    from PySide6.QtCore import QTimer

    end = time.monotonic() + PATIENCE_SECONDS
    timer = QTimer()
    # exit, not quit: Qt 6 closes every window before it quits.
    timer.timeout.connect(lambda: application.exit() if done() or time.monotonic() > end else None)
    timer.start(50)
    application.exec()
    timer.stop()
    if not done():
        raise SystemExit("it took too long")
    if not any(widget.isVisible() for widget in application.topLevelWidgets()):
        raise SystemExit("the window is gone")


def start_training(window: MainWindow, epochs: int) -> None:
    """Trains the default experiment for some epochs, with the Train page in front."""
    import msgspec

    session = window.session
    hyperparameters = msgspec.structs.replace(session.experiment.hyperparameters, epochs=epochs)
    session.edit("Benchmark", msgspec.structs.replace(session.experiment, hyperparameters=hyperparameters))
    window.show_page("train_page")
    session.start_training()


def open_panels(window: MainWindow) -> object:
    """Opens everything that the Train page can show; of the parts at its side, one after the other comes to the front.

    Returns:
        What turns them, to be held on to.
    """
    from PySide6.QtCore import QTimer

    from lepton_studio.gui.pages.train_page import TrainPage
    from lepton_studio.gui.train_side import LAYERS, STEER, WATCH

    page = window.page("train_page")
    assert isinstance(page, TrainPage)
    if not page.curves.tools.rate.isChecked():
        page.curves.tools.rate.trigger()
    timer = QTimer(interval=TURN_MILLISECONDS)
    order = (STEER, WATCH, LAYERS)
    timer.timeout.connect(lambda: page.side.turn_to(order[(order.index(page.side.tab) + 1) % len(order)]))
    page.side.turn_to(WATCH)
    timer.start()
    return timer


def is_over(window: MainWindow) -> bool:
    """Whether the training has ended."""
    return window.session.training_state == "idle" and window.session.run is not None


class Heartbeat:
    """Seconds between the ticks of a 10 ms timer: what a person at the window feels as waiting."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MILLISECONDS)

    def figures(self) -> dict[str, float]:
        """Median, 99th percentile and longest gap in milliseconds."""
        self._timer.stop()
        return {
            "median_ms": round(statistics.median(self.gaps) * 1e3, 1),
            "p99_ms": round(percentile(self.gaps, 99) * 1e3, 1),
            "longest_ms": round(max(self.gaps) * 1e3, 1),
        }

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


def percentile(values: list[float], percent: float) -> float:
    """The value that ``percent`` of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
