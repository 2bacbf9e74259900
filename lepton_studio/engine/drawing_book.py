"""Drawings that a person makes to learn from: one file that only ever grows, a line for everything that was done.

The strokes are kept, not pictures of them, so that they can be rendered anew for any network; only of what came as a
picture there is nothing else to keep. Nothing is rewritten: what is taken back or renamed is a line of its own. So a
program that dies loses at most the line that it was writing, and two programs can add to the same file.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from lepton_studio import paths
from lepton_studio.engine.drawing_entries import (
    LARGEST_SEEN,
    LONGEST_CLASS_NAME,
    TEST_EVERY,
    VERSION,
    AddedClass,
    Drawing,
    DrawnStroke,
    Entry,
    Header,
    Removal,
    RenamedAuthor,
    RenamedClass,
    SeenPicture,
    Version,
    is_set_aside,
    new_id,
    rounded,
)  # fmt: skip
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import append_line, field_error, read_bytes, write_bytes
from lepton_studio.engine.strokes import Picture, Stroke

BOOK_FILE = "drawings.jsonl"
DIGITS = tuple("0123456789")


class DrawingBook:
    """One file of drawings, open for reading and adding.

    Attributes:
        path: the file.
        classes: names in their order.
        drawings: what is kept now, by id, the oldest first, under the names of today.
        digests: for each of them a digest of its line in the file, to know pictures that were rendered before.
        remarks: what could not be read, one sentence each.
    """

    def __init__(self, path: Path) -> None:
        """Reads the file.

        Raises:
            LeptonError: it is missing, no file of drawings, or from a newer program. A line that is damaged is left
                out with a remark.
        """
        self.path = path
        self.drawings: dict[str, Drawing] = {}
        self.digests: dict[str, bytes] = {}
        self.remarks: list[str] = []
        first, *lines = read_bytes(path).split(b"\n")
        self.classes: list[str] = list(dict.fromkeys(_header(first, path).classes))
        decoder = msgspec.json.Decoder(Entry)
        for number, line in enumerate(lines, start=2):
            if not line.strip():
                continue
            try:
                entry = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self.remarks.append(_remark(path, number, is_last=number == len(lines) + 1, error=error))
            else:
                self._take(entry, line)

    @property
    def name(self) -> str:
        """What the dataset is called."""
        return self.path.parent.name

    @property
    def author(self) -> str:
        """Who drew last; empty if nobody said."""
        return self.last.author if self.last is not None else ""

    @property
    def last(self) -> Drawing | None:
        """The drawing that was kept last."""
        return next(reversed(self.drawings.values()), None)

    def counts(self) -> dict[str, int]:
        """How many drawings each class has, in the order of the classes."""
        counts = dict.fromkeys(self.classes, 0)
        for drawing in self.drawings.values():
            counts[drawing.label] += 1
        return counts

    def of_class(self, label: str) -> list[Drawing]:
        """The drawings of a class, the oldest first."""
        return [drawing for drawing in self.drawings.values() if drawing.label == label]

    def add(self, label: str, strokes: Iterable[Stroke], author: str = "") -> Drawing:
        """Keeps a drawing; when this returns, it is on the disk.

        Args:
            label: one of the classes.
            strokes: points and widths as shares of the canvas's side.
            author: who drew it.

        Raises:
            LeptonError: there is nothing drawn, no such class, or the disk refuses.
        """
        drawn = tuple(rounded(stroke) for stroke in strokes if stroke.points)
        if not drawn:
            raise LeptonError("Nothing is drawn yet.", "Draw something first.")
        return self._add(label, author, drawn, None)

    def add_picture(self, label: str, pixels: Picture, author: str = "") -> Drawing:
        """Keeps the ink of a picture as a drawing is kept.

        Args:
            label: one of the classes.
            pixels: what the network saw, H x W, uint8, bright ink on black.
            author: who wrote it.

        Raises:
            LeptonError: there is no ink, it is too large, there is no such class, or the disk refuses.
        """
        if not pixels.any():
            raise LeptonError("There is no ink in this picture.", "Choose another one.")
        if max(pixels.shape) > LARGEST_SEEN:
            raise LeptonError(
                f"A picture of {pixels.shape[1]} x {pixels.shape[0]} pixels is too large to be kept.",
                f"No side may be longer than {LARGEST_SEEN}.",
            )
        return self._add(label, author, (), SeenPicture.of(pixels))

    def take_back(self) -> Drawing | None:
        """Takes the drawing back that was kept last, and returns it; None if there is none."""
        last = self.last
        if last is not None:
            self.remove([last.id])
        return last

    def remove(self, ids: Iterable[str]) -> None:
        """Takes chosen drawings back; those that are not there are passed over."""
        for each in ids:
            if each in self.drawings:
                self._append(Removal(each))

    def add_class(self, name: str) -> None:
        """Adds a class at the end.

        Raises:
            LeptonError: the name is empty, too long or taken.
        """
        self._append(AddedClass(self._new_class(name)))

    def rename_class(self, name: str, becomes: str) -> None:
        """Renames a class with all its drawings.

        Raises:
            LeptonError: there is no such class, or the new name is empty, too long or taken.
        """
        if name not in self.classes:
            raise LeptonError(f"There is no class called '{name}'.", f"Known are: {', '.join(self.classes)}.")
        if becomes.strip() != name:
            self._append(RenamedClass(name, self._new_class(becomes)))

    def rename_author(self, name: str, becomes: str) -> None:
        """Puts another name to all that somebody drew."""
        self._append(RenamedAuthor(name, becomes.strip()))

    # --- inside

    def _add(self, label: str, author: str, strokes: tuple[DrawnStroke, ...], seen: SeenPicture | None) -> Drawing:
        if label not in self.classes:
            raise LeptonError(f"There is no class called '{label}'.", f"Known are: {', '.join(self.classes)}.")
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        drawing = Drawing(new_id(self._wants_test(label)), label, author.strip(), now, strokes, seen)
        self._append(drawing)
        return drawing

    def _new_class(self, name: str) -> str:
        wanted = " ".join(name.split())
        if not wanted or len(wanted) > LONGEST_CLASS_NAME:
            raise LeptonError(f"A class needs a name of 1 to {LONGEST_CLASS_NAME} letters.", "Choose another one.")
        if wanted in self.classes:
            raise LeptonError(f"There is a class called '{wanted}' already.", "Choose another name.")
        return wanted

    def _wants_test(self, label: str) -> bool:
        """Whether the next drawing of a class is for the test: the second one, later one by chance of every five."""
        mine = self.of_class(label)
        tests = sum(is_set_aside(drawing.id) for drawing in mine)
        place = len(mine) % TEST_EVERY
        if len(mine) < TEST_EVERY:
            return tests == 0 and len(mine) > 0
        return tests <= len(mine) // TEST_EVERY and secrets.randbelow(TEST_EVERY - place) == 0

    def _append(self, entry: Entry) -> None:
        """Adds a line to the file, on the disk when this returns."""
        line = msgspec.json.encode(entry)
        append_line(self.path, line)
        self._take(entry, line)

    def _take(self, entry: Entry, line: bytes) -> None:
        """Does what an entry says."""
        match entry:
            case Drawing():
                self._know(entry.label)
                self.drawings[entry.id] = entry
                self.digests[entry.id] = hashlib.blake2b(line, digest_size=16).digest()
            case Removal():
                self.drawings.pop(entry.id, None)
                self.digests.pop(entry.id, None)
            case AddedClass():
                self._know(entry.name)
            case RenamedClass():
                # Two programs may give the same name to two classes: then they are one.
                renamed = (entry.becomes if name == entry.name else name for name in self.classes)
                self.classes = list(dict.fromkeys(renamed))
                self._change("label", entry.name, entry.becomes)
            case RenamedAuthor():
                self._change("author", entry.name, entry.becomes)

    def _know(self, name: str) -> None:
        if name not in self.classes:
            self.classes.append(name)

    def _change(self, field: str, before: str, after: str) -> None:
        for identity, drawing in self.drawings.items():
            if getattr(drawing, field) == before:
                self.drawings[identity] = msgspec.structs.replace(drawing, **{field: after})


def create_book(name: str, classes: Sequence[str] = DIGITS) -> DrawingBook:
    """Makes an empty book; it gets another name if that one is taken.

    Raises:
        LeptonError: there are no classes, a name is too long, or the disk refuses.
    """
    names = tuple(dict.fromkeys(each.strip() for each in classes if each.strip()))
    if not names or max(map(len, names)) > LONGEST_CLASS_NAME:
        raise LeptonError(f"Classes need names of 1 to {LONGEST_CLASS_NAME} letters.", "Give at least one class.")
    return write_book(name, Header(names), ())


def write_book(name: str, header: Header, drawings: Iterable[Drawing]) -> DrawingBook:
    """Writes a new book with drawings that there are already."""
    from lepton_studio.engine.datasets.image_folder import new_folder

    folder = new_folder(name)
    try:
        write_bytes(folder / BOOK_FILE, book_bytes(header.classes, drawings))
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    return DrawingBook(folder / BOOK_FILE)


def book_bytes(classes: Sequence[str], drawings: Iterable[Drawing]) -> bytes:
    """A whole file with these drawings and nothing of what was taken back."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in (Header(tuple(classes)), *drawings))


