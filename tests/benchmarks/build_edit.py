"""From an edit to its picture in the real window: Build with 100 layers, at least 50 of which are in view or near.

An edit is what a person does there: other channels in the first convolution, so that all shapes behind it change; a
layer added, moved, left out; undo. Each is timed from the call that changes the experiment until all that waits was
handled and the page is painted. People take less than 50 ms for at once.
"""

from __future__ import annotations

import functools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from _window import opened_window, percentile

LAYERS_SHOWN, ROUNDS, WARM_UP = 100, 15, 3


def tall_architecture() -> Any:
    """A hundred layers: residual blocks of convolutions, so that there are containers in it as well."""
    from lepton_studio.engine import LAYERS, Architecture, all_paths

    kinds = LAYERS.classes

    def block() -> Any:
        conv = kinds["conv2d"](channels=8, padding=1)
        return kinds["residual"](body=(conv, kinds["batch_norm2d"](), kinds["relu"](), conv))

    layers = (kinds["conv2d"](channels=8, padding=1), *(block() for _ in range(19)), kinds["max_pool2d"]())
    rest = LAYERS_SHOWN - len(all_paths(layers)) - 2
    layers += (*(kinds["relu"]() for _ in range(rest)), kinds["flatten"](), kinds["linear"](outputs=10))
    assert len(all_paths(layers)) == LAYERS_SHOWN
    return Architecture("Tall", layers)


class Painted:
    """Notes when the stack has been painted."""

    def __init__(self, page: Any) -> None:
        from PySide6.QtCore import QEvent, QObject
        from PySide6.QtWidgets import QListWidget

        class Ear(QObject):
            seen = False

            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
                self.seen = self.seen or event.type() == QEvent.Type.Paint
                return False

        self._ear = Ear()
        page.findChild(QListWidget, "layer_stack").viewport().installEventFilter(self._ear)

    def seconds_after(self, application: Any, change: Callable[[], object]) -> float:
        """Seconds until a change is to be seen and nothing waits any more."""
        application.processEvents()
        self._ear.seen = False
        started = time.perf_counter()
        change()
        application.processEvents()
        while not self._ear.seen:
            application.processEvents()
        return time.perf_counter() - started


def edits(session: Any) -> dict[str, Callable[[int], object]]:
    """The kinds of edit, each with the number of its round so that no two are the same."""
    import msgspec

    from lepton_studio.engine import (
        LAYERS,
        insert_layer,
        layer_at,
        move_layers,
        replace_layer,
        with_disabled,
    )

    def put(text: str, layers: Any) -> None:
        architecture = msgspec.structs.replace(session.experiment.architecture, layers=layers)
        session.edit(text, msgspec.structs.replace(session.experiment, architecture=architecture))

    def layers() -> Any:
        return session.experiment.architecture.layers

    return {
        # All blocks have to follow, or the sum of a residual block does not fit: the worst case of a fault, too.
        "channels": lambda at: put(
            "Channels",
            replace_layer(layers(), (0,), msgspec.structs.replace(layer_at(layers(), (0,)), channels=9 + at)),
        ),
        "size": lambda at: put(
            "Size",
            replace_layer(
                layers(), (0,), msgspec.structs.replace(layer_at(layers(), (0,)), channels=8, stride=1 + at % 3)
            ),
        ),
        "add": lambda at: put("Add", insert_layer(layers(), (1 + at,), LAYERS["dropout"](p=0.1 + at / 100))),
        "move": lambda at: put("Move", move_layers(layers(), [(2 + at % 5,)], (9,))[0]),
        "toggle": lambda at: put("Toggle", with_disabled(layers(), [(3 + at,)], True)),
        "undo": lambda _at: session.undo_stack.undo(),
    }


def measure() -> dict[str, Any]:
    import msgspec

    figures: dict[str, Any] = {"layers": LAYERS_SHOWN}
    with opened_window() as (application, window):
        session, page = window.session, window.page("build_page")
        window.resize(1280, 720)
        window.show_page("build_page")
        session.edit("Tall", msgspec.structs.replace(session.experiment, architecture=tall_architecture()))
        application.processEvents()
        painted = Painted(page)
        every: list[float] = []
        for name, edit in edits(session).items():
            taken = [painted.seconds_after(application, functools.partial(edit, at)) for at in range(WARM_UP + ROUNDS)]
            taken = taken[WARM_UP:]
            every += taken
            figures[name] = {
                "median_ms": round(statistics.median(taken) * 1e3, 1),
                "p95_ms": round(percentile(taken, 95) * 1e3, 1),
                "max_ms": round(max(taken) * 1e3, 1),
            }
        figures["median_ms"] = round(statistics.median(every) * 1e3, 1)
        figures["p95_ms"] = round(percentile(every, 95) * 1e3, 1)
        figures["max_ms"] = round(max(every) * 1e3, 1)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure()))
