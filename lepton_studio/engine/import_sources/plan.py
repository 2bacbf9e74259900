"""Which pictures a source has, and what is said of its other files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.found_files import FoundFile, Listing
from lepton_studio.engine.import_report import FileVerdict
from lepton_studio.engine.picture_files import SUFFIXES, Planned

# How people call the three splits, in folders, tables and arrays.
SPLIT_WORDS = {
    "train": "train", "training": "train", "tr": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "t10k": "test",
}  # fmt: skip


@dataclass
class Plan:
    """What is to be looked at.

    Attributes:
        pictures: gives the pictures, in order, as often as it is called.
        total: how many they are.
        verdicts: on the files that are known already, by file.
        class_names: the classes in the order of the labels; empty: sorted by name.
        class_folders: the folders that were meant as classes.
    """

    pictures: Callable[[], Iterator[Planned]]
    total: int
    verdicts: dict[str, FileVerdict] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()
    class_folders: tuple[str, ...] = ()


def split_of(name: str) -> str:
    """Which split a name means: train, validation or test; empty: none."""
    return SPLIT_WORDS.get(name.strip().casefold(), "")


def judged(found: FoundFile) -> FileVerdict:
    """The verdict on a file that cannot be looked at."""
    return FileVerdict(found.file, found.verdict, found.reason)


def has_pictures_in_folders(listing: Listing) -> bool:
    """Whether pictures lie in folders, by their names."""
    return any(found.folders and found.suffix in SUFFIXES and not found.reason for found in listing.files)


def others_ignored(listing: Listing, verdicts: dict[str, FileVerdict], reason: str) -> None:
    """Says of all files without a verdict that they are not wanted, and why."""
    for found in listing.files:
        if found.file not in verdicts:
            verdicts[found.file] = judged(found) if found.reason else FileVerdict(found.file, "ignore", reason)


def grey_levels(arrays: list[NDArray[Any]]) -> tuple[Callable[[NDArray[Any]], NDArray[np.uint8]], str]:
    """How the numbers of arrays become 0..255: all arrays of a source in the same way.

    Returns:
        What turns an array into uint8, and what people should know of it; empty: nothing was changed.

    Raises:
        ValueError: they are no numbers, or in no range that pictures have.
    """
    kind = np.result_type(*arrays)
    if kind == np.uint8:
        return (lambda array: array), ""
    if kind == np.bool_:
        return (lambda array: array.astype(np.uint8) * np.uint8(255)), "no became 0 and yes 255"
    if kind.kind not in "iuf":
        raise ValueError(f"they are of the kind {kind}, and not numbers")
    low = min((float(array.min()) for array in arrays if array.size), default=0.0)
    high = max((float(array.max()) for array in arrays if array.size), default=0.0)
    if not np.isfinite([low, high]).all():
        raise ValueError("some of their numbers are no numbers (NaN) or infinite")
    if kind == np.uint16 or (kind.kind in "iu" and low >= 0 and 255 < high <= 65535):
        told = f"16-bit greys 0..65535 became 0..255; the largest is {high:,.0f}"
        return (lambda array: ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)), told
    if kind.kind == "f" and low >= 0 and high <= 1:
        return (lambda array: np.rint(array.astype(np.float32) * 255).astype(np.uint8)), "numbers 0..1 became 0..255"
    if low >= 0 and high <= 255:
        return (lambda array: np.rint(array).astype(np.uint8)), ""
    raise ValueError(f"their numbers reach from {low:g} to {high:g}, and not from 0 to 1, 255 or 65535")
