"""What a person points to or drops, as one list of files: a folder, an archive, a table, arrays, or several of them."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import MOST_FILES, FoundFile, Listing, found_at, look_through, readable_name
from lepton_studio.engine.import_archives import is_archive, look_into
from lepton_studio.engine.import_sources.idx_pairs import partners
from lepton_studio.engine.import_sources.tables import TABLE_SUFFIXES

REMEDY = "Choose a folder with one folder of pictures for each class, a table, arrays or a zip file."


def checked_paths(wanted: Sequence[Path]) -> tuple[Path, ...]:
    """Absolute paths of what is there.

    Raises:
        LeptonError: one of them does not exist or cannot be looked at.
    """
    if not wanted:
        raise LeptonError("There is nothing to bring in.", REMEDY)
    found = []
    for path in wanted:
        try:
            absolute = path.expanduser().absolute()
            what = "" if absolute.exists() else "does not exist"
        except (OSError, RuntimeError, ValueError) as error:
            what = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
        if what:
            raise LeptonError(f"{path} {what}.", REMEDY)
        found.append(absolute)
    return tuple(dict.fromkeys(found))


def list_sources(sources: tuple[Path, ...]) -> Generator[Progress, None, Listing]:
    """Finds all files of what was pointed to.

    A single folder is the source itself; several folders are folders of one source, as if they lay in a common one.

    Raises:
        LeptonError: one of them cannot be read, is too large or a bomb.
    """
    if len(sources) == 1:
        return (yield from _single(sources[0]))
    listing = Listing(readable_name(sources[0].parent.name) or "images")
    try:
        for source in sources:
            yield from _add(source, listing)
            if len(listing.files) > MOST_FILES:
                raise LeptonError(f"These are more than {MOST_FILES:,} files.", "Choose fewer folders.")
    except BaseException:
        listing.resources.close()
        raise
    return listing


def _add(source: Path, listing: Listing) -> Generator[Progress, None, None]:
    name = readable_name(source.name)
    found = found_at(source, name)
    if source.is_dir():
        part = yield from look_through(source, f"{name}/")
        listing.folders.append(name)
    elif not found.reason and is_archive(source):
        part = yield from look_into(source, f"{_stem(source)}/")
        listing.folders.append(_stem(source))
        listing.resources.enter_context(part.resources)
    else:
        listing.files.append(found)
        return
    listing.files += part.files
    listing.folders += part.folders


def _single(source: Path) -> Generator[Progress, None, Listing]:
    if source.is_dir():
        return (yield from look_through(source))
    found = found_at(source, readable_name(source.name))
    # Before anything is read: a pipe would be waited for, and some devices never end.
    if found.reason == "is no plain file":
        raise LeptonError(f"{source} is neither a folder nor a plain file.", REMEDY)
    if is_archive(source):
        return (yield from look_into(source))
    listing = Listing(_stem(source), [replace(found, path=Path(os.path.realpath(source)))])
    if source.suffix.lower() in TABLE_SUFFIXES:
        listing.beside = source.parent
    else:
        # Pictures and labels of IDX are two files: whoever points to one of them means both.
        listing.files += _partners(source)
    return listing


def _partners(source: Path) -> list[FoundFile]:
    return [found_at(path, readable_name(path.name)) for path in partners(source)]


def _stem(source: Path) -> str:
    name = readable_name(source.name)
    for end in (".gz", ".bz2", ".xz", ".tar"):
        name = name.removesuffix(end) or name
    return Path(name).stem or name
