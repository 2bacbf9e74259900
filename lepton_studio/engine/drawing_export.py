"""Drawings as files for others: a picture for each in one folder per class, and the strokes for this program."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec
from PIL import PngImagePlugin

from lepton_studio.engine.drawing_book import BOOK_FILE, DrawingBook, book_bytes, write_book
from lepton_studio.engine.drawing_entries import Drawing, Header
from lepton_studio.engine.drawn_pictures import rendered
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.export_target import class_folders, export_target
from lepton_studio.engine.picture_export import png
from lepton_studio.engine.strokes import Picture

# More strokes than any class draws; a zip that promises more is not unpacked.
LARGEST_BOOK = 1 << 30
PACKED_AT_ONCE = 1 << 20


class DrawingsExported(msgspec.Struct, frozen=True):
    """What was written.

    Attributes:
        dataset: the name of the drawings.
        path: the zip or the folder.
        drawings: how many.
        folders: class -> the folder with its pictures.
    """

    dataset: str
    path: str
    drawings: int
    folders: dict[str, str]


def export_drawings(
    book: DrawingBook, path: Path, may_replace_zip: bool = True
) -> Iterator[Progress | DrawingsExported]:
    """Writes PNG files, a folder for each class, and the strokes with author and date beside them.

    The folder can be imported by any program that knows a folder per class, and by :func:`import_drawings` without
    loss.

    Args:
        book: the drawings.
        path: a file that ends in ``.zip``, or a folder that is not there yet or empty.
        may_replace_zip: whether a file that is there may be replaced; who chose the name in a dialog was asked.

    Yields:
        Progress, and at last what was written.

    Raises:
        LeptonError: there is nothing to export, something of that name is there, or the disk refuses.
    """
    if not book.drawings:
        raise LeptonError(f"There are no drawings in {book.name} yet.", "Collect some on the Draw page first.")
    folders = class_folders(book.classes)
    with export_target(path, may_replace_zip) as put:
        images = yield from rendered(book)
        put(BOOK_FILE, book_bytes(book.classes, book.drawings.values()))
        for done, (drawing, image) in enumerate(zip(book.drawings.values(), images, strict=True)):
            if done % 100 == 0:
                yield Progress(f"Exporting {book.name}", done, len(images))
            put(f"{folders[drawing.label]}/{done:05d}.png", _png(drawing, image))
    yield DrawingsExported(book.name, str(path), len(images), folders)


def import_drawings(path: Path, name: str = "") -> DrawingBook:
    """Brings exported drawings in as a new dataset, with their authors, dates and places in the test.

    Args:
        path: the zip, the folder, or the file ``drawings.jsonl`` itself.
        name: what to call the dataset; by default like the zip or the folder.

    Raises:
        LeptonError: there are no drawings in it, or they are damaged or of a newer program.
    """
    path = path.expanduser().absolute()
    default = path.stem if path.suffix.lower() == ".zip" else (path.parent if path.is_file() else path).name
    if path.is_file() and zipfile.is_zipfile(path):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / BOOK_FILE
            _unpack(path, file)
            # People know the zip, and not where it was unpacked.
            known = f"{BOOK_FILE} in {path}"
            try:
                book = _opened(file)
                book.remarks = [remark.replace(str(file), known) for remark in book.remarks]
                return _copied(book, name or default)
            except LeptonError as error:
                raise LeptonError(error.what.replace(str(file), known), error.remedy) from error
    file = path / BOOK_FILE if path.is_dir() else path
    if not file.is_file():
        raise LeptonError(f"There is no {BOOK_FILE} in {path}.", "Choose a folder or zip that was exported here.")
    return _copied(_opened(file), name or default)


def _opened(file: Path) -> DrawingBook:
    with contextlib.suppress(OSError):
        if file.stat().st_size > LARGEST_BOOK:
            raise _too_large(file)
    return DrawingBook(file)


def _too_large(path: Path) -> LeptonError:
    return LeptonError(f"{path} holds more drawings than can be true.", "Choose another file.")


def _copied(book: DrawingBook, name: str) -> DrawingBook:
    if not book.drawings:
        raise LeptonError("There are no drawings in it.", "Choose another file.")
    copy = write_book(name, Header(tuple(book.classes)), book.drawings.values())
    copy.remarks += book.remarks
    return copy


def _unpack(path: Path, file: Path) -> None:
    """Takes the strokes out of a zip, and nothing else; the sizes that a zip promises are not believed."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if PurePosixPath(each.filename).name == BOOK_FILE]
            # The one nearest to the top: somebody may have packed the folder with its name.
            members.sort(key=lambda each: each.filename.count("/"))
            if not members:
                raise LeptonError(f"There is no {BOOK_FILE} in {path}.", "Choose a zip that was exported here.")
            if members[0].file_size > LARGEST_BOOK:
                raise _too_large(path)
            with archive.open(members[0]) as packed, file.open("wb") as unpacked:
                while chunk := packed.read(PACKED_AT_ONCE):
                    unpacked.write(chunk)
                    if unpacked.tell() > LARGEST_BOOK:
                        raise _too_large(path)
    except (OSError, RuntimeError, NotImplementedError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise LeptonError(f"{path} is damaged: {error}.", "Export it again.") from error


def _png(drawing: Drawing, picture: Picture) -> bytes:
    about = PngImagePlugin.PngInfo()
    about.add_itxt("Author", drawing.author)
    about.add_text("Creation Time", drawing.created)
    return png(picture, about)
