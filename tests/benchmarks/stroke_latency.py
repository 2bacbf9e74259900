"""How long it takes from a mouse event on the canvas to the new answer: alone, with all layers shown, while training.

The event goes the way of every mouse event; the clock stops when the bars have their new numbers. Painting them is
the next frame's work and is not in it.
"""

from __future__ import annotations

import json
import math
import time
from typing import Any

from _window import is_over, opened_window, percentile, run_until, start_training
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

EVENTS = 300
EPOCHS = 60
# The part at the side of the page that shows the maps of all layers.
LAYERS = 0


def strokes(application: Any, window: Any) -> list[float]:
    """Draws a spiral, event by event; returns the seconds that each answer took."""
    page = window.page("draw_page")
    canvas, view = page.canvas, page.view
    answers = 0
    taken: list[float] = []
    set_answer = view.set_answer

    def count(*arguments: Any) -> None:
        nonlocal answers
        set_answer(*arguments)
        answers += 1

    view.set_answer = count
    canvas.clear()
    application.processEvents()
    side = min(canvas.width(), canvas.height())
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(canvas.width() // 2, canvas.height() // 2))
    for number in range(EVENTS):
        angle, radius = number / 9, side * 0.4 * (number + 20) / (EVENTS + 20)
        x, y = canvas.width() / 2 + radius * math.cos(angle), canvas.height() / 2 + radius * math.sin(angle)
        before, started = answers, time.perf_counter()
        QTest.mouseMove(canvas, QPoint(round(x), round(y)))
        while answers == before and time.perf_counter() - started < 1:
            application.processEvents()
        taken.append(time.perf_counter() - started)
        if number % 60 == 59:
            # A drawing has some strokes, not one of endless length.
            canvas.clear()
            application.processEvents()
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    view.set_answer = set_answer
    return taken


def figures(name: str, taken: list[float]) -> dict[str, float]:
    return {f"{name}_p{percent}_ms": round(percentile(taken, percent) * 1e3, 2) for percent in (50, 95)}


def main() -> None:
    with opened_window() as (application, window):
        window.show_page("draw_page")
        page = window.page("draw_page")
        run_until(application, page.isVisible)
        page.side.hide()
        result = figures("idle", strokes(application, window))
        # From here on every layer lights up with each event; what that takes falls to the event behind.
        page.side.show()
        page.side.turn_to(LAYERS)
        result |= figures("maps", strokes(application, window))
        start_training(window, EPOCHS)
        run_until(application, lambda: window.session.run is not None and len(window.session.run.history) > 20)
        window.show_page("draw_page")
        result |= figures("training", strokes(application, window))
        if is_over(window):
            raise SystemExit("the training ended before the drawing did")
        print(json.dumps(result | {"events": EVENTS}))


if __name__ == "__main__":
    main()
