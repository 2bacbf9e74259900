"""MNIST and its relatives: files of the IDX format, found, fetched and read.

torchvision wants the files unpacked in a folder it may write to; here they are read as they come: packed or not, and
also inside of a zip.
"""

from __future__ import annotations

import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.idx_format import IdxHeader, read_numbers, unpacked
from lepton_studio.engine.origins import FileOrigins
from lepton_studio.engine.published import PublishedDataset, damaged, reading

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
# Numbers of 32 bits in rows: QMNIST's labels.
LABEL_ROWS_MAGIC = 3074
SIDE = 28
# EMNIST's training digits are 188 MB; a header that promises much more is no header.
LARGEST_BYTES = 256 * 1024 * 1024
# More than the files of any dataset know; a row has the class and what else is known of a picture.
WIDEST_ROW = 64

Pair = tuple[str, str]
# (pictures, labels) for training, then for testing.
SPLIT_FILES: tuple[Pair, Pair] = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
FILES = tuple(name for pair in SPLIT_FILES for name in pair)


class IdxSource(NamedTuple):
    """An IDX file: a file of its own, or a member of a zip."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.member} in {self.path}" if self.member else str(self.path)


class IdxDataset(PublishedDataset, frozen=True):
    """A dataset in four IDX files.

    Class attributes:
        split_files: the names of the four, without ``.gz``.
        class_names: what the labels are called.
        first_label: the label of the first class.
        transposed: whether the pictures lie on their side, rows as columns.
    """

    split_files: ClassVar[tuple[Pair, Pair]] = SPLIT_FILES
    class_names: ClassVar[tuple[str, ...]] = ()
    first_label: ClassVar[int] = 0
    transposed: ClassVar[bool] = False

    def is_here(self) -> bool:
        """Whether all four files lie in a folder for data."""
        return not self.missing_files()

    @classmethod
    def source(cls, name: str) -> IdxSource | None:
        """Where a file lies, packed or not; None if it is in no folder for data."""
        path = cls.find(name, f"{name}.gz")
        return IdxSource(path) if path else None

    @classmethod
    def missing_files(cls) -> tuple[str, ...]:
        """Which of the four files are in no folder for data, by the names that they are published with."""
        return tuple(f"{name}.gz" for pair in cls.split_files for name in pair if cls.source(name) is None)

    def read(self) -> Iterator[Progress | Samples]:
        """Fetches the files that are missing, and reads all four: the pictures for training, then those for testing.

        Raises:
            LeptonError: a file is missing or damaged or cannot be fetched; the message names it.
        """
        missing = self.missing_files()
        if missing:
            yield from self.fetch(missing)
        images, labels = [], []
        for number, names in enumerate(self.split_files):
            pictures, classes = (self.source(name) or IdxSource(self.found(f"{name}.gz")) for name in names)
            yield Progress(f"Reading {Path(pictures.member or pictures.path).name}", 2 * number, len(FILES))
            images.append(read_idx(pictures, IMAGES_MAGIC))
            yield Progress(f"Reading {Path(classes.member or classes.path).name}", 2 * number + 1, len(FILES))
            labels.append(self._read_labels(classes, len(images[-1]), pictures))
        counts = [len(part) for part in labels]
        origins = FileOrigins((pair[0], count) for pair, count in zip(self.split_files, counts, strict=True))
        is_test = np.repeat([False, True], counts)
        yield Samples(self._joined(images), np.concatenate(labels), self.class_names, is_test, origins=origins)

    def _read_labels(self, source: IdxSource, pictures: int, pictures_source: IdxSource) -> NDArray[np.int64]:
        has_rows = source_name(source).split(".")[0].endswith("idx2-int")
        found = read_idx(source, LABEL_ROWS_MAGIC if has_rows else LABELS_MAGIC)
        labels = (found[:, 0] if has_rows else found).astype(np.int64)
        if len(labels) != pictures:
            raise damaged(
                str(source), f"it has {len(labels)} labels for {pictures} pictures in {source_name(pictures_source)}"
            )
        wrong = np.flatnonzero((labels < self.first_label) | (labels >= self.first_label + len(self.class_names)))
        if len(wrong):
            raise damaged(str(source), f"label {labels[wrong[0]]} at position {wrong[0]} is no class")
        return labels - self.first_label

    def _joined(self, images: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """All pictures one after the other, N x 1 x 28 x 28, upright."""
        joined = np.empty((sum(len(part) for part in images), 1, SIDE, SIDE), np.uint8)
        upright = [part.transpose(0, 2, 1) if self.transposed else part for part in images]
        np.concatenate(upright, out=joined[:, 0])
        return joined


def source_name(source: IdxSource) -> str:
    """The name of the file alone."""
    return Path(source.member or source.path).name


def read_idx(source: IdxSource | Path, magic: int) -> NDArray[np.uint8]:
    """Reads one file, packed or not whatever its name says.

    Args:
        source: the file.
        magic: IMAGES_MAGIC, LABELS_MAGIC or LABEL_ROWS_MAGIC.

    Returns:
        N x 28 x 28 pictures, N labels, or N x columns numbers of 32 bits.

    Raises:
        LeptonError: the file cannot be read or is not what the magic number asks for.
    """
    if isinstance(source, Path):
        source = IdxSource(source)
    try:
        with reading(source.path), _opened(source) as file:
            try:
                with unpacked(file) as content:
                    return read_numbers(content, partial(_check, magic))
            except gzip.BadGzipFile as error:
                # An OSError, which would be taken for one of the disk.
                raise damaged(str(source), str(error)) from error
    except (ValueError, EOFError, zlib.error, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
        raise damaged(str(source), str(error) or type(error).__name__) from error


@contextlib.contextmanager
def _opened(source: IdxSource) -> Iterator[IO[bytes]]:
    if not source.member:
        with source.path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as file:
        yield file


def _check(magic: int, header: IdxHeader) -> None:
    """What is published has one form and no other."""
    shape = header.shape
    if header.magic != magic:
        raise ValueError(f"its magic number is {header.magic}, not {magic}")
    if magic == IMAGES_MAGIC and any(side != SIDE for side in shape[1:]):
        raise ValueError(f"its pictures are {shape[1]} x {shape[2]}, not {SIDE} x {SIDE}")
    if magic == LABEL_ROWS_MAGIC and not 0 < shape[1] <= WIDEST_ROW:
        raise ValueError(f"its rows have {shape[1]} numbers")
    if not 0 < header.size <= LARGEST_BYTES:
        raise ValueError(f"it claims to hold {shape[0]} values")
