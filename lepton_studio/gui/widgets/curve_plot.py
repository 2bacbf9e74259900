"""A live plot of one quantity of a run: every batch faint, their trend, and one point for each epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QFrame, QGraphicsItem, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from lepton_studio.gui import theme

# More points than this no projector can tell apart in a smooth line.
TREND_POINTS = 250
# How fast the trend follows: about the last fifteen batches count.
TREND_SHARE = 1 / 15
# So many batches are shown as points, and have room for them.
FEW_BATCHES = 12


@dataclass(frozen=True, eq=False)
class CurveData:
    """What to draw, in units of epochs along x.

    Attributes:
        batches: one value for each batch.
        batches_per_epoch: how many of them make an epoch.
        train, validation: one value for each finished epoch.
    """

    batches: NDArray[np.float32]
    batches_per_epoch: int
    train: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()


class CurvePlot(QWidget):
    """Draws a :class:`CurveData`. pyqtgraph is imported when it is first shown, so that the window opens fast."""

    def __init__(self, title: str, unit: str = "", highest: float | None = None, parent: QWidget | None = None) -> None:
        """Names the quantity; ``highest`` fixes the top of the axis, as 100 % does."""
        super().__init__(parent)
        self._title, self._unit, self._highest = title, unit, highest
        self._plot: Any = None
        self._data: CurveData | None = None
        self._drawn: CurveData | None = None
        self._trend = np.empty(0, np.float32)
        self._trend_of = self._trend
        self._linked: CurvePlot | None = None
        self._top = self._right = 0.0
        self._zoomed = False
        self._stack = QStackedLayout(self)
        self._placeholder = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._placeholder.setProperty("role", "second")
        card = QFrame()
        card.setProperty("card", True)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        inside.addWidget(self._placeholder)
        self._stack.addWidget(card)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.px(104))
        self.setAccessibleName(title)

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty plot shows."""
        self._placeholder.setText(text)

    def link(self, other: CurvePlot) -> None:
        """Lets the two share their x axis."""
        self._linked = other

    def show_data(self, data: CurveData | None) -> None:
        """Draws new numbers; costs nothing while the plot is hidden or nothing has changed."""
        self._data = data
        if data is None or not len(data.batches):
            self._trend = np.empty(0, np.float32)
            self._stack.setCurrentIndex(0)
            return
        is_drawn = self._drawn is not None and self._stack.currentIndex() == 1 and _are_same(self._drawn, data)
        if self.isVisible() and not is_drawn:
            self._build()
            self._stack.setCurrentIndex(1)
            self._draw(data)

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(220))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._data is not None and len(self._data.batches):
            self._build()
            self._stack.setCurrentIndex(1)
            self._draw(self._data)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._paint_theme()

    # --- inside

    def _build(self) -> None:
        if self._plot is not None:
            return
        import pyqtgraph as pg

        self._plot = pg.PlotWidget()
        item = self._plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=True, y=False)
        item.getAxis("left").setWidth(theme.px(56))
        for side in ("left", "bottom"):
            # "Epoch (x0.001)" is nothing that a person would say.
            item.getAxis(side).enableAutoSIPrefix(False)
            # Painted once and kept as a picture until its numbers change: most of a redraw was this.
            item.getAxis(side).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        # A noisy line, two pixels wide and antialiased, takes Qt two seconds for 2,000 points: the raw numbers are
        # drawn plainly, the trend with few points.
        curves = [pg.PlotDataItem(antialias=number > 0) for number in range(5)]
        self._raw, self._points, self._smooth, self._epochs, self._validation = curves
        for curve in curves:
            item.addItem(curve)
        # After addItem: set before, it is ignored (pyqtgraph #1855).
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        if self._highest is not None:
            item.setYRange(0, self._highest, padding=0.04)
        if self._linked is not None and self._linked._plot is not None:
            item.setXLink(self._linked._plot.getPlotItem())
        item.getViewBox().sigRangeChangedManually.connect(self._zoom)
        self._stack.addWidget(self._plot)
        self._paint_theme()

    def _zoom(self) -> None:
        """A person looks closer with the wheel: from then on the view is theirs."""
        self._zoomed = True

    def _paint_theme(self) -> None:
        import pyqtgraph as pg

        colours = theme.tokens()
        item = self._plot.getPlotItem()
        self._plot.setBackground(colours.surface)
        font = theme.font_of(theme.SMALL_PIXELS)
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(colours.line))
            axis.setTextPen(pg.mkPen(colours.second_text))
            axis.setTickFont(font)
        style = {"color": colours.second_text, "font-size": f"{theme.px(theme.SMALL_PIXELS)}px"}
        item.setLabel("left", f"{self._title}{f' ({self._unit})' if self._unit else ''}", **style)
        item.setLabel("bottom", self.tr("Epoch"), **style)
        item.showGrid(x=False, y=True, alpha=0.15)
        faint = QColor(colours.train)
        faint.setAlpha(60)
        self._raw.setPen(pg.mkPen(faint, width=1))
        self._points.setPen(None)
        self._points.setSymbol("o")
        self._points.setSymbolSize(theme.px(5))
        self._points.setSymbolPen(None)
        self._points.setSymbolBrush(QColor(colours.train))
        self._smooth.setPen(pg.mkPen(colours.train, width=theme.px(2)))
        # Qt takes a third less for many short lines than for one long one.
        self._smooth.curve.setSegmentedLineMode("on")
        # The training mean of an epoch is a ring, validation a filled square with a dashed line: not colour alone.
        self._epochs.setPen(None)
        self._epochs.setSymbol("o")
        self._epochs.setSymbolSize(theme.px(7))
        self._epochs.setSymbolPen(pg.mkPen(colours.train, width=theme.px(2)))
        self._epochs.setSymbolBrush(QColor(colours.surface))
        self._validation.setPen(pg.mkPen(colours.validation, width=theme.px(2), style=Qt.PenStyle.DashLine))
        self._validation.setSymbol("s")
        self._validation.setSymbolSize(theme.px(8))
        self._validation.setSymbolPen(None)
        self._validation.setSymbolBrush(QColor(colours.validation))

    def _draw(self, data: CurveData) -> None:
        self._drawn = data
        self._extend_trend(data.batches)
        x = np.arange(1, len(data.batches) + 1, dtype=np.float32) / data.batches_per_epoch
        # The first batches of all make no line that could be seen; nothing lies left of the start.
        self._plot.getPlotItem().setLimits(xMin=0, minXRange=FEW_BATCHES / data.batches_per_epoch)
        right = _round_up(float(x[-1]))
        if right < self._right:
            # Another run begins: what was looked at closely is gone.
            self._zoomed = False
        if right != self._right and not self._zoomed:
            # In steps, like the height: an axis that moves with every number is drawn anew with every number.
            self._right = right
            self._plot.getPlotItem().setXRange(0, right, padding=0.01)
        self._raw.setData(x, data.batches)
        few = slice(None) if len(x) <= FEW_BATCHES else slice(0)
        _show_points(self._points, x[few], data.batches[few])
        shown = _few_of(len(x))
        self._smooth.setData(x[shown], self._trend[shown])
        _show_epochs(self._epochs, data.train)
        _show_epochs(self._validation, data.validation)
        if self._highest is None and len(self._trend):
            # The first batches tower over the rest; the trend tells how high it is worth looking.
            heights = np.append(self._trend, np.array(data.validation, np.float32))
            top = _round_up(float(heights.max(initial=0.0, where=np.isfinite(heights))))
            if top != self._top:
                # Axes are costly to draw anew, so they change in steps.
                self._top = top
                self._plot.getPlotItem().setYRange(0, top, padding=0.02)

    def _extend_trend(self, values: NDArray[np.float32]) -> None:
        """A running mean, continued from where it was; only new batches cost time."""
        done = len(self._trend)
        if not np.array_equal(self._trend_of, values[:done], equal_nan=True):
            # Another run, whose first batches are others.
            done = 0
        grown = np.empty(len(values), np.float32)
        grown[:done] = self._trend[:done]
        last = float(grown[done - 1]) if done else math.nan
        for position in range(done, len(values)):
            value = float(values[position])
            if math.isnan(last):
                last = value if math.isfinite(value) else last
            elif math.isfinite(value):
                # Early on, when few batches are known, each of them counts more.
                last += (value - last) * max(TREND_SHARE, 2 / (position + 2))
            grown[position] = last
        self._trend, self._trend_of = grown, values


