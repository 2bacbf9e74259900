"""A whole run on a CUDA GPU: ten epochs of LeptonNet on 60,000 digits, beside the plain script on the same GPU.

MNIST where it is on this computer, else the bundled digits repeated to its size. The first run of each warms up:
kernels are loaded and chosen. Ours is timed as a whole, with recording, validation, checkpoints and the final
test; the plain script for one epoch, times ten.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import msgspec
import numpy as np
import torch
from _plain import PlainScript, print_figures, why_not

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.experiment import default_experiment, with_setting
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

EPOCHS, DIGITS, ROUNDS = 10, 60_000, 3


def digits() -> tuple[Samples, str]:
    """60,000 training digits and some for testing, and where they are from."""
    if Mnist().is_here():
        return load_samples(Mnist()), "MNIST"
    few = load_samples(default_experiment().dataset)
    test = np.flatnonzero(few.is_test)
    chosen = np.concatenate([np.resize(np.flatnonzero(~few.is_test), DIGITS), test])
    return Samples(few.images[chosen], few.labels[chosen], few.class_names, few.is_test[chosen]), "bundled digits"


def our_seconds(samples: Samples, epochs: int) -> tuple[float, Run]:
    experiment = msgspec.structs.replace(default_experiment(), dataset=Mnist())
    for setting in (("augmentations", "[]"), ("device", "cuda"), ("epochs", str(epochs))):
        experiment = with_setting(experiment, *setting)
    run = Run.create(experiment)
    started = time.perf_counter()
    for _ in start_training(run, samples):
        pass
    torch.cuda.synchronize()
    return time.perf_counter() - started, run


def plain_seconds(samples: Samples) -> float:
    """Seconds of one epoch of the plain script on the GPU."""
    script = PlainScript(samples, np.flatnonzero(~samples.is_test), "cuda")
    started = time.perf_counter()
    for _ in script.steps():
        pass
    torch.cuda.synchronize()
    return time.perf_counter() - started


def measure() -> dict[str, Any]:
    samples, source = digits()
    our_seconds(samples, 1)
    pairs = []
    for _ in range(ROUNDS):
        seconds, run = our_seconds(samples, EPOCHS)
        pairs.append((seconds, plain_seconds(samples) * EPOCHS))
    return {
        "seconds": round(statistics.median(ours for ours, _ in pairs), 2),
        "ratio": round(statistics.median(plain / ours for ours, plain in pairs), 1),
        "images_per_second": round(run.record.images_per_second),
        "test_accuracy": run.record.test_accuracy,
        "kernels": run.record.kernels,
        "precision": run.record.precision,
        "device": run.record.device,
        "digits": source,
        "rounds": ROUNDS,
    }


def main() -> None:
    if not torch.cuda.is_available():
        print(json.dumps({"skipped": "this computer has no CUDA GPU, or its PyTorch cannot use it"}))
        return
    reason = why_not()
    if "torchvision" in reason:
        print(json.dumps({"skipped": reason}))
        return
    print_figures(measure)


if __name__ == "__main__":
    main()
