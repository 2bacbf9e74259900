"""Draws strokes again as somebody drew them."""

from __future__ import annotations

from itertools import pairwise
from math import dist

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from lepton_studio.gui.widgets.drawn_ink import PadStroke, Point

# Strokes have no times: the hand goes at this speed, in sides of the sheet a second, and faster if it takes too long.
SPEED, LONGEST_SECONDS = 1.6, 4.0
# How long the pen is in the air between two strokes.
LIFT_SECONDS = 0.12
FRAME_MILLISECONDS = 16


class InkReplay(QObject):
    """Goes along strokes by a clock.

    Signals:
        moved: another part of the strokes is drawn.
        ended: all of them are.
    """

    moved = Signal()
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        """Has nothing to draw."""
        super().__init__(parent)
        self._strokes: tuple[PadStroke, ...] = ()
        self._shown: tuple[PadStroke, ...] = ()
        self._speed = SPEED
        self._clock = QElapsedTimer()
        self._frames = QTimer(self, interval=FRAME_MILLISECONDS)
        self._frames.timeout.connect(lambda: self.go_to(self._clock.elapsed() / 1000))

    @property
    def is_going(self) -> bool:
        """Whether it has not come to its end."""
        return self._frames.isActive()

    @property
    def shown(self) -> tuple[PadStroke, ...]:
        """What is drawn by now; the last stroke may be a part of one."""
        return self._shown

    def start(self, strokes: tuple[PadStroke, ...], speed: float) -> None:
        """Begins with an empty sheet; ``speed`` 2.0 is twice as fast as a hand."""
        self._strokes, self._shown = strokes, ()
        length = sum(_length(stroke.points) for stroke in strokes)
        self._speed = speed * max(SPEED, length / LONGEST_SECONDS)
        self._clock.start()
        self._frames.start()

    def go_to(self, seconds: float) -> None:
        """Shows what the hand had drawn after so many seconds."""
        way = seconds * self._speed
        shown: list[PadStroke] = []
        for stroke in self._strokes:
            if way < 0:
                break
            length = _length(stroke.points)
            shown.append(stroke if way >= length else _beginning(stroke, way))
            way -= length + LIFT_SECONDS * self._speed
        self._shown = tuple(shown)
        if self._shown == self._strokes:
            self.stop()
        else:
            self.moved.emit()

    def stop(self) -> None:
        """Ends at once."""
        if self._frames.isActive():
            self._frames.stop()
            self.ended.emit()


def _length(points: tuple[Point, ...]) -> float:
    return sum(dist(here, there) for here, there in pairwise(points))


def _beginning(stroke: PadStroke, way: float) -> PadStroke:
    """As much of a stroke as is so long."""
    kept = 1
    for number, (here, there) in enumerate(pairwise(stroke.points), start=1):
        length = dist(here, there)
        if way < length:
            share = way / length
            between = (here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share)
            pressures = stroke.pressures[:kept] + stroke.pressures[kept - 1 : kept]
            return PadStroke((*stroke.points[:kept], between), stroke.width, pressures)
        way -= length
        kept = number + 1
    return stroke