def open_book(name: str) -> DrawingBook:
    """Opens a book by its name.

    Raises:
        LeptonError: there is none, or it cannot be read.
    """
    if name not in books():
        known = ", ".join(books())
        raise LeptonError(
            f"There are no drawings called '{name}'.",
            f"Known are: {known}." if known else "Collect some on the Draw page first.",
        )
    return DrawingBook(books()[name])


def books() -> Mapping[str, Path]:
    """The files of all books by their names."""
    try:
        return {path.parent.name: path for path in sorted(paths.datasets().glob(f"*/{BOOK_FILE}"))}
    except OSError:
        return {}


def newest_book() -> str:
    """The name of the book that was added to last; empty if there is none."""
    found: list[tuple[float, str]] = []
    for name, path in books().items():
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, name))
    return max(found)[1] if found else ""


def _header(line: bytes, path: Path) -> Header:
    """The first line, or what is wrong with it."""
    try:
        found = msgspec.json.decode(line, type=Version)
        if found.format == "lepton-studio drawings" and found.version > VERSION:
            raise LeptonError(f"{path} was made by a newer Lepton Studio.", "Update Lepton Studio.")
        return msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LeptonError(
            f"{path} is no file of drawings, or its first line is damaged: {field_error(error)}.",
            "Choose another file, or copy the first line from another file of drawings.",
        ) from error


def _remark(path: Path, number: int, is_last: bool, error: Exception) -> str:
    if is_last:
        return f"The last line of {path} is cut off and was left out; the program was ended while it wrote it."
    return f"Line {number} of {path} is damaged and was left out: {field_error(error)}."
