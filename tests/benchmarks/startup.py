"""How long it takes until the window is there, beside a window with nothing in it.

Each sample is a process of its own: a bare PySide6 QWidget, then Lepton Studio, in turns. A window counts
when it is shown and has been painted. Seconds are counted from before the process was started, so Python's
own start is in both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
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

    from lepton_studio.gui.app import create_application

    class Watch(QObject):
        """Notes the first paint, and then how regularly a timer ticks until torch is there."""

        painted = ready = longest_gap = last_tick = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is of Qt
            if event.type() == QEvent.Type.Paint and not self.painted:
                # The paint itself still comes; what was posted before it is done is done after it.
                QTimer.singleShot(0, self.note_paint)
                window.removeEventFilter(self)
            return False

        def note_paint(self) -> None:
            self.painted = self.last_tick = time.time()

        def tick(self) -> None:
            if not self.painted:
                return
            now = time.time()
            self.longest_gap = max(self.longest_gap, now - self.last_tick)
            self.last_tick = now
            if window.session.engine_ready and not self.ready:
                self.ready = now
            if self.ready or now - started > PATIENCE_SECONDS:
                application.quit()

    application, window = create_application([])
    watch = Watch()
    window.installEventFilter(watch)
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(watch.tick)
    timer.start(TICK_MILLISECONDS)
    application.exec()
    window.close()
    if not watch.ready:
        raise SystemExit("torch was not ready in time")
    return {
        "seconds": watch.painted - started,
        "ready": watch.ready - started,
        "gap": watch.longest_gap,
    }


def sample(kind: str) -> dict[str, float]:
    """Measures one start in a process of its own."""
    command = [sys.executable, __file__, kind, repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_SECONDS)
    if done.returncode:
        raise SystemExit(f"{kind}: {done.stderr.strip().splitlines()[-1:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure() -> dict[str, Any]:
    bare: list[dict[str, float]] = []
    window: list[dict[str, float]] = []
    # The first start of each reads the libraries from the disk; it is not counted.
    for _ in range(SAMPLES + 1):
        bare.append(sample("bare"))
        window.append(sample("window"))

    def median(samples: list[dict[str, float]], figure: str) -> float:
        return statistics.median(one[figure] for one in samples[1:])

    return {
        "bare_seconds": round(median(bare, "seconds"), 3),
        "window_seconds": round(median(window, "seconds"), 3),
        "ratio": round(median(window, "seconds") / median(bare, "seconds"), 2),
        "torch_ready_seconds": round(median(window, "ready"), 3),
        "longest_gap_seconds": round(median(window, "gap"), 3),
        "samples": SAMPLES,
        "platform": os.environ.get("QT_QPA_PLATFORM") or sys.platform,
    }


def main() -> None:
    if len(sys.argv) > 1:
        measure_one = {"bare": measure_bare, "window": measure_window}[sys.argv[1]]
        print(json.dumps(measure_one(float(sys.argv[2]))))
        return
    has_display = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        print(json.dumps(measure()))


if __name__ == "__main__":
    main()
