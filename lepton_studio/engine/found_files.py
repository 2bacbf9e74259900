"""Finding the files of a folder of pictures, in an order that people expect."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress

# More files than this are a wrong folder (somebody's whole disk) rather than a dataset.
MOST_FILES = 200_000

Verdict = Literal["load", "report", "ignore"]


@dataclass(frozen=True)
class FoundFile:
    """One file below the folder.

    Attributes:
        path: where it lies.
        file: how the report calls it.
        class_name: the folder it is in; empty beside the class folders.
        reason: what keeps it from being looked at; empty: nothing.
        verdict: what follows from the reason.
    """

    path: Path
    file: str
    class_name: str
    reason: str = ""
    verdict: Verdict = "report"


def look_through(root: Path) -> Generator[Progress, None, tuple[list[FoundFile], list[str]]]:
    """Finds all files of a folder, and the names of its class folders.

    Yields:
        Progress with each folder that is looked into.

    Returns:
        The files and what was left out, sorted folder by folder; the folders right below ``root``.

    Raises:
        LeptonError: the folder cannot be opened or is too large.
    """
    found: list[FoundFile] = []
    class_folders: list[str] = []

    def add(path: Path, reason: str = "", verdict: Verdict = "report") -> None:
        parts = [readable_name(part) for part in path.relative_to(root).parts]
        class_name = parts[0] if path.parent != root else ""
        found.append(FoundFile(path, "/".join(parts), class_name, reason, verdict))

    def refuse(error: OSError) -> None:
        if Path(error.filename) == root:
            raise LeptonError(f"{root} cannot be opened: {error.strerror}.", "Check the permissions.") from error
        add(Path(error.filename), f"cannot be opened: {error.strerror}")

    for place, folders, files in os.walk(root, onerror=refuse):
        yield Progress("Looking for pictures", len(found))
        folder = Path(place)
        for name in sorted(folders, key=natural_order):
            if name.startswith(".") or name == "__MACOSX":
                add(folder / name, "is a hidden folder", "ignore")
            elif (folder / name).is_symlink():
                add(folder / name, "is a link to another folder, which is not followed")
            else:
                continue
            folders.remove(name)
        folders.sort(key=natural_order)
        if folder == root:
            class_folders = [readable_name(name) for name in folders]
        for name in sorted(files, key=natural_order):
            add(folder / name)
        if len(found) > MOST_FILES:
            raise LeptonError(f"{root} holds more than {MOST_FILES:,} files.", "Choose a smaller folder.")
    return found, class_folders


def natural_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key for sorting as people do: "digit_2" comes before "digit_10"."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    # The text itself comes last, so that "a" and "A" always come in the same order.
    return (*((0, int(p), "") if p[0].isdigit() else (1, 0, p) for p in parts), (2, 0, text))


def readable_name(name: str) -> str:
    """A name of a file as text, even if the file system holds bytes that are none."""
    return os.fsencode(name).decode("utf-8", "replace")
