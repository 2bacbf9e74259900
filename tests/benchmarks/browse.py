"""Looking through a dataset in the real window: how long 60,000 pictures take to open, and a million to scroll.

The million lies in a file that is mapped into memory, as imported pictures do. A frame is what one turn of the wheel
costs until the grid is painted; at 60 frames a second it has 16.7 ms.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _window import opened_window, percentile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import Samples
from lepton_studio.engine.splits import cut_samples

OPENED, SCROLLED, ROUNDS, FRAMES = 60_000, 1_000_000, 9, 200
SIDES = (24, 56, 160)
CHUNK = 50_000


def made(images: Any, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    count = len(images)
    names = tuple("0123456789")
    return Samples(images, random.integers(0, 10, count), names, random.random(count) < 1 / 6)


def open_times(application: Any, window: Any) -> list[float]:
    """Seconds from the samples to the painted page, each time with others."""
    page, taken = window.page("data_page"), []
    for seed in range(ROUNDS):
        images = np.random.default_rng(seed).integers(0, 256, (OPENED, 1, 28, 28), np.uint8)
        samples = made(images, seed)
        started = time.perf_counter()
        page.browser.show_samples(samples, dict(cut_samples(samples, 0.1, 0)))
        application.processEvents()
        page.browser.grid.viewport().repaint()
        taken.append(time.perf_counter() - started)
    return taken


def million(folder: Path) -> Samples:
    path = folder / "images.npy"
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (SCROLLED, 1, 28, 28))
    random = np.random.default_rng(0)
    for start in range(0, SCROLLED, CHUNK):
        images[start : start + CHUNK] = random.integers(0, 256, (CHUNK, 1, 28, 28), np.uint8)
    images.flush()
    del images
    return made(np.load(path, mmap_mode="r"), 0)


def frame_times(window: Any, side: int) -> list[float]:
    """Seconds of one turn of the wheel each, all the way down from a place in the middle."""
    grid = window.page("data_page").browser.grid
    grid.set_side(side)
    QApplication.processEvents()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 3)
    grid.viewport().repaint()
    middle = QPointF(grid.viewport().rect().center())
    taken = []
    for _ in range(FRAMES):
        turn = QWheelEvent(
            middle, QPointF(grid.viewport().mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        started = time.perf_counter()
        QApplication.sendEvent(grid.viewport(), turn)
        grid.viewport().repaint()
        taken.append(time.perf_counter() - started)
    return taken


def own_bytes() -> int:
    """Memory of this process that is no file; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def measure() -> dict[str, Any]:
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, opened_window() as (application, window):
        window.show_page("data_page")
        application.processEvents()
        figures["open_60000_ms"] = round(statistics.median(open_times(application, window)) * 1e3, 1)
        samples = million(Path(folder))
        before = own_bytes()
        window.page("data_page").browser.show_samples(samples, dict(cut_samples(samples, 0.1, 0)))
        for side in SIDES:
            taken = frame_times(window, side)
            figures[f"frame_{side}_p50_ms"] = round(percentile(taken, 50) * 1e3, 1)
            figures[f"frame_{side}_p99_ms"] = round(percentile(taken, 99) * 1e3, 1)
        figures["million_memory_mb"] = round((own_bytes() - before) / 1e6)
        window.page("data_page").browser.forget()
    return figures


if __name__ == "__main__":
    print(json.dumps(measure()))
