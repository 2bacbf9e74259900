"""How long it takes to 98 % on MNIST's test set: the Fast recipe beside the plain script (``_plain.py``), LeptonNet.

In turns, one pair for each seed, each in a process of its own and with the same number of threads. For the plain script
the clock stands still while it is tested, every 100 steps, and stops the first time it is good enough. For ours it runs
to the end of the last epoch of the recipe, validation and checkpoints included; a run that ends below 98 % fails the
benchmark. Then both train for the same number of epochs with the same optimizer, and their accuracies are compared.
"""

from __future__ import annotations

import functools
import json
import os
import statistics
import time
from typing import Any

import msgspec
import torch
from _plain import PlainScript, own_process, print_figures, why_not

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.device import choose_device
from lepton_studio.engine.experiment import Experiment, Hyperparameters, default_experiment
from lepton_studio.engine.recipe import recipes
from lepton_studio.engine.runs import Run
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.splits import cut_samples
from lepton_studio.engine.training import start_training

GOAL = 0.98
SEEDS = (0, 1, 2)
STEPS_BETWEEN_TESTS = 100
SHARE = 0.02
EPOCHS = int(os.environ.get("LEPTON_STUDIO_BENCH_EPOCHS", "3"))


@functools.cache
def digits() -> Samples:
    """MNIST, loaded once in each process."""
    return load_samples(Mnist())


def plain_seconds(seed: int, device: str, thread_count: int) -> float:
    """Seconds of training until the plain script is good enough; it needs about two thirds of an epoch."""
    samples = digits()
    torch.set_num_threads(thread_count)
    script = PlainScript(samples, cut_samples(samples, SHARE, seed)["train"], device, seed)
    spent = 0.0
    for _ in range(5):
        started = time.perf_counter()
        for step in script.steps():
            if step % STEPS_BETWEEN_TESTS == STEPS_BETWEEN_TESTS - 1:
                spent += time.perf_counter() - started
                if script.accuracy(samples) >= GOAL:
                    return spent
                started = time.perf_counter()
        spent += time.perf_counter() - started
    raise RuntimeError(f"the plain script did not reach {GOAL:.0%} in five epochs")


def our_run(samples: Samples, seed: int, hyperparameters: Hyperparameters) -> Run:
    experiment: Experiment = msgspec.structs.replace(
        default_experiment(), dataset=Mnist(), seed=seed, hyperparameters=hyperparameters
    )
    run = Run.create(experiment, f"seed {seed}")
    for _ in start_training(run, samples):
        pass
    return run


def plain_accuracy(seed: int, device: str, thread_count: int) -> float:
    """How good the plain script is after the epochs of the comparison."""
    samples = digits()
    torch.set_num_threads(thread_count)
    script = PlainScript(samples, cut_samples(samples, SHARE, seed)["train"], device, seed)
    for _ in range(EPOCHS):
        for _ in script.steps():
            pass
    return script.accuracy(samples)


def measure() -> dict[str, Any]:
    samples, device = digits(), choose_device()
    rival = (device.kind, torch.get_num_threads())
    fast = recipes()["fast"].hyperparameters
    pairs = []
    same = Hyperparameters(epochs=EPOCHS, schedule=Constant(), augmentations=(), validation_share=SHARE)
    with own_process() as process:
        for seed in SEEDS:
            ours = our_run(samples, seed, fast)
            if (ours.record.test_accuracy or 0.0) < GOAL:
                raise SystemExit(f"the Fast recipe ended at {ours.record.test_accuracy}")
            # All that the recipe does until its last epoch is over; the final test is no training.
            seconds = sum(row.seconds for row in ours.history.epochs)
            plain = process.submit(plain_seconds, seed, *rival).result()
            pairs.append((plain, seconds, ours.record.test_accuracy or 0.0))
        accuracies = [
            (
                our_run(samples, seed, same).record.test_accuracy or 0.0,
                process.submit(plain_accuracy, seed, *rival).result(),
            )
            for seed in SEEDS
        ]
    ours_mean, plain_mean = (statistics.mean(column) for column in zip(*accuracies, strict=True))
    return {
        "ratio": round(statistics.median(plain / ours for plain, ours, _ in pairs), 2),
        "ours_seconds": round(statistics.median(ours for _, ours, _ in pairs), 2),
        "plain_seconds": round(statistics.median(plain for plain, _, _ in pairs), 2),
        "ours_accuracy": round(min(accuracy for _, _, accuracy in pairs), 4),
        "same_epochs": EPOCHS,
        "same_epochs_ours": round(ours_mean, 4),
        "same_epochs_plain": round(plain_mean, 4),
        "same_epochs_points": round((ours_mean - plain_mean) * 100, 2),
        "device": device.name,
        "threads": torch.get_num_threads(),
    }


def main() -> None:
    if reason := why_not():
        print(json.dumps({"skipped": reason}))
        return
    print_figures(measure)


if __name__ == "__main__":
    main()
