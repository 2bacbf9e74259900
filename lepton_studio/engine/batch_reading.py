"""Reads all pictures of a folder: a table of the answers, and a page with those that are doubtful."""

from __future__ import annotations

import csv
import heapq
import html
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.export_target import export_target
from lepton_studio.engine.files import written_whole
from lepton_studio.engine.found_files import look_through
from lepton_studio.engine.picture_files import SUFFIXES
from lepton_studio.engine.reading import Part, Reader, text_of
from lepton_studio.engine.strokes import Picture, open_image

# So many pictures are kept to be looked at.
MOST_DOUBTFUL = 200
# Beside those that are not known, so many with the lowest scores are shown: they tell where the border lies.
SOME_KNOWN = 20
# The longer side of the originals on the page.
THUMBNAIL = 160
COLUMNS = ("file", "label", "probability", "score", "is_known", "digits", "truth", "error")
# Programs that calculate take what begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class FileReading:
    """The answer to one file.

    Attributes:
        file: how it is called: relative to its folder, or as it was given.
        error: why there is no answer; empty: there is one.
        parts: the digits from left to right; without the pictures of those that nobody will look at.
        truth: the class that its folder is named like; empty: nobody knows.
        original: what it looks like, at most THUMBNAIL on its longer side, H x W x 3, uint8; only of doubtful ones.
    """

    file: str
    error: str = ""
    parts: tuple[Part, ...] = ()
    truth: str = ""
    original: Picture | None = None

    @property
    def label(self) -> str:
        """The answer: a class, or several one after the other, with a space between the lines of a page."""
        return text_of(self.parts)

    @property
    def probability(self) -> float:
        """That all of it is right; nan without an answer."""
        return math.prod(part.probability for part in self.parts) if self.parts else math.nan

    @property
    def score(self) -> float:
        """How much can be said for the worst known part; nan without an answer."""
        return min((part.score for part in self.parts), default=math.nan)

    @property
    def is_known(self) -> bool:
        """Whether the network knows it well enough to answer."""
        return bool(self.parts) and all(part.is_known for part in self.parts)


@dataclass(frozen=True, eq=False)
class BatchRead:
    """The answers to many files.

    Attributes:
        class_names: in the order of the probabilities.
        files: one after the other, in the order found.
        doubtful: those that are not known or, after them, have the lowest scores; the most doubtful one first.
        left_out: how many files were no pictures, or hidden.
    """

    class_names: tuple[str, ...]
    files: tuple[FileReading, ...]
    doubtful: tuple[FileReading, ...]
    left_out: int = 0

    @property
    def answered(self) -> int:
        """How many could be read."""
        return sum(not file.error for file in self.files)

    @property
    def known(self) -> int:
        """How many of them are known well enough."""
        return sum(file.is_known for file in self.files)

    @property
    def accuracy(self) -> float:
        """The share of right answers among the files of which the truth is known; nan if it is of none."""
        return _accuracy([file for file in self.files if file.truth])

    @property
    def accuracy_of_known(self) -> float:
        """The same among those that are known well enough."""
        return _accuracy([file for file in self.files if file.truth and file.is_known])

    @property
    def judged(self) -> int:
        """Of how many files the truth is known."""
        return sum(bool(file.truth) for file in self.files)


def read_folder(reader: Reader, folder: Path) -> Iterator[Progress | BatchRead]:
    """Reads all pictures in a folder and those in it.

    Args:
        reader: the network; what is known well enough is a question of its coverage.
        folder: hidden files, files that are no pictures, and links that lead out of it are left out.

    Yields:
        Progress, and at last the answers.

    Raises:
        LeptonError: it is no folder, cannot be opened, or has no pictures.
    """
    if not folder.is_dir():
        raise LeptonError(f"{folder} is no folder.", "Choose a folder with pictures.")
    yield from read_paths(reader, [folder])


