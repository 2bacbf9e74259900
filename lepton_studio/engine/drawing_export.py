"""Drawings as files for others: a picture for each in one folder per class, and the strokes for this program."""

from __future__ import annotations

import io
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec
from PIL import Image, PngImagePlugin

from lepton_studio.engine.drawing_book import BOOK_FILE, DrawingBook, book_bytes, write_book
from lepton_studio.engine.drawing_entries import Drawing, Header
from lepton_studio.engine.drawn_pictures import rendered
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import writing_to, written_whole

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


class _Target(Protocol):
    def put(self, name: str, content: bytes) -> None: ...


def export_drawings(book: DrawingBook, path: Path) -> Iterator[Progress | DrawingsExported]:
    """Writes PNG files, a folder for each class, and the strokes with author and date beside them.

    The folder can be imported by any program that knows a folder per class, and by :func:`import_drawings` without
    loss.

    Args:
        book: the drawings.
        path: a file that ends in ``.zip``, or a folder that is not there yet.

    Yields:
        Progress, and at last what was written.

    Raises:
        LeptonError: there is nothing to export, the folder is there already, or the disk refuses.
    """
    if not book.drawings:
        raise LeptonError(f"There are no drawings in {book.name} yet.", "Collect some on the Draw page first.")
    images = yield from rendered(book)
    folders = _folders(book.classes)
    opening = _packed(path) if path.suffix.lower() == ".zip" else _unpacked(path)
    with opening as target:
        target.put(BOOK_FILE, book_bytes(book.classes, book.drawings.values()))
        for done, (drawing, image) in enumerate(zip(book.drawings.values(), images, strict=True)):
            if done % 100 == 0:
                yield Progress(f"Exporting {book.name}", done, len(images))
            target.put(f"{folders[drawing.label]}/{done:05d}.png", _png(drawing, Image.fromarray(image[0])))
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
            return _copied(DrawingBook(file), name or default)
    file = path / BOOK_FILE if path.is_dir() else path
    if not file.is_file():
        raise LeptonError(f"There is no {BOOK_FILE} in {path}.", "Choose a folder or zip that was exported here.")
    return _copied(DrawingBook(file), name or default)


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
            with archive.open(members[0]) as packed, file.open("wb") as unpacked:
                while chunk := packed.read(PACKED_AT_ONCE):
                    unpacked.write(chunk)
                    if unpacked.tell() > LARGEST_BOOK:
                        raise LeptonError(f"{path} holds more drawings than can be true.", "Choose another file.")
    except (OSError, RuntimeError, NotImplementedError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise LeptonError(f"{path} is damaged: {error}.", "Export it again.") from error


def _folders(classes: list[str]) -> dict[str, str]:
    """A folder name for each class that every file system allows, no two alike whatever the case."""
    from lepton_studio.engine.datasets.image_folder import folder_name

    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in classes:
        wanted, number = folder_name(name), 1
        folder = wanted
        while folder.casefold() in taken:
            number += 1
            folder = f"{wanted} {number}"
        taken.add(folder.casefold())
        found[name] = folder
    return found


def _png(drawing: Drawing, image: Image.Image) -> bytes:
    about = PngImagePlugin.PngInfo()
    about.add_itxt("Author", drawing.author)
    about.add_text("Creation Time", drawing.created)
    content = io.BytesIO()
    image.save(content, "PNG", pnginfo=about)
    return content.getvalue()


class _Folder:
    """Files in a folder that is made beside its place."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> None:
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


class _Zip:
    """Files in a zip; pictures are packed already."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, name: str, content: bytes) -> None:
        packing = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFREG | 0o644) << 16
        self._archive.writestr(entry, content, packing)


@contextmanager
def _packed(path: Path) -> Iterator[_Target]:
    """A zip that is there whole at the end, or not at all."""
    with written_whole(path) as file, zipfile.ZipFile(file, "w") as archive:
        yield _Zip(archive)


@contextmanager
def _unpacked(path: Path) -> Iterator[_Target]:
    """A folder that is there whole at the end, or not at all."""
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise LeptonError(f"{path} is there already.", "Choose the name of a folder that is not there yet.")
    beside = path.with_name(f".{path.name}.part")
    with writing_to(path):
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        try:
            yield _Folder(beside)
            if path.exists():
                path.rmdir()
            beside.rename(path)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
