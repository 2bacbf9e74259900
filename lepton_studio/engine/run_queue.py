"""The queue: experiments that wait to be trained one after the other, kept in one file that several programs share."""

from __future__ import annotations

import contextlib
import datetime
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import filelock
import msgspec
from msgspec.structs import replace

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.files import is_held, read_struct, write_struct, writing_to
from lepton_studio.engine.repeats import groups_of_runs
from lepton_studio.engine.runs import RECORD, RunRecord

FORMAT: Literal["lepton-studio queue"] = "lepton-studio queue"
VERSION = 1
EntryState = Literal["waiting", "running", "done", "failed", "stopped"]
# A "running" that nobody works on any more is one whose program died: it is worked off like the two others.
OPEN_STATES: tuple[EntryState, ...] = ("waiting", "stopped", "running")
SEEDS = 2**31
MOST_REPEATS = 1000
# How long to wait for another program that has the file for the blink of an eye.
PATIENCE_SECONDS = 20.0


class QueueEntry(msgspec.Struct, frozen=True):
    """One experiment in the queue.

    Attributes:
        id: a number that no other entry has or had.
        experiment: what is to be trained.
        name: what its run is to be called; empty leaves that to the run.
        group: of which repeats or which sweep it is one; empty: none.
        run: the id of its run; empty until it is begun.
        state: "stopped" is one that was begun and goes on where it stopped when its turn comes.
        epochs_done: how many epochs of it are over, as far as it was looked at.
        seconds: how long it was trained.
        test_accuracy: what came of it, from 0 to 1.
        error: why it failed.
        begun: when its turn came first, in ISO 8601.
    """

    id: int
    experiment: Experiment
    name: str = ""
    group: str = ""
    run: str = ""
    state: EntryState = "waiting"
    epochs_done: int = 0
    seconds: float = 0.0
    test_accuracy: float | None = None
    error: str = ""
    begun: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.experiment.architecture.name

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in OPEN_STATES


class _Queue(msgspec.Struct, frozen=True):
    """What the file holds; ``ends_after`` is set while the work shall end after the run that is under way."""

    entries: tuple[QueueEntry, ...] = ()
    next_id: int = 1
    ends_after: bool = False
    format: Literal["lepton-studio queue"] = FORMAT
    version: int = VERSION


class _Head(msgspec.Struct, frozen=True):
    version: int = VERSION