def _are_same(one: CurveData, other: CurveData) -> bool:
    return (
        one.batches_per_epoch == other.batches_per_epoch
        and one.validation == other.validation
        and np.array_equal(one.batches, other.batches, equal_nan=True)
    )


def _show_epochs(curve: Any, means: tuple[float, ...]) -> None:
    """Draws one point at the end of each epoch."""
    _show_points(curve, np.arange(1, len(means) + 1, dtype=np.float32), np.array(means, np.float32))


def _show_points(curve: Any, x: NDArray[Any], y: NDArray[np.float32]) -> None:
    """Draws points; those that are no numbers are left out, because pyqtgraph dies of symbols at no place."""
    finite = np.isfinite(y)
    x, y = x[finite], y[finite]
    # New ones come once an epoch, and pyqtgraph takes a millisecond for the same ones too.
    if not np.array_equal(y, _values_of(curve)):
        curve.setData(x, y)
        curve.setVisible(bool(len(y)))


def _values_of(curve: Any) -> NDArray[Any]:
    """The heights that a curve draws; none before it was ever given some."""
    values: NDArray[Any] | None = curve.getOriginalDataset()[1]
    return np.empty(0) if values is None else values


def _few_of(count: int) -> NDArray[np.int64]:
    """Positions spread evenly over ``count`` numbers, the last one among them."""
    step = max(1, -(-count // TREND_POINTS))
    return np.arange(count - 1, -1, -step, dtype=np.int64)[::-1]


def _round_up(value: float) -> float:
    """The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 times a power of ten; a little above zero for zero."""
    if value <= 0:
        return 1e-6
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12) if step * power >= value))
