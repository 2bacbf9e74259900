"""All that a plot of curves paints, worked out: where its paper lies, its axes, and which points are worth a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPolygonF
from shiboken6 import VoidPtr

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_axis import Axis, Numbers
from lepton_studio.gui.widgets.curve_data import Band, CurveData, Overlay
from lepton_studio.gui.widgets.curve_thinning import TREND_POINTS, peaks, shown_of

# Around the paper, in designed pixels: figures at the left and below, the title above.
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 26, 24
# A plot lower than this has less room above its paper.
LOW, LOW_TOP = 120, 19
BYTES_OF_A_POINT = 16
# Pixels beyond the edge that nobody sees.
OUTSIDE = 3.0


@dataclass(frozen=True, eq=False)
class CurvePicture:
    """What is painted, for a screen or for a file.

    Attributes:
        width, height: in pixels.
        title: what the numbers are.
        x, y: the axes, in pixels of the whole picture.
        data: the run that is watched.
        trend: one smoothed number for each of its batches.
        overlays: other runs, with their trends.
        bands: means of several runs.
        raw: whether single batches are drawn.
        epoch: what is looked back at, and what is written beside the line.
        best: what is written beside the best epoch.
        note: what is written at the top right.
        x_title: what is written below, at the right; empty: no figures below either.
        names_marks: whether there is room to write what happened.
        role: which colour of the theme the batches and their trend have.
    """

    width: float
    height: float
    title: str
    x: Axis
    y: Axis
    data: CurveData
    trend: NDArray[np.float32]
    overlays: tuple[tuple[Overlay, NDArray[np.float32]], ...] = ()
    bands: tuple[Band, ...] = ()
    raw: bool = True
    epoch: tuple[float, str] | None = None
    best: str = ""
    note: str = ""
    x_title: str = ""
    names_marks: bool = True
    role: str = "train"

    @property
    def paper(self) -> QRectF:
        """Where curves are, inside of the figures."""
        return QRectF(self.x.start, self.y.stop, self.x.stop - self.x.start, self.y.start - self.y.stop)

    def points(self, x: Numbers, y: NDArray[np.floating], smooth: bool) -> tuple[Numbers, Numbers]:
        """The pixels of a curve that can be told apart; nothing where no number is."""
        if smooth:
            shown = shown_of(x, self.x.low, self.x.high)
            x, y = x[shown], np.asarray(y[shown], np.float64)
            there = ~np.isnan(y)
            x, y = x[there], y[there]
        else:
            x, y = peaks(x, y, self.x.low, self.x.high, round(self.paper.width()))
        return self.cut(self.x.pixels(x), self.y.pixels(y))

    def epoch_points(self, values: tuple[float, ...]) -> tuple[Numbers, Numbers]:
        """The pixels of the markers of a curve with one number for each epoch; nothing where no number is."""
        x, y = np.arange(1, len(values) + 1, dtype=np.float64), np.array(values, np.float64)
        x, y = peaks(x, y, self.x.low, self.x.high, TREND_POINTS // 2)
        return self.x.pixels(x), self.y.pixels(y)

    def cut(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """A line that ends where the paper does, also in programs that cannot cut a drawing off at an edge.

        Args:
            x: pixels, ascending.
            y: as many, none of them nan.

        Returns:
            The line; where it was above or below the paper, it runs a little outside of its edge.
        """
        left, right, top, bottom = self.x.start, self.x.stop, self.y.stop - OUTSIDE, self.y.start + OUTSIDE
        if len(x) and (y.min() < top or y.max() > bottom):
            for level in (top, bottom):
                x, y = _with_crossings(x, y, level)
            y = np.clip(y, top, bottom)
        ends = np.array([left, right])[[bool(len(x)) and x[0] < left < x[-1], bool(len(x)) and x[0] < right < x[-1]]]
        inside = (x >= left) & (x <= right)
        if not inside.all():
            heights = np.interp(ends, x, y) if len(ends) else ends
            x, y = np.concatenate([x[inside], ends]), np.concatenate([y[inside], heights])
            order = np.argsort(x, kind="stable")
            x, y = x[order], y[order]
        return x, y


def _with_crossings(x: Numbers, y: Numbers, level: float) -> tuple[Numbers, Numbers]:
    """A line with one more point wherever it crosses a height."""
    above = y - level
    before = np.flatnonzero(above[:-1] * above[1:] < 0)
    if not len(before):
        return x, y
    shares = above[before] / (above[before] - above[before + 1])
    places = x[before] + shares * (x[before + 1] - x[before])
    return np.insert(x, before + 1, places), np.insert(y, before + 1, level)


def paper_of(width: float, height: float, has_figures_below: bool) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the paper in a plot of a size."""
    below = theme.px(BOTTOM) if has_figures_below else theme.px(theme.GAP_SMALL)
    top = theme.px(TOP if height >= theme.px(LOW) else LOW_TOP)
    return theme.px(LEFT), width - theme.px(RIGHT), top, max(height - below, top + 8.0)


def polygon(x: Numbers, y: Numbers) -> QPolygonF:
    """Points for Qt, written into its own memory: one call for all of them instead of one for each."""
    points = QPolygonF()
    points.resize(len(x))
    if len(x):
        # PySide returns an address here, whatever its stubs say.
        memory: Any = VoidPtr(points.data(), len(x) * BYTES_OF_A_POINT, True)  # type: ignore[call-arg,arg-type]
        pairs = np.frombuffer(memory, np.float64).reshape(-1, 2)
        pairs[:, 0], pairs[:, 1] = x, y
    return points
