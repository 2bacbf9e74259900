"""Zip and tar files as sources: read where they are, never unpacked onto the disk under names of their own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import writing_to
from lepton_studio.engine.found_files import MOST_FILES, FoundFile, Listing, is_hidden, natural_order, readable_name

# What all files of an archive may take when they are unpacked, and how far one may grow; a bomb grows a thousandfold.
LARGEST_CONTENT = 16 << 30
LARGEST_RATIO, HARMLESS_SIZE = 200, 4 << 20
# Arrays of pictures on a plain ground pack well, and are one file.
HARMLESS_ARRAYS = 256 << 20
COPIED_AT_ONCE = 1 << 20
DAMAGE = (
    OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
BOMB_REMEDY = "If you trust it, unpack it and import the folder."


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or tar file of files; arrays of numpy are a zip file, too, and are none."""
    try:
        if path.suffix.lower() == ".npz":
            return False
        return zipfile.is_zipfile(path) or (not _is_packed_idx(path) and tarfile.is_tarfile(path))
    except DAMAGE:
        return False


def _is_packed_idx(path: Path) -> bool:
    return path.suffix.lower() == ".gz" and not path.name.lower().endswith(".tar.gz")


def look_into(path: Path, prefix: str = "") -> Generator[Progress, None, Listing]:
    """Finds all files of an archive.

    The listing holds the archive open: its ``resources`` have to be closed.

    Raises:
        LeptonError: it is damaged, has too many files, or would grow without measure.
    """
    name = readable_name(path.name)
    for end in (".gz", ".bz2", ".xz", path.suffix):
        name = name.removesuffix(end)
    listing = Listing(name.removesuffix(".tar").removesuffix(".tgz") or "images")
    yield Progress(f"Looking into {path.name}")
    try:
        if zipfile.is_zipfile(path):
            yield from _look_into_zip(path, listing)
        else:
            yield from _look_into_tar(path, listing)
        _arrange(listing, prefix)
    except LeptonError:
        listing.resources.close()
        raise
    except DAMAGE as error:
        listing.resources.close()
        raise LeptonError(f"{path} is damaged: {error}.", "Pack it again.") from error
    except BaseException:
        listing.resources.close()
        raise
    return listing


def _look_into_zip(path: Path, listing: Listing) -> Generator[Progress, None, None]:
    archive = listing.resources.enter_context(zipfile.ZipFile(path))
    members = archive.infolist()
    _check_count(path, len(members))
    _check_size(path, sum(member.file_size for member in members))
    for number, member in enumerate(members):
        if number % 1000 == 0:
            yield Progress(f"Looking into {path.name}", number, len(members))
        name, reason = _inner_name(member.filename)
        mode = member.external_attr >> 16
        if member.is_dir():
            if not reason:
                listing.folders.append(name)
            continue
        if not reason and stat.S_ISLNK(mode):
            reason = "is a link, which is not followed"
        elif not reason and member.flag_bits & 1:
            reason = "is locked with a password"
        elif not reason and is_bomb(member.compress_size, member.file_size):
            reason = f"would grow from {member.compress_size:,} to {member.file_size:,} bytes: a zip bomb"
        unpack = partial(_read_zip, archive, member)
        listing.files.append(FoundFile(name, size=member.file_size, changed=member.CRC, reason=reason, unpack=unpack))


