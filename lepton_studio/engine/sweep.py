"""Sweeps: one experiment trained many times, with chosen fields at other values each time.

A sweep is a folder with two files: ``sweep.json`` says what is to be tried, ``study.db`` is Optuna's record of it.
This file needs neither Optuna nor torch; ``sweep_study.py`` keeps the record, ``sweep_work.py`` does the trials.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import math
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import filelock
import msgspec

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, with_setting
from lepton_studio.engine.files import is_held, read_struct, write_struct, writing_to
from lepton_studio.engine.sweep_axes import Axis, Value, value_text, value_words
from lepton_studio.engine.sweep_fields import full_path, words_for

FORMAT: Literal["lepton-studio sweep"] = "lepton-studio sweep"
VERSION = 1
SWEEP, STUDY, LOCK = "sweep.json", "study.db", "lock"
MOST_TRIALS = 10_000

Sampler = Literal["grid", "random", "tpe"]
Objective = Literal["validation_loss", "validation_accuracy", "train_loss", "train_accuracy"]
TrialState = Literal["running", "finished", "pruned", "failed"]


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be tried.

    Attributes:
        name: what it is called; its runs are of the group of that name.
        experiment: what all trials share.
        axes: the fields that change, with their values.
        sampler: "grid" takes each combination once, "random" draws, "tpe" draws near what was good so far.
        trials: how many; a grid has as many as it has combinations.
        pruning: whether a trial that is worse than the median of the others at the same epoch is given up.
        objective: the number of the last epoch by which trials are compared.
        seed: same seed, same trials.
        created: when, ISO 8601.
    """

    name: str
    experiment: Experiment
    axes: tuple[Axis, ...]
    sampler: Sampler = "random"
    trials: int = 20
    pruning: bool = False
    objective: Objective = "validation_loss"
    seed: int = 0
    created: str = ""
    format: Literal["lepton-studio sweep"] = FORMAT
    version: int = VERSION

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return paths.sweeps() / folder_name(self.name)

    @property
    def study_file(self) -> Path:
        """Optuna's record of it."""
        return self.folder / STUDY

    @property
    def planned(self) -> int:
        """How many trials there will be."""
        if self.sampler != "grid":
            return self.trials
        return math.prod(len(axis.points()) for axis in self.axes)

    @property
    def is_less_better(self) -> bool:
        """Whether the best trial is the one with the smallest objective."""
        return self.objective.endswith("loss")

    def grid_point(self, number: int) -> dict[str, Value]:
        """The values of a trial of a grid, counted from 0; the last axis changes fastest."""
        values = {}
        for axis in reversed(self.axes):
            points = axis.points()
            number, place = divmod(number, len(points))
            values[axis.path] = points[place]
        return values

    def experiment_with(self, values: Mapping[str, Value]) -> Experiment:
        """The experiment of a trial.

        Raises:
            LeptonError: a value does not fit.
        """
        experiment = self.experiment
        # Another kind starts from its own defaults, so kinds are chosen before the fields inside are set.
        for path in sorted(values, key=lambda path: not path.endswith(".type")):
            text = value_text(values[path])
            if not (path.endswith(".type") and _value_at(experiment, path) == text):
                experiment = with_setting(experiment, path, text)
        return experiment

    def trial_name(self, number: int, values: Mapping[str, Value]) -> str:
        """What the run of a trial, counted from 1, is called: "Sweep 1, trial 3: learning rate 0.003"."""
        words = (f"{words_for(self.experiment, path)} {value_words(value)}" for path, value in values.items())
        return f"{self.name}, trial {number}: {', '.join(words)}"


class SweepTrial(msgspec.Struct, frozen=True):
    """One training of a sweep.

    Attributes:
        number: counted from 1.
        state: "running" until it is known how it ended, also while nobody works on it.
        values: path of the field -> value.
        objective: that of the last epoch so far; None before the first, and of a trial that failed.
        run: the id of its run; empty before it is begun.
        epochs: how many were done.
        error: why it failed.
        seconds: how long its training took; 0 while that is not known.
    """

    number: int
    state: TrialState
    values: dict[str, Value]
    objective: float | None = None
    run: str = ""
    epochs: int = 0
    error: str = ""
    seconds: float = 0.0


class SweepResult(msgspec.Struct, frozen=True):
    """What came of a sweep so far.

    Attributes:
        sweep: what was to be tried.
        trials: in their order.
        importances: path of the field -> share (0 to 1) of what made trials good, largest first; empty while there
            are too few trials to tell.
        is_running: whether somebody works on it.
    """

    sweep: Sweep
    trials: tuple[SweepTrial, ...] = ()
    importances: dict[str, float] = {}
    is_running: bool = False

    @property
    def ended(self) -> int:
        """How many trials are over."""
        return sum(trial.state != "running" for trial in self.trials)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.ended >= self.sweep.planned

    @property
    def ranked(self) -> tuple[SweepTrial, ...]:
        """The trials, the best first: finished ones before those that were pruned, failed or are not over."""
        places = {"finished": 0, "pruned": 1, "running": 2, "failed": 3}
        sign = 1 if self.sweep.is_less_better else -1

        def rank(trial: SweepTrial) -> tuple[float, ...]:
            value = math.inf if trial.objective is None else sign * trial.objective
            return places[trial.state], value, trial.number

        return tuple(sorted(self.trials, key=rank))

    @property
    def best(self) -> SweepTrial | None:
        """The finished trial with the best objective."""
        first = next(iter(self.ranked), None)
        return first if first is not None and first.state == "finished" else None


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


