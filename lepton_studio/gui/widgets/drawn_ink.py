"""What lies on the canvas, and every step that led to it: strokes as points, or a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.inking import at, curve

Floats = NDArray[np.float64]
Point = tuple[float, float]

# Steps and pictures that are remembered; a picture takes three megabytes.
MOST_STEPS, MOST_PICTURES = 500, 8
# How long a part of a curve may be, as a share of the side.
LONGEST_PART = 0.008
# Points farther apart than this share of the side are those of a fast hand: the line goes through them.
FAR = 0.03


@dataclass(frozen=True)
class PadStroke:
    """One stroke as drawn.

    Attributes:
        points: as shares of the side (0..1, y down).
        width: of the brush, likewise.
        pressures: how firm the pen was at each point, 0..1; 0.5 is the width of the brush, 1 is half as wide again.
            Empty for mouse and finger.
    """

    points: tuple[Point, ...]
    width: float
    pressures: tuple[float, ...] = ()

    @cached_property
    def widest(self) -> float:
        """How wide the line is where it is widest."""
        return self.width * (0.5 + max(self.pressures)) if self.pressures else self.width

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of its ink."""
        (left, top), (right, bottom) = self.curve[0].min(axis=0).tolist(), self.curve[0].max(axis=0).tolist()
        around = self.widest / 2
        return left - around, top - around, right + around, bottom + around

    @cached_property
    def curve(self) -> tuple[Floats, Floats]:
        """The line that is painted, as points that lie close together (M x 2), and how wide it is there (M)."""
        return curve_of(self)


@dataclass(frozen=True, eq=False)
class Sheet:
    """What lies on the canvas at one time.

    Attributes:
        strokes: what is drawn, the oldest first.
        photograph: a picture that lies there instead, H x W x 3, uint8.
    """

    strokes: tuple[PadStroke, ...] = ()
    photograph: NDArray[np.uint8] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not self.strokes and self.photograph is None

    def shows(self, other: Sheet) -> bool:
        """Whether both look the same."""
        return self.strokes == other.strokes and self.photograph is other.photograph


class DrawnInk:
    """The sheet with its past and what was taken back; every step has a name."""

    def __init__(self) -> None:
        """Starts empty."""
        self.sheet = Sheet()
        # Each with the name of the step that led away from it, or back to it.
        self._done: list[tuple[str, Sheet]] = []
        self._undone: list[tuple[str, Sheet]] = []

    @property
    def last_step(self) -> str:
        """The name of what can be taken back; empty if nothing can."""
        return self._done[-1][0] if self._done else ""

    @property
    def next_step(self) -> str:
        """The name of what can be done again; empty if nothing can."""
        return self._undone[-1][0] if self._undone else ""

    def take(self, step: str, sheet: Sheet, merges: bool = False) -> bool:
        """Does a step; whether it changed anything.

        Args:
            step: how it is called.
            sheet: what lies there after it.
            merges: belongs to the step before if that has the same name, so that both are taken back at once.
        """
        if sheet.shows(self.sheet):
            return False
        if not (merges and step == self.last_step):
            self._done.append((step, self.sheet))
            self._forget_the_oldest()
        self._undone = []
        self.sheet = sheet
        return True

    def lay(self, strokes: tuple[PadStroke, ...], keeps_past: bool = False) -> None:
        """Shows other strokes, as if they had been drawn one by one just now.

        Args:
            strokes: what is to lie there.
            keeps_past: what lay there comes back when all of them are undone; otherwise it is forgotten.
        """
        self._done = self._done if keeps_past else []
        if keeps_past and not self.sheet.is_empty:
            self._done.append(("drawing", self.sheet))
        self._done += [("stroke", Sheet(strokes[:number])) for number in range(len(strokes))]
        self._undone = []
        self.sheet = Sheet(strokes)
        self._forget_the_oldest()

    def undo(self) -> bool:
        """Takes the last step back; whether there was one."""
        return self._go(self._done, self._undone)

    def redo(self) -> bool:
        """Does again what was taken back last; whether there was anything."""
        return self._go(self._undone, self._done)

    def _go(self, source: list[tuple[str, Sheet]], target: list[tuple[str, Sheet]]) -> bool:
        if not source:
            return False
        step, sheet = source.pop()
        target.append((step, self.sheet))
        self.sheet = sheet
        return True

    def _forget_the_oldest(self) -> None:
        del self._done[:-MOST_STEPS]
        pictures: set[int] = set()
        for number in range(len(self._done) - 1, -1, -1):
            photograph = self._done[number][1].photograph
            if photograph is not None:
                pictures.add(id(photograph))
                if len(pictures) > MOST_PICTURES:
                    del self._done[: number + 1]
                    return


def with_widths(strokes: tuple[PadStroke, ...], width: float) -> tuple[PadStroke, ...]:
    """The same strokes drawn with another brush."""
    return tuple(replace(stroke, width=width) for stroke in strokes)


def curve_of(stroke: PadStroke) -> tuple[Floats, Floats]:
    """The line of a stroke, without corners, however fast the hand was.

    Returns:
        M x 2 points that lie close together, in shares of the side, and the width of the line at each of them.
    """
    points = np.array(stroke.points, dtype=float)
    firm = np.array(stroke.pressures or [0.5] * len(points), dtype=float)
    bent, places = curve(points / LONGEST_PART, FAR / LONGEST_PART)
    return bent * LONGEST_PART, at(stroke.width * (0.5 + np.clip(firm, 0, 1)), places)
