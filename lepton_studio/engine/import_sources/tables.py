"""A table of files and labels: CSV as spreadsheets write it, with or without a header."""

from __future__ import annotations

import csv
import io
import ntpath
import os
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import MOST_FILES, FoundFile, Listing, found_at, is_within
from lepton_studio.engine.import_report import FileVerdict
from lepton_studio.engine.import_sources.plan import Plan, judged, others_ignored, split_of
from lepton_studio.engine.picture_files import SUFFIXES, Planned

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
# 200,000 long names and labels.
LARGEST_TABLE = 64 << 20
DELIMITERS = ",;\t|"
FILE_COLUMNS = (
    "file", "path", "image", "filename", "file_name", "filepath", "file_path", "image_path", "img_path", "img",
    "picture", "image_id", "id",
)  # fmt: skip
LABEL_COLUMNS = ("label", "class", "target", "category", "class_name", "label_name", "y")
SPLIT_COLUMNS = ("split", "set", "subset", "partition", "fold")
SNIFFED_LINES = 20
GUESSED_SUFFIXES = (".png", ".jpg", ".jpeg")

Finder = Callable[[str], FoundFile]


@dataclass(frozen=True)
class Table:
    """What is in a table: where it lies, and (file, label, split) of each row."""

    found: FoundFile
    rows: list[tuple[str, str, str]]


def plan(listing: Listing) -> Generator[Progress, None, Plan | None]:
    """Takes a source that has a table with files and labels in its outermost folder."""
    tables: list[Table] = []
    verdicts: dict[str, FileVerdict] = {}
    # A single file that somebody points to is meant as a table, whatever is wrong with it.
    is_meant = len(listing.files) == 1 and listing.files[0].suffix in TABLE_SUFFIXES - {".txt"}
    for found in [one for one in listing.files if not one.folders and one.suffix in TABLE_SUFFIXES]:
        if found.reason:
            continue
        yield Progress(f"Reading {found.file}")
        try:
            tables.append(Table(found, rows_of(found)))
        except (OSError, ValueError, csv.Error, LeptonError) as error:
            if is_meant:
                told = getattr(error, "strerror", None) or error
                verdicts[found.file] = FileVerdict(found.file, "report", f"is no table of files and labels: {told}")
    if not tables and not verdicts:
        return None
    find = _Finder(listing)
    planned: list[Planned] = []
    for table in tables:
        split = split_of(PurePosixPath(table.found.name).stem)
        yield Progress(f"Looking for the files in {table.found.file}", 0, len(table.rows))
        for row in table.rows:
            _take_row(row, split, find, planned, verdicts)
        verdicts[table.found.file] = FileVerdict(table.found.file, "ignore", f"is the table ({len(table.rows):,} rows)")
    seen = {one.file for one in planned}
    if listing.beside is not None:
        listing.files += [found for found in find.asked.values() if found.file in seen]
    for file in seen:
        verdicts.setdefault(file, FileVerdict(file, "load"))
    others_ignored(listing, verdicts, "is not in the table")
    for file in seen:
        del verdicts[file]
    return Plan(planned.__iter__, len(planned), verdicts)


def _take_row(
    row: tuple[str, str, str], split: str, find: _Finder, planned: list[Planned], verdicts: dict[str, FileVerdict]
) -> None:
    name, label, split_word = row
    found = find(name)
    if found.reason:
        verdicts.setdefault(found.file, judged(found))
    elif not label:
        verdicts.setdefault(found.file, FileVerdict(found.file, "report", "has no label in the table"))
    else:
        known = split_of(split_word) or split
        remark = f"the split '{split_word}' is not known" if split_word and not split_of(split_word) else ""
        planned.append(Planned(found.file, label, known, found, remark=remark))


