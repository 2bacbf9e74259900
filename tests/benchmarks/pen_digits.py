"""How well a network reads digits that people wrote with pens, replayed on the canvas.

The digits are those of UNIPEN's writers whom the shipped network never saw (``resources/models/pen_strokes.py`` says
which, and where the file is from that belongs into ``LEPTON_STUDIO_DATA/unipen_digits``). Each is drawn as a mouse
would draw it, with whole pixels: anywhere on canvases of several sizes, tiny and large, with thin and thick brushes;
and as poorer tablets would have it.
Beside them MNIST's test split, and how many of both are answered at the usual coverage. ``LEPTON_STUDIO_BENCH_RUN``
names another run than the one that ships; ``LEPTON_STUDIO_BENCH_MOUSE`` says how many digits are also drawn with real
mouse events in a real window.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.calibration import COVERAGE, calibration_of
from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import find_run
from lepton_studio.engine.strokes import render_strokes

sys.path.insert(0, str(paths.resources() / "models"))

from pen_strokes import SHAPE, Lines, PenDigit, is_kept_out, joined, read_digits, replayed, straight, with_points

RUN = os.environ.get("LEPTON_STUDIO_BENCH_RUN", "bundled")
MOUSE = int(os.environ.get("LEPTON_STUDIO_BENCH_MOUSE", "0"))
# Canvas in pixels, the size of the drawing on it, and the brush as a share of the canvas; None is anything.
WAYS: dict[str, tuple[int | None, float | None, float | None]] = {
    "anyhow": (None, None, None),
    "tiny": (420, 30.0, 0.04),
    "tiny_thick": (420, 30.0, 0.16),
    "small_thin": (600, 80.0, 0.02),
    "usual": (420, 250.0, 0.075),
    "full_thin": (420, 400.0, 0.02),
    "full_thick": (420, 400.0, 0.16),
}
# The same digits from a pen that is never lifted, or from tablets that tell few points.
POORER: dict[str, Callable[[Lines], Lines]] = {
    "not_lifted": joined,
    "12_points": lambda lines: with_points(lines, 12),
    "8_points": lambda lines: with_points(lines, 8),
    "8_points_not_lifted": lambda lines: with_points(joined(lines), 8),
    "8_points_not_lifted_straight": lambda lines: straight(with_points(joined(lines), 8)),
}


def kept_out() -> list[PenDigit]:
    """The digits of the writers that no network learned from."""
    for folder in paths.data_folders():
        try:
            return [digit for digit in read_digits(folder) if is_kept_out(digit)]
        except FileNotFoundError:
            continue
    raise SystemExit("unipen_digits/strokes.jsonl.gz is not on this computer; see resources/models/pen_strokes.py")


def pictures(digits: Iterable[PenDigit], way: tuple[int | None, float | None, float | None]) -> NDArray[np.uint8]:
    """What the network sees of digits drawn in some way."""
    random = np.random.default_rng(1)
    return np.array([render_strokes(replayed(digit.lines, random, *way), SHAPE) for digit in digits])


def answers(predictor: Predictor, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The likeliest class of each picture."""
    parts = np.array_split(images, max(1, len(images) // 500))
    return np.concatenate([predictor.look(part).logits.argmax(axis=1) for part in parts])


def share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)


def figures(predictor: Predictor, digits: list[PenDigit]) -> dict[str, Any]:
    """Accuracies of each way to draw, of each label and contributor, and the milliseconds of one answer."""
    labels = np.array([digit.label for digit in digits])
    found: dict[str, Any] = {"digits": len(digits), "writers": len({digit.writer for digit in digits})}
    for name, way in WAYS.items():
        right = answers(predictor, pictures(digits, way)) == labels
        found[name] = share(right)
        if name == "anyhow":
            found["labels"] = {str(label): share(right[labels == label]) for label in range(10)}
            sources = np.array([digit.source for digit in digits])
            found["contributors"] = {str(source): share(right[sources == source]) for source in np.unique(sources)}
    for name, changed in POORER.items():
        poorer = [replace(digit, lines=changed(digit.lines)) for digit in digits]
        found[name] = share(answers(predictor, pictures(poorer, WAYS["anyhow"])) == labels)
    one = pictures(digits[:1], WAYS["usual"])
    taken = []
    for _ in range(200):
        started = time.perf_counter()
        predictor.look(one)
        taken.append(time.perf_counter() - started)
    return found | {"look_p50_ms": round(float(np.median(taken)) * 1e3, 2)}


def doubts(predictor: Predictor, images: NDArray[np.uint8], labels: NDArray[np.int64], prefix: str) -> dict[str, float]:
    """The share that is answered at the usual coverage, and how many of these answers are right."""
    measured = calibration_of(predictor.run)
    if measured is None:
        return {}
    looks = [predictor.look(part) for part in np.array_split(images, max(1, len(images) // 500))]
    scores = np.concatenate([measured.scores(looked) for looked in looks])
    right = np.concatenate([looked.logits.argmax(axis=1) for looked in looks]) == labels
    answered = scores >= measured.threshold(COVERAGE)
    return {f"{prefix}answered": share(answered), f"{prefix}answered_right": share(right[answered])}


def mouse_accuracy(digits: list[PenDigit], count: int) -> float:
    """Draws digits with the mouse on the canvas of the Draw page and looks what the bars say."""
    from _window import opened_window, run_until
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    random = np.random.default_rng(2)
    right = []
    with opened_window() as (application, window):
        window.show_page("draw_page")
        run_until(application, lambda: window.page("draw_page").isVisible())
        page = window.page("draw_page")
        canvas, side = page.canvas, min(page.canvas.width(), page.canvas.height())
        left, top = (canvas.width() - side) / 2, (canvas.height() - side) / 2
        for number in random.choice(len(digits), min(count, len(digits)), replace=False):
            strokes = replayed(digits[number].lines, random, side)
            canvas.clear()
            canvas.set_brush(strokes[0].width)
            for stroke in strokes:
                spots = [QPoint(round(left + x * side), round(top + y * side)) for x, y in stroke.points]
                QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=spots[0])
                for spot in spots[1:]:
                    QTest.mouseMove(canvas, spot)
                QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=spots[-1])
            for _ in range(3):
                application.processEvents()
            right.append(page.view.label == str(digits[number].label))
    return share(np.array(right))


def main() -> None:
    digits = kept_out()
    predictor = Predictor(find_run(RUN) if not Path(RUN).is_dir() else _opened(Path(RUN)))
    found = figures(predictor, digits)
    labels = np.array([digit.label for digit in digits])
    found |= doubts(predictor, pictures(digits, WAYS["anyhow"]), labels, "")
    if Mnist().is_here():
        samples = load_samples(Mnist())
        images, labels = samples.images[samples.is_test], samples.labels[samples.is_test]
        found["mnist_test"] = share(answers(predictor, images) == labels)
        found |= doubts(predictor, images, labels, "mnist_")
    if MOUSE:
        found |= {"mouse_digits": MOUSE, "mouse": mouse_accuracy(digits, MOUSE)}
    print(json.dumps(found))


def _opened(folder: Path) -> Any:
    from lepton_studio.engine.runs import Run

    return Run.open(folder)


if __name__ == "__main__":
    main()
