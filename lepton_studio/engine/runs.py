"""Runs: one training each, kept in a folder of its own from its first second."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import platform
import re
import secrets
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import filelock
import msgspec

from lepton_studio import __version__, paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, read_experiment, save_experiment
from lepton_studio.engine.files import is_held, read_struct, write_struct, writing_to
from lepton_studio.engine.hand_labels import labels_now
from lepton_studio.engine.history import Change, History
from lepton_studio.engine.kept_epochs import KeptEpoch, kept_epochs, weights_file
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.steering import LiveSettings, live_settings, read_changes, with_change, write_changes

if TYPE_CHECKING:
    from lepton_studio.engine.snapshots import Snapshot

FORMAT: Literal["lepton-studio run"] = "lepton-studio run"
VERSION = 1
State = Literal["running", "interrupted", "stopped", "finished", "failed", "damaged"]

RECORD, EXPERIMENT, HISTORY, CHECKPOINT, LOCK = (
    "run.json", "experiment.json", "history.json", "checkpoint.safetensors", "lock",
)  # fmt: skip
FILES = (RECORD, EXPERIMENT, HISTORY, CHECKPOINT)
# Only there if labels had been changed by hand when the run was begun.
LABELS = "labels.json"


class RunRecord(msgspec.Struct, frozen=True):
    """What ``run.json`` says of a run; times in seconds, accuracies from 0 to 1."""

    name: str = ""
    state: State = "running"
    created: str = ""
    device: str = ""
    precision: str = ""
    threads: int = 0
    kernels: str = ""
    parameters: int = 0
    class_names: tuple[str, ...] = ()
    input_shape: Shape = ()
    # How many labels had been changed by hand.
    relabelled: int = 0
    # Runs that belong together: repeats over seeds, a sweep; empty for one alone.
    group: str = ""
    # The run whose weights this one began with, when it was taught a person's drawings (see ``teaching.py``).
    taught_from: str = ""
    train_size: int = 0
    validation_size: int = 0
    # Pictures for validation and test that are among those for training, too.
    leaked: int = 0
    # Pictures computed at once, where the device had no room for whole batches; 0: as the experiment says.
    part_size: int = 0
    # The batch, counted from 1, whose loss was no number; 0: none.
    diverged_at: int = 0
    epochs_done: int = 0
    train_seconds: float = 0.0
    images_per_second: float = 0.0
    test_accuracy: float | None = None
    test_loss: float | None = None
    # Seconds between the ticks of a 10 ms timer in the window while this run was trained there.
    window_gap_p99: float | None = None
    window_gap_longest: float | None = None
    error: str = ""
    versions: dict[str, str] = {}
    format: Literal["lepton-studio run"] = FORMAT
    version: int = VERSION


class _Head(msgspec.Struct, frozen=True):
    version: int = VERSION


@dataclass(frozen=True)
class Pace:
    """Where a running training is, for the progress line; speeds in images a second, times in seconds.

    ``device_bytes`` is the memory that the training holds: that of the GPU, or on a CPU that of the whole program.
    """

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    images_per_second: float = 0.0
    seconds_left: float = 0.0
    phase: Literal["", "train", "validation", "test"] = ""
    device_bytes: int = 0


class Run:
    """One training of an experiment: its folder, its numbers so far, its newest weights.

    The loop writes, everybody else reads. ``weights`` is a copy that the loop leaves a few times a second
    (parameter name -> tensor on the CPU); ``weights_version`` counts these copies. While ``watched`` is True, somebody
    looks at every single batch: the loop then reads its numbers after each.

    Attributes:
        snapshot: what was last seen of the network, replaced whole a few times a second; None before that.
        changes: what was set another way while the run went on, in order.
        wishes: what is to be set another way before the next batch; use :meth:`steer`.
        keep: writes a checkpoint now, and returns what there is to say of it (events); None while nothing is trained.
            To be called by the thread that trains, between two batches.
        is_queued: whether others are trained after it without being asked for.
        is_unwanted: set while it is trained as one of these, to be left after the batch that is under way.
        shown_epoch: the kept epoch whose weights this is; None for the newest ones. See :meth:`at_epoch`.
    """

    def __init__(self, folder: Path, experiment: Experiment, record: RunRecord, history: History) -> None:
        """Takes what the folder holds; use :meth:`create` or :meth:`open`."""
        self.folder = folder
        self.experiment = experiment
        self.record = record
        self.history = history
        self.pace = Pace()
        self.weights: dict[str, Any] | None = None
        self.weights_version = 0
        self.watched = self.is_queued = self.is_unwanted = False
        self.snapshot: Snapshot | None = None
        self.changes: tuple[Change, ...] = ()
        self.wishes: deque[tuple[str, float]] = deque()
        self.shown_epoch: int | None = None
        self.keep: Callable[[], tuple[object, ...]] | None = None
        # The loop and a rename in the window change the record at the same time.
        self._changing = threading.Lock()

    @property
    def id(self) -> str:
        """The name of its folder, which never changes."""
        return self.folder.name

    @property
    def checkpoint(self) -> Path:
        """The file with weights, optimizer and position; of a kept epoch that with its weights."""
        return self.folder / CHECKPOINT if self.shown_epoch is None else weights_file(self.folder, self.shown_epoch)

    def steer(self, field: str, value: float) -> None:
        """Asks for a field of the live settings to be set another way, before the next batch.

        Raises:
            LeptonError: there is no such field, or the value is out of range.
        """
        with_change(LiveSettings(), field, value)
        self.wishes.append((field, value))

    def note_changes(self, changes: Iterable[Change]) -> None:
        """Keeps changes of live settings, those to come among them, in the order in which they take effect.

        Raises:
            LeptonError: the disk refuses; then none is made.
        """
        ordered = tuple(sorted((*self.changes, *changes), key=lambda change: (change.epoch, change.batch)))
        write_changes(self.folder, ordered)
        self.changes = ordered

    def extend(self, epochs: int) -> None:
        """Lets a run that is not being trained go on for so many more epochs.

        Raises:
            LeptonError: so many are too many, another process trains it, or the disk refuses.
        """
        lock = self._lock()
        try:
            live, done = live_settings(self.experiment, self.changes), self.record.epochs_done
            # One that was shortened while it ran may have more epochs than it was to have.
            more = with_change(live, "epochs", max(live.epochs, done) + epochs)
            self.note_changes([Change(done, 0, float(done), "epochs", live.epochs, more.epochs)])
            # What was asked for too late is part of it.
            self.wishes = deque(wish for wish in self.wishes if wish[0] != "epochs")
            self.update(state="stopped")
        finally:
            lock.release()

    def kept_epochs(self) -> tuple[KeptEpoch, ...]:
        """The epochs whose weights are kept."""
        return kept_epochs(self.folder, self.history.epochs)

    def at_epoch(self, epoch: int) -> Run:
        """The run as it was after an epoch, counted from 1, to be drawn with and evaluated.

        Raises:
            LeptonError: the weights of that epoch are not kept.
        """
        if not weights_file(self.folder, epoch).is_file():
            known = ", ".join(str(each.epoch) for each in self.kept_epochs()) or "none"
            raise LeptonError(f"The weights of epoch {epoch} are not kept.", f"Kept are: {known}.")
        then = Run(self.folder, self.experiment, self.record, self.history)
        then.shown_epoch = epoch
        return then

    @property
    def weights_key(self) -> tuple[str, int, int]:
        """By what one set of weights is told from another: the run, the kept epoch (0: none), the count of copies."""
        return self.id, self.shown_epoch or 0, self.weights_version

    @classmethod
    def create(cls, experiment: Experiment, name: str = "") -> Run:
        """Makes the folder of a new run and writes what is known; the state is "running" from here on.

        Labels changed by hand are copied into it, so that later changes do not alter this run.
        """
        now = datetime.datetime.now().astimezone()
        title = name or free_name(experiment.architecture.name)
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "run"
        folder = _new_folder(f"{now:%Y-%m-%d_%H-%M-%S}_{slug[:40]}")
        record = RunRecord(name=title, created=now.isoformat(timespec="seconds"), versions=_versions())
        run = cls(folder, experiment, record, History())
        try:
            save_experiment(folder / EXPERIMENT, experiment)
            labels = labels_now(experiment.dataset)
            if labels.datasets:
                write_struct(folder / LABELS, labels)
            run.update()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return run

    @classmethod
    def unkept(cls, experiment: Experiment) -> Run:
        """A run for a measurement: it has no folder, and nothing may be saved in it."""
        return cls(paths.runs() / f".unkept-{secrets.token_hex(4)}", experiment, RunRecord(), History())

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Reads a run; one whose process died opens as "interrupted".

        Raises:
            LeptonError: a file is missing, damaged or from a newer version.
        """
        # The version first: the rest of a newer record may be anything.
        if read_struct(folder / RECORD, _Head).version > VERSION:
            raise LeptonError(f"{folder} was made by a newer Lepton Studio.", "Update Lepton Studio.")
        record = read_struct(folder / RECORD, RunRecord)
        if record.state == "running" and not is_locked(folder):
            record = msgspec.structs.replace(record, state="interrupted")
        history_file = folder / HISTORY
        history = History.load(history_file) if history_file.exists() else History()
        run = cls(folder, read_experiment(folder / EXPERIMENT), record, history)
        run.changes = read_changes(folder)
        return run

    def update(self, **changes: Any) -> None:
        """Changes fields of the record and writes it."""
        with self._changing:
            self.record = msgspec.structs.replace(self.record, **changes)
            write_struct(self.folder / RECORD, self.record)

    def leave_weights(self, weights: dict[str, Any]) -> None:
        """Puts a copy of the weights where the drawing page finds it."""
        self.weights = weights
        self.weights_version += 1

    @contextlib.contextmanager
    def being_trained(self) -> Iterator[None]:
        """Holds the lock and keeps the state true: running, then finished, stopped or failed.

        The lock goes with the process, so a run that says "running" without a lock was killed.

        Raises:
            LeptonError: another process trains this run, or it was deleted, or it ships with the program.
        """
        lock = self._lock()
        try:
            # What a process that was killed had half written; nobody else writes here now.
            for left in self.folder.rglob(".*.part"):
                left.unlink(missing_ok=True)
            self.update(state="running", error="")
            yield
            self.update(state="finished")
        except (GeneratorExit, KeyboardInterrupt):
            # Closed at the last event, there is nothing left to stop.
            if self.record.state != "finished":
                self.update(state="stopped")
            raise
        except BaseException as error:
            # The disk may be what failed; the first error is the one to show.
            with contextlib.suppress(LeptonError):
                self.update(state="failed", error=str(error) or type(error).__name__)
            raise
        finally:
            lock.release()

    def _lock(self) -> filelock.BaseFileLock:
        """The lock of this run, held; what another process did with it meanwhile is read."""
        if self.shown_epoch is not None:
            raise LeptonError("An epoch that is over cannot be trained.", f"Go on with '{self.id}'.")
        if not self.folder.is_dir():
            raise LeptonError(f"The run '{self.id}' is not there any more.", "Start a new one.")
        if self.folder.is_relative_to(paths.resources()):
            raise LeptonError("The shipped network is not trained on.", "Train a new run with its settings.")
        # Whoever ends the training may be another thread than the one that began it.
        lock = filelock.FileLock(self.folder / LOCK, thread_local=False)
        with writing_to(self.folder / LOCK):
            try:
                lock.acquire(timeout=1)
            except filelock.Timeout as error:
                raise LeptonError(
                    f"The run '{self.id}' is being trained already.", "Wait, or stop it there."
                ) from error
        try:
            self._read_anew()
        except BaseException:
            lock.release()
            raise
        return lock

    def _read_anew(self) -> None:
        """Takes what the folder holds now: another process may have trained this run since it was opened."""
        now = Run.open(self.folder)
        self.record, self.changes = now.record, now.changes
        if (len(now.history), len(now.history.epochs)) != (len(self.history), len(self.history.epochs)):
            self.history = now.history


