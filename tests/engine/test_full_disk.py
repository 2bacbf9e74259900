"""A disk that is full while a training saves: it is told once, the training goes on, and all is well afterwards."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.events import EpochFinished, Event, Notice, Recovered, TrainingFinished, TrainingStarted
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

EPOCHS = 6

# The system itself refuses: no file may grow beyond a limit. 4 kB are enough for run.json, not for a checkpoint.
LIMITED = """
import resource
import msgspec
from lepton_studio.engine import *
from lepton_studio.engine.events import *
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear

experiment = default_experiment()
hyperparameters = msgspec.structs.replace(
    experiment.hyperparameters, epochs=5, batch_size=64, samples_per_epoch=128, device="cpu", augmentations=()
)
architecture = Architecture("Small", (Flatten(), Linear(outputs=10)))
run = Run.create(msgspec.structs.replace(experiment, architecture=architecture, hyperparameters=hyperparameters))
usual = resource.getrlimit(resource.RLIMIT_FSIZE)
for event in start_training(run):
    if isinstance(event, EpochFinished):
        limit = 4000 if event.row.epoch in (1, 2) else usual[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, usual[1]))
    if isinstance(event, (EpochFinished, Notice, Recovered, TrainingFinished)):
        print(type(event).__name__, getattr(event, "what", ""))
print(Run.open(run.folder).record.state, len(list(run.folder.glob(".*.part"))))
"""


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Fills the disk, or frees it."""
    real, full = os.fsync, [False]

    def fsync(handle: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return lambda is_full: full.__setitem__(0, is_full)


@pytest.fixture
def experiment(tiny_experiment: Experiment) -> Experiment:
    settings = msgspec.structs.replace(tiny_experiment.hyperparameters, epochs=EPOCHS)
    return msgspec.structs.replace(tiny_experiment, hyperparameters=settings)


def news_of(run: Run, samples: object, full_disk: Callable[[bool], None], full_after: tuple[int, ...]) -> list[Event]:
    """Trains to the end; the disk is full from the end of these epochs to that of the next (0: from the start)."""
    news = []
    for event in start_training(run, samples):  # type: ignore[arg-type]
        if isinstance(event, TrainingStarted):
            full_disk(0 in full_after)
        elif isinstance(event, EpochFinished):
            full_disk(event.row.epoch in full_after)
        if isinstance(event, Notice | Recovered | TrainingFinished):
            news.append(event)
    return news


def words(news: list[Event]) -> str:
    """N: a notice, R: what it told of is over, F: the training is."""
    letters = {Notice: "N", Recovered: "R", TrainingFinished: "F"}
    return "".join(letters[type(event)] for event in news)


def test_it_is_told_once_until_it_is_over(experiment, tiny_samples, full_disk) -> None:
    run = Run.create(experiment)
    news = news_of(run, tiny_samples, full_disk, full_after=(1, 2, 3))
    assert words(news) == "NRF"
    notice = next(event for event in news if isinstance(event, Notice))
    assert "No space left on device" in notice.what
    assert "goes on" in notice.what
    assert "Free some space" in notice.remedy
    assert run.record.state == "finished"


def test_a_disk_that_is_full_again_is_told_again(experiment, tiny_samples, full_disk) -> None:
    run = Run.create(experiment)
    news = news_of(run, tiny_samples, full_disk, full_after=(0, 1, 4))
    assert words(news) == "NRNRF"
    assert run.record.state == "finished"


def test_what_is_saved_after_it_is_whole(experiment, tiny_samples, full_disk) -> None:
    run, other = Run.create(experiment), Run.create(experiment)
    news_of(run, tiny_samples, full_disk, full_after=(1, 2, 3))
    news_of(other, tiny_samples, full_disk, full_after=())
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert all((weights[name] == others[name]).all() for name in others)
    opened = Run.open(run.folder)
    assert opened.history.batch_loss.tobytes() == other.history.batch_loss.tobytes()
    assert len(opened.history.epochs) == EPOCHS
    assert [path.name for path in run.folder.iterdir() if path.name.endswith(".part")] == []


def test_a_disk_that_takes_all_is_not_spoken_of(experiment, tiny_samples, full_disk) -> None:
    assert words(news_of(Run.create(experiment), tiny_samples, full_disk, full_after=())) == "F"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit on the size of files")
def test_a_system_that_refuses_to_write_ends_no_training(
    run_python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    lines = run_python(LIMITED).stdout.splitlines()
    kinds = [line.split(" ")[0] for line in lines[:-1]]
    assert [kind for kind in kinds if kind != "EpochFinished"] == ["Notice", "Recovered", "TrainingFinished"]
    assert kinds.count("EpochFinished") == 5
    assert "File too large" in next(line for line in lines if line.startswith("Notice"))
    assert lines[-1] == "finished 0"
