"""How fast a step of each shipped architecture for small pictures is, beside the same layers as torch runs them.

A step of 64 bundled digits: forward, loss, backward, Adam. Ours as a training takes it, in the precision that is
chosen for this computer and in float32; the rival has the same modules in the same order in float32, as written in a
tutorial. In turns on one thread, in its processor time.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec
import torch
from _plain import BATCH, print_figures
from torch import nn

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.network import build_network
from lepton_studio.engine.runs import Run
from lepton_studio.engine.shipped_architectures import preset_cards
from lepton_studio.engine.training import take_step

ROUNDS, STEPS = 9, 2
# All that suit the digits, or these alone.
CHOSEN = os.environ.get("LEPTON_STUDIO_BENCH_ARCHITECTURES", "").split()


def our_step(experiment: Experiment, precision: str, samples: Samples) -> tuple[Learner, Callable[[], None]]:
    learner = Learner(Run.create(with_setting(experiment, "precision", precision), precision), samples)
    pictures, labels = next(learner.batches.training(0))

    def step() -> None:
        learner.network.train()
        take_step(learner, pictures, labels)

    return learner, step


def plain_step(experiment: Experiment, samples: Samples, classes: int) -> Callable[[], None]:
    network = build_network(experiment.architecture, samples.shape, classes, [33.0], [78.0]).train()
    # ReLU and pooling in the order in which they were written.
    network.steps = tuple(network.layers)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    pictures, labels = torch.from_numpy(samples.images[:BATCH]), torch.from_numpy(samples.labels[:BATCH])

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(pictures), labels).backward()
        optimizer.step()

    return step


def milliseconds(step: Callable[[], None]) -> float:
    started = time.thread_time()
    for _ in range(STEPS):
        step()
    return (time.thread_time() - started) / STEPS * 1000


def measured(experiment: Experiment, samples: Samples) -> dict[str, Any]:
    learner, ours = our_step(experiment, "auto", samples)
    _, exact = our_step(experiment, "float32", samples)
    torch.set_num_threads(1)
    steps = {"ours": ours, "float32": exact, "plain": plain_step(experiment, samples, learner.classes)}
    rounds = [{name: milliseconds(step) for name, step in steps.items()} for _ in range(ROUNDS + 1)][1:]
    return {
        "ratio": round(statistics.median(each["plain"] / each["ours"] for each in rounds), 2),
        "ratio_float32": round(statistics.median(each["plain"] / each["float32"] for each in rounds), 2),
        "plain_ms": round(statistics.median(each["plain"] for each in rounds), 1),
        "kernels": learner.kernels,
    }


def measure() -> dict[str, Any]:
    experiment = default_experiment()
    samples = load_samples(experiment.dataset)
    for setting in (("augmentations", "[]"), ("batch_size", str(BATCH)), ("device", "cpu")):
        experiment = with_setting(experiment, *setting)
    figures: dict[str, Any] = {}
    for name, card in preset_cards().items():
        if card.suits(samples.shape) and (not CHOSEN or name in CHOSEN):
            found = measured(msgspec.structs.replace(experiment, architecture=card.architecture), samples)
            figures |= {f"{name}_{figure}": value for figure, value in found.items()}
    return figures


def main() -> None:
    print_figures(measure)


if __name__ == "__main__":
    main()