def run_folders() -> list[Path]:
    """The folders in the store, newest first; LeptonError if it cannot be read."""
    try:
        return sorted((path for path in paths.runs().iterdir() if path.is_dir()), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise LeptonError(
            f"{paths.runs()} could not be read: {error.strerror or error}.",
            "Allow reading there, or set LEPTON_STUDIO_HOME to another folder.",
        ) from error


def is_locked(folder: Path) -> bool:
    """Whether a process trains the run of this folder."""
    return is_held(folder / LOCK)


def _new_folder(name: str) -> Path:
    with writing_to(paths.runs()):
        for attempt in range(1, 1000):
            folder = paths.runs() / (name if attempt == 1 else f"{name}-{attempt}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return folder
    raise LeptonError(f"{paths.runs()} is full of runs of this second.", "Try again.")


def free_name(base: str) -> str:
    """A name that no run has yet: LeptonNet, LeptonNet 2, LeptonNet 3 ..."""
    taken = set()
    for folder in run_folders():
        with contextlib.suppress(LeptonError):
            taken.add(read_struct(folder / RECORD, RunRecord).name)
    numbered = (base if number == 1 else f"{base} {number}" for number in itertools.count(1))
    return next(name for name in numbered if name not in taken)


def _versions() -> dict[str, str]:
    import torch

    return {
        "lepton-studio": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
