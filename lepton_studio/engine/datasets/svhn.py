"""Digits of house numbers, photographed from the street, in colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.matlab_file import read_matlab
from lepton_studio.engine.origins import FileOrigins
from lepton_studio.engine.published import PublishedDataset, damaged

FILES = ("train_32x32.mat", "test_32x32.mat")
SIDE, CHANNELS, CLASSES = 32, 3, 10
# The training pictures are 225 MB when they are unpacked.
LARGEST_BYTES = 256 * 1024 * 1024


class Svhn(PublishedDataset, frozen=True, tag="svhn"):
    """99,289 digits of house numbers in colour, photographed from the street; neighbours reach into the pictures."""

    title: ClassVar[str] = "SVHN"
    publisher: ClassVar[str] = "Stanford University (Yuval Netzer and others), from Google Street View"
    licence: ClassVar[str] = "for non-commercial use only"
    website: ClassVar[str] = "http://ufldl.stanford.edu/housenumbers/"
    download_bytes: ClassVar[int] = 246_316_178
    folder_name: ClassVar[str] = "SVHN"
    # torchvision keeps these two files in the folder for data itself.
    other_folders: ClassVar[tuple[str, ...]] = ("",)
    mirrors: ClassVar[tuple[str, ...]] = ("http://ufldl.stanford.edu/housenumbers/",)
    md5s: ClassVar[dict[str, str]] = {
        FILES[0]: "e26dedcc434d2e4c54c9b2d4a06d8373",
        FILES[1]: "eb5a983be6a315427106f1b164d9cef3",
    }
    pictures: ClassVar[int] = 99_289
    classes: ClassVar[int] = CLASSES

    def is_here(self) -> bool:
        """Whether both files lie in a folder for data."""
        return not self._missing()

    def read(self) -> Iterator[Progress | Samples]:
        """Fetches the files that are missing, and reads them."""
        missing = self._missing()
        if missing:
            yield from self.fetch(missing)
        images, labels = [], []
        for number, name in enumerate(FILES):
            yield Progress(f"Reading {name}", number, len(FILES))
            path = self.found(name)
            arrays = read_matlab(path, ("X", "y"), LARGEST_BYTES)
            pictures, classes = arrays.pop("X"), arrays.pop("y").ravel(order="F")
            count = len(classes)
            if pictures.shape != (SIDE, SIDE, CHANNELS, count) or not count:
                raise damaged(path, f"its pictures are {' x '.join(map(str, pictures.shape))}, with {count} labels")
            if not 1 <= int(classes.min()) <= int(classes.max()) <= CLASSES:
                raise damaged(path, "it has a label that is no class")
            images.append(pictures.transpose(3, 2, 0, 1))
            # The publisher calls the digit 0 class 10.
            labels.append(classes.astype(np.int64) % CLASSES)
        counts = [len(part) for part in labels]
        joined = np.empty((sum(counts), CHANNELS, SIDE, SIDE), np.uint8)
        np.concatenate(images, out=joined)
        yield Samples(
            joined,
            np.concatenate(labels),
            tuple("0123456789"),
            np.repeat([False, True], counts),
            origins=FileOrigins(zip(FILES, counts, strict=True)),
        )

    def _missing(self) -> tuple[str, ...]:
        return tuple(name for name in FILES if self.find(name) is None)
