"""How much memory a run on 60,000 digits takes above the bare imports; MNIST in size, made from the bundled digits."""

from __future__ import annotations

import json
import os
import sys
import tempfile

DIGITS = 60_000
STEPS = 300


def resident() -> int:
    """Bytes of this process that lie in memory now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    if sys.platform != "linux":
        print(json.dumps({"skipped": "memory is read from /proc, which only Linux has"}))
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        import numpy as np
        import torch.utils.flop_counter  # noqa: F401 - part of the imports

        import lepton_studio.engine.training  # noqa: F401
        from lepton_studio.engine import Run, Samples, default_experiment, start_training
        from lepton_studio.engine.dataset import load_samples

        bare = resident()
        few = load_samples(default_experiment().dataset)
        chosen = np.resize(np.arange(len(few)), DIGITS)
        samples = Samples(few.images[chosen], few.labels[chosen], few.class_names, few.is_test[chosen])
        run = Run.create(default_experiment())
        highest = bare
        training = start_training(run, samples)
        for step, _ in enumerate(training):
            if step % 20 == 0:
                highest = max(highest, resident())
            if step == STEPS:
                break
        training.close()  # type: ignore[attr-defined]
        megabyte = 1e6
        print(
            json.dumps(
                {
                    "imports_mb": round(bare / megabyte),
                    "highest_mb": round(highest / megabyte),
                    "run_mb": round((highest - bare) / megabyte),
                    "digits": DIGITS,
                }
            )
        )


if __name__ == "__main__":
    main()
