"""How long the shipped network takes to learn a few drawings, and what that costs of what it knew.

Fives as the Romans wrote them, which nobody taught it, drawn by a hand that is never twice the same. Prints one JSON
object: seconds in all and of the processor for 5 and for 20 drawings, how many of them and of 100 others by the same
hand are answered right before and after, and the accuracy on the old pictures.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from typing import Any

os.environ["LEPTON_STUDIO_HOME"] = tempfile.mkdtemp()

import numpy as np

from lepton_studio.engine.drawing_entries import Drawing, new_id, rounded
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Stroke
from lepton_studio.engine.teaching import Taught, teach

# A five as the Romans wrote it, with lines above and below: no writer of MNIST or UNIPEN draws it so.
LINES = ([(0.25, 0.25), (0.5, 0.8), (0.75, 0.25)], [(0.2, 0.22), (0.8, 0.22)], [(0.38, 0.82), (0.62, 0.82)])


def main() -> None:
    # Importing torch belongs to the start of the program.
    right(Predictor(bundled_run()), [five(np.random.default_rng(1))])
    figures: dict[str, Any] = {}
    for count in (5, 20):
        figures |= {f"{name}_of_{count}": value for name, value in taught(count).items()}
    print(json.dumps(figures))


def taught(count: int) -> dict[str, Any]:
    random = np.random.default_rng(5)
    run = bundled_run()
    examples, others = ([five(random) for _ in range(number)] for number in (count, 100))
    began, spent = time.perf_counter(), time.process_time()
    end = next(event for event in teach(run, examples) if isinstance(event, Taught))
    figures = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - spent}
    before, after = (Predictor(each) for each in (run, end.run))
    old_before, old_after = end.outcome.old.shares
    return figures | {
        "steps": end.outcome.steps,
        "learned_before": end.outcome.learned.before,
        "learned_after": end.outcome.learned.after,
        "others_before": right(before, others),
        "others_after": right(after, others),
        "old_before": old_before,
        "old_after": old_after,
    }


def five(random: np.random.Generator) -> Drawing:
    width, slant, height = 1 + random.normal(0, 0.08), random.normal(0, 0.1), 1 + random.normal(0, 0.08)
    bent = np.array([[width, slant], [0.0, height]])
    strokes = []
    for points in LINES:
        moved = (np.array(points) + random.normal(0, 0.012, (len(points), 2)) - 0.5) @ bent.T + 0.5
        strokes.append(Stroke(tuple((float(x), float(y)) for x, y in moved.clip(0, 1)), 0.06))
    return Drawing(new_id(is_test=False), "5", "", "", tuple(rounded(stroke) for stroke in strokes))


def right(predictor: Predictor, drawings: list[Drawing]) -> int:
    pictures = np.stack([drawing.picture(predictor.shape) for drawing in drawings])
    return int((predictor.probabilities(pictures).argmax(axis=1) == predictor.class_names.index("5")).sum())


if __name__ == "__main__":
    main()
