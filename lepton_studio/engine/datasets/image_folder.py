"""A person's own pictures, after they were brought in (see ``importing.py``)."""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import read_struct

VERSION = 1
SAMPLES_FILE = "samples.npz"
INFO_FILE = "info.json"
LONGEST_NAME = 60
# Windows keeps these names for devices, whatever follows a dot.
DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "123456789"),
}


class ImageFolderInfo(msgspec.Struct, frozen=True):
    """What is known of the pictures that were brought in, beside the pictures.

    Attributes:
        class_names: what each label is called.
        source: the folder where the pictures were found.
    """

    class_names: tuple[str, ...]
    source: str = ""
    format: Literal["lepton-studio images"] = "lepton-studio images"
    version: int = VERSION


class ImageFolder(Dataset, frozen=True, tag="image_folder"):
    """Your own pictures: a folder with one folder of pictures for each class, brought in before."""

    title: ClassVar[str] = "Image folder"
    name: Annotated[str, about("What the dataset was called when it was brought in.")] = ""

    def label(self) -> str:
        return self.name or self.title

    def is_here(self) -> bool:
        """Whether a dataset of this name was brought in."""
        return self.name in imported_names()

    def load(self) -> Iterator[Progress | Samples]:
        """Reads what was stored when the pictures were brought in."""
        if not self.is_here():
            known = ", ".join(imported_names())
            raise LeptonError(
                f"There is no imported dataset called '{self.name}'.",
                f"Known are: {known}." if known else "Import a folder of pictures first.",
            )
        yield Progress(f"Reading {self.name}")
        yield _read(folder_of(self.name))


def imported_names() -> tuple[str, ...]:
    """The names of all datasets that were brought in."""
    try:
        return tuple(sorted(path.parent.name for path in paths.datasets().glob(f"*/{INFO_FILE}")))
    except OSError:
        # A folder that may not be looked into is as good as none.
        return ()


def folder_of(name: str) -> Path:
    """Where a dataset that was brought in lies."""
    return paths.datasets() / name


def folder_name(text: str) -> str:
    """A name as close to ``text`` as every file system allows."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join("_" if letter in '<>:"/\\|?*' or not letter.isprintable() else letter for letter in normal)
    kept = kept.strip(" .")
    if kept.split(".")[0].strip().upper() in DEVICES:
        kept = f"_{kept}"
    return kept[:LONGEST_NAME].rstrip(" .") or "images"


def _read(folder: Path) -> Samples:
    info = read_struct(folder / INFO_FILE, ImageFolderInfo)
    if info.version > VERSION:
        raise LeptonError(f"{folder / INFO_FILE} was made by a newer Lepton Studio.", "Update Lepton Studio.")
    path = folder / SAMPLES_FILE
    try:
        # Opened here, because numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return _checked(archive["images"], archive["labels"], archive["is_test"], info.class_names)
    except LeptonError as error:
        raise _damaged(path, error.what) from error
    # What zipfile and numpy raise on files that were tampered with is not one family.
    except (
        OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError, OverflowError,
        SyntaxError, TokenError, zipfile.BadZipFile, zlib.error, struct.error,
    ) as error:  # fmt: skip
        raise _damaged(path, str(error) or type(error).__name__) from error


def _checked(
    images: NDArray[np.uint8], labels: NDArray[np.int64], is_test: NDArray[np.bool_], names: tuple[str, ...]
) -> Samples:
    kinds = [str(array.dtype) for array in (images, labels, is_test)]
    if kinds != ["uint8", "int64", "bool"] or images.size == 0:
        raise ValueError("its arrays are of the wrong kind")
    return Samples(images, labels, names, is_test)


def _damaged(path: Path, why: str) -> LeptonError:
    return LeptonError(f"{path} is missing or damaged: {why}.", "Import the folder of pictures again.")
