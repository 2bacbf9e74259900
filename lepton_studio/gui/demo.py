"""The main job in one go, in the real window: look at data, train, evaluate, draw ten digits, keep pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QEventLoop, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio import paths
from lepton_studio.engine import LeptonError, default_experiment, write_bytes
from lepton_studio.gui.app import create_application
from lepton_studio.gui.widgets.draw_pad import DrawPad

EPOCHS = 15
# Longer than anything takes on two slow cores; after that something hangs.
PATIENCE_SECONDS = 600.0
# The digit whose picture stands for the page.
SHOWN_DIGIT = 5

Points = tuple[tuple[float, float], ...]

# How the digits are drawn: strokes through these points, as shares of the canvas.
DIGITS: tuple[tuple[Points, ...], ...] = (
    (((0.5, 0.16), (0.36, 0.24), (0.28, 0.42), (0.29, 0.62), (0.38, 0.79), (0.51, 0.84), (0.64, 0.77), (0.72, 0.6),
      (0.71, 0.4), (0.63, 0.23), (0.5, 0.16)),),
    (((0.55, 0.14), (0.53, 0.38), (0.5, 0.62), (0.47, 0.86)),),
    (((0.31, 0.32), (0.36, 0.2), (0.5, 0.15), (0.64, 0.2), (0.68, 0.33), (0.6, 0.49), (0.45, 0.66), (0.3, 0.82),
      (0.5, 0.81), (0.72, 0.82)),),
    (((0.32, 0.2), (0.5, 0.14), (0.66, 0.22), (0.66, 0.36), (0.5, 0.46), (0.66, 0.55), (0.7, 0.7), (0.56, 0.84),
      (0.4, 0.84), (0.3, 0.76)),),
    (((0.38, 0.16), (0.32, 0.38), (0.29, 0.56), (0.5, 0.56), (0.74, 0.53)), ((0.62, 0.2), (0.6, 0.5), (0.58, 0.88))),
    (((0.37, 0.18), (0.35, 0.32), (0.33, 0.46), (0.48, 0.42), (0.62, 0.48), (0.68, 0.62), (0.62, 0.78), (0.46, 0.85),
      (0.3, 0.8)), ((0.37, 0.18), (0.52, 0.17), (0.7, 0.15))),
    (((0.6, 0.14), (0.46, 0.26), (0.36, 0.45), (0.32, 0.64), (0.38, 0.8), (0.52, 0.86), (0.65, 0.78), (0.66, 0.64),
      (0.54, 0.56), (0.4, 0.6), (0.33, 0.68)),),
    (((0.29, 0.2), (0.5, 0.19), (0.71, 0.18), (0.61, 0.4), (0.5, 0.63), (0.42, 0.87)),),
    (((0.63, 0.24), (0.5, 0.15), (0.38, 0.23), (0.4, 0.38), (0.52, 0.48), (0.64, 0.6), (0.65, 0.76), (0.5, 0.86),
      (0.36, 0.77), (0.37, 0.61), (0.5, 0.48), (0.62, 0.36), (0.63, 0.24)),),
    (((0.66, 0.3), (0.55, 0.18), (0.4, 0.21), (0.34, 0.36), (0.43, 0.49), (0.57, 0.46), (0.66, 0.3), (0.65, 0.5),
      (0.61, 0.7), (0.56, 0.88)),),
)  # fmt: skip


class Demo:
    """Drives the window as a person would, with mouse events, and notes what it shows."""

    def __init__(self, out: Path, say: Callable[[str], None], is_stopped: Callable[[], bool]) -> None:
        """Opens the window; :meth:`prepare` makes it ready."""
        self.out = out
        self.say = say
        self.is_stopped = is_stopped
        self.pictures: list[str] = []
        self.trouble: list[Exception] = []
        say("Opening the window")
        self.application, self.window = create_application([])
        # However this ends, what the person had open last is what they find.
        self.session.kept.let_be()
        self.session.trouble_met.connect(self._note_trouble)

    @property
    def session(self) -> Any:
        """The window's session."""
        return self.window.session

    def prepare(self) -> None:
        """Shows the experiment of the demonstration and waits until torch and the digits are there."""
        # First of all: the person's own dataset may be none that is here.
        experiment = default_experiment()
        hyperparameters = msgspec.structs.replace(experiment.hyperparameters, epochs=EPOCHS)
        self.session.edit("Demonstration", msgspec.structs.replace(experiment, hyperparameters=hyperparameters))
        self.wait(lambda: self.session.engine_ready and self.session.samples is not None)

    def find(self, kind: type[QWidget], name: str) -> Any:
        """A widget by its object name."""
        return self.window.findChild(kind, name)

    def click(self, name: str) -> None:
        """Clicks into the middle of a widget."""
        QTest.mouseClick(self.find(QWidget, name), Qt.MouseButton.LeftButton)

    def show_page(self, name: str) -> None:
        """Goes to a page by its sidebar entry."""
        self.click(f"go_{name}")
        self.wait(lambda: self.window.current_page == name)

    def wait(self, done: Callable[[], bool]) -> None:
        """Lets the window live until something is so; LeptonError if it went wrong or takes for ever.

        KeyboardInterrupt if the person wants it to stop: here, where Qt waits for no answer.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not done():
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            if self.is_stopped():
                raise KeyboardInterrupt
            if self.trouble:
                raise self.trouble[0]
            if not self.window.isVisible():
                raise LeptonError("The window was closed before the demonstration was over.", "Start it again.")
            if time.monotonic() > end:
                raise LeptonError("The demonstration got stuck.", f"The log is {paths.log_file()}.")
            time.sleep(0.002)

    def settle(self, seconds: float = 0.3) -> None:
        """Lets bars glide and plots draw before a picture is taken."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def picture(self, name: str) -> None:
        """Keeps a picture of the window."""
        self.settle()
        path = self.out / f"{name}.png"
        write_bytes(path, _png(self.window))
        self.pictures.append(str(path))

    def train(self) -> float:
        """Trains; returns the test accuracy."""
        self.click("train_start")
        said = 0
        while self.session.training_state != "idle" or self.session.run is None:
            self.settle(0.1)
            run = self.session.run
            if run is not None and len(run.history.epochs) > said:
                row = run.history.epochs[-1]
                said = row.epoch
                self.say(f"Epoch {row.epoch} of {EPOCHS}: validation accuracy {row.validation_accuracy:.1%}")
        accuracy = self.session.run.record.test_accuracy
        if accuracy is None:
            raise LeptonError("The training was stopped.", "Start the demonstration again.")
        return float(accuracy)

    def draw(self, strokes: tuple[Points, ...]) -> tuple[str, float]:
        """Draws strokes with the mouse; returns the answer and its probability."""
        canvas: DrawPad = self.find(DrawPad, "drawing_canvas")
        self.click("canvas_clear")
        for points in strokes:
            path = _dense(points, canvas)
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=path[0])
            for point in path[1:]:
                QTest.mouseMove(canvas, point)
                self.application.processEvents()
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=path[-1])
        self.application.processEvents()
        view = self.find(QWidget, "prediction_view")
        return str(view.property("label")), float(view.property("probability"))

    def _note_trouble(self, error: Exception, _page: str) -> None:
        self.trouble.append(error)


