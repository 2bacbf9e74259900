"""A person's own pictures, after they were brought in (see ``importing.py``)."""

from __future__ import annotations

import contextlib
import math
import os
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tokenize import TokenError
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.dataset import DATASETS, Dataset, LabelSource, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import read_struct, writing_to
from lepton_studio.engine.import_report import ImportOptions

VERSION = 2
INFO_FILE = "info.json"
# uint8, N x C x H x W, as it lies in memory; labels (int64) and is_test (bool), N each. Newer ones also have
# is_validation (bool, N), sizes (int32, N x 2) and origins (the texts in UTF-8, each with a zero byte behind it).
IMAGES_FILE, LABELS_FILE = "images.npy", "labels.npz"
# Version 1 had all three in one packed file.
SAMPLES_FILE = "samples.npz"
# All that numpy writes before such pictures. Nothing else is looked at, so a damaged header is never obeyed.
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '\|u1', 'fortran_order': False, "
    rb"'shape': \((\d+), (\d+), (\d+), (\d+)\), \} *\n",
    re.DOTALL,
)
LONGEST_HEADER = 512
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
        source: where the pictures were found.
        fingerprint: of the files as they were then; empty: nobody took it.
        options: the frame that was asked for.
    """

    class_names: tuple[str, ...]
    source: str = ""
    fingerprint: str = ""
    options: ImportOptions = ImportOptions()
    format: Literal["lepton-studio images"] = "lepton-studio images"
    version: int = VERSION


class ImageFolder(Dataset, frozen=True, tag="image_folder"):
    """Your own pictures: a folder with one folder of pictures for each class, brought in before."""

    title: ClassVar[str] = "Image folder"
    label_source: ClassVar[LabelSource] = "import"
    name: Annotated[str, about("What the dataset was called when it was brought in.")] = ""

    @classmethod
    def choices(cls) -> dict[str, Dataset]:
        return {name: cls(name) for name in imported_names()}

    def label(self) -> str:
        return self.name or self.title

    def is_here(self) -> bool:
        """Whether a dataset of this name was brought in."""
        return self.name in imported_names()

    def read(self) -> Iterator[Progress | Samples]:
        """Reads what was stored when the pictures were brought in."""
        if not self.is_here():
            known = ", ".join(imported_names())
            raise LeptonError(
                f"There is no imported dataset called '{self.name}'.",
                f"Known are: {known}." if known else "Import a folder of pictures first.",
            )
        yield Progress(f"Reading {self.name}")
        yield read_samples(folder_of(self.name))


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


def new_folder(name: str) -> Path:
    """Makes a folder for the dataset; what was brought in before is never overwritten."""
    wanted, number = folder_name(name), 1
    folder = folder_of(wanted)
    if wanted.lower() in DATASETS.names():
        # By this name a dataset that ships would be found first.
        number = 2
        folder = folder_of(f"{wanted} {number}")
    with writing_to(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                folder.mkdir()
            except FileExistsError:
                number += 1
                folder = folder_of(f"{wanted} {number}")
            else:
                return folder


def folder_name(text: str) -> str:
    """A name as close to ``text`` as every file system allows."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join("_" if letter in '<>:"/\\|?*' or not letter.isprintable() else letter for letter in normal)
    kept = kept.strip(" .")
    if kept.split(".")[0].strip().upper() in DEVICES:
        kept = f"_{kept}"
    return kept[:LONGEST_NAME].rstrip(" .") or "images"


def packed_texts(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Texts as one array, which is much smaller than an array of texts and needs no objects."""
    whole = "".join(text.replace("\0", " ") + "\0" for text in texts)
    return np.frombuffer(whole.encode("utf-8", "replace"), np.uint8)


def read_samples(folder: Path) -> Samples:
    """What is stored in the folder of a dataset; the pictures stay in their file.

    Raises:
        LeptonError: a file is missing or damaged; the message names it.
    """
    info = read_struct(folder / INFO_FILE, ImageFolderInfo)
    if info.version > VERSION:
        raise LeptonError(f"{folder / INFO_FILE} was made by a newer Lepton Studio.", "Update Lepton Studio.")
    names = info.class_names
    if info.version == 1:
        with _reading(folder / SAMPLES_FILE) as path:
            return Samples(
                _checked(_stored(path, "images"), "uint8"),
                _checked(_stored(path, "labels"), "int64"),
                names,
                _checked(_stored(path, "is_test"), "bool"),
            )
    with _reading(folder / LABELS_FILE) as path:
        # Without the pictures: only whether all that is known of them fits together.
        known = _known(path, names)
    with _reading(folder / IMAGES_FILE) as path:
        return replace(known, images=_mapped(path))


def _known(path: Path, names: tuple[str, ...]) -> Samples:
    """Samples without pictures."""
    # Opened here, because numpy leaves a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    labels, is_test = _checked(arrays["labels"], "int64"), _checked(arrays["is_test"], "bool")
    sizes = arrays.get("sizes")
    if sizes is not None and sizes.shape != (len(labels), 2):
        raise ValueError("the sizes of the pictures are no pairs")
    return Samples(
        np.empty((len(labels), 0, 0, 0), np.uint8),
        labels,
        names,
        is_test,
        _checked(arrays["is_validation"], "bool") if "is_validation" in arrays else None,
        origins=_unpacked_texts(_checked(arrays["origins"], "uint8")) if "origins" in arrays else (),
        sizes=_checked(sizes, "int32") if sizes is not None else None,
    )


def _unpacked_texts(packed: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(packed.tobytes().decode("utf-8", "replace").split("\0")[:-1])


def _mapped(path: Path) -> NDArray[np.uint8]:
    """The pictures where they lie in the file: read-only, and read from the disk when they are looked at.

    The file is closed with the last reference to them.

    Raises:
        ValueError: the file does not hold pictures, or not as many bytes as it says.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        header = HEADER.match(file.read(LONGEST_HEADER))
        size = os.fstat(file.fileno()).st_size
    if header is None or int.from_bytes(header[1], "little") != header.end() - header.end(1):
        raise ValueError("it does not start as pictures do")
    promised = math.prod(int(number) for number in header.groups()[1:])
    if promised == 0 or size != header.end() + promised:
        raise ValueError(f"{promised} bytes of pictures are promised and {size - header.end()} follow")
    images: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    return images


def _stored(path: Path, name: str) -> NDArray[Any]:
    """One of the arrays in a packed file."""
    # Opened here, because numpy leaves a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        array: NDArray[Any] = archive[name]
    return array


def _checked(array: NDArray[Any], kind: str) -> NDArray[Any]:
    if str(array.dtype) != kind or array.size == 0:
        raise ValueError("its arrays are of the wrong kind")
    return array


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[Path]:
    """Turns whatever is wrong with a file into a LeptonError that names it."""
    try:
        yield path
    except LeptonError as error:
        raise _damaged(path, error.what.rstrip(".")) from error
    # What zipfile and numpy raise on files that were tampered with is not one family.
    except (
        OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError, OverflowError,
        SyntaxError, TokenError, zipfile.BadZipFile, zlib.error, struct.error,
    ) as error:  # fmt: skip
        raise _damaged(path, str(error) or type(error).__name__) from error


def _damaged(path: Path, why: str) -> LeptonError:
    return LeptonError(f"{path} is missing or damaged: {why}.", "Import the folder of pictures again.")