def _read_zip(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    try:
        with archive.open(member) as file:
            return file.read(most)
    except DAMAGE as error:
        raise LeptonError(f"is damaged inside the archive: {error}.") from error


def _look_into_tar(path: Path, listing: Listing) -> Generator[Progress, None, None]:
    content = yield from _plain_tar(path, listing)
    archive = listing.resources.enter_context(tarfile.open(fileobj=content, mode="r:"))  # noqa: SIM115 - the listing closes it
    lock = threading.Lock()
    for number, member in enumerate(archive):
        _check_count(path, number)
        if number % 1000 == 0:
            yield Progress(f"Looking into {path.name}", number)
        name, reason = _inner_name(readable_name(member.name))
        if member.isdir():
            if not reason:
                listing.folders.append(name)
            continue
        if not reason and (member.issym() or member.islnk()):
            reason = "is a link, which is not followed"
        elif not reason and not member.isreg():
            reason = "is no plain file"
        unpack = partial(_read_tar, archive, member, lock)
        listing.files.append(FoundFile(name, size=member.size, changed=int(member.mtime), reason=reason, unpack=unpack))


def _read_tar(archive: tarfile.TarFile, member: tarfile.TarInfo, lock: threading.Lock, most: int) -> bytes:
    try:
        with lock:
            file = archive.extractfile(member)
            return b"" if file is None else file.read(most)
    except DAMAGE as error:
        raise LeptonError(f"is damaged inside the archive: {error}.") from error


def _plain_tar(path: Path, listing: Listing) -> Generator[Progress, None, IO[bytes]]:
    """The tar file unpacked as a whole, in a file without a name, so that its members can be read in any order."""
    opener = _unpacker(path)
    if opener is None:
        return listing.resources.enter_context(path.open("rb"))
    folder = paths.datasets()
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        plain = listing.resources.enter_context(tempfile.TemporaryFile(dir=folder, prefix=".import."))  # noqa: SIM115
    size = packed_size = path.stat().st_size
    done = 0
    with opener(path) as packed:
        while part := packed.read(COPIED_AT_ONCE):
            done += len(part)
            _check_size(path, done)
            if is_bomb(packed_size, done):
                raise LeptonError(f"{path} would grow from {size:,} to more than {done:,} bytes.", BOMB_REMEDY)
            with writing_to(folder):
                plain.write(part)
            yield Progress(f"Unpacking {path.name}", done)
    plain.seek(0)
    return plain


def _unpacker(path: Path) -> Callable[[Path], IO[bytes]] | None:
    known: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    with path.open("rb") as file:
        start = file.read(6)
    return next((opener for magic, opener in known.items() if start.startswith(magic)), None)


def _inner_name(name: str) -> tuple[str, str]:
    """The name with ``/`` only, and why it is not followed; empty: nothing is wrong with it."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")) or "\0" in name:
        return plain, "has a name that leads out of the archive"
    hidden = next((part for part in parts if is_hidden(part)), "")
    return "/".join(parts), "is a hidden file" if hidden else ""


def is_bomb(packed: int, size: int, harmless: int = HARMLESS_SIZE) -> bool:
    """Whether packed bytes would grow without measure; up to the harmless size they may."""
    return size > harmless and size > LARGEST_RATIO * max(packed, 1)


def _check_count(path: Path, count: int) -> None:
    if count > MOST_FILES:
        raise LeptonError(f"{path} holds more than {MOST_FILES:,} files.", "Choose a smaller archive.")


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST_CONTENT:
        raise LeptonError(f"{path} would take more than {LARGEST_CONTENT >> 30} GB when it is unpacked.", BOMB_REMEDY)


def _arrange(listing: Listing, prefix: str) -> None:
    """Puts files in the order of folders, and takes away the one folder around everything that packers add."""
    listing.files = [
        replace(found, verdict="ignore") if found.reason.startswith("is a hidden") else found for found in listing.files
    ]
    folders = {
        "/".join(found.folders[:depth])
        for found in listing.files
        if not found.reason
        for depth in range(1, len(found.folders) + 1)
    }
    folders |= {folder for folder in listing.folders if not any(map(is_hidden, folder.split("/")))}
    top = {folder for folder in folders if "/" not in folder}
    usable = [found for found in listing.files if not found.reason]
    inner = any("/" in folder for folder in folders) or not all(_is_plain_picture(found) for found in usable)
    cut = 0
    if len(top) == 1 and inner and all(found.folders for found in usable):
        cut = len(next(iter(top))) + 1
        folders -= top

    def moved(file: str) -> str:
        return prefix + (file[cut:] if cut and file[: cut - 1] in top else file)

    listing.folders = sorted(map(moved, folders), key=_folder_order)
    listing.files = [replace(found, file=moved(found.file)) for found in listing.files]
    listing.files.sort(key=lambda found: (_folder_order("/".join(found.folders)), natural_order(found.name)))


def _is_plain_picture(found: FoundFile) -> bool:
    from lepton_studio.engine.picture_files import SUFFIXES

    return found.suffix in SUFFIXES


def _folder_order(folder: str) -> list[tuple[tuple[int, int, str], ...]]:
    return [natural_order(part) for part in folder.split("/")] if folder else []
