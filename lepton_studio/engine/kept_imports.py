"""Datasets that were made of a person's pictures: written, and found again when the same source comes twice."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.datasets.image_folder import (
    IMAGES_FILE,
    INFO_FILE,
    LABELS_FILE,
    ImageFolderInfo,
    folder_name,
    folder_of,
    imported_names,
    new_folder,
    packed_texts,
    read_samples,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.examined import Examined, Kept
from lepton_studio.engine.files import read_struct, write_struct, writing_to, written_whole
from lepton_studio.engine.found_files import readable_name
from lepton_studio.engine.import_report import FileVerdict, ImportOptions

if TYPE_CHECKING:
    from filelock import FileLock

REPORT_FILE = "report.json"
# Locked as long as the dataset is being written.
WRITING_FILE = ".writing"
# Locked while somebody writes a dataset, so that two who bring in the same pictures do so one after the other.
TURN_FILE = ".importing"
PATIENCE_SECONDS = 0.2
# Where the source sets nothing aside: the same share of each class is for testing, always the same pictures.
TEST_SHARE, TEST_SEED = 0.2, 0


class KeptReport(msgspec.Struct, frozen=True):
    """What was said of each file when the dataset was made."""

    files: tuple[FileVerdict, ...]
    has_splits: bool = False


def begin_writing() -> contextlib.AbstractContextManager[object] | None:
    """Takes the turn to write a dataset, which lasts until what is returned is left; None: another's is not over yet.

    It ends with the process that has it, however that ends.

    Raises:
        LeptonError: there is no place to write to.
    """
    from filelock import FileLock, Timeout

    place = paths.datasets().parent / TURN_FILE
    with writing_to(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        turn = FileLock(place, thread_local=False)
        try:
            turn.acquire(timeout=PATIENCE_SECONDS)
        except Timeout:
            return None
    return _ended(turn)


@contextlib.contextmanager
def _ended(turn: FileLock) -> Iterator[None]:
    try:
        yield
    finally:
        turn.release()


def keep(examined: Examined, name: str) -> str:
    """Writes the dataset and returns its name; nothing stays if that fails.

    Raises:
        LeptonError: the disk is full or cannot be written.
    """
    store = examined.store
    assert store is not None
    labels, splits = examined.labels, examined.split_names
    is_test = splits == "test"
    is_validation = splits == "validation"
    if not is_test.any():
        is_test = drawn_for_testing(labels, ~is_validation)
    arrays = {
        "labels": labels, "is_test": is_test, "sizes": np.array(store.sizes, np.int32),
        "origins": packed_texts(store.origins),
    }  # fmt: skip
    if is_validation.any():
        arrays["is_validation"] = is_validation
    info = ImageFolderInfo(
        examined.class_names,
        readable_name(str(examined.sources[0])),
        fingerprint=examined.look.fingerprint,
        options=examined.options,
    )
    clear_remains()
    folder = new_folder(name)
    try:
        with _marked(folder):
            store.write(folder / IMAGES_FILE)
            with written_whole(folder / LABELS_FILE) as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
            write_struct(folder / REPORT_FILE, KeptReport(examined.files, examined.has_splits))
            # Written last: a dataset is there once this file is.
            write_struct(folder / INFO_FILE, info)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder.name


@contextlib.contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """Locks a folder while it is written, so that it is known for what it is if this process dies meanwhile."""
    from filelock import FileLock

    mark = folder / WRITING_FILE
    with writing_to(folder), FileLock(mark, thread_local=False):
        yield
    with contextlib.suppress(OSError):
        mark.unlink(missing_ok=True)


def clear_remains() -> None:
    """Deletes what processes that died left of datasets that they were writing."""
    from filelock import FileLock, Timeout

    try:
        marks = list(paths.datasets().glob(f"*/{WRITING_FILE}"))
    except OSError:
        return
    for mark in marks:
        # Whoever writes there holds the lock.
        with contextlib.suppress(Timeout, OSError):
            with FileLock(mark, timeout=0, thread_local=False):
                is_whole = (mark.parent / INFO_FILE).exists()
            if is_whole:
                mark.unlink(missing_ok=True)
            else:
                shutil.rmtree(mark.parent, ignore_errors=True)


def find_kept(fingerprint: str, options: ImportOptions, wanted: str = "") -> Kept | None:
    """The dataset that was made from the same files in the same frame; None: there is none, or it is damaged.

    Args:
        fingerprint: of the files.
        options: the frame.
        wanted: what it was to be called, to which a number may have been added; empty: whatever it is called.
    """
    called = re.compile(rf"{re.escape(folder_name(wanted))}( \d+)?" if wanted else ".*", re.DOTALL)
    for name in filter(called.fullmatch, imported_names()):
        folder = folder_of(name)
        try:
            info = read_struct(folder / INFO_FILE, ImageFolderInfo)
            if info.fingerprint != fingerprint or info.options != options:
                continue
            report = read_struct(folder / REPORT_FILE, KeptReport)
            samples = read_samples(folder)
        except LeptonError:
            continue
        splits = np.full(len(samples), "", dtype="U10")
        if report.has_splits:
            splits[:] = "train"
            if samples.is_validation is not None:
                splits[samples.is_validation] = "validation"
            splits[samples.is_test] = "test"
        return Kept(name, report.files, samples, splits.tolist())
    return None


def drawn_for_testing(labels: NDArray[np.int64], may_be: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Draws what is set aside for testing: the same share of each class, and at least one of two pictures.

    Args:
        labels: N.
        may_be: N: which may be drawn at all.

    Returns:
        N, bool.
    """
    random = np.random.default_rng(TEST_SEED)
    is_test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero((labels == label) & may_be)
        count = max(round(len(members) * TEST_SHARE), 1) if len(members) > 1 else 0
        is_test[random.choice(members, count, replace=False)] = True
    return is_test
