"""Pictures on their way into a dataset: on the disk, so that a folder of any size fits into memory."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import IO, Self

import numpy as np

from lepton_studio.engine.files import writing_to, written_whole
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.strokes import Picture

GREY: Shape = (1, 28, 28)
COLOUR: Shape = (3, 32, 32)
# JPEG tints grey a little. A picture is coloured if the channels of many of its pixels are far apart.
TINT, TINTED_SHARE = 40, 0.01

COPIED_AT_ONCE = 1 << 18


class PictureStore:
    """Keeps pictures in both sizes until it is known which is wanted.

    The files that hold them meanwhile have no name where the system knows such files, and are deleted when they are
    closed elsewhere: they go with the process, however it ends.

    Attributes:
        classes: the name of the class of each picture.
        is_grey: whether no picture so far is coloured.
    """

    def __init__(self, folder: Path) -> None:
        """Will keep the files in ``folder``, which is made when the first picture comes."""
        self.classes: list[str] = []
        self.is_grey = True
        self._folder = folder
        self._made: list[Path] = []
        self._files: dict[Shape, IO[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Deletes the files, and the folders that were made for them if nothing else is in there by now."""
        for file in self._files.values():
            # What cannot be written any more is not wanted either.
            with contextlib.suppress(OSError):
                file.close()
        for folder in self._made:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def add(self, class_name: str, colour: Picture, grey: Picture) -> None:
        """Takes one picture in.

        Args:
            class_name: what it shows.
            colour: the picture in the frame COLOUR.
            grey: the picture in the frame GREY.

        Raises:
            LeptonError: the disk is full, the folder cannot be written, ...
        """
        spread = np.ptp(colour, axis=0)
        self.is_grey = self.is_grey and bool(np.mean(spread > TINT) <= TINTED_SHARE)
        with writing_to(self._folder):
            if not self._files:
                self._open()
            self._files[COLOUR].write(colour.tobytes())
            if self.is_grey:
                self._files[GREY].write(grey.tobytes())
            elif GREY in self._files:
                self._files.pop(GREY).close()
        self.classes.append(class_name)

    def write(self, path: Path) -> None:
        """Writes all pictures as one array of numpy: uint8, N x 1 x 28 x 28 if all are grey, else N x 3 x 32 x 32.

        Raises:
            LeptonError: the disk refuses; then nothing of the file stays.
        """
        shape = GREY if self.is_grey else COLOUR
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(self.classes), *shape)}
        with written_whole(path) as file:
            np.lib.format.write_array_header_1_0(file, header)
            self._files[shape].seek(0)
            shutil.copyfileobj(self._files[shape], file, COPIED_AT_ONCE)

    def _open(self) -> None:
        self._made = [folder for folder in (self._folder, *self._folder.parents) if not folder.exists()]
        self._folder.mkdir(parents=True, exist_ok=True)
        for shape in (COLOUR, GREY):
            self._files[shape] = tempfile.TemporaryFile(dir=self._folder, prefix=".import.")  # noqa: SIM115 - see __exit__
