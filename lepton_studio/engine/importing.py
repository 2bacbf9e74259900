"""Bringing in a person's own folder of pictures: one sub-folder for each class.

Real folders hold more than pictures. Every file gets a verdict with its reason, one bad file never stops the
rest, and the folder itself is only read.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lepton_studio import paths
from lepton_studio.engine.datasets.image_folder import (
    IMAGES_FILE,
    INFO_FILE,
    LABELS_FILE,
    ImageFolderInfo,
    new_folder,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import write_struct, written_whole
from lepton_studio.engine.found_files import FoundFile, Verdict, look_through, natural_order, readable_name
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.picture_store import COLOUR, GREY, PictureStore
from lepton_studio.engine.strokes import Picture, open_image

# No test pictures come with a folder: the same share of each class is set aside, always the same ones.
TEST_SHARE, TEST_SEED = 0.2, 0

# What is meant as a picture by its name; whatever else Pillow knows as one of FORMATS counts, too.
SUFFIXES = frozenset({
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp",
    ".avif", ".heic", ".heif", ".svg", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".jp2",
})  # fmt: skip
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
# Pictures smaller than this are taken, with a word of warning.
TINY_SIDE = 8


class FileVerdict(msgspec.Struct, frozen=True):
    """What became of one file.

    Attributes:
        file: relative to the folder, with ``/`` on every system.
        verdict: "load": it is in the dataset; "report": it is not, and should be; "ignore": it is no picture.
        reason: why; for a picture that was loaded, what people should know of it, or empty.
    """

    file: str
    verdict: Verdict
    reason: str = ""


class ImportReport(msgspec.Struct, frozen=True):
    """What became of a folder of pictures.

    Attributes:
        dataset: the name of the new dataset, for ``ImageFolder(name)``.
        files: the verdict on each file.
        loaded: how many were loaded, and so on.
    """

    dataset: str
    files: tuple[FileVerdict, ...]
    loaded: int
    reported: int
    ignored: int


def import_folder(path: Path, name: str = "") -> Iterator[Progress | ImportReport]:
    """Makes a dataset from a folder with one folder of pictures for each class.

    Args:
        path: the folder; it is only read.
        name: what to call the dataset; empty: like the folder. A number is added if the name is taken.

    Yields:
        Progress in files, and the report at last. Closing the generator before that leaves nothing behind.

    Raises:
        LeptonError: there is no such folder, no picture in it, or no place to write to.
    """
    root = _checked_folder(path)
    found, class_folders = yield from look_through(root)
    verdicts: list[FileVerdict] = []
    twins: dict[bytes, FoundFile] = {}
    with PictureStore(paths.datasets()) as pictures:
        for number, item in enumerate(found):
            yield Progress(f"Reading {item.file}", number, len(found))
            verdicts.append(_take(item, pictures, twins))
        verdicts = _with_empty_classes(found, verdicts, class_folders, set(pictures.classes))
        if not pictures.classes:
            first = next((f" ({v.file} {v.reason})" for v in verdicts if v.verdict == "report"), "")
            raise LeptonError(
                f"No picture in {path} could be loaded{first}.",
                "Make a folder for each class and put pictures into it.",
            )
        yield Progress(f"Writing {len(pictures.classes)} pictures", len(found), len(found))
        stored = _store(root, name or root.name, pictures)
    count = [verdict.verdict for verdict in verdicts].count
    yield ImportReport(stored, tuple(verdicts), count("load"), count("report"), count("ignore"))


def _checked_folder(path: Path) -> Path:
    try:
        root = path.expanduser().absolute()
        what = "" if root.is_dir() else "is a file and no folder" if root.exists() else "does not exist"
    except (OSError, RuntimeError) as error:
        what = f"cannot be opened: {error}"
    if what:
        raise LeptonError(f"{path} {what}.", "Choose a folder with one folder of pictures for each class.")
    return root


def _take(item: FoundFile, pictures: PictureStore, twins: dict[bytes, FoundFile]) -> FileVerdict:
    """Looks at one file and takes its picture in if there is one; ``twins`` knows the files before it."""
    frames: tuple[Picture, Picture] | None = None
    try:
        verdict, reason = (item.verdict, item.reason) if item.reason else _first_look(item)
        if verdict == "load":
            image = open_image(item.path)
            colour, grey = fitted(image, COLOUR), fitted(image, GREY)
            reason = "; ".join([*_remarks(item.path, colour), *_twin(item, twins)])
            frames = colour, grey
    except LeptonError as error:
        verdict, reason = "report", error.what.removeprefix(f"{item.path} ").rstrip(".")
    # Pillow has a plugin for each format, and on damaged files they raise what they like.
    except (
        OSError,
        ValueError,
        RuntimeError,
        LookupError,
        ArithmeticError,
        TypeError,
        struct.error,
    ) as error:
        verdict, reason = "report", f"cannot be read: {error}"
    if frames is not None:
        # Out here, because a full disk is no fault of this file.
        pictures.add(item.class_name, *frames)
    return FileVerdict(item.file, verdict, reason)


def _first_look(item: FoundFile) -> tuple[Verdict, str]:
    """What can be said of a file before its picture is decoded."""
    if not item.path.is_file():
        # A pipe would keep whoever opens it waiting for ever.
        return "ignore", "is no plain file"
    if item.path.name.startswith("."):
        return "ignore", "is a hidden file"
    if not _is_meant_as_picture(item.path):
        return "ignore", "is no picture"
    if not item.class_name:
        return "report", "lies beside the class folders, so it belongs to no class"
    return "load", ""


def fitted(image: Image.Image, shape: Shape) -> Picture:
    """Scales a picture into a frame, its proportions kept, as ``read_picture`` does for prediction.

    Args:
        image: grey or RGB.
        shape: (channels, height, width) of the frame.

    Returns:
        channels x height x width, uint8.
    """
    channels, height, width = shape
    padded = ImageOps.pad(image.convert("RGB" if channels == 3 else "L"), (width, height), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(padded, np.uint8).reshape(height, width, channels).transpose(2, 0, 1))


def _is_meant_as_picture(path: Path) -> bool:
    """By its name, or else by its content."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except Image.DecompressionBombError:
        return True
    except (OSError, SyntaxError, ValueError, RuntimeError):
        return False


