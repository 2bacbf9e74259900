"""IDX, MNIST's own format: pairs of files with pictures and labels, packed or not, of any size."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import FoundFile, Listing, found_at
from lepton_studio.engine.idx_format import GZIP_START, LONGEST_HEADER, IdxHeader, read_header, read_numbers, unpacked
from lepton_studio.engine.import_archives import HARMLESS_ARRAYS, is_bomb
from lepton_studio.engine.import_report import FileVerdict
from lepton_studio.engine.import_sources.array_files import label_texts
from lepton_studio.engine.import_sources.plan import (
    Plan,
    grey_levels,
    has_pictures_in_folders,
    others_ignored,
    split_of,
)  # fmt: skip
from lepton_studio.engine.picture_files import SUFFIXES, Planned
from lepton_studio.engine.strokes import DAMAGE

LARGEST_BYTES = 4 << 30


def plan(listing: Listing) -> Generator[Progress, None, Plan | None]:
    """Takes a source that has IDX files and no pictures in folders."""
    if has_pictures_in_folders(listing):
        return None
    headers = {found.file: header for found in listing.files if (header := _header(found)) is not None}
    if not headers:
        return None
    files = {found.file: found for found in listing.files}
    verdicts: dict[str, FileVerdict] = {}
    pairs: list[tuple[FoundFile, str, NDArray[np.str_]]] = []
    label_files = {_key(file): file for file, shape in headers.items() if len(shape) <= 2}
    image_files = [file for file, shape in headers.items() if len(shape) > 2]
    for file in image_files:
        yield Progress(f"Reading {file}")
        partner = label_files.get(_key(file))
        if partner is None and len(image_files) == len(label_files) == 1:
            partner = next(iter(label_files.values()))
        if partner is None:
            reason = "has pictures, but there is no file with their labels beside it"
            verdicts[file] = FileVerdict(file, "report", reason)
            continue
        reason = _taken(files[file], files[partner], pairs)
        verdict = "report" if reason else "load"
        verdicts[file] = FileVerdict(file, verdict, reason or f"{headers[file][0]:,} pictures")  # type: ignore[arg-type]
        verdicts[partner] = FileVerdict(partner, verdict, reason or f"the labels of {file}")  # type: ignore[arg-type]
    for file in label_files.values():
        verdicts.setdefault(file, FileVerdict(file, "report", "has labels, but there are no pictures for them"))
    others_ignored(listing, verdicts, "lies beside the IDX files")
    return Plan(lambda: _pictures(pairs), sum(len(texts) for *_, texts in pairs), verdicts)


def _taken(images: FoundFile, labels: FoundFile, pairs: list[tuple[FoundFile, str, NDArray[np.str_]]]) -> str:
    """Reads a pair of files into ``pairs``; says what is wrong with it, or nothing."""
    try:
        pictures, texts = read_any_idx(images), label_texts(read_any_idx(labels))
        grey_levels([pictures])
        if len(pictures) != len(texts):
            return f"there are {len(texts):,} labels for {len(pictures):,} pictures"
        if 0 in pictures.shape or (pictures.ndim == 4 and pictures.shape[3] not in (1, 3, 4)):
            return f"its pictures have the shape {pictures.shape[1:]}"
        words = re.split(r"[^a-z0-9]+", images.file.casefold())
        pairs.append((images, next(filter(None, map(split_of, words)), ""), texts))
    except (*DAMAGE, LeptonError) as error:
        return f"cannot be taken: {error}"
    return ""


def _pictures(pairs: list[tuple[FoundFile, str, NDArray[np.str_]]]) -> Iterator[Planned]:
    for found, split, texts in pairs:
        images = read_any_idx(found)
        level, _ = grey_levels([images])
        for at, text in enumerate(texts):
            picture = np.ascontiguousarray(level(images[at]))
            pixels = picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
            yield Planned(f"{found.file}[{at}]", str(text), split, pixels=np.ascontiguousarray(pixels))


def partners(source: Path) -> list[Path]:
    """The file of labels for a file of pictures, or the other way round, if it lies beside it."""
    try:
        if _header(found_at(source, source.name)) is None:
            return []
        beside = [path for path in source.parent.iterdir() if path.name != source.name]
        same = [path for path in beside if _key(path.name) == _key(source.name) and path.is_file()]
    except OSError:
        return []
    return [path for path in same if _header(found_at(path, path.name)) is not None][:1]


def _key(file: str) -> str:
    """What pictures and labels of one split have in common: their name without the word for what they are."""
    name = file.casefold().removesuffix(".gz")
    return re.sub(r"images?|labels?|[-_.]?(idx\d?|ubyte|bin)", "", name)


def _header(found: FoundFile) -> tuple[int, ...] | None:
    """The shape that the file promises; None: it is no IDX file."""
    if found.reason or found.suffix in SUFFIXES or found.size < 8:
        return None
    try:
        start = found.read(1 << 12)
        if start.startswith(GZIP_START):
            # 31: a stream with gzip's own header. It is cut off here, which GzipFile would not stand.
            start = zlib.decompressobj(31).decompress(start, LONGEST_HEADER)
        return read_header(io.BytesIO(start)).shape
    except (*DAMAGE, LeptonError):
        return None


def read_any_idx(found: FoundFile) -> NDArray[Any]:
    """Reads one file of any size and kind of numbers, packed or not.

    Raises:
        ValueError: it is no IDX file, is damaged, promises more or less than it holds, or would grow without measure.
        OSError: it cannot be read.
    """
    content = found.read(LARGEST_BYTES)
    is_packed = content.startswith(GZIP_START)

    def check(header: IdxHeader) -> None:
        if header.size > LARGEST_BYTES:
            raise ValueError(f"it promises {header.size:,} bytes")
        if is_packed and is_bomb(len(content), header.size, HARMLESS_ARRAYS):
            raise ValueError(f"it would grow from {len(content):,} to {header.size:,} bytes")

    with unpacked(io.BytesIO(content)) as plain:
        return read_numbers(plain, check)
