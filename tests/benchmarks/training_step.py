"""How fast the training loop is, beside the plain script that everyone writes first (``_plain.py``).

Both train LeptonNet for whole epochs of the bundled digits at batch 64, without augmentation, in one process and in
turns; medians are compared. ``ratio`` gives both the threads that our loop chooses (one core is left to the window);
``ratio_all_cores`` gives both all of them; ``ratio_float32`` is without bfloat16.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from _plain import BATCH, CORES, PlainScript, print_figures, threads

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import learn_one_epoch

ROUNDS, LEAST_ROUNDS = 7, 3
SECONDS = 60.0


def our_epoch(learner: Learner) -> Callable[[], None]:
    """One epoch of our loop, with all that it measures and keeps meanwhile."""
    meter = Meter(learner.run, learner.batches, learner.position)

    def epoch() -> None:
        for _ in learn_one_epoch(learner, meter):
            pass
        meter.read(learner)
        learner.epoch += 1
        learner.begin_epoch()
        meter.new_epoch()

    return epoch


def plain_epoch(samples: Samples, learner: Learner) -> Callable[[], None]:
    """One epoch of the plain script on the same samples, to be called again and again."""
    script = PlainScript(samples, learner.batches.splits["train"].numpy(), learner.device.kind)

    def epoch() -> None:
        for _ in script.steps():
            pass

    return epoch


def learner_of(experiment: Experiment, precision: str, samples: Samples) -> Learner:
    experiment = with_setting(experiment, "precision", precision)
    return Learner(Run.create(experiment, precision), samples)


def seconds_of(epoch: Callable[[], None], thread_count: int) -> float:
    with threads(thread_count):
        started = time.perf_counter()
        epoch()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - started


def measure() -> dict[str, Any]:
    experiment = default_experiment()
    samples = load_samples(experiment.dataset)
    for setting in (("augmentations", "[]"), ("batch_size", str(BATCH)), ("epochs", "1000")):
        experiment = with_setting(experiment, *setting)
    ours, exact = (learner_of(experiment, precision, samples) for precision in ("auto", "float32"))
    few = ours.device.threads or 1
    our, plain = our_epoch(ours), plain_epoch(samples, ours)
    jobs = {"ours": (our, few), "float32": (our_epoch(exact), few), "plain": (plain, few)}
    if few < CORES:
        jobs |= {"ours_all_cores": (our, CORES), "plain_all_cores": (plain, CORES)}
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    started = time.perf_counter()
    for round_number in range(ROUNDS + 1):
        for name, job in jobs.items():
            spent = seconds_of(*job)
            # The first round warms up: memory, caches, the choice of algorithms.
            if round_number:
                seconds[name].append(spent)
        if round_number >= LEAST_ROUNDS and time.perf_counter() - started > SECONDS:
            break
    images = ours.batches.size("train")
    # Neighbours in time are compared, so that a machine that slows down slows both.
    ratio = {
        name: round(statistics.median(b / a for a, b in zip(seconds[name], seconds[rival], strict=True)), 2)
        for name, rival in (("ours", "plain"), ("float32", "plain"), ("ours_all_cores", "plain_all_cores"))
        if name in seconds
    }
    return {
        "ratio": ratio["ours"],
        "ratio_float32": ratio["float32"],
        "ratio_all_cores": ratio.get("ours_all_cores", ratio["ours"]),
        **{f"{name}_images_per_second": round(images / statistics.median(all_)) for name, all_ in seconds.items()},
        "precision": ours.device.precision,
        "kernels": ours.kernels,
        "device": ours.device.name,
        "rounds": len(seconds["ours"]),
    }


def main() -> None:
    print_figures(measure)


if __name__ == "__main__":
    main()
