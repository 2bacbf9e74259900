"""The lines of a file of drawings (see ``drawing_book.py``): what a person kept, took back and renamed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated, Literal

import msgspec

from lepton_studio.engine.layer import Shape
from lepton_studio.engine.strokes import Picture, Stroke, render_strokes

VERSION = 1
# Every fifth drawing of a class is set aside for the test.
TEST_EVERY = 5
LONGEST_CLASS_NAME = 60
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


class Drawing(msgspec.Struct, frozen=True, tag_field="entry", tag="drawing"):
    """One drawing that was kept.

    Attributes:
        id: names it for ever, and decides whether it is for the test (see :func:`is_set_aside`).
        label: the class that it shows.
        author: who drew it; may be empty.
        created: when, in ISO 8601 with the time zone.
        strokes: at least one.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    label: ClassName
    author: str
    created: str
    strokes: Annotated[tuple[DrawnStroke, ...], msgspec.Meta(min_length=1)]

    def picture(self, shape: Shape = (1, 28, 28)) -> Picture:
        """The drawing as a network sees it, channels x height x width, uint8, bright ink on black."""
        return render_strokes(tuple(stroke.stroke() for stroke in self.strokes), shape)

    def origin(self) -> str:
        """Who drew it and when, for people."""
        when = self.created[:16].replace("T", " ")
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
