"""Finding the files of a source of pictures, in an order that people expect."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.import_report import Verdict

# More files than this are a wrong folder (somebody's whole disk) rather than a dataset.
MOST_FILES = 200_000
# So many files are looked at between two words of progress.
TOLD_EACH = 1000
# Without waiting for whoever writes into a pipe; as bytes on Windows.
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of a source.

    Attributes:
        file: how the report calls it: relative to the source, with ``/`` on every system.
        path: where it lies; None: in an archive.
        size: bytes.
        changed: when it was changed last, nanoseconds; of a file in an archive its checksum.
        reason: what keeps it from being looked at; empty: nothing.
        verdict: what follows from the reason.
        unpack: reads so many bytes of it at most, out of an archive.
    """

    file: str
    path: Path | None = None
    size: int = 0
    changed: int = 0
    reason: str = ""
    verdict: Verdict = "report"
    unpack: Callable[[int], bytes] | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders that it is in, the outermost first."""
        return tuple(self.file.split("/")[:-1])

    @property
    def name(self) -> str:
        """Its own name."""
        return self.file.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """What its name ends with, in small letters, with the dot."""
        return PurePosixPath(self.name).suffix.lower()

    def read(self, most: int) -> bytes:
        """So many of its first bytes at most.

        Raises:
            OSError: it is gone, may not be read or is no plain file any more.
            LeptonError: it is damaged inside its archive.
        """
        if self.unpack is not None:
            return self.unpack(most)
        assert self.path is not None
        with os.fdopen(os.open(self.path, READING), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(0, "it is no plain file")
            # As much as there is, and a little to see that it is all: no buffer of ``most`` bytes is made.
            parts: list[bytes] = []
            left = most
            while left > 0:
                part = file.read(min(left, 1 << 20))
                if not part:
                    break
                parts.append(part)
                left -= len(part)
        return b"".join(parts)


@dataclass
class Listing:
    """All files of a source.

    Attributes:
        name: what the source is called; datasets made from it are by default.
        files: sorted folder by folder.
        folders: the folders, relative to the source.
        beside: where the files of a table are looked for if they are not in ``files``.
        resources: what has to be closed when the files are not wanted any more.
    """

    name: str
    files: list[FoundFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    beside: Path | None = None
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def fingerprint(self) -> str:
        """A number for names, sizes and times of all files: another one as soon as anything has changed."""
        digest = hashlib.sha256()
        for found in self.files:
            digest.update(f"{found.file}\0{found.size}\0{found.changed}\0{found.reason}\0".encode("utf-8", "replace"))
        for folder in self.folders:
            digest.update(f"{folder}/\0".encode("utf-8", "replace"))
        return digest.hexdigest()


def look_through(root: Path, prefix: str = "") -> Generator[Progress, None, Listing]:
    """Finds all files of a folder.

    Args:
        root: the folder; links in it that lead out of it are not followed.
        prefix: put before all names, with a ``/`` at its end.

    Yields:
        Progress with each folder that is looked into.

    Returns:
        The files and what was left out, sorted folder by folder.

    Raises:
        LeptonError: the folder cannot be opened or is too large.
    """
    listing = Listing(readable_name(root.name))
    inside = os.path.realpath(root)
    waiting = [(root, prefix)]
    while waiting:
        folder, before = waiting.pop()
        yield Progress("Looking for pictures", len(listing.files))
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: natural_order(entry.name))
        except OSError as error:
            if folder == root:
                raise LeptonError(f"{root} cannot be opened: {error.strerror}.", "Check the permissions.") from error
            listing.files.append(FoundFile(before[:-1], folder, reason=f"cannot be opened: {error.strerror}"))
            continue
        below = []
        for entry in entries:
            file = before + readable_name(entry.name)
            found = _looked_at(entry, file, inside)
            if found is not None:
                listing.files.append(found)
            else:
                listing.folders.append(file)
                below.append((Path(entry.path), f"{file}/"))
            if len(listing.files) > MOST_FILES:
                raise LeptonError(f"{root} holds more than {MOST_FILES:,} files.", "Choose a smaller folder.")
        waiting += reversed(below)
    return listing


def found_at(path: Path, file: str) -> FoundFile:
    """One file by its path, followed if it is a link; the reason says if it is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return FoundFile(file, path, reason="does not exist")
    except (OSError, ValueError) as error:
        return FoundFile(file, path, reason=f"cannot be opened: {getattr(error, 'strerror', error)}")
    reason = "" if stat.S_ISREG(status.st_mode) else "is no plain file"
    return FoundFile(file, path, status.st_size, status.st_mtime_ns, reason)


def _looked_at(entry: os.DirEntry[str], file: str, inside: str) -> FoundFile | None:  # noqa: PLR0911 - one for each kind
    """One entry of a folder; None: it is a folder that is to be looked into."""
    path = Path(entry.path)
    try:
        is_link, is_folder = entry.is_symlink(), entry.is_dir()
        if is_folder and is_hidden(entry.name):
            return FoundFile(file, path, reason="is a hidden folder", verdict="ignore")
        if is_link:
            return _followed(path, file, inside, is_folder)
        if is_folder:
            return None
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return FoundFile(file, path, reason=f"cannot be opened: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return FoundFile(file, path, reason="is no plain file", verdict="ignore")
    if entry.name.startswith("."):
        return FoundFile(file, path, status.st_size, status.st_mtime_ns, "is a hidden file", "ignore")
    return FoundFile(file, path, status.st_size, status.st_mtime_ns)


def _followed(path: Path, file: str, inside: str, is_folder: bool) -> FoundFile:
    """A link; one to a file of the same source is taken as that file."""
    if is_folder:
        return FoundFile(file, path, reason="is a link to another folder, which is not followed")
    target = os.path.realpath(path)
    if not is_within(target, inside):
        return FoundFile(file, path, reason="is a link to a file outside the folder, which is not followed")
    found = found_at(Path(target), file)
    return FoundFile(file, path, reason="is a link to nothing") if found.reason else found


def is_within(path: str, folder: str) -> bool:
    """Whether a path lies below a folder; both without links in them."""
    try:
        return os.path.commonpath([path, folder]) == folder
    except ValueError:
        # On another drive of Windows.
        return False


def is_hidden(name: str) -> bool:
    """Whether people do not see a file or folder of this name."""
    return name.startswith(".") or name == "__MACOSX"


def natural_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key for sorting as people do: "digit_2" comes before "digit_10"."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    # The text itself comes last, so that "a" and "A" always come in the same order.
    return (*((0, int(p), "") if p[0].isdigit() else (1, 0, p) for p in parts), (2, 0, text))


def readable_name(name: str) -> str:
    """A name of a file as text, even if the file system holds bytes that are none."""
    return os.fsencode(name).decode("utf-8", "replace")
