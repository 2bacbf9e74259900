"""Arrays of numpy: .npz files with pictures and labels, all in one or one part for each split."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import FoundFile, Listing
from lepton_studio.engine.import_archives import HARMLESS_ARRAYS, is_bomb
from lepton_studio.engine.import_report import FileVerdict
from lepton_studio.engine.import_sources.plan import (
    Plan,
    grey_levels,
    has_pictures_in_folders,
    others_ignored,
    split_of,
)  # fmt: skip
from lepton_studio.engine.picture_files import Planned
from lepton_studio.engine.strokes import DAMAGE

LARGEST_ARRAYS = 4 << 30
LARGEST_FILE = 4 << 30
IMAGE_WORDS = frozenset({"image", "images", "x", "data", "img", "imgs", "pictures", "inputs", "features", "arr_0"})
LABEL_WORDS = frozenset({"label", "labels", "y", "target", "targets", "classes", "class", "arr_1"})
NAME_WORDS = frozenset({"class_names", "label_names", "names", "classes"})


@dataclass(frozen=True)
class Part:
    """The arrays of one split: their names in the file, and the split; empty: the file says nothing of splits."""

    images: str
    labels: str
    split: str


def plan(listing: Listing) -> Generator[Progress, None, Plan | None]:
    """Takes a source that has .npz files and no pictures in folders."""
    packed = [found for found in listing.files if found.suffix == ".npz" and not found.reason]
    if not packed or has_pictures_in_folders(listing):
        return None
    sources: list[tuple[FoundFile, list[Part]]] = []
    verdicts: dict[str, FileVerdict] = {}
    labels: dict[tuple[str, str], NDArray[np.str_]] = {}
    names: tuple[str, ...] = ()
    for found in packed:
        yield Progress(f"Reading {found.file}")
        try:
            arrays = read_arrays(found)
            parts = parts_of(arrays)
            told = _checked(arrays, parts)
            given = given_names(arrays)
            labels |= {(found.file, part.labels): label_texts(arrays[part.labels], given) for part in parts}
            names = names or given
            sources.append((found, parts))
            named = [bool(text.strip()) for part in parts for text in labels[found.file, part.labels].tolist()]
            if not any(named):
                raise ValueError("none of its pictures has a label")
            blank = f"{named.count(False):,} have no label and are left out" if not all(named) else ""
            reason = "; ".join(filter(None, [f"{named.count(True):,} pictures", told, blank]))
            verdicts[found.file] = FileVerdict(found.file, "load", reason)
        except (*DAMAGE, zipfile.BadZipFile, LeptonError) as error:
            verdicts[found.file] = FileVerdict(found.file, "report", f"cannot be taken: {error}")
    others_ignored(listing, verdicts, "lies beside the arrays")
    used = {text for texts in labels.values() for text in np.unique(texts).tolist() if text.strip()}
    return Plan(
        lambda: _pictures(sources, labels),
        sum(bool(text.strip()) for texts in labels.values() for text in texts.tolist()),
        verdicts,
        class_names=tuple(name for name in names if name in used) if used <= set(names) else (),
    )


def _pictures(
    sources: list[tuple[FoundFile, list[Part]]], labels: dict[tuple[str, str], NDArray[np.str_]]
) -> Iterator[Planned]:
    """Reads the files again: they are in memory only while their pictures are taken."""
    for found, parts in sources:
        arrays = read_arrays(found)
        level, _ = grey_levels([arrays[part.images] for part in parts])
        for part in parts:
            images, texts = arrays[part.images], labels[found.file, part.labels]
            # An empty text is no label.
            for at in [at for at, text in enumerate(texts.tolist()) if text.strip()]:
                origin = f"{found.file} {part.images}[{at}]"
                yield Planned(origin, str(texts[at]), part.split, pixels=_as_picture(level, images, at))


def _as_picture(level: Callable[[NDArray[Any]], NDArray[np.uint8]], images: NDArray[Any], at: int) -> NDArray[np.uint8]:
    """H x W, H x W x 3 or H x W x 4, uint8."""
    picture = level(images[at])
    if picture.ndim == 3 and picture.shape[2] not in (1, 3, 4):
        picture = picture.transpose(1, 2, 0)
    return np.ascontiguousarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)


def _checked(arrays: dict[str, NDArray[Any]], parts: list[Part]) -> str:
    """What people should know of the arrays.

    Raises:
        ValueError: they are no pictures, or not as many as there are labels.
    """
    for part in parts:
        images, labels = arrays[part.images], arrays[part.labels]
        if images.ndim not in (3, 4) or 0 in images.shape[1:]:
            raise ValueError(f"'{part.images}' has the shape {images.shape}, which is not N x height x width")
        if images.ndim == 4 and not {images.shape[1], images.shape[3]} & {1, 3, 4}:
            raise ValueError(f"'{part.images}' has the shape {images.shape}: no side of it is 1, 3 or 4 channels")
        if len(images) != len(labels):
            raise ValueError(f"'{part.images}' has {len(images):,} pictures, '{part.labels}' {len(labels):,} labels")
    return grey_levels([arrays[part.images] for part in parts])[1]


def read_arrays(found: FoundFile) -> dict[str, NDArray[Any]]:
    """All arrays of a file; nothing in it is ever run.

    Raises:
        ValueError, BadZipFile, ...: it is damaged, too large, or holds anything but plain arrays.
    """
    if found.size > LARGEST_FILE:
        raise ValueError(f"it is larger than {LARGEST_FILE >> 30} GB")
    if found.path is not None and found.unpack is None:
        with found.path.open("rb") as file:
            return _unpacked(file)
    return _unpacked(io.BytesIO(found.read(LARGEST_FILE)))


def _unpacked(file: Any) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > LARGEST_ARRAYS:
            raise ValueError(f"its arrays take more than {LARGEST_ARRAYS >> 30} GB")
        for member in members:
            if is_bomb(member.compress_size, member.file_size, HARMLESS_ARRAYS):
                raise ValueError(
                    f"'{member.filename}' would grow from {member.compress_size:,} to {member.file_size:,} bytes"
                )
        for member in members:
            if member.filename.endswith(".npy"):
                with archive.open(member) as content:
                    _check_header(content, member)
                with archive.open(member) as content:
                    arrays[member.filename.removesuffix(".npy")] = np.lib.format.read_array(
                        content, allow_pickle=False, max_header_size=10_000
                    )
    if not arrays:
        raise ValueError("it has no arrays")
    return arrays


def _check_header(content: Any, member: zipfile.ZipInfo) -> None:
    """Refuses an array that promises more than its file holds, before memory is taken for it."""
    version = np.lib.format.read_magic(content)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(content, max_header_size=10_000)
    if kind.hasobject:
        raise ValueError(f"'{member.filename}' holds Python objects, which are never opened")
    if math.prod(shape) * kind.itemsize > member.file_size:
        raise ValueError(f"'{member.filename}' promises more than it holds")


def parts_of(arrays: dict[str, NDArray[Any]]) -> list[Part]:
    """Which arrays are pictures and which are their labels.

    ``x_train``, ``train_images``, ``X`` ...: one word says what an array is and one may say of which split.

    Raises:
        ValueError: nothing is called like pictures, or there are no labels for them.
    """
    images: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name, array in arrays.items():
        split, what = _split_and_rest(name)
        if what in IMAGE_WORDS and array.ndim in (3, 4):
            images.setdefault(split, name)
        elif what in LABEL_WORDS and array.ndim in (1, 2) and array.size:
            labels.setdefault(split, name)
    found = ", ".join(f"{name} {'x'.join(map(str, array.shape))}" for name, array in list(arrays.items())[:12])
    if not images:
        raise ValueError(f"no array is called like pictures (images, x, x_train ...); it has {found}")
    missing = [images[split] for split in images if split not in labels]
    if missing:
        raise ValueError(f"there are no labels for '{missing[0]}' (labels, y, y_train ...); it has {found}")
    return [Part(images[split], labels[split], split) for split in images if len(arrays[images[split]])]


def _split_and_rest(name: str) -> tuple[str, str]:
    words = [word for word in re.split(r"[_\-. ]+", name.casefold()) if word]
    splits = [word for word in words if split_of(word)]
    if name.casefold() in IMAGE_WORDS | LABEL_WORDS:
        return "", name.casefold()
    rest = "_".join(word for word in words if word not in splits)
    return (split_of(splits[0]) if splits else ""), rest


def given_names(arrays: dict[str, NDArray[Any]]) -> tuple[str, ...]:
    """The names of the classes, if an array says them."""
    for name, array in arrays.items():
        if name.casefold() in NAME_WORDS and array.ndim == 1 and array.dtype.kind in "US":
            return tuple(_text(value) for value in array)
    return ()


def label_texts(labels: NDArray[Any], names: tuple[str, ...] = ()) -> NDArray[np.str_]:
    """The name of the class of each label.

    Args:
        labels: N, N x 1 or N x classes (one-hot); numbers or texts.
        names: what the numbers are called; empty: like the numbers.

    Raises:
        ValueError: they are no labels.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        if (
            labels.dtype.kind not in "biuf"
            or not ((labels == labels.max(axis=1, keepdims=True)).sum(axis=1) == 1).all()
        ):
            raise ValueError("its labels have several columns, and not a single one that is largest")
        labels = labels.argmax(axis=1)
    if labels.dtype.kind in "US":
        return np.array([_text(value) for value in labels])
    if labels.dtype.kind == "f" and (not np.isfinite(labels).all() or (labels != np.rint(labels)).any()):
        raise ValueError("its labels are not whole numbers")
    if labels.dtype.kind not in "biuf":
        raise ValueError(f"its labels are of the kind {labels.dtype}")
    values, places = np.unique(labels.astype(np.int64), return_inverse=True)
    if len(values) > max(1000, len(labels) // 2):
        raise ValueError(f"its labels have {len(values):,} different values, which are no classes")
    is_named = bool(names) and values.min() >= 0 and values.max() < len(names)
    return np.array([names[value] if is_named else str(value) for value in values])[places.reshape(-1)]


def _text(value: Any) -> str:
    # What is no text is shown as far as it can be.
    content = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    return content.decode("utf-8", "replace")
