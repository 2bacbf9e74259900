"""How fast the training loop is, beside the plain script that everyone writes first (``_plain.py``).

Both train LeptonNet for whole epochs of the bundled digits at batch 64, without augmentation, in turns and each in a
process of its own; medians are compared. ``ratio`` gives both the threads that our loop chooses (one core is left to
the window); ``ratio_all_cores`` gives both all of them; ``ratio_float32`` is without bfloat16.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from _plain import BATCH, CORES, own_process, plain_epoch_seconds, print_figures, seconds_of

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


def learner_of(experiment: Experiment, precision: str, samples: Samples) -> Learner:
    experiment = with_setting(experiment, "precision", precision)
    return Learner(Run.create(experiment, precision), samples)


def in_turns(jobs: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """What each job says that it took, round by round; the first round warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    started = time.perf_counter()
    for round_number in range(ROUNDS + 1):
        for name, job in jobs.items():
            spent = job()
            # Memory, caches, the choice of algorithms.
            if round_number:
                seconds[name].append(spent)
        if round_number >= LEAST_ROUNDS and time.perf_counter() - started > SECONDS:
            break
    return seconds


def measure() -> dict[str, Any]:
    experiment = default_experiment()
    samples = load_samples(experiment.dataset)
    for setting in (("augmentations", "[]"), ("batch_size", str(BATCH)), ("epochs", "1000"), ("device", "cpu")):
        experiment = with_setting(experiment, *setting)
    ours, exact = (learner_of(experiment, precision, samples) for precision in ("auto", "float32"))
    few = ours.device.threads
    our, our_exact = our_epoch(ours), our_epoch(exact)
    with own_process() as process:

        def plain(thread_count: int) -> float:
            return process.submit(plain_epoch_seconds, experiment, thread_count).result()

        jobs: dict[str, Callable[[], float]] = {
            "ours": lambda: seconds_of(our, few),
            "plain": lambda: plain(few),
            "float32": lambda: seconds_of(our_exact, few),
        }
        if few < CORES:
            jobs |= {"ours_all_cores": lambda: seconds_of(our, CORES), "plain_all_cores": lambda: plain(CORES)}
        seconds = in_turns(jobs)
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