def folder_name(name: str) -> str:
    """The folder of a sweep: its name without what file systems do not take."""
    return re.sub(r"[^\w.-]+", "_", name.strip()).strip("._")[:80].lower()


def create_sweep(sweep: Sweep) -> Sweep:
    """Keeps a new sweep, with full paths and the time; without a name it gets a free one.

    Raises:
        LeptonError: it cannot be worked off as it is, or the name is taken.
    """
    axes = tuple(msgspec.structs.replace(axis, path=full_path(sweep.experiment, axis.path)) for axis in sweep.axes)
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    name = sweep.name.strip() or free_name()
    made = msgspec.structs.replace(sweep, axes=axes, created=now, name=name)
    check_sweep(made)
    with writing_to(made.folder):
        try:
            made.folder.mkdir(parents=True)
        except FileExistsError as error:
            raise LeptonError(f"There is a sweep called '{name}' already.", "Choose another name.") from error
    try:
        write_struct(made.folder / SWEEP, made)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return made


def free_name() -> str:
    """A name that no sweep has yet: Sweep 1, Sweep 2 ..."""
    names = (f"Sweep {number}" for number in itertools.count(1))
    return next(name for name in names if not (paths.sweeps() / folder_name(name)).exists())


def check_sweep(sweep: Sweep) -> None:
    """Tries all values that can be tried without training.

    Raises:
        LeptonError: something is missing, or a value does not fit; says which.
    """
    if not folder_name(sweep.name):
        raise LeptonError(f"'{sweep.name}' is no name for a sweep.", "Use letters and digits.")
    if not sweep.axes:
        raise LeptonError("No field changes in this sweep.", "Choose at least one field.")
    known = [axis.path for axis in sweep.axes]
    for path in known:
        if known.count(path) > 1:
            raise LeptonError(f"The field '{path}' is there twice.", "Take one of the two away.")
    for axis in sweep.axes:
        axis.check()
    if not 1 <= sweep.planned <= MOST_TRIALS:
        raise LeptonError(
            f"{sweep.planned:,} trials are not 1 to {MOST_TRIALS:,}.", "Take fewer values, or draw them at random."
        )
    kinds = [[(axis.path, value) for value in axis.ends()] for axis in sweep.axes if axis.path.endswith(".type")]
    for chosen in itertools.product(*kinds):
        for axis in sweep.axes:
            for value in axis.ends():
                sweep.experiment_with({**dict(chosen), axis.path: value})


def read_sweep(folder: Path) -> Sweep:
    """Opens a sweep.

    Raises:
        LeptonError: naming the file and what is wrong with it.
    """
    file = folder / SWEEP
    head = read_struct(file, _Head)
    if head.format != FORMAT:
        raise LeptonError(f"{file} is not a sweep of Lepton Studio.", "Choose another one.")
    if head.version > VERSION:
        raise LeptonError(f"{file} was made by a newer Lepton Studio.", "Update Lepton Studio.")
    return read_struct(file, Sweep)


def list_sweeps() -> tuple[Sweep, ...]:
    """All sweeps that can be read, newest first.

    Raises:
        LeptonError: the folder itself cannot be read.
    """
    found = []
    try:
        folders = sorted(path for path in paths.sweeps().iterdir() if path.is_dir())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise LeptonError(
            f"{paths.sweeps()} could not be read: {error.strerror or error}.", "Allow reading there."
        ) from error
    for folder in folders:
        with contextlib.suppress(LeptonError):
            found.append(read_sweep(folder))
    return tuple(sorted(found, key=lambda sweep: sweep.created, reverse=True))


def find_sweep(name: str) -> Sweep:
    """Finds a sweep by its name.

    Raises:
        LeptonError: there is none, or it is damaged.
    """
    folder = paths.sweeps() / (folder_name(name) or "none")
    if not (folder / SWEEP).is_file():
        raise LeptonError(f"There is no sweep called '{name}'.", "See 'lepton-studio sweep list'.")
    return read_sweep(folder)


def delete_sweep(sweep: Sweep) -> None:
    """Removes a sweep; its runs stay.

    Raises:
        LeptonError: somebody works on it, or the disk refuses.
    """
    with being_worked_on(sweep):
        pass
    with writing_to(sweep.folder):
        shutil.rmtree(sweep.folder)


@contextlib.contextmanager
def being_worked_on(sweep: Sweep) -> Iterator[None]:
    """Keeps others away; the lock goes with the process.

    Raises:
        LeptonError: another process works on it, or it was deleted.
    """
    if not sweep.folder.is_dir():
        raise LeptonError(f"The sweep '{sweep.name}' is not there any more.", "Begin a new one.")
    # Whoever ends it may be another thread than the one that began it.
    lock = filelock.FileLock(sweep.folder / LOCK, thread_local=False)
    with writing_to(sweep.folder / LOCK):
        try:
            lock.acquire(timeout=0.5)
        except filelock.Timeout as error:
            raise LeptonError(f"The sweep '{sweep.name}' is worked on already.", "Wait, or stop it there.") from error
    try:
        yield
    finally:
        lock.release()


def is_worked_on(sweep: Sweep) -> bool:
    """Whether somebody trains its trials just now."""
    return is_held(sweep.folder / LOCK)


def _value_at(experiment: Experiment, path: str) -> Any:
    """What stands at a path of an experiment as it is saved; None if nothing does."""
    value: Any = msgspec.to_builtins(experiment)
    for key in path.split("."):
        if isinstance(value, (list, tuple)) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value
