"""MNIST and its relatives: four files of the IDX format, found, fetched and read.

IDX is MNIST's own format: a magic number whose last byte counts the dimensions, the size of each dimension,
then one byte a value; all numbers are big-endian (http://yann.lecun.com/exdb/mnist/). torchvision wants the
files unpacked in a folder it may write to; here they are read as they come, packed or not.
"""

from __future__ import annotations

import contextlib
import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.download import download
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
SIDE = 28
# MNIST's training pictures are 47 MB; a header that promises much more is no header.
LARGEST_BYTES = 256 * 1024 * 1024
GZIP_START = b"\x1f\x8b"

# (pictures, labels) for training, then for testing.
SPLIT_FILES = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
FILES = tuple(name for pair in SPLIT_FILES for name in pair)


class IdxDataset(Dataset, frozen=True):
    """A dataset in MNIST's four files."""

    # What torchvision calls its class, and the folder of the files.
    folder_name: ClassVar[str] = ""
    class_names: ClassVar[tuple[str, ...]] = ()

    def is_here(self) -> bool:
        """Whether all four files lie in a folder for data."""
        return not missing_files(self.folder_name)

    def read(self) -> Iterator[Progress | Samples]:
        """Fetches the files that are missing, and reads all four."""
        missing = missing_files(self.folder_name)
        if missing:
            yield from fetch_files(self.folder_name, missing)
        yield from read_samples(self.folder_name, self.class_names)


def find_file(folder_name: str, name: str) -> Path | None:
    """Where a file lies, packed or not; None if it is in no folder for data."""
    for folder in paths.data_folders():
        for path in (folder / folder_name / "raw" / name, folder / folder_name / "raw" / f"{name}.gz"):
            # A folder that may not be looked into is as good as none.
            with contextlib.suppress(OSError):
                if path.is_file():
                    return path
    return None


def missing_files(folder_name: str) -> tuple[str, ...]:
    """Which of the four files are in no folder for data."""
    return tuple(name for name in FILES if find_file(folder_name, name) is None)


def fetch_files(folder_name: str, names: tuple[str, ...]) -> Iterator[Progress]:
    """Fetches files from where torchvision knows them to be published.

    Raises:
        LeptonError: torchvision, the network or the disk fails; it says which files are wanted where.
    """
    folder = paths.home() / folder_name / "raw"
    wanted = ", ".join(f"{name}.gz" for name in names)
    by_hand = f"put {wanted} into {folder}"
    try:
        mirrors, md5s = published_files(folder_name)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        # A torchvision beside a torch of another version fails in all of these ways.
        raise LeptonError(
            f"torchvision, which knows where {folder_name} is published, cannot be imported: {error}.",
            f"Install the torchvision that belongs to your torch, or {by_hand}.",
        ) from error
    for number, name in enumerate(names, 1):
        packed = f"{name}.gz"
        urls = [f"{mirror}{packed}" for mirror in mirrors]
        text = f"Fetching {packed} ({number} of {len(names)})"
        remedy = f"Check the network and try again, or {by_hand}."
        yield from download(urls, md5s.get(packed, ""), folder / packed, text, remedy)


def published_files(folder_name: str) -> tuple[list[str], dict[str, str]]:
    """The mirrors of a dataset, and the md5 of each of its files, as torchvision knows them."""
    from torchvision import datasets

    published = getattr(datasets, folder_name)
    return list(published.mirrors), dict(published.resources)


def read_samples(folder_name: str, class_names: tuple[str, ...]) -> Iterator[Progress | Samples]:
    """Reads the four files: the pictures for training, then those for testing.

    Raises:
        LeptonError: a file is missing or damaged; the message names it.
    """
    images, labels = [], []
    for number, pair in enumerate(SPLIT_FILES):
        image_path, label_path = (_found(folder_name, name) for name in pair)
        yield Progress(f"Reading {image_path.name}", 2 * number, len(FILES))
        images.append(read_idx(image_path, IMAGES_MAGIC))
        yield Progress(f"Reading {label_path.name}", 2 * number + 1, len(FILES))
        labels.append(read_idx(label_path, LABELS_MAGIC))
        _check_pair(image_path, images[-1], label_path, labels[-1], len(class_names))
    is_test = np.repeat([False, True], [len(part) for part in labels])
    yield Samples(np.concatenate(images)[:, np.newaxis], np.concatenate(labels).astype(np.int64), class_names, is_test)


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Reads one file, packed or not whatever its name says.

    Args:
        path: the file.
        magic: IMAGES_MAGIC or LABELS_MAGIC.

    Returns:
        N x 28 x 28 pictures or N labels.

    Raises:
        LeptonError: the file cannot be read or is not what the magic number asks for.
    """
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(GZIP_START)) == GZIP_START
            file.seek(0)
            if not is_packed:
                return _parse(path, file, magic)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _parse(path, unpacked, magic)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise LeptonError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the permissions and the disk."
        ) from error


def _parse(path: Path, file: IO[bytes] | gzip.GzipFile, magic: int) -> NDArray[np.uint8]:
    dimensions = magic % 256
    header = file.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions:
        raise _damaged(path, "it ends within its header")
    found, *shape = struct.unpack(f">{1 + dimensions}I", header)
    if found != magic:
        raise _damaged(path, f"its magic number is {found}, not {magic}")
    if any(side != SIDE for side in shape[1:]):
        raise _damaged(path, f"its pictures are {shape[1]} x {shape[2]}, not {SIDE} x {SIDE}")
    size = math.prod(shape)
    if not 0 < size <= LARGEST_BYTES:
        raise _damaged(path, f"it claims to hold {shape[0]} values")
    # One byte more than there should be shows what is too long, and makes gzip check its sum.
    content = file.read(size + 1)
    if len(content) != size:
        amount = "more" if len(content) > size else f"only {len(content)}"
        raise _damaged(path, f"its header promises {size} bytes and {amount} follow")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _check_pair(
    image_path: Path, images: NDArray[np.uint8], label_path: Path, labels: NDArray[np.uint8], classes: int
) -> None:
    if len(images) != len(labels):
        raise _damaged(label_path, f"it has {len(labels)} labels for {len(images)} pictures in {image_path.name}")
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise _damaged(label_path, f"label {labels[wrong[0]]} at position {wrong[0]} is no class")


def _found(folder_name: str, name: str) -> Path:
    path = find_file(folder_name, name)
    if path is None:
        folder = paths.home() / folder_name / "raw"
        raise LeptonError(f"{name} is missing.", f"Put it or {name}.gz into {folder}.")
    return path


def _damaged(path: Path, why: str) -> LeptonError:
    return LeptonError(f"{path} is damaged: {why}.", "Delete it and open the dataset again to fetch it anew.")
