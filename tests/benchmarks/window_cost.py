"""What the window costs the training: images a second with the Train page in front, and without any window.

Once as the page is after a start from elsewhere, and once with all that it can show: the curve of the learning rate,
and steering, pictures and layers in turns.

Processes in turns, medians; both train the default experiment on the bundled digits.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

from _window import is_over, open_panels, opened_window, run_until, start_training

# Long enough for the first drawing of the plots, and the import of what draws them, to be a small part.
EPOCHS, ROUNDS = 24, 4


def with_window(panels: bool = False) -> float:
    with opened_window() as (application, window):
        start_training(window, EPOCHS)
        turning = open_panels(window) if panels else None
        run_until(application, lambda: is_over(window))
        run = window.session.run
        assert run is not None
        del turning
        return run.record.images_per_second


def without_window() -> float:
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        from lepton_studio.engine import Run, default_experiment, start_training, with_setting

        run = Run.create(with_setting(default_experiment(), "epochs", str(EPOCHS)))
        for _ in start_training(run):
            pass
        return run.record.images_per_second


def sample(kind: str) -> float:
    """Measures one training in a process of its own."""
    done = subprocess.run([sys.executable, __file__, kind], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure() -> dict[str, Any]:
    rounds = [(sample("with"), sample("without"), sample("panels")) for _ in range(ROUNDS)]
    return {
        "ratio": round(statistics.median(one / other for one, other, _ in rounds), 3),
        "ratio_all_panels": round(statistics.median(all_open / other for _, other, all_open in rounds), 3),
        "panels_to_window": round(statistics.median(all_open / one for one, _, all_open in rounds), 3),
        "with_window": round(statistics.median(one for one, _, _ in rounds)),
        "without_window": round(statistics.median(other for _, other, _ in rounds)),
        "rounds": ROUNDS,
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        kinds = {"with": with_window, "without": without_window, "panels": lambda: with_window(panels=True)}
        print(kinds[sys.argv[1]]())
    else:
        print(json.dumps(measure()))
