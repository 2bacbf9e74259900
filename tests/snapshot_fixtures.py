"""Made-up snapshots of a training that goes well, for everything that is watched beside the curves.

``tests/conftest.py`` hands this file to pytest.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.kept_epochs import weights_file
from lepton_studio.engine.runs import Run
from lepton_studio.engine.snapshots import BINS, LayerTrace, Snapshot, save_snapshot

KINDS = ("Conv2d", "BatchNorm2d", "Linear", "MultiheadAttention")
# Moments of an epoch at which the layers are looked at.
MOMENTS = 16


def make_snapshot(
    epoch: int,
    samples: Samples,
    *,
    layers: int = 4,
    filters: tuple[int, ...] = (8, 1, 3, 3),
    epochs: int = 12,
    seed: int = 1,
) -> Snapshot:
    """What the network of a run of ``epochs`` epochs looks like after one of them, always the same."""
    done = min(1.0, epoch / epochs)
    fixed, noise = np.random.default_rng(seed), np.random.default_rng((seed, epoch))
    classes = len(samples.class_names)
    followed = np.sort(fixed.choice(np.flatnonzero(~samples.is_test), min(16, len(samples) // 2), replace=False))
    labels = samples.labels[followed]
    # Hard pictures are learned late, and the last of them never.
    ease = np.linspace(6.0, -1.0, len(followed))[:, None]
    logits = noise.normal(0, 0.8, (len(followed), classes)) + fixed.normal(0, 1, (len(followed), classes))
    logits[np.arange(len(followed)), labels] += (ease * done)[:, 0]
    powers = np.exp(logits)
    probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    confusion = noise.poisson(6 * (1 - done) ** 2 / max(1, classes / 10), (classes, classes)).astype(np.int64)
    confusion[np.arange(classes), np.arange(classes)] = 40 + 50 * done
    confusion[0, 1 % classes] += 9 if classes > 1 else 0
    start = fixed.normal(0, 0.2, filters)
    weights = (start + done * fixed.normal(0, 0.4, filters)).astype(np.float32)
    return Snapshot(
        epoch, followed, labels, probabilities, confusion, weights,
        epoch - 1 + np.arange(1, MOMENTS + 1) / MOMENTS,
        tuple(_trace(at, done, noise) for at in range(layers)),
    )  # fmt: skip


def _trace(at: int, done: float, noise: np.random.Generator) -> LayerTrace:
    size = 10.0 ** (-0.2 * (at % 9)) * (1 - 0.8 * done)
    weights = noise.normal(0.02 * at * done, 0.05 + 0.1 * done, 3000)
    counts, edges = np.histogram(weights, BINS)
    # The first learns as it should; the second far too fast, the third hardly.
    ratio = (1e-3, 3e-2, 2e-5)[at % 3]
    return LayerTrace(
        f"{at + 1} {KINDS[at % len(KINDS)]}",
        (size * np.exp(noise.normal(0, 0.3, MOMENTS))).astype(np.float32),
        (ratio * np.exp(noise.normal(0, 0.2, MOMENTS))).astype(np.float32),
        counts.astype(np.int64),
        edges.astype(np.float32),
        float("nan") if at % 2 else min(1.0, 0.04 * at * done),
    )


@pytest.fixture
def watched_run(tiny_experiment: Experiment, tiny_samples: Samples) -> Callable[..., Run]:
    """Makes a stopped run with a snapshot of each epoch; the weights of the last three and of the best are "kept"."""

    def make(epochs: int = 12, samples: Samples | None = None, **how: object) -> Run:
        shown = samples or tiny_samples
        hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, epochs=epochs)
        run = Run.create(msgspec.structs.replace(tiny_experiment, hyperparameters=hyperparameters), "Watched")
        run.update(state="stopped", class_names=shown.class_names, input_shape=shown.shape, epochs_done=epochs)
        best = max(1, epochs // 2)
        for epoch in range(1, epochs + 1):
            run.history.add_epoch(EpochRow(epoch, 2 / epoch, 0.9, 1 + abs(epoch - best) / epochs, 0.8, 1.0))
            run.snapshot = make_snapshot(epoch, shown, epochs=epochs, **how)  # type: ignore[arg-type]
            save_snapshot(run.folder, run.snapshot)
            if epoch == best or epoch > epochs - 3:
                weights_file(run.folder, epoch).parent.mkdir(exist_ok=True)
                weights_file(run.folder, epoch).write_bytes(b"")
        return run

    return make


@pytest.fixture
def snapshot_of() -> Callable[..., Snapshot]:
    """Makes one snapshot."""
    return make_snapshot
