"""How long it takes until the window is there and until the first answer, beside a bare window and a bare torch.

Each sample is a process of its own: a bare PySide6 QWidget, then Lepton Studio, in turns. A window counts
when it is shown and has been painted; the pages come right after (``pages_seconds``), torch is imported beside
them. Seconds are counted from before the process was started, so Python's own start is in both. The gap is the
longest between two ticks of a 10 ms timer from when the pages are there until torch is.

Likewise without a window: a process that only imports torch, then one in which the shipped network answers its
first picture (``first_prediction_ratio``).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from typing import Any

SAMPLES = 5
TICK_MILLISECONDS = 10
PATIENCE_SECONDS = 60.0


def measure_bare(started: float) -> dict[str, float]:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QWidget

    class Bare(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is of Qt
            super().paintEvent(event)
            application.quit()

    application = QApplication([])
    window = Bare()
    window.resize(1280, 800)
    window.show()
    application.exec()
    return {"seconds": time.time() - started}


def measure_window(started: float) -> dict[str, float]:
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer
    from PySide6.QtWidgets import QApplication

    class FirstPaint(QObject):
        """Notes when the main window was painted for the first time."""

        painted = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is of Qt
            if not self.painted and event.type() == QEvent.Type.UpdateRequest and watched.objectName() == "main_window":
                watched.event(event)
                self.painted = time.time()
                return True
            return False

    application = QApplication([])
    first = FirstPaint()
    application.installEventFilter(first)
    from lepton_studio.gui.app import create_application

    _, window = create_application([])
    application.removeEventFilter(first)
    filled = time.time()
    ticks: list[float] = [filled]

    def tick() -> None:
        ticks.append(time.time())
        if window.session.engine_ready or ticks[-1] - started > PATIENCE_SECONDS:
            application.quit()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(TICK_MILLISECONDS)
    application.exec()
    ready = window.session.engine_ready
    window.close()
    if not ready:
        raise SystemExit("torch was not ready in time")
    return {
        "seconds": first.painted - started,
        "filled": filled - started,
        "ready": ticks[-1] - started,
        "gap": max(after - before for before, after in pairwise(ticks)),
    }


def measure_torch(started: float) -> dict[str, float]:
    import torch  # noqa: F401

    return {"seconds": time.time() - started}


def measure_prediction(started: float) -> dict[str, float]:
    import numpy as np

    from lepton_studio.engine import Predictor, bundled_run

    predictor = Predictor(bundled_run())
    predictor.probabilities(np.zeros((1, *predictor.shape), np.uint8))
    return {"seconds": time.time() - started}


KINDS = {"bare": measure_bare, "window": measure_window, "torch": measure_torch, "prediction": measure_prediction}


def sample(kind: str) -> dict[str, float]:
    """Measures one start in a process of its own."""
    command = [sys.executable, __file__, kind, repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_SECONDS)
    if done.returncode:
        raise SystemExit(f"{kind}: {done.stderr.strip().splitlines()[-1:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def in_turns(*kinds: str) -> list[dict[str, float]]:
    """The medians of the figures of each kind. The first start reads the files from the disk; it is not counted."""
    rounds = [[sample(kind) for kind in kinds] for _ in range(SAMPLES + 1)][1:]
    return [
        {figure: statistics.median(one[figure] for one in samples) for figure in samples[0]}
        for samples in zip(*rounds, strict=True)
    ]


def measure() -> dict[str, Any]:
    bare, window = in_turns("bare", "window")
    torch, prediction = in_turns("torch", "prediction")
    return {
        "bare_seconds": round(bare["seconds"], 3),
        "window_seconds": round(window["seconds"], 3),
        "ratio": round(window["seconds"] / bare["seconds"], 2),
        "pages_seconds": round(window["filled"], 3),
        "torch_ready_seconds": round(window["ready"], 3),
        "longest_gap_seconds": round(window["gap"], 3),
        "torch_seconds": round(torch["seconds"], 3),
        "first_prediction_seconds": round(prediction["seconds"], 3),
        "first_prediction_ratio": round(prediction["seconds"] / torch["seconds"], 2),
        "samples": SAMPLES,
        "platform": os.environ.get("QT_QPA_PLATFORM") or sys.platform,
    }


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(KINDS[sys.argv[1]](float(sys.argv[2]))))
        return
    has_display = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        print(json.dumps(measure()))


if __name__ == "__main__":
    main()
