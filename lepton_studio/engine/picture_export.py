"""Any dataset as picture files: a folder for each class, in a folder or a zip, for this program and all others."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
from PIL import Image, PngImagePlugin

from lepton_studio.engine.dataset import SPLIT_NAMES, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.export_target import class_folders, export_target
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
        path: a file that ends in ``.zip``, or a folder; neither may be there yet, but for an
            empty folder.
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
    folders = class_folders(samples.class_names)
    with export_target(path) as put:
        for at in range(len(samples)):
            if at % TOLD_EACH == 0:
                yield Progress(f"Writing {path.name}", at, len(samples))
            split = f"{_split(samples, at)}/" if with_splits else ""
            put(f"{split}{folders[samples.class_of(at)]}/{at:06d}.png", png(samples.images[at]))
    yield PicturesExported(str(path), len(samples), folders)


def png(picture: Picture, about: PngImagePlugin.PngInfo | None = None) -> bytes:
    """A picture as the bytes of a PNG file, with what is known of it; C x H x W, uint8, of one or three channels."""
    content = io.BytesIO()
    image = Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0))
    image.save(content, "PNG", pnginfo=about)
    return content.getvalue()


def _split(samples: Samples, at: int) -> str:
    if samples.is_test[at]:
        return SPLIT_NAMES[2]
    return SPLIT_NAMES[1] if samples.is_validation is not None and samples.is_validation[at] else SPLIT_NAMES[0]