class _Finder:
    """Finds the file that a table means."""

    def __init__(self, listing: Listing) -> None:
        self.asked: dict[str, FoundFile] = {}
        self._beside = listing.beside
        self._inside = os.path.realpath(listing.beside) if listing.beside is not None else ""
        self._known = {found.file: found for found in listing.files}
        names = Counter(found.name for found in listing.files)
        self._by_name = {found.name: found for found in listing.files if names[found.name] == 1}

    def __call__(self, name: str) -> FoundFile:
        plain = name.replace("\\", "/")
        if plain.startswith("/") or ntpath.splitdrive(name)[0] or ".." in plain.split("/") or "\0" in plain:
            return FoundFile(name, reason="lies outside the folder of the table")
        file = "/".join(part for part in plain.split("/") if part not in ("", "."))
        for candidate in (file, *(file + suffix for suffix in GUESSED_SUFFIXES if not _has_suffix(file))):
            found = self._found(candidate)
            if found is not None:
                return found
        return FoundFile(file, reason="is in the table, but there is no such file")

    def _found(self, file: str) -> FoundFile | None:
        found = self._known.get(file) or self.asked.get(file)
        if found is not None:
            return found
        if self._beside is None:
            # Many tables name the files only, wherever they lie.
            return self._by_name.get(file)
        path = self._beside / Path(file)
        found = found_at(path, file)
        if found.reason == "does not exist":
            return None
        if not is_within(os.path.realpath(path), self._inside):
            found = FoundFile(file, reason="is a link to a file outside the folder of the table")
        self.asked[file] = found
        return found


def _has_suffix(file: str) -> bool:
    return PurePosixPath(file).suffix.lower() in SUFFIXES


def rows_of(found: FoundFile) -> list[tuple[str, str, str]]:
    """(file, label, split) of each row of a table; label and split may be empty.

    Raises:
        ValueError, csv.Error: it is no table, or has no column for files or none for labels.
        OSError: it cannot be read.
    """
    content = found.read(LARGEST_TABLE + 1)
    if len(content) > LARGEST_TABLE:
        raise ValueError(f"it is larger than {LARGEST_TABLE >> 20} MB")
    text = _text(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise ValueError("it is empty")
    if len(rows) > MOST_FILES + 1:
        raise ValueError(f"it has more than {MOST_FILES:,} rows")
    columns = _named_columns(rows[0])
    if columns is None:
        columns = _guessed_columns(rows)
    else:
        rows = rows[1:]
    return [
        (row[columns[0]], *(row[at] if 0 <= at < len(row) else "" for at in columns[1:]))  # type: ignore[misc]
        for row in rows
        if len(row) > columns[0] and row[columns[0]]
    ]


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets write in western Europe.
        return content.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """The one that splits the first lines into the same number of cells, and the most of them."""
    lines = text.split("\n", SNIFFED_LINES)[:SNIFFED_LINES]
    best, most = ",", 0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        width, rows = Counter(widths).most_common(1)[0]
        if width > 1 and rows * width > most:
            best, most = delimiter, rows * width
    return best


def _named_columns(header: list[str]) -> tuple[int, int, int] | None:
    """Where file, label and split stand by the names of the columns; None: these are no names."""
    names = [name.casefold().replace(" ", "_") for name in header]

    def place(known: tuple[str, ...]) -> int:
        return next((names.index(name) for name in known if name in names), -1)

    file, label = place(FILE_COLUMNS), place(LABEL_COLUMNS)
    if file >= 0 and label >= 0:
        return file, label, place(SPLIT_COLUMNS)
    if (file >= 0 or label >= 0) and not any(_has_suffix(cell) for cell in header):
        wanted = "labels (label, class or target)" if file >= 0 else "files (file, path, image or filename)"
        raise ValueError(f"it has no column for {wanted}; its columns are {', '.join(header)}")
    return None


def _guessed_columns(rows: list[list[str]]) -> tuple[int, int, int]:
    """Without a header: the column with names of pictures, and the first other one."""
    width = min(len(row) for row in rows)
    if width < 2:
        raise ValueError("it has a single column")
    hits = [sum(_has_suffix(row[at]) for row in rows) for at in range(width)]
    file = max(range(width), key=hits.__getitem__)
    if not hits[file]:
        raise ValueError("none of its columns names pictures")
    others = [at for at in range(width) if at != file]
    splits = [at for at in others if all(split_of(row[at]) for row in rows)]
    labels = [at for at in others if at not in splits] or others
    return file, labels[0], splits[0] if splits and splits[0] != labels[0] else -1