def _remarks(path: Path, colour: Picture) -> Iterable[str]:
    """What was done to a picture, or is odd about it, that people should know."""
    with Image.open(path) as image:
        if getattr(image, "is_animated", False):
            yield f"only the first of its {getattr(image, 'n_frames', 1)} frames is used"
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            yield "its transparent parts became white"
        if image.mode.startswith(("I", "F")):
            yield "its greys were stretched to 0..255"
        if image.mode == "CMYK":
            yield "it was converted from CMYK to RGB"
        if min(image.size) < TINY_SIDE:
            yield f"it has only {image.width} x {image.height} pixels"
        elif colour.min() == colour.max():
            yield "it is empty: one grey all over"


def _twin(item: FoundFile, twins: dict[bytes, FoundFile]) -> Iterable[str]:
    """Names the first file with the same bytes: it counts twice, and may be in training and test both."""
    with item.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    first = twins.setdefault(digest, item)
    if first is not item:
        other_class = "" if first.class_name == item.class_name else f", in another class ({first.class_name})"
        yield f"it is the same file as {first.file}{other_class}"


def _with_empty_classes(
    found: list[FoundFile], verdicts: list[FileVerdict], class_folders: list[str], filled: set[str]
) -> list[FileVerdict]:
    """Reports the folders that were meant as classes but gave no picture."""
    empty = {name for name in class_folders if name not in filled}
    reason = "is in a class folder without any picture"
    result = [
        FileVerdict(verdict.file, "report", f"{reason} ({verdict.reason})")
        if item.class_name in empty and verdict.verdict == "ignore"
        else verdict
        for item, verdict in zip(found, verdicts, strict=True)
    ]
    mentioned = {item.class_name for item in found} | {item.file for item in found}
    return result + [
        FileVerdict(name, "report", "is a class folder without any file")
        for name in class_folders
        if name in empty - mentioned
    ]


def _store(root: Path, name: str, pictures: PictureStore) -> str:
    """Writes the dataset and returns its name; nothing stays if that fails."""
    class_names = tuple(sorted(set(pictures.classes), key=natural_order))
    place = {class_name: label for label, class_name in enumerate(class_names)}
    labels = np.array([place[class_name] for class_name in pictures.classes], np.int64)
    folder = new_folder(name)
    try:
        pictures.write(folder / IMAGES_FILE)
        with written_whole(folder / LABELS_FILE) as file:
            np.savez_compressed(file, labels=labels, is_test=_test_pictures(labels))
        # Written last: a dataset is there once this file is.
        write_struct(folder / INFO_FILE, ImageFolderInfo(class_names, readable_name(str(root))))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder.name


def _test_pictures(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Draws what is set aside for testing: the same share of each class, and at least one of two pictures."""
    random = np.random.default_rng(TEST_SEED)
    is_test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = max(round(len(members) * TEST_SHARE), 1) if len(members) > 1 else 0
        is_test[random.choice(members, count, replace=False)] = True
    return is_test