class RunQueue:
    """The queue of this computer's user. It holds nothing itself: every call reads the file, and writes it whole.

    Two programs, such as the window and a command line, may change it at the same time; one of them works it off.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Takes the usual file, or another one."""
        self.path = path if path is not None else paths.queue_file()

    # --- what is in it

    @property
    def entries(self) -> tuple[QueueEntry, ...]:
        """All entries in their order; one whose program died is "stopped", or "waiting" if its run is not there.

        Raises:
            LeptonError: the file is damaged or from a newer version.
        """
        return self._as_they_are(self._read().entries)

    def entry(self, entry_id: int) -> QueueEntry:
        """One of the entries.

        Raises:
            LeptonError: there is none of this number.
        """
        return _find(self.entries, entry_id)

    @property
    def stamp(self) -> tuple[int, int]:
        """Another value whenever the file was written; to ask for it costs next to nothing."""
        try:
            state = self.path.stat()
        except OSError:
            return (0, 0)
        # A file that replaced another has another inode, even within one tick of the clock.
        return (state.st_mtime_ns, state.st_ino)

    @property
    def is_worked_off(self) -> bool:
        """Whether this program or another one trains what is in it."""
        return is_held(self._work_lock)

    @property
    def ends_after_this(self) -> bool:
        """Whether the work ends after the run that is under way."""
        return self._read().ends_after

    def record_of(self, entry: QueueEntry) -> RunRecord | None:
        """What is written of the run of an entry; None if it has none, or none that can be read."""
        if entry.run:
            with contextlib.suppress(LeptonError):
                return read_struct(paths.runs() / entry.run / RECORD, RunRecord)
        return None

    # --- what people do

    def add(self, experiment: Experiment, name: str = "", group: str = "") -> QueueEntry:
        """Puts an experiment at the end."""
        with self._changing() as change:
            return change.add(experiment, name, group)

    def add_repeats(self, experiment: Experiment, seeds: int | Sequence[int], name: str = "") -> str:
        """Puts the same experiment there once for each seed, and returns the name of the group that they are.

        Args:
            experiment: what is to be trained again and again.
            seeds: the seeds, or how many: then they count on from that of the experiment.
            name: what to call the group; a number is added if there is one of that name.

        Raises:
            LeptonError: there are no seeds, the same twice, too many, or one is out of range.
        """
        chosen = [(experiment.seed + step) % SEEDS for step in range(seeds)] if isinstance(seeds, int) else list(seeds)
        if not 1 <= len(chosen) <= MOST_REPEATS or len(set(chosen)) < len(chosen):
            raise LeptonError(
                f"{len(chosen)} seeds cannot be repeated over.",
                f"Give from 1 to {MOST_REPEATS:,} seeds, each once.",
            )
        if wrong := [seed for seed in chosen if not 0 <= seed < SEEDS]:
            raise LeptonError(f"{wrong[0]} is no seed.", f"Give whole numbers from 0 to {SEEDS - 1}.")
        wanted = name or f"{experiment.architecture.name}, {len(chosen)} seeds"
        with self._changing() as change:
            taken = {entry.group for entry in change.queue.entries} | set(groups_of_runs())
            numbered = (wanted if number == 1 else f"{wanted} ({number})" for number in itertools.count(1))
            group = next(each for each in numbered if each not in taken)
            for seed in chosen:
                change.add(replace(experiment, seed=seed), f"{group}, seed {seed}", group)
        return group

    def remove(self, *entry_ids: int) -> None:
        """Takes entries out; what was trained of them stays among the runs.

        Raises:
            LeptonError: there is none of this number, or it is under way. Then none is removed.
        """
        with self._changing() as change:
            before = self._as_they_are(change.queue.entries)
            for entry_id in entry_ids:
                if _find(before, entry_id).state == "running":
                    raise LeptonError(f"Entry {entry_id} of the queue is being trained.", "Stop the queue first.")
            change.queue = replace(change.queue, entries=tuple(one for one in before if one.id not in entry_ids))

    def move(self, entry_id: int, by: int) -> None:
        """Moves an entry towards the end, or with a negative number towards the beginning, as far as that goes."""
        with self._changing() as change:
            entries = list(change.queue.entries)
            at = entries.index(_find(entries, entry_id))
            entry = entries.pop(at)
            entries.insert(min(max(at + by, 0), len(entries)), entry)
            change.queue = replace(change.queue, entries=tuple(entries))

    def clear_finished(self) -> int:
        """Takes out what is done and what failed; returns how many that were. The runs stay."""
        with self._changing() as change:
            before = change.queue.entries
            change.queue = replace(change.queue, entries=tuple(entry for entry in before if entry.is_open))
        return len(before) - len(change.queue.entries)

    def retry(self, entry_id: int) -> None:
        """Lets a failed entry wait again; its run goes on from its last good checkpoint.

        Raises:
            LeptonError: there is none of this number, or it did not fail.
        """
        with self._changing() as change:
            entry = _find(change.queue.entries, entry_id)
            if entry.state != "failed":
                raise LeptonError(f"Entry {entry_id} of the queue did not fail.", "Add its experiment once more.")
            change.put(entry_id, state="stopped" if entry.run else "waiting", error="")

    def end_after_this(self, wanted: bool = True) -> None:
        """Lets the work end after the run that is under way, in whichever program that is; or not, after all."""
        with self._changing() as change:
            change.queue = replace(change.queue, ends_after=wanted)

    # --- what whoever works it off does

    @contextlib.contextmanager
    def being_worked_off(self) -> Iterator[None]:
        """Holds the lock of the work, which goes with the process.

        Raises:
            LeptonError: another one works it off.
        """
        lock = filelock.FileLock(self._work_lock, thread_local=False)
        with writing_to(self._work_lock):
            self._work_lock.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=1)
            except filelock.Timeout as error:
                raise LeptonError("The queue is being worked off already.", "Wait, or stop it there.") from error
        try:
            self.end_after_this(False)
            yield
        finally:
            lock.release()

    def take(self, passed_over: Collection[int] = ()) -> QueueEntry | None:
        """Marks the next entry as running and returns it as it was before; None if the work is at its end."""
        with self._changing() as change:
            for entry in () if change.queue.ends_after else change.queue.entries:
                if entry.is_open and entry.id not in passed_over:
                    begun = entry.begun or datetime.datetime.now().astimezone().isoformat(timespec="seconds")
                    change.put(entry.id, state="running", begun=begun)
                    return replace(entry, begun=begun)
        return None

    def put(self, entry_id: int, **changes: Any) -> None:
        """Changes fields of an entry; nothing if it was removed meanwhile."""
        with self._changing() as change:
            change.put(entry_id, **changes)

    def drop(self, entry_id: int) -> None:
        """Takes the entry out that is under way, because nobody wants its run any more."""
        with self._changing() as change:
            entries = change.queue.entries
            change.queue = replace(change.queue, entries=tuple(one for one in entries if one.id != entry_id))

    # --- the file

    @property
    def _work_lock(self) -> Path:
        return self.path.with_suffix(".working")

    def _read(self) -> _Queue:
        if not self.path.exists():
            return _Queue()
        # The version first: the rest of a newer file may be anything.
        try:
            is_newer = read_struct(self.path, _Head).version > VERSION
            queue = _Queue() if is_newer else read_struct(self.path, _Queue)
        except LeptonError as error:
            raise LeptonError(error.what, "Mend it, or delete it: the queue is empty then.") from error
        if is_newer:
            raise LeptonError(f"{self.path} was made by a newer Lepton Studio.", "Update Lepton Studio.")
        return queue

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Change]:
        """The only way to write: what was read is what is changed, whoever else wants to."""
        with writing_to(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.path.with_suffix(".lock"), thread_local=False)
            try:
                lock.acquire(timeout=PATIENCE_SECONDS)
            except filelock.Timeout as error:
                raise LeptonError(f"{self.path} is held by another program.", "Close that, and try again.") from error
        try:
            before = self._read()
            change = _Change(before)
            yield change
            if change.queue != before:
                write_struct(self.path, change.queue)
        finally:
            lock.release()

    def _as_they_are(self, entries: tuple[QueueEntry, ...]) -> tuple[QueueEntry, ...]:
        is_worked_off = any(entry.state == "running" for entry in entries) and self.is_worked_off
        return tuple(
            entry
            if entry.state not in ("running", "stopped") or (entry.state == "running" and is_worked_off)
            else self._left_behind(entry)
            for entry in entries
        )

    def _left_behind(self, entry: QueueEntry) -> QueueEntry:
        """What to say of an entry that was begun and is not at its end, and on which nobody works."""
        record = self.record_of(entry)
        if record is None:
            return replace(entry, state="waiting", epochs_done=0, seconds=0.0)
        return replace(entry, state="stopped", epochs_done=record.epochs_done, seconds=record.train_seconds)


