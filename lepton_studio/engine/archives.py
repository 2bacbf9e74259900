"""A whole run in one file, to keep it, to give it away, and to bring it back.

An archive is a zip of the four files of a run, and of what else it has that is needed to show and use it elsewhere:
labels changed by hand, changes made while it ran, what it was taught, how sure it may be, kept epochs and snapshots.
Nothing else. Archives of older programs lack some of it. What is brought in comes from strangers: it is checked file
by file before anything of it is among the runs (``archive_checks.py``).
"""

from __future__ import annotations

import contextlib
import datetime
import io
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from lepton_studio import paths
from lepton_studio.engine.archive_checks import EPOCH_FILE, OPTIONAL, REMEDY, check_run, files_of_run, largest
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import write_struct, writing_to, written_whole
from lepton_studio.engine.runs import CHECKPOINT, FILES, RECORD, Run, RunRecord

# What unpacks to more than this, and to so many times its size, is made to fill a disk.
BOMB_BYTES, BOMB_RATIO = 64 * 1024**2, 100
CHUNK_BYTES = 1024**2
# The directory of a zip is read as a whole: some 80 bytes for each file, ten thousand of them at most.
LARGEST_READ = 4 * CHUNK_BYTES
# LZMA may ask for gigabytes to unpack a few bytes; no archive of ours ever used it.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# All that Python's zip reader raises for bytes that are no good zip.
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip


class _SmallReads(io.FileIO):
    """A file that no zip can make us read as a whole, whatever its header says."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most LARGEST_READ bytes; ValueError if more is asked for."""
        found = super().read(LARGEST_READ + 1 if size is None or size < 0 else min(size, LARGEST_READ + 1)) or b""
        if len(found) > LARGEST_READ:
            raise ValueError("its directory is too large")
        return found


def archive_run(run: Run, path: Path) -> None:
    """Writes a run as one zip file, whole or not at all; a file that is there is replaced.

    Raises:
        LeptonError: the run has no weights yet, one of its files is damaged, or the archive cannot be written.
    """
    missing = [name for name in FILES if not (run.folder / name).is_file()]
    if missing:
        raise LeptonError(f"The run '{run.id}' has no {missing[0]} yet.", "Train it first.")
    names = files_of_run(run.folder)
    # What is damaged here, nobody could bring in.
    check_run(run.folder, names, f"The run '{run.id}'", "Choose another run, or train it anew.")
    with written_whole(path) as file:
        _write_zip(run.folder, names, file)


def import_archive(path: Path) -> Run:
    """Brings in a run under an id of its own; one that was not ended there can be resumed here.

    Raises:
        LeptonError: the file is no archive, is damaged or dangerous, or comes from a newer version. Nothing
            of it stays.
    """
    with writing_to(paths.runs()):
        paths.runs().mkdir(parents=True, exist_ok=True)
        # Beside the store, not in it: a half-written run never shows.
        staging = Path(tempfile.mkdtemp(dir=paths.home(), prefix=".import-"))
    try:
        names = _unpack(path, staging)
        record = _as_brought_in(check_run(staging, names, str(path)))
        with writing_to(staging):
            write_struct(staging / RECORD, record)
            return Run.open(_move_into_store(staging, record.name))
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _as_brought_in(record: RunRecord) -> RunRecord:
    name = "".join(char for char in record.name if char.isprintable())
    has_ended = record.state in ("finished", "stopped", "failed")
    return msgspec.structs.replace(record, name=name, state=record.state if has_ended else "interrupted")


def _write_zip(folder: Path, names: list[str], file: IO[bytes]) -> None:
    # Zip knows no year before 1980; a clock that is wrong is no reason to fail.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        # The checkpoint first: a run that is being trained saves its history before it, and a resume cuts
        # the history to the checkpoint, so a newer history does no harm.
        for name in (CHECKPOINT, *(name for name in names if name != CHECKPOINT)):
            # Weights do not shrink.
            method = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            # A training may let go of an epoch meanwhile.
            with contextlib.suppress(*([FileNotFoundError] if "/" in name else [])):
                archive.write(folder / name, name, method)


def _unpack(path: Path, folder: Path) -> list[str]:
    """Writes the files of an archive into a folder, if they are all that is in it, and returns their names."""
    # Anything but a file (a pipe, a device) may be read for ever.
    if path.exists() and not path.is_file():
        raise LeptonError(f"{path} could not be read: it is no file.", REMEDY)
    with _reading(path), _SmallReads(path) as file, zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        _check_members(members, path)
        for member in members:
            place = folder / member.filename
            with writing_to(folder):
                place.parent.mkdir(exist_ok=True)
            with archive.open(member) as source, writing_to(folder), place.open("wb") as target:
                # The reader gives no more bytes than the directory of the zip declares, and checks their sum.
                shutil.copyfileobj(source, target, CHUNK_BYTES)
                target.flush()
                os.fsync(target.fileno())
        return [member.filename for member in members]


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Only names of ours are let in, so there are no folders but two, no ways out of ours, and no surprises."""
    names = [member.filename for member in members]
    strange = [name for name in names if name not in (*FILES, *OPTIONAL) and not EPOCH_FILE.fullmatch(name)]
    missing = [name for name in FILES if name not in names]
    if strange or len(names) != len(set(names)):
        raise LeptonError(f"{path} holds '{(strange or names)[0]}', which no archive of a run does.", REMEDY)
    if missing:
        raise LeptonError(f"{path} has no {missing[0]}, so it is no archive of a run.", REMEDY)
    size = path.stat().st_size
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise LeptonError(f"{path}: {member.filename} is no plain file.", REMEDY)
        if member.compress_type not in METHODS:
            raise LeptonError(f"{path}: {member.filename} is packed in a way that no archive of a run is.", REMEDY)
        packed = min(member.compress_size, size)
        is_bomb = member.file_size > max(BOMB_BYTES, BOMB_RATIO * packed)
        if member.file_size > largest(member.filename) or is_bomb:
            raise LeptonError(f"{path}: {member.filename} would unpack to {member.file_size:,} bytes.", REMEDY)
    # Files may lie over each other in a zip: then each of them is small, and all of them are not.
    total = sum(member.file_size for member in members)
    if total > max(BOMB_BYTES, BOMB_RATIO * size):
        raise LeptonError(f"{path} would unpack to {total:,} bytes.", REMEDY)


def _move_into_store(staging: Path, name: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    now = datetime.datetime.now().astimezone()
    for attempt in range(1, 1000):
        folder = paths.runs() / f"{now:%Y-%m-%d_%H-%M-%S}_{slug}{'' if attempt == 1 else f'-{attempt}'}"
        if folder.exists():
            continue
        try:
            return staging.rename(folder)
        except OSError:
            # Another process may have taken the name meanwhile.
            if not folder.exists():
                raise
    raise LeptonError(f"{paths.runs()} is full of runs of this second.", "Try again.")


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what a broken file makes Python raise into a LeptonError that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise LeptonError(f"{path} does not exist.", "Check the name.") from error
    except OSError as error:
        raise LeptonError(f"{path} could not be read: {error.strerror or error}.", "Check the permissions.") from error
    except ZIP_ERRORS as error:
        raise LeptonError(f"{path} is no archive of a run, or it is damaged: {error}.", REMEDY) from error
