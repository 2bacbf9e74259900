"""Real trainings whose process is killed at random moments: they go on to the bits of one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from lepton_studio.engine.checkpoint import load_tensors
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.experiment import Experiment, Hyperparameters, default_experiment, save_experiment
from lepton_studio.engine.history import Change
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.regularisations.weight_average import WeightAverage
from lepton_studio.engine.run_store import list_runs
from lepton_studio.engine.runs import Run

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process at once")

KILLS = 20
PATIENCE_SECONDS = 100

# Begins a run, or goes on with it, and steers it while it goes on, as somebody at the window does.
TRAINS = """
import sys
from pathlib import Path
from lepton_studio.engine import Run, start_training

for _ in start_training(Run.open(Path(sys.argv[1]))):
    pass
"""


def experiment() -> Experiment:
    """LeptonNet with dropout, augmentation and a weight average; six epochs of 30 batches, a checkpoint a second."""
    settings = Hyperparameters(
        epochs=6,
        samples_per_epoch=960,
        batch_size=32,
        optimizer=Adam(learning_rate=0.002),
        regularisations=(WeightAverage(decay=0.9),),
        checkpoint_seconds=1.0,
        device="cpu",
        threads=1,
    )
    return msgspec.structs.replace(default_experiment(), dataset=BundledDigits(), hyperparameters=settings, seed=11)


# The rate falls in the middle of an epoch, batches grow at the beginning of one, dropout weakens.
CHANGES = (
    Change(1, 13, 1.43, "learning_rate", 0.002, 0.0007),
    Change(3, 0, 3.0, "batch_size", 32, 48),
    Change(4, 7, 4.35, "dropout", 1.0, 0.5),
)


def begun() -> Run:
    run = Run.create(experiment())
    run.note_changes(CHANGES)
    return run


def process_of(run: Run) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", TRAINS, str(run.folder)], env=environment)


def numbers_of(run: Run) -> list[Any]:
    rows = [msgspec.structs.replace(row, seconds=0.0) for row in run.history.epochs]
    return [run.history.batch_loss.tobytes(), run.history.batch_rate.tobytes(), rows]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_training_killed_at_twenty_random_moments_ends_with_the_bits_of_one_that_was_not(tmp_path: Path) -> None:
    save_experiment(tmp_path / "experiment.json", experiment())
    whole, killed = begun(), begun()
    assert process_of(whole).wait(PATIENCE_SECONDS) == 0
    started, chance = [], random.Random(5)
    for _ in range(KILLS):
        process = process_of(killed)
        # Python and torch take a while to be imported; the training itself then is to be hit anywhere.
        before = Run.open(killed.folder).record.train_seconds
        while Run.open(killed.folder).record.state != "running" and process.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 2.5))
        process.kill()
        process.wait(PATIENCE_SECONDS)
        opened = Run.open(killed.folder)
        started.append((opened.record.state, opened.record.train_seconds >= before))
        if opened.record.state == "finished":
            break
    assert [run.record.state for run in list_runs()].count("damaged") == 0
    assert all(is_kept for _, is_kept in started)
    if Run.open(killed.folder).record.state != "finished":
        assert process_of(killed).wait(PATIENCE_SECONDS) == 0
    one, other = Run.open(killed.folder), Run.open(whole.folder)
    assert len(started) >= 10, "too quick to be killed often"
    assert (one.record.state, one.record.test_accuracy) == ("finished", other.record.test_accuracy)
    assert numbers_of(one) == numbers_of(other)
    for prefix in ("network.", "average.", "optimizer."):
        weights, others = (load_tensors(run.checkpoint, prefix) for run in (one, other))
        assert weights.keys() == others.keys() != set()
        assert all(torch.equal(weights[name], others[name]) for name in weights)
