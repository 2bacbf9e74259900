"""Reading and writing files so that nothing half-written stays and every error names the file."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import filelock
import msgspec

from lepton_studio.engine.errors import LeptonError

T = TypeVar("T")


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all; LeptonError if the disk refuses."""
    with written_whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to that becomes ``path`` at the end: beside its place, synced, then renamed.

    Raises:
        LeptonError: the disk is full, the folder is read-only, ... Nothing of the new content stays.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
        try:
            with beside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def append_line(path: Path, line: bytes, is_synced: bool = True) -> None:
    """Puts one line at the end of a file with a single write, which no other program's line can come into.

    Args:
        path: the file; it must be there.
        line: without its end.
        is_synced: whether it is on the disk when this returns, rather than with the system, which outlives the program.

    Raises:
        LeptonError: the disk refuses.
    """
    with writing_to(path):
        handle = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            # A line that was cut off by a kill is closed first, so that this one stands alone.
            size = os.lseek(handle, 0, os.SEEK_END)
            os.lseek(handle, max(0, size - 1), os.SEEK_SET)
            content = (b"" if os.read(handle, 1) == b"\n" else b"\n") + line + b"\n"
            if os.write(handle, content) != len(content):
                raise OSError("the disk is full")
            if is_synced:
                os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns errors of the system while writing into a LeptonError that names the path."""
    try:
        yield
    except OSError as error:
        raise LeptonError(
            f"{path} could not be written: {error.strerror or error}.",
            "Free some space, allow writing there, or set LEPTON_STUDIO_HOME to another folder.",
        ) from error


def read_bytes(path: Path) -> bytes:
    """Reads a file; LeptonError names it if that cannot be done."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LeptonError(
            f"{path} could not be read: {error.strerror or error}.", "Check the name and the permissions."
        ) from error


def write_struct(path: Path, value: Any) -> None:
    """Writes a frozen value as indented JSON, for people to read too."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_struct(path: Path, kind: type[T]) -> T:
    """Reads a frozen value from JSON; LeptonError names the file and the field that is wrong."""
    return parse_struct(read_bytes(path), kind, str(path))


def parse_struct(content: bytes, kind: type[T], source: str) -> T:
    """Makes a frozen value from JSON text; ``source`` is how messages call it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise LeptonError(f"{source}: {field_error(error)}.", "Correct that field.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LeptonError(f"{source} is not valid JSON: {error}.", "Choose another file.") from error


def field_error(error: Exception) -> str:
    """Msgspec's message with the path as people write it: ``... at hyperparameters.epochs``."""
    return str(error).replace("`$.", "`").replace(" - at `", " at `").replace(" at `$`", "").replace("`", "'")


def is_held(lock_file: Path) -> bool:
    """Whether this process or another one holds a lock, or nobody can tell."""
    if not lock_file.exists():
        return False
    lock = filelock.FileLock(lock_file, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (filelock.Timeout, OSError):
        return True
    lock.release()
    return False
