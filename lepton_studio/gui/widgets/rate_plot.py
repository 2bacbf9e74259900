"""The loss over the learning rates that were tried, with the suggested one marked; a click picks another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget

Floats = NDArray[np.float64]

# All learning rates that can be set, as powers of ten, and those that are written below the axis.
FIRST_POWER, LAST_POWER = -7, 1
TICKS = ((-7, "10⁻⁷"), (-5, "10⁻⁵"), (-3, "0.001"), (-1, "0.1"), (1, "10"))
# How much higher than the start a plot is: what explodes may leave it at the top.
ROOM_ABOVE = 1.15
MOST_HEIGHT_TICKS = 4
NOTHING: Floats = np.empty(0)


class RatePlot(PaintedWidget):
    """Dots for batches, a line through them, a dashed line for the suggestion and a full one for what is picked.

    Signals:
        rate_picked: a person chose a learning rate by mouse or arrow keys.
    """

    rate_picked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Is empty at first."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._rates = self._losses = self._smooth = NOTHING
        self._suggestion: float | None = None
        self._picked: float | None = None
        self.can_pick = False
        self.setAccessibleName(self.tr("Loss at each learning rate"))

    @property
    def picked(self) -> float | None:
        """The learning rate that is picked."""
        return self._picked

    def show_curve(self, rates: Floats, losses: Floats, smooth: Floats) -> None:
        """Shows points.

        Args:
            rates: N learning rates, rising.
            losses: N losses.
            smooth: the same, smoothed.
        """
        self._rates, self._losses, self._smooth = rates, losses, smooth
        self.update()

    def set_result(self, suggestion: float | None, can_pick: bool) -> None:
        """Marks a suggestion, picks it, and lets people pick others; None and False while there is no result."""
        self._suggestion = self._picked = suggestion
        self.can_pick = can_pick
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if can_pick else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.CrossCursor if can_pick else Qt.CursorShape.ArrowCursor)
        self.setToolTip(self.tr("Click to pick another learning rate.") if can_pick else "")
        self._describe()
        self.update()

    def pick(self, rate: float) -> None:
        """Picks a learning rate, to two digits and within those that were tried."""
        if not self.can_pick or not len(self._rates):
            return
        exact = float(f"{min(max(rate, self._rates[0]), self._rates[-1]):.1e}")
        if exact != self._picked:
            self._picked = exact
            self._describe()
            self.update()
            self.rate_picked.emit(exact)

    def loss_at(self, rate: float) -> float:
        """The smoothed loss at a learning rate."""
        return float(np.interp(math.log10(rate), np.log10(self._rates), self._smooth))

    def x_of(self, rate: float) -> float:
        """Where a learning rate lies, in pixels."""
        area = self._area()
        return area.left() + (math.log10(rate) - FIRST_POWER) / (LAST_POWER - FIRST_POWER) * area.width()

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(280), theme.px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(170))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        # Only while the button is held: the mark is dragged.
        self._pick_at(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.can_pick or not len(self._rates):
            super().keyPressEvent(event)
            return
        now = self._picked if self._picked is not None else float(self._rates[len(self._rates) // 2])
        # A twentieth of a power of ten is more than the rounding to two digits.
        self.pick(now * 10 ** (step / 20))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._paint_axes(painter)
        if not len(self._rates):
            return
        x = np.array([self.x_of(rate) for rate in self._rates])
        painter.setClipRect(self._area())
        self._paint_dots(painter, x)
        self._paint_line(painter, x)
        self._paint_mark(painter, self._suggestion, Qt.PenStyle.DashLine, "good")
        self._paint_mark(painter, self._picked, Qt.PenStyle.SolidLine, "accent")
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.tokens().accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    # --- inside

    def _pick_at(self, x: float) -> None:
        area = self._area()
        share = (x - area.left()) / area.width()
        self.pick(10 ** (FIRST_POWER + share * (LAST_POWER - FIRST_POWER)))

    def _describe(self) -> None:
        if self._picked is None:
            self.setAccessibleDescription("")
        else:
            self.setAccessibleDescription(self.tr("Picked: {}").format(f"{self._picked:g}"))

    def _area(self) -> QRectF:
        """Where the curve lies; the numbers stand left of it and below."""
        metrics = QFontMetrics(theme.font_of(theme.SMALL_PIXELS))
        left, line, gap = metrics.horizontalAdvance("0.00") + theme.px(8), metrics.height(), theme.px(4)
        # Half of the first and the last number stick out.
        right = theme.px(10)
        return QRectF(left, line + gap, max(1, self.width() - left - right), max(1, self.height() - 3 * line - 3 * gap))

    def _span(self) -> tuple[float, float]:
        """The lowest and the highest loss that is shown: what explodes goes out at the top."""
        if not len(self._smooth):
            return 0.0, 1.0
        lowest = int(self._smooth.argmin())
        low, high = float(self._smooth[lowest]), float(self._smooth[: lowest + 1].max())
        room = max(high - low, 0.02 * high, 1e-9) * (ROOM_ABOVE - 1)
        return max(0.0, low - room), high + room

    def _y(self, losses: Floats) -> Floats:
        area, (low, high) = self._area(), self._span()
        # Far outside is far enough: Qt takes long for lines to nowhere.
        shares = np.clip((losses - low) / (high - low), -1, 2)
        return area.bottom() - shares * area.height()

    def _paint_axes(self, painter: QPainter) -> None:
        colours, area = theme.tokens(), self._area()
        metrics = painter.fontMetrics()
        line = metrics.height()
        for power in range(FIRST_POWER, LAST_POWER + 1):
            x = self.x_of(10.0**power)
            painter.setPen(QPen(QColor(colours.faint_line), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawRect(area)
        painter.setPen(QColor(colours.second_text))
        for tick, text in TICKS:
            width = metrics.horizontalAdvance(text)
            x = min(self.x_of(10.0**tick) - width / 2, self.width() - width)
            painter.drawText(QPointF(x, area.bottom() + theme.px(4) + metrics.ascent()), text)
        for loss in _ticks(*self._span()) if len(self._smooth) else ():
            y = float(self._y(np.array([loss]))[0])
            box = QRectF(0, y - line / 2, area.left() - theme.px(4), line)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{loss:g}")
        painter.drawText(QPointF(0, metrics.ascent()), self.tr("Loss"))
        below = QRectF(area.left(), area.bottom() + line + theme.px(6), area.width(), line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), self.tr("Learning rate"))

    def _paint_dots(self, painter: QPainter, x: Floats) -> None:
        colour = QColor(theme.tokens().train)
        colour.setAlpha(110)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        radius = theme.px(15) / 10
        for place in map(QPointF, x.tolist(), self._y(self._losses).tolist()):
            painter.drawEllipse(place, radius, radius)

    def _paint_line(self, painter: QPainter, x: Floats) -> None:
        painter.setPen(QPen(QColor(theme.tokens().train), theme.px(2)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x, self._y(self._smooth), strict=True)]))

    def _paint_mark(self, painter: QPainter, rate: float | None, dash: Qt.PenStyle, role: str) -> None:
        if rate is None:
            return
        area, colours = self._area(), theme.tokens()
        x, y = self.x_of(rate), float(self._y(np.array([self.loss_at(rate)]))[0])
        painter.setPen(QPen(QColor(getattr(colours, role)), theme.px(2) * 0.75, dash))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(getattr(colours, role)), theme.px(2)))
        painter.setBrush(QColor(colours.surface))
        painter.drawEllipse(QPointF(x, y), theme.px(4), theme.px(4))


def _ticks(low: float, high: float) -> list[float]:
    """A few round numbers between two losses."""
    rough = (high - low) / MOST_HEIGHT_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 12) for number in range(first, math.floor(high / step) + 1)]