def read_paths(reader: Reader, wanted: Sequence[Path]) -> Iterator[Progress | BatchRead]:
    """Reads files and the pictures of folders, in the order given.

    Args:
        reader: the network.
        wanted: files, whatever they are called, and folders; files are called as they are given.

    Yields:
        Progress, and at last the answers.

    Raises:
        LeptonError: a folder cannot be opened, or there are only folders without pictures.
    """
    found: list[tuple[str, Path, str]] = []
    left_out = 0
    for path in wanted:
        if not path.is_dir():
            found.append((str(path), path, ""))
            continue
        listing = yield from look_through(path)
        before = "" if len(wanted) == 1 else f"{path}/"
        for each in listing.files:
            assert each.path is not None
            if each.verdict == "ignore" or each.suffix not in SUFFIXES:
                left_out += 1
            else:
                found.append((before + each.file, each.path, each.reason))
    if not found:
        raise LeptonError(
            f"There are no pictures in {', '.join(map(str, wanted))}.", "Choose a folder with PNG or JPEG files."
        )
    files: list[FileReading] = []
    doubtful = _Doubtful()
    for number, (file, path, reason) in enumerate(found):
        yield Progress("Reading pictures", number, len(found))
        reading = _read(reader, file, path, reason)
        doubtful.add(reading, number)
        files.append(_without_pictures(reading))
    yield Progress("Reading pictures", len(found), len(found))
    yield BatchRead(reader.predictor.class_names, tuple(files), doubtful.sorted(), left_out)


def save_csv(batch: BatchRead, path: Path, may_replace: bool = False) -> None:
    """Writes one row for each file.

    Args:
        batch: what was read.
        path: where to.
        may_replace: whether a file that is there may be replaced.

    Raises:
        LeptonError: there is a file of that name, or the disk refuses.
    """
    if not may_replace and (path.exists() or path.is_symlink()):
        raise LeptonError(f"{path} is there already.", "Choose a name that is not taken.")
    with written_whole(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*COLUMNS, *(_harmless(f"p_{name}") for name in batch.class_names)])
        writer.writerows(_row(reading, len(batch.class_names)) for reading in batch.files)
        text.detach()


def save_doubtful(batch: BatchRead, folder: Path) -> Iterator[Progress | Path]:
    """Writes a page of the doubtful pictures: each beside what the network saw of it.

    Args:
        batch: what was read.
        folder: a name that is not taken, or an empty folder.

    Yields:
        Progress, and at last the page.

    Raises:
        LeptonError: something of that name is there, or the disk refuses.
    """
    cards = []
    with export_target(folder) as put:
        for number, reading in enumerate(batch.doubtful):
            yield Progress("Writing the doubtful pictures", number, len(batch.doubtful))
            assert reading.original is not None
            names = [f"pictures/{number + 1:03d}.png"]
            put(names[0], _png(reading.original))
            for at, part in enumerate(reading.parts):
                names.append(f"pictures/{number + 1:03d} seen {at + 1}.png")
                put(names[-1], _png(part.picture))
            cards.append(_card(reading, names))
        put("index.html", _page(batch, cards).encode("utf-8", "xmlcharrefreplace"))
    yield folder / "index.html"


class _Doubtful:
    """Keeps the readings of which least can be said, however many there are."""

    def __init__(self) -> None:
        self._heap: list[tuple[tuple[bool, float], int, FileReading]] = []

    def add(self, reading: FileReading, number: int) -> None:
        """Looks at one more."""
        if reading.error:
            return
        # The surest lies on top, and leaves first.
        entry = ((not reading.is_known, -reading.score), -number, reading)
        if len(self._heap) < MOST_DOUBTFUL:
            heapq.heappush(self._heap, entry)
        elif entry[:2] > self._heap[0][:2]:
            heapq.heapreplace(self._heap, entry)

    def sorted(self) -> tuple[FileReading, ...]:
        """The most doubtful one first; after those that are not known come a few that just are."""
        ordered = [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]
        unknown = [reading for reading in ordered if not reading.is_known]
        known = [reading for reading in ordered if reading.is_known]
        return tuple(unknown + known[:SOME_KNOWN])