class _Change:
    """The queue between reading and writing."""

    def __init__(self, queue: _Queue) -> None:
        self.queue = queue

    def add(self, experiment: Experiment, name: str, group: str) -> QueueEntry:
        """Puts one more at the end."""
        entry = QueueEntry(self.queue.next_id, experiment, name, group)
        self.queue = replace(self.queue, entries=(*self.queue.entries, entry), next_id=entry.id + 1)
        return entry

    def put(self, entry_id: int, **changes: Any) -> None:
        """Changes fields of one entry."""
        entries = tuple(replace(one, **changes) if one.id == entry_id else one for one in self.queue.entries)
        self.queue = replace(self.queue, entries=entries)


def _find(entries: Sequence[QueueEntry], entry_id: int) -> QueueEntry:
    for entry in entries:
        if entry.id == entry_id:
            return entry
    raise LeptonError(f"There is no entry {entry_id} in the queue.", "See 'lepton-studio queue list'.")


def seconds_left(entries: Sequence[QueueEntry], live: tuple[float, float] | None = None) -> float | None:
    """How long the queue takes still; None while nobody can tell.

    An epoch takes as long as those of the measured entries that are most alike: the same but for the seed, else the
    same network on the same dataset, else any.

    Args:
        entries: the queue.
        live: of the run under way, the seconds and the epochs that are left, if these are known.
    """
    measured = [entry for entry in entries if entry.seconds > 0 and entry.epochs_done > 0]
    likenesses: tuple[Callable[[Experiment], object], ...] = (
        lambda one: replace(one, seed=0),
        lambda one: (one.dataset, one.architecture.layers),
        lambda _: None,
    )
    whole = 0.0
    for entry in (one for one in entries if one.is_open):
        if entry.state == "running" and live is not None:
            whole += live[0]
            continue
        left = max(0, entry.experiment.hyperparameters.epochs - entry.epochs_done)
        for alike in likenesses:
            paces = [m.seconds / m.epochs_done for m in measured if alike(m.experiment) == alike(entry.experiment)]
            if paces:
                whole += left * sum(paces) / len(paces)
                break
        else:
            if live is None or live[1] <= 0:
                return None
            whole += left * live[0] / live[1]
    return whole
