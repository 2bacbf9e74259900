"""Fetching one file from the network: whole and checked, and going on where an earlier try broke off.

What has come lies beside the file's place as ``NAME.part``, with ``NAME.part.json`` saying what it is a part of. Both
go when the file is whole, when what came is not what was published, when the disk is full, and when the next download
finds that they belong to another version. Only a download that was cancelled or broke off leaves them, to go on from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from queue import Empty
from typing import IO
from urllib.parse import urlsplit

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import parse_struct, write_struct, writing_to
from lepton_studio.engine.http_fetch import HttpFetch

# How often the one who waits gets a word, and with it the chance to stop.
PROGRESS_SECONDS = 0.1
# EMNIST, the largest file of the program's datasets, has 562 MB; a server that never ends must not fill the disk.
LARGEST_BYTES = 640 * 1024 * 1024
# How often one mirror is asked again after it broke off in the middle, if it can go on from there.
MORE_TRIES = 3
HASHED_AT_ONCE = 1 << 22


class PartInfo(msgspec.Struct, frozen=True):
    """What a part belongs to.

    Attributes:
        md5: that of the whole file.
        url: where the part came from.
        version: that server's name for the version (its ETag or date), so that it can say whether the rest still fits.
    """

    md5: str
    url: str
    version: str = ""


def download(
    urls: Sequence[str], md5: str, path: Path, text: str, remedy: str, *, largest_bytes: int = LARGEST_BYTES
) -> Iterator[Progress]:
    """Fetches a file from the first mirror that gives it, or the rest of it if a part is here.

    Closing the generator stops at once; what came stays as a part for the next time.

    Args:
        urls: where the same file can be fetched, in the order to try.
        md5: what the publisher says of its content, in hexadecimal; or ``sha256:`` and the first digits of that.
        path: where to put it; its folder is made.
        text: what is being done, for people.
        remedy: what people can do when no mirror gives it.
        largest_bytes: what is larger than that is not the file.

    Yields:
        Progress in bytes, at least every PROGRESS_SECONDS; the total is 0 while nobody knows it.

    Raises:
        LeptonError: no mirror gave the file, it cannot be written, or another window fetches it.
    """
    _check_writable(path)
    with _alone(path):
        part = _Part(path, md5)
        failures: list[str] = []
        for url in urls:
            failure = yield from _from_mirror(url, part, text, largest_bytes)
            if not failure:
                return
            failures.append(f"{urlsplit(url).netloc or url}: {failure}")
    raise LeptonError(f"{path.name} could not be fetched ({'; '.join(failures) or 'no mirror is known'}).", remedy)


def part_bytes(path: Path) -> int:
    """How much of a file came before its download was cancelled or broke off; 0 if nothing."""
    with contextlib.suppress(OSError):
        return _part_file(path).stat().st_size
    return 0


def discard_part(path: Path) -> None:
    """Deletes what an unfinished download left."""
    with writing_to(path):
        for leftover in (_part_file(path), _info_file(path)):
            leftover.unlink(missing_ok=True)


def _from_mirror(url: str, part: _Part, text: str, largest: int) -> Generator[Progress, None, str]:
    """Fetches from one mirror, some times if it breaks off; why it failed, empty if the file is whole and in place."""
    failure = ""
    tries = 1 + MORE_TRIES
    while tries:
        tries -= 1
        start = part.size
        fetch = HttpFetch(url, start, part.version_at(url))
        fetch.start()
        try:
            yield from _receive(fetch, part, text, largest)
        finally:
            fetch.is_wanted = False
        failure = fetch.failure
        if fetch.refuses_range and start:
            # The server has nothing after what is here: perhaps it is whole; if not, it is of another version.
            failure = ""
        if not failure:
            failure = yield from part.finish(text)
            if not failure:
                return ""
            if not start:
                break
            # The old part and the new rest did not fit: once more, from the beginning.
            tries = 1
        elif not (fetch.can_go_on and part.size > start):
            break
    return failure


def _receive(fetch: HttpFetch, part: _Part, text: str, largest: int) -> Iterator[Progress]:
    """Writes what comes to the part until no more comes."""
    told = 0.0
    with contextlib.ExitStack() as stack:
        file: IO[bytes] | None = None
        while True:
            try:
                chunk = fetch.chunks.get(timeout=PROGRESS_SECONDS)
            except Empty:
                yield Progress(text, part.size, fetch.total)
                continue
            if chunk is None:
                return
            if file is None:
                part.begin(fetch)
                file = stack.enter_context(part.opened())
            part.write(file, chunk)
            if part.size > largest:
                part.discard(file)
                fetch.failure = "it is too large"
                return
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                yield Progress(text, part.size, fetch.total)


class _Part:
    """What of a file is here."""

    def __init__(self, path: Path, md5: str) -> None:
        """Looks for a part; one of another version goes."""
        self.path, self.md5 = path, md5
        self.size = part_bytes(path)
        self._info = PartInfo(md5, "")
        try:
            self._info = parse_struct(_info_file(path).read_bytes(), PartInfo, "part")
        except (OSError, LeptonError):
            self.discard()
        if self._info.md5 != md5:
            self._info = PartInfo(md5, "")
            self.discard()

    def version_at(self, url: str) -> str:
        """What the server of this address calls the version that the part is of."""
        return self._info.version if self._info.url == url else ""

    def begin(self, fetch: HttpFetch) -> None:
        """Called with the first bytes: notes what they belong to, and that there is room for all."""
        with writing_to(self.path):
            if fetch.first_byte != self.size:
                self.discard()
            missing = fetch.total - self.size
            if missing > 0 and missing > shutil.disk_usage(self.path.parent).free:
                raise LeptonError(
                    f"There is no room for {self.path.name} in {self.path.parent}: {missing / 1e6:.0f} MB are missing.",
                    "Free some space, or set LEPTON_STUDIO_HOME to another folder.",
                )
            self._info = PartInfo(self.md5, fetch.url, fetch.version)
            write_struct(_info_file(self.path), self._info)

    @contextlib.contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The part, to write on where it ends."""
        with writing_to(self.path), _part_file(self.path).open("ab") as file:
            yield file

    def write(self, file: IO[bytes], chunk: bytes) -> None:
        """Adds some bytes; a disk that has no room for them is not left full."""
        try:
            file.write(chunk)
            file.flush()
        except OSError:
            self.discard(file)
            raise
        self.size += len(chunk)

    def discard(self, file: IO[bytes] | None = None) -> None:
        """Deletes it."""
        if file is not None:
            # Buffered bytes that cannot be written would be tried again.
            with contextlib.suppress(OSError):
                file.close()
        discard_part(self.path)
        self.size = 0

    def finish(self, text: str) -> Generator[Progress, None, str]:
        """Makes the part the file if it is what was published; says what is wrong otherwise, and deletes it."""
        kind, _, digits = self.md5.rpartition(":")
        digest = hashlib.new(kind or "md5", usedforsecurity=False)
        size = self.size
        with writing_to(self.path):
            if size:
                with _part_file(self.path).open("rb") as file:
                    while chunk := file.read(HASHED_AT_ONCE):
                        digest.update(chunk)
                        yield Progress(text, size, size)
            if not digest.hexdigest().startswith(digits) or not size:
                self.discard()
                return f"what came ({size} bytes) is not what was published"
            with _part_file(self.path).open("ab") as file:
                os.fsync(file.fileno())
            _part_file(self.path).replace(self.path)
            _info_file(self.path).unlink(missing_ok=True)
        self.size = 0
        yield Progress(text, size, size)
        return ""


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two windows that write to one part would spoil it for each other."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0, thread_local=False)
    with writing_to(path):
        try:
            lock.acquire()
        except Timeout as error:
            raise LeptonError(
                f"{path.name} is being fetched by another window.", "Wait until it is here, then try again."
            ) from error
    try:
        yield
    finally:
        lock.release()
        with contextlib.suppress(OSError):
            Path(lock.lock_file).unlink()


def _part_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _info_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.part.json")


def _check_writable(path: Path) -> None:
    """A folder that cannot be written to is better known before minutes of downloading than after."""
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
