"""The lines of a file of drawings (see ``drawing_book.py``): what a person kept, took back and renamed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated, Literal

import msgspec
import numpy as np
from PIL import Image

from lepton_studio.engine.ink_fitting import fit_ink
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.strokes import INK_LEVEL, Picture, Stroke, fit_image, render_strokes

VERSION = 1
# Every fifth drawing of a class is set aside for the test.
TEST_EVERY = 5
LONGEST_CLASS_NAME = 60
# Pixels of either side of a picture: as of the largest that any network sees.
LARGEST_SEEN = 1024
# Points are kept to a ten-thousandth of the canvas, a twentieth of a pixel on a canvas of 500.
DECIMALS = 4

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CLASS_NAME)]


class DrawnStroke(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the pen: points and width as shares of the canvas's side, x to the right and y down.

    How firm the pen was at each point (0..1) is kept where it is known.
    """

    width: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
    points: Annotated[tuple[tuple[Share, Share], ...], msgspec.Meta(min_length=1)]
    pressures: tuple[Share, ...] = ()

    def stroke(self) -> Stroke:
        """As it is drawn."""
        return Stroke(self.points, self.width, self.pressures if len(self.pressures) == len(self.points) else ())


class SeenPicture(msgspec.Struct, frozen=True):
    """Ink of a photograph or a file as the network saw it: bright on black, row by row, a byte for each pixel."""

    width: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEEN)]
    pixels: Annotated[bytes, msgspec.Meta(min_length=1, max_length=LARGEST_SEEN**2)]

    def __post_init__(self) -> None:
        """Refuses pixels that fill no rectangle."""
        if len(self.pixels) % self.width:
            raise ValueError(f"{len(self.pixels)} pixels fill no rows of {self.width}")

    @classmethod
    def of(cls, pixels: Picture) -> SeenPicture:
        """Of H x W, uint8."""
        return cls(pixels.shape[1], np.ascontiguousarray(pixels).tobytes())

    def array(self) -> Picture:
        """H x W, uint8."""
        return np.frombuffer(self.pixels, np.uint8).reshape(-1, self.width)

    def picture(self, shape: Shape) -> Picture:
        """As a network of any size sees it, channels x height x width, uint8; one of its own size sees just this."""
        pixels = self.array()
        if pixels.shape == shape[1:]:
            return np.ascontiguousarray(np.broadcast_to(pixels, shape))
        if pixels.max() < INK_LEVEL:
            # Grey on grey, which nothing could be fitted to.
            return fit_image(Image.fromarray(pixels), shape)
        return fit_ink(pixels, shape).picture


class Drawing(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="entry", tag="drawing"):
    """One drawing that was kept, or the ink of a picture.

    A program that is older than pictures leaves their lines out with a remark; all others it reads.

    Attributes:
        id: names it for ever, and decides whether it is for the test (see :func:`is_set_aside`).
        label: the class that it shows.
        author: who drew it; may be empty.
        created: when, in ISO 8601 with the time zone.
        strokes: at least one; of a picture none.
        seen: the picture; None of a drawing.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    label: ClassName
    author: str
    created: str
    strokes: tuple[DrawnStroke, ...] = ()
    seen: SeenPicture | None = None

    def __post_init__(self) -> None:
        """Refuses what is neither a drawing nor a picture, or both."""
        if bool(self.strokes) == (self.seen is not None):
            raise ValueError("it needs either strokes or a picture")

    def picture(self, shape: Shape = (1, 28, 28)) -> Picture:
        """As a network sees it, channels x height x width, uint8, bright ink on black."""
        if self.seen is not None:
            return self.seen.picture(shape)
        return render_strokes(self.drawn(), shape)

    def drawn(self) -> tuple[Stroke, ...]:
        """Its strokes, in shares of the canvas's side; none of a picture."""
        return tuple(stroke.stroke() for stroke in self.strokes)

    def origin(self) -> str:
        """Where it comes from, who made it and when, for people."""
        when = self.created[:16].replace("T", " ")
        if self.seen is not None:
            return f"from a picture, {self.author}, {when}" if self.author else f"from a picture, {when}"
        return f"drawn by {self.author}, {when}" if self.author else f"drawn {when}"


class Removal(msgspec.Struct, frozen=True, tag_field="entry", tag="removal"):
    """A drawing that was taken back."""

    id: str


class AddedClass(msgspec.Struct, frozen=True, tag_field="entry", tag="class"):
    """A class that came later; once more is no harm."""

    name: ClassName


class RenamedClass(msgspec.Struct, frozen=True, tag_field="entry", tag="renamed_class"):
    """Another name for a class, also for what was drawn before."""

    name: str
    becomes: ClassName


class RenamedAuthor(msgspec.Struct, frozen=True, tag_field="entry", tag="renamed_author"):
    """Another name for somebody, for all that they drew before."""

    name: str
    becomes: str


Entry = Drawing | Removal | AddedClass | RenamedClass | RenamedAuthor


class Header(msgspec.Struct, frozen=True):
    """The first line of the file: what it is, and the classes in their order."""

    classes: tuple[ClassName, ...]
    format: Literal["lepton-studio drawings"] = "lepton-studio drawings"
    version: int = VERSION


class Version(msgspec.Struct, frozen=True):
    """What is looked at first, so that a newer file is refused for being newer."""

    format: str = ""
    version: int = VERSION


def is_set_aside(identity: str) -> bool:
    """Whether a drawing is for the test: one of five, by its id alone, so that its place never changes."""
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") % TEST_EVERY == 0


def rounded(stroke: Stroke) -> DrawnStroke:
    """A stroke as it is kept, within the canvas."""
    points = tuple((_share(x), _share(y)) for x, y in stroke.points)
    width = min(max(round(stroke.width, DECIMALS), 10.0**-DECIMALS), 1.0)
    firm = tuple(_share(pressure) for pressure in stroke.pressures) if len(stroke.pressures) == len(points) else ()
    return DrawnStroke(width, points, firm)


def _share(value: float) -> float:
    return min(max(round(value, DECIMALS), 0.0), 1.0)


def new_id(is_test: bool) -> str:
    """An id that nobody has, and that says the wanted side of the test (see :func:`is_set_aside`)."""
    while True:
        identity = secrets.token_hex(8)
        if is_set_aside(identity) == is_test:
            return identity
