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
# So many that twenty kills come before the end; a kill comes after so many yields, some ms into what follows.
EPOCHS = 32
YIELDS, SECONDS = (2, 70), 0.06
PATIENCE_SECONDS = 100

# Begins a run, or goes on with it, and says so after each batch, epoch, and piece of news.
TRAINS = """
import sys
from pathlib import Path
from lepton_studio.engine import Run, start_training

for _ in start_training(Run.open(Path(sys.argv[1]))):
    print(flush=True)
"""


def experiment() -> Experiment:
    """LeptonNet with dropout, augmentation and a weight average; epochs of 30 batches, a checkpoint a second."""
    settings = Hyperparameters(
        epochs=EPOCHS,
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
    return subprocess.Popen([sys.executable, "-c", TRAINS, str(run.folder)], env=environment, stdout=subprocess.PIPE)


def waited_for(process: subprocess.Popen[bytes]) -> int:
    """Lets it train to its end and returns its exit status."""
    process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode


def numbers_of(run: Run) -> list[Any]:
    rows = [msgspec.structs.replace(row, seconds=0.0) for row in run.history.epochs]
    return [run.history.batch_loss.tobytes(), run.history.batch_rate.tobytes(), rows]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_training_killed_at_twenty_random_moments_ends_with_the_bits_of_one_that_was_not(tmp_path: Path) -> None:
    save_experiment(tmp_path / "experiment.json", experiment())
    whole, killed = begun(), begun()
    assert waited_for(process_of(whole)) == 0
    kept, chance = [], random.Random(5)
    for _ in range(KILLS):
        process = process_of(killed)
        assert process.stdout is not None
        for _ in range(chance.randint(*YIELDS)):
            process.stdout.readline()
        time.sleep(chance.uniform(0.0, SECONDS))
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
        kept.append(Run.open(killed.folder).record)
    assert [record.state for record in kept] == ["interrupted"] * KILLS
    seconds = [record.train_seconds for record in kept]
    assert seconds == sorted(seconds)
    assert waited_for(process_of(killed)) == 0
    assert [run.record.state for run in list_runs()] == ["finished", "finished"]
    one, other = Run.open(killed.folder), Run.open(whole.folder)
    assert one.record.test_accuracy == other.record.test_accuracy
    assert numbers_of(one) == numbers_of(other)
    for prefix in ("network.", "average.", "optimizer."):
        weights, others = (load_tensors(run.checkpoint, prefix) for run in (one, other))
        assert weights.keys() == others.keys() != set()
        assert all(torch.equal(weights[name], others[name]) for name in weights)
