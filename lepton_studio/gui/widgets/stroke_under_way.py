"""The stroke that is being drawn, point by point."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from lepton_studio.gui.widgets.drawn_ink import PadStroke, Point
from lepton_studio.gui.widgets.ink_painter import place_of

# Points nearer than this share of the side add nothing but work.
NEAREST = 0.002
# So many points at the end of a stroke still move its line when another one comes.
UNSETTLED = 6


class StrokeUnderWay:
    """Takes points with the firmness of the pen, where it is known."""

    def __init__(self) -> None:
        """No stroke is under way."""
        self._points: list[Point] = []
        self._pressures: list[float] = []
        self._width = 0.0
        self._made: PadStroke | None = None

    @property
    def is_going(self) -> bool:
        """Whether a stroke is under way."""
        return bool(self._points)

    @property
    def stroke(self) -> PadStroke:
        """What is drawn of it so far."""
        if self._made is None:
            self._made = PadStroke(tuple(self._points), self._width, tuple(self._pressures))
        return self._made

    def begin(self, point: Point, pressure: float | None, width: float) -> None:
        """Begins with a dot; ``pressure`` (0..1) is None where nobody knows it."""
        self._points, self._width, self._made = [point], width, None
        self._pressures = [] if pressure is None else [pressure]

    def extend(self, point: Point, pressure: float | None) -> bool:
        """Goes on to a point; whether that changes anything."""
        (x, y), (last_x, last_y) = point, self._points[-1]
        is_near = abs(x - last_x) + abs(y - last_y) < NEAREST
        if not self._pressures:
            if is_near:
                return False
            self._points.append(point)
        else:
            firm = self._pressures[-1] if pressure is None else pressure
            if not is_near:
                self._points.append(point)
                self._pressures.append(firm)
            elif firm > self._pressures[-1]:
                # A pen that rests and is pressed makes a larger dot.
                self._pressures[-1] = firm
            else:
                return False
        self._made = None
        return True

    def end(self) -> PadStroke:
        """Ends it."""
        stroke = self.stroke
        self._points = []
        return stroke

    def newest_place(self, square: QRectF) -> QRectF:
        """The place of what the last points have changed on a sheet."""
        firm = max(self._pressures[-UNSETTLED:], default=0.5)
        return place_of(self._points[-UNSETTLED:], self._width * (0.5 + firm), square)
