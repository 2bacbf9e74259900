"""What is said of pictures before and after they are brought in, and what a person may choose about it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Shape

Verdict = Literal["load", "report", "ignore"]
Side = Literal[0, 28, 32, 48, 64, 96, 128, 224]
Channels = Literal["auto", "grey", "colour"]
SIDES: tuple[int, ...] = get_args(Side)
CHANNELS: tuple[str, ...] = get_args(Channels)

# What pictures get where nobody chooses: (channels, height, width).
GREY: Shape = (1, 28, 28)
COLOUR: Shape = (3, 32, 32)


class ImportOptions(msgspec.Struct, frozen=True):
    """The frame that all pictures are fitted into."""

    side: Annotated[
        Side, about("Height and width of every picture; automatic: 28 for grey, 32 for colour.", unit="pixels")
    ] = 0
    channels: Annotated[Channels, about("Grey or colour; automatic: grey if no picture is coloured.")] = "auto"

    @property
    def grey(self) -> Shape | None:
        """The frame if all are grey; None: it is never wanted."""
        return None if self.channels == "colour" else (1, self.side or GREY[1], self.side or GREY[2])

    @property
    def colour(self) -> Shape | None:
        """The frame if one is coloured; None: it is never wanted."""
        return None if self.channels == "grey" else (3, self.side or COLOUR[1], self.side or COLOUR[2])


class FileVerdict(msgspec.Struct, frozen=True):
    """What becomes of one file.

    Attributes:
        file: relative to the source, with ``/`` on every system.
        verdict: "load": it is in the dataset; "report": it is not, and should be; "ignore": it is no picture.
        reason: why; for a picture that is loaded, what people should know of it, or empty.
    """

    file: str
    verdict: Verdict
    reason: str = ""


class ClassCount(msgspec.Struct, frozen=True):
    """How many pictures there are of one class: all, and those that the source set aside."""

    name: str
    pictures: int
    validation: int = 0
    test: int = 0


class ImportReport(msgspec.Struct, frozen=True):
    """What became of pictures that were brought in.

    Attributes:
        dataset: the name of the dataset, for ``ImageFolder(name)``.
        files: the verdict on each file.
        loaded: how many pictures were loaded.
        reported: how many files were not, and should be.
        ignored: how many files are no pictures.
        already_here: whether they were here before, unchanged, so that nothing was taken in again.
    """

    dataset: str
    files: tuple[FileVerdict, ...]
    loaded: int
    reported: int
    ignored: int
    already_here: bool = False