def _read(reader: Reader, file: str, path: Path, reason: str) -> FileReading:
    truth = path.parent.name if path.parent.name in reader.predictor.class_names else ""
    if reason:
        return FileReading(file, f"{path} {reason}.", truth=truth)
    try:
        image = open_image(path)
    except LeptonError as error:
        return FileReading(file, str(error), truth=truth)
    parts = reader.read_picture(np.asarray(image, dtype=np.uint8)).parts
    if not parts:
        return FileReading(file, f"{path} has no ink that differs from its ground.", truth=truth)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    original = np.array(image.convert("RGB"), dtype=np.uint8)
    return FileReading(file, "", parts, truth, original)


def _without_pictures(reading: FileReading) -> FileReading:
    """The same, small enough to be kept for many thousands."""
    nothing = np.zeros((1, 0, 0), np.uint8)
    return replace(reading, original=None, parts=tuple(replace(part, picture=nothing) for part in reading.parts))


def _accuracy(files: list[FileReading]) -> float:
    return sum(file.label == file.truth for file in files) / len(files) if files else math.nan


def _row(reading: FileReading, classes: int) -> list[object]:
    """The cells of one file; the probabilities of the classes only where there is one digit."""
    is_one = len(reading.parts) == 1
    shares: list[object] = [f"{share:.6g}" for share in reading.parts[0].probabilities] if is_one else [""] * classes
    answer: list[object] = [""] * 5
    if reading.parts:
        answer = [
            _harmless(reading.label), f"{reading.probability:.6g}", f"{reading.score:.6g}",
            "yes" if reading.is_known else "no", len(reading.parts),
        ]  # fmt: skip
    return [_harmless(reading.file), *answer, _harmless(reading.truth), _harmless(reading.error), *shares]


def _harmless(text: str) -> str:
    """Names of others must not become formulas in a spreadsheet."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _png(picture: NDArray[np.uint8]) -> bytes:
    """H x W x 3, or C x H x W of a network: three channels as colours, else the first as grey."""
    if picture.shape[-1] != 3 or picture.ndim != 3:
        picture = picture[:3].transpose(1, 2, 0) if len(picture) >= 3 else picture[0]
    kept = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(kept, "PNG")
    return kept.getvalue()


def _card(reading: FileReading, names: list[str]) -> str:
    original, *seen = (f'<img src="{html.escape(name)}" alt="">' for name in names)
    truth = f" · really {html.escape(reading.truth)}" if reading.truth else ""
    wrong = " wrong" if reading.truth and reading.truth != reading.label else ""
    doubt = "" if reading.is_known else " · not known"
    return (
        f'<figure class="card{wrong}"><div>{original}<span>&rarr;</span>{"".join(seen)}</div><figcaption>'
        f"<b>{html.escape(reading.label)}</b> {reading.probability:.1%}{doubt}{truth}<br>"
        f"<small>{html.escape(reading.file)} · score {reading.score:.3g}</small></figcaption></figure>"
    )


def _page(batch: BatchRead, cards: list[str]) -> str:
    accuracy = f", {batch.accuracy:.1%} of {batch.judged:,} right" if batch.judged else ""
    unknown = batch.answered - batch.known
    figures = f"{batch.answered:,} pictures read, {unknown:,} of them not known well enough{accuracy}."
    return PAGE.format(figures=html.escape(figures), cards="\n".join(cards) or "<p>None of them is doubtful.</p>")


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Doubtful pictures</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 14px system-ui, sans-serif; margin: 24px; }}
main {{ display: flex; flex-wrap: wrap; gap: 16px; }}
figure {{ margin: 0; padding: 12px; border: 1px solid #8886; border-radius: 8px; max-width: 320px; }}
figure.wrong {{ border-color: #c8372d; }}
figure div {{ display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }}
img {{ height: 96px; image-rendering: pixelated; }}
figcaption {{ margin-top: 8px; }}
small {{ opacity: 0.7; overflow-wrap: anywhere; }}
</style></head><body><h1>Doubtful pictures</h1>
<p>{figures} Each picture stands beside what the network saw of it; the least known come first.</p>
<main>
{cards}
</main></body></html>
"""
