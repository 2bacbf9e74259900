"""Runs that were cut short: their process died, or the window was closed while they were trained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import read_struct, write_struct
from lepton_studio.engine.runs import CHECKPOINT, RECORD, Run, RunRecord, is_locked, run_folders

CUT_SHORT = "cut_short.json"


class _CutShort(msgspec.Struct, frozen=True):
    """How long a run had learned when it was cut short: one that went on since has learned longer."""

    train_seconds: float


def note_cut_short(run: Run) -> None:
    """Remembers that a run was stopped only because the window was closed; a disk that refuses costs the memory."""
    if run.record.state == "stopped":
        with contextlib.suppress(LeptonError):
            write_struct(run.folder / CUT_SHORT, _CutShort(run.record.train_seconds))


def interrupted_runs() -> Iterator[tuple[Run, ...] | None]:
    """Looks through the store; every ``None`` is a place to stop, the runs that were cut short come at the end.

    Those that were trained last come first. Only the record of the others is read, so that a large store costs little.

    Raises:
        LeptonError: the store itself cannot be read.
    """
    found = []
    for folder in run_folders():
        with contextlib.suppress(LeptonError):
            if _was_cut_short(folder):
                found.append(Run.open(folder))
        yield None
    yield tuple(sorted(found, key=last_written, reverse=True))


def last_written(run: Run) -> float:
    """When something of what a run learned was kept last, in seconds since 1970; 0 if its folder is gone."""
    times = []
    for name in (RECORD, CHECKPOINT):
        with contextlib.suppress(OSError):
            times.append((run.folder / name).stat().st_mtime)
    return max(times, default=0.0)


def leave_stopped(run: Run) -> None:
    """Makes a run that was cut short one that was stopped on purpose; LeptonError if the disk refuses."""
    if not run.folder.is_dir():
        # Deleted meanwhile: writing would bring back half of it.
        return
    run.update(state="stopped")
    with contextlib.suppress(OSError):
        (run.folder / CUT_SHORT).unlink(missing_ok=True)


def _was_cut_short(folder: Path) -> bool:
    record = read_struct(folder / RECORD, RunRecord)
    if record.state == "running":
        return not is_locked(folder)
    if record.state != "stopped" or not (folder / CUT_SHORT).exists():
        return False
    return read_struct(folder / CUT_SHORT, _CutShort).train_seconds == record.train_seconds