def run_demo(
    out: Path | None, say: Callable[[str], None], is_stopped: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Does the whole job and closes the window again; the person's own experiment is left as it was.

    Args:
        out: the folder for the pictures; None takes one below the program's own.
        say: called with a line of progress every now and then.
        is_stopped: asked all the time; once it is true, the training is kept and KeyboardInterrupt raised.

    Returns:
        ``pages`` (paths of pictures), ``test_accuracy`` (0..1), ``drawn`` (digit, label, probability of each),
        ``seconds`` for all of it.
    """
    started = time.monotonic()
    _hush_the_offscreen_plugin()
    demo = Demo(out or paths.home() / "demo", say, is_stopped)
    try:
        demo.prepare()
        for page in ("data_page", "build_page", "train_page"):
            demo.show_page(page)
            if page != "train_page":
                demo.picture(page)
        accuracy = demo.train()
        demo.picture("train_page")
        say(f"Test accuracy {accuracy:.1%}")
        demo.show_page("evaluate_page")
        demo.wait(lambda: demo.window.page("evaluate_page").state_text() != "")
        demo.picture("evaluate_page")
        demo.show_page("draw_page")
        drawn = []
        for digit, strokes in enumerate(DIGITS):
            label, probability = demo.draw(strokes)
            drawn.append({"digit": digit, "label": label, "probability": probability})
            say(f"Drew a {digit}: answered {label} ({probability:.1%})")
            if digit == SHOWN_DIGIT:
                demo.picture("draw_page")
        demo.show_page("runs_page")
        demo.picture("runs_page")
    finally:
        demo.window.close_unasked()
    return {
        "pages": demo.pictures,
        "test_accuracy": accuracy,
        "drawn": drawn,
        "seconds": round(time.monotonic() - started, 2),
    }


def _hush_the_offscreen_plugin() -> None:
    """Offscreen, Qt says of every window that it cannot pass on size hints; nobody can do anything about that."""
    import sys

    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    if QApplication.instance() is not None:
        # Somebody else's application, a test for one, has its own way with messages.
        return

    def show(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if "propagateSizeHints" not in text:
            print(text, file=sys.stderr)  # noqa: T201 - this is where Qt's messages go

    qInstallMessageHandler(show)


def _dense(points: Points, canvas: QWidget) -> list[QPoint]:
    """Mouse positions along a smooth curve through the points (Catmull and Rom 1974), a few pixels apart."""
    side = min(canvas.width(), canvas.height())
    left, top = (canvas.width() - side) / 2, (canvas.height() - side) / 2
    path = []
    padded = (points[0], *points, points[-1])
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(8):
            t = step / 8
            x, y = (_between(before[axis], start[axis], end[axis], after[axis], t) for axis in (0, 1))
            path.append(QPoint(round(left + x * side), round(top + y * side)))
    path.append(QPoint(round(left + points[-1][0] * side), round(top + points[-1][1] * side)))
    return path


def _between(before: float, start: float, end: float, after: float, t: float) -> float:
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )


def _png(window: QWidget) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())
