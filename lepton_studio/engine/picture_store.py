"""Pictures on their way into a dataset: on the disk, so that a source of any size fits into memory."""

from __future__ import annotations

import contextlib
import math
import tempfile
import threading
from pathlib import Path
from typing import IO, Self

import numpy as np

from lepton_studio.engine.files import writing_to, written_whole
from lepton_studio.engine.import_report import COLOUR, GREY
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.strokes import Picture

# JPEG tints grey a little. A picture is coloured if the channels of many of its pixels are far apart.
TINT, TINTED_SHARE = 40, 0.01

COPIED_AT_ONCE = 1 << 18


class PictureStore:
    """Keeps pictures in both frames until it is known which is wanted.

    The files that hold them meanwhile have no name where the system knows such files, and are deleted when they are
    closed elsewhere: they go with the process, however it ends.

    Attributes:
        classes: the name of the class of each picture.
        splits: which split the source put each into, or empty.
        origins: where each comes from.
        sizes: (width, height) of each as it was found.
        is_grey: whether no picture so far is coloured.
    """

    def __init__(self, folder: Path, grey: Shape | None = GREY, colour: Shape | None = COLOUR) -> None:
        """Will keep the files in ``folder``, which is made when the first picture comes.

        Args:
            folder: where there is space.
            grey: the frame if all are grey; None: they are to be coloured anyway.
            colour: the frame if one is coloured; None: they are to be grey anyway.
        """
        self.classes: list[str] = []
        self.splits: list[str] = []
        self.origins: list[str] = []
        self.sizes: list[tuple[int, int]] = []
        self.is_grey = True
        self._folder = folder
        self._grey, self._colour = grey, colour
        self._made: list[Path] = []
        self._files: dict[Shape, IO[bytes]] = {}
        # Pictures are shown while they are copied.
        self._reading = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Deletes the files, and the folders that were made for them if nothing else is in there by now."""
        with self._reading:
            for file in self._files.values():
                # What cannot be written any more is not wanted either.
                with contextlib.suppress(OSError):
                    file.close()
            self._files.clear()
        for folder in self._made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._made = []

    @property
    def shape(self) -> Shape:
        """(channels, height, width) of the pictures as they will be written."""
        shape = self._grey if self._colour is None or (self.is_grey and self._grey is not None) else self._colour
        assert shape is not None
        return shape

    def add(  # noqa: PLR0917 - all that is known of a picture
        self, class_name: str, colour: Picture | None, grey: Picture | None,
        split: str = "", origin: str = "", size: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        """Takes one picture in.

        Args:
            class_name: what it shows.
            colour: the picture in the frame for colour, if there is one.
            grey: the picture in the frame for grey, if there is one.
            split: which split the source put it into, or empty.
            origin: where it comes from.
            size: (width, height) as it was found.

        Raises:
            LeptonError: the disk is full, the folder cannot be written, ...
        """
        if colour is not None:
            spread = np.ptp(colour, axis=0)
            self.is_grey = self.is_grey and bool(np.mean(spread > TINT) <= TINTED_SHARE)
        with writing_to(self._folder), self._reading:
            if not self._files:
                self._open()
            if self._colour is not None and colour is not None:
                self._files[self._colour].write(colour.tobytes())
            if self._grey is not None and grey is not None:
                if self._colour is None or self.is_grey:
                    self._files[self._grey].write(grey.tobytes())
                elif self._grey in self._files:
                    self._files.pop(self._grey).close()
        self.classes.append(class_name)
        self.splits.append(split)
        self.origins.append(origin)
        self.sizes.append(size)

    def picture(self, at: int) -> Picture:
        """One picture as it will be written: channels x height x width, uint8."""
        size = math.prod(self.shape)
        with self._reading:
            file = self._files[self.shape]
            file.seek(at * size)
            content = file.read(size)
            file.seek(0, 2)
        return np.frombuffer(content, np.uint8).reshape(self.shape)

    def write(self, path: Path) -> None:
        """Writes all pictures as one array of numpy: uint8, N x C x H x W, the frame as ``shape`` says.

        Raises:
            LeptonError: the disk refuses; then nothing of the file stays.
        """
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(self.classes), *self.shape)}
        with written_whole(path) as file:
            np.lib.format.write_array_header_1_0(file, header)
            place, end = 0, len(self.classes) * math.prod(self.shape)
            while place < end:
                with self._reading:
                    source = self._files[self.shape]
                    source.seek(place)
                    part = source.read(min(COPIED_AT_ONCE, end - place))
                    source.seek(0, 2)
                if not part:
                    raise OSError(0, "the pictures that were kept meanwhile are cut off")
                file.write(part)
                place += len(part)

    def _open(self) -> None:
        self._made = [folder for folder in (self._folder, *self._folder.parents) if not folder.exists()]
        self._folder.mkdir(parents=True, exist_ok=True)
        for shape in (self._colour, self._grey):
            if shape is not None:
                self._files[shape] = tempfile.TemporaryFile(dir=self._folder, prefix=".import.")  # noqa: SIM115 - see close
