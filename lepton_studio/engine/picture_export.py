"""Any dataset as picture files: a folder for each class, in a folder or a zip, for this program and all others."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
from PIL import Image

from lepton_studio.engine.dataset import SPLIT_NAMES, Samples
from lepton_studio.engine.datasets.image_folder import folder_name
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import writing_to, written_whole
from lepton_studio.engine.strokes import Picture

TOLD_EACH = 100


class PicturesExported(msgspec.Struct, frozen=True):
    """What was written.

    Attributes:
        path: the zip or the folder.
        pictures: how many.
        folders: class -> the folder with its pictures.
    """

    path: str
    pictures: int
    folders: dict[str, str]


def export_pictures(samples: Samples, path: Path, with_splits: bool = False) -> Iterator[Progress | PicturesExported]:
    """Writes a PNG file for each sample, in one folder for each class.

    Args:
        samples: of any dataset; pictures of one or three channels.
        path: a file that ends in ``.zip``, or a folder; neither may be there yet.
        with_splits: whether the folders of the classes lie in the folders train, validation and test, as the
            publisher set the samples aside.

    Yields:
        Progress in pictures, and what was written at last. Closing the generator before that leaves nothing behind.

    Raises:
        LeptonError: something of that name is there, the pictures cannot be shown, or the disk refuses.
    """
    channels = samples.shape[0]
    if channels not in (1, 3):
        raise LeptonError(f"Pictures of {channels} channels cannot be written as PNG.", "Choose another dataset.")
    if path.exists() or path.is_symlink():
        raise LeptonError(f"{path} is there already.", "Choose a name that is not taken.")
    folders = class_folders(samples.class_names)
    with ExitStack() as stack:
        put = _into_zip(path, stack) if path.suffix.lower() == ".zip" else _into_folder(path, stack)
        for at in range(len(samples)):
            if at % TOLD_EACH == 0:
                yield Progress(f"Writing {path.name}", at, len(samples))
            split = f"{_split(samples, at)}/" if with_splits else ""
            put(f"{split}{folders[samples.class_of(at)]}/{at:06d}.png", png(samples.images[at]))
    yield PicturesExported(str(path), len(samples), folders)


def class_folders(names: tuple[str, ...]) -> dict[str, str]:
    """Class -> a folder that every file system allows; no two differ in the size of their letters only."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        # A leading dot would hide the folder.
        wanted = folder_name(name.lstrip("."))
        folder, number = wanted, 1
        while folder.casefold() in taken:
            number += 1
            folder = f"{wanted} {number}"
        taken.add(folder.casefold())
        folders[name] = folder
    return folders


def png(picture: Picture) -> bytes:
    """A picture as the bytes of a PNG file; C x H x W, uint8, of one or three channels."""
    content = io.BytesIO()
    Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)).save(content, "PNG")
    return content.getvalue()


def _split(samples: Samples, at: int) -> str:
    if samples.is_test[at]:
        return SPLIT_NAMES[2]
    return SPLIT_NAMES[1] if samples.is_validation is not None and samples.is_validation[at] else SPLIT_NAMES[0]


def _into_zip(path: Path, stack: ExitStack) -> Callable[[str, bytes], None]:
    file = stack.enter_context(written_whole(path))
    # PNG is packed already.
    archive = stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_STORED))
    return archive.writestr


def _into_folder(path: Path, stack: ExitStack) -> Callable[[str, bytes], None]:
    """Everything goes into a folder beside, which gets its name at the end."""
    stack.enter_context(writing_to(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))

    def put(name: str, content: bytes) -> None:
        place = beside / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def finish(kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(beside, ignore_errors=True)
            return
        # Only its owner may look into what mkdtemp made.
        beside.chmod(0o755)
        beside.rename(path)

    stack.push(finish)
    return put
