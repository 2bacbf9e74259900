"""Digits from envelopes: one of the first large sets, small pictures."""

from __future__ import annotations

import bz2
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.origins import FileOrigins
from lepton_studio.engine.published import PublishedDataset, damaged, reading

TRAIN_FILE, TEST_FILE, ARRAYS_FILE = "usps.bz2", "usps.t.bz2", "usps.npz"
SIDE = 16
# The larger file has 29 MB when it is unpacked, and the arrays 2.4 MB.
LARGEST_BYTES = 96 * 1024 * 1024
CLASSES = 10


class Usps(PublishedDataset, frozen=True, tag="usps"):
    """9,298 digits cut from postal codes on envelopes: small pictures, and a test set that is harder than it looks."""

    title: ClassVar[str] = "USPS"
    publisher: ClassVar[str] = "U.S. Postal Service (J. J. Hull; Y. LeCun and others), in the form of LIBSVM"
    licence: ClassVar[str] = "none stated; passed on for research"
    website: ClassVar[str] = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps"
    download_bytes: ClassVar[int] = 8_411_109
    is_ink: ClassVar[bool] = True
    folder_name: ClassVar[str] = "USPS"
    # torchvision keeps these two files in the folder for data itself.
    other_folders: ClassVar[tuple[str, ...]] = ("",)
    mirrors: ClassVar[tuple[str, ...]] = ("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",)
    md5s: ClassVar[dict[str, str]] = {
        TRAIN_FILE: "ec16c51db3855ca6c91edd34d0e9b197",
        TEST_FILE: "8ea070ee2aca1ac39742fdd1ef5ed118",
    }
    pictures: ClassVar[int] = 9_298
    classes: ClassVar[int] = CLASSES

    def is_here(self) -> bool:
        """Whether both files, or the arrays made of them, lie in a folder for data."""
        return not self._missing() or self.find(ARRAYS_FILE) is not None

    def read(self) -> Iterator[Progress | Samples]:
        """Fetches the files that are missing, and reads them."""
        arrays = self.find(ARRAYS_FILE)
        missing = self._missing()
        if missing and arrays is not None:
            yield Progress(f"Reading {arrays.name}")
            parts = _read_arrays(arrays)
            names = [f"{arrays.name}, {split}" for split in ("train", "test")]
        else:
            if missing:
                yield from self.fetch(missing)
            parts, names = [], [TRAIN_FILE, TEST_FILE]
            for number, name in enumerate(names):
                yield Progress(f"Reading {name}", number, len(names))
                parts.append(read_libsvm(self.found(name)))
        images, labels = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
        counts = [len(part[1]) for part in parts]
        yield Samples(
            images[:, np.newaxis],
            labels.astype(np.int64),
            tuple("0123456789"),
            np.repeat([False, True], counts),
            origins=FileOrigins(zip(names, counts, strict=True)),
        )

    def _missing(self) -> tuple[str, ...]:
        return tuple(name for name in (TRAIN_FILE, TEST_FILE) if self.find(name) is None)


Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


def read_libsvm(path: Path) -> Part:
    """Reads lines of ``label 1:value 2:value ... 256:value``, packed by bzip2; labels are 1..10, values -1..1.

    The grey levels are cut off to whole numbers as torchvision does it, so that both see the same pictures.

    Returns:
        N x 16 x 16 pictures (0..255), N labels (0..9).

    Raises:
        LeptonError: the file is damaged or is something else.
    """
    try:
        with reading(path), path.open("rb") as file:
            text = _unpacked(path, file.read(LARGEST_BYTES + 1))
    except EOFError as error:
        raise damaged(path, str(error)) from error
    rows = text.replace(b":", b" ").split(b"\n")
    try:
        with warnings.catch_warnings():
            # An empty file is a warning to numpy.
            warnings.simplefilter("error")
            numbers = np.loadtxt([row.decode("ascii") for row in rows if row.strip()], np.float32, ndmin=2)
    except (ValueError, UserWarning) as error:
        raise damaged(path, f"it is not in the form of LIBSVM ({str(error).splitlines()[0]})") from error
    columns = np.arange(1, SIDE * SIDE + 1)
    if numbers.shape[1] != 1 + 2 * len(columns) or not (numbers[:, 1::2] == columns).all():
        raise damaged(path, f"its lines do not have {len(columns)} numbered values")
    labels, values = numbers[:, 0], numbers[:, 2::2]
    if not (np.isin(labels, np.arange(1, CLASSES + 1)).all() and (np.abs(values) <= 1).all()):
        raise damaged(path, "it has a label that is no class, or a grey level out of range")
    images = ((values + 1) / 2 * 255).astype(np.uint8).reshape(-1, SIDE, SIDE)
    return images, labels.astype(np.int64) - 1


def _unpacked(path: Path, content: bytes) -> bytes:
    """What a bzip2 file holds, if it is no more than it can be."""
    unpacker = bz2.BZ2Decompressor()
    try:
        text = unpacker.decompress(content, LARGEST_BYTES)
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if not unpacker.eof:
        raise damaged(path, "it is cut off, or larger than it can be")
    return text


def _read_arrays(path: Path) -> list[Part]:
    """Reads train_images, train_labels, test_images and test_labels, as numpy stores them."""
    parts: list[Part] = []
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if sum(member.file_size for member in archive.zip.infolist()) > LARGEST_BYTES:
                raise damaged(path, "it is larger than it can be")
            for split in ("train", "test"):
                images, labels = archive[f"{split}_images"], archive[f"{split}_labels"]
                if (
                    images.dtype != np.uint8
                    or images.shape != (len(labels), SIDE, SIDE)
                    or labels.dtype.kind not in "ui"
                ):
                    raise damaged(path, f"{split}_images is not N x {SIDE} x {SIDE} bytes with as many labels")
                if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < CLASSES:
                    raise damaged(path, f"{split}_labels has a label that is no class")
                parts.append((images, labels.astype(np.int64)))
    # What zipfile and numpy raise on files that were tampered with is not one family.
    except (
        OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError, OverflowError, AttributeError,
        SyntaxError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise damaged(path, str(error) or type(error).__name__) from error
    return parts
