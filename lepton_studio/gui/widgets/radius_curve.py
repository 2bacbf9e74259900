"""How the accuracy falls as an attack may move the pixels farther: a line whose points can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import paint_placeholder
from lepton_studio.gui.widgets.plot_levels import paint_focus, paint_level

_DOT, _CHOSEN_DOT = 4, 7  # designed radii
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}


class RadiusCurve(PaintedWidget):
    """Accuracy over radius, point by point as they become known.

    Signals:
        point_chosen: the place, counted from 0, of the point that was clicked or reached by keys.
    """

    point_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without points."""
        super().__init__(parent, QAccessible.Role.Chart, QSizePolicy.Policy.Expanding)
        self._radii: tuple[float, ...] = ()
        self._accuracies: tuple[float, ...] = ()
        self._chosen = -1
        self._placeholder = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Accuracy under attack"))

    def set_radii(self, radii: Sequence[float]) -> None:
        """Shows an empty plot for these radii, smallest first, as shares of the way from black to white."""
        self._radii, self._accuracies, self._chosen = tuple(radii), (), -1
        self._describe()

    def add_accuracy(self, accuracy: float) -> None:
        """Shows the accuracy, 0 to 1, for the next radius."""
        self._accuracies = (*self._accuracies, accuracy)
        self._describe()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that is shown without points."""
        self._placeholder = text
        self.update()

    @property
    def accuracies(self) -> tuple[float, ...]:
        """What is known so far."""
        return self._accuracies

    @property
    def chosen(self) -> int:
        """The place of the chosen point; -1 if there is none."""
        return self._chosen

    def choose(self, place: int) -> None:
        """Marks a point as chosen, without a signal."""
        self._chosen = place
        self._describe()

    def sizeHint(self) -> QSize:
        """As wide as its labels like it."""
        return QSize(theme.px(420), theme.px(300))

    def minimumSizeHint(self) -> QSize:
        """The smallest at which the labels do not touch."""
        return QSize(theme.px(300), theme.px(180))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the point whose column was clicked."""
        known = range(len(self._accuracies))
        if event.button() == Qt.MouseButton.LeftButton and known:
            self._pick(min(known, key=lambda place: abs(self.point(place).x() - event.position().x())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from point to point."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or not self._accuracies:
            super().keyPressEvent(event)
        else:
            self._pick(min(max(0, self._chosen + step), len(self._accuracies) - 1))

    def point(self, place: int) -> QPointF:
        """Where a known point is painted."""
        plot = self._plot()
        x = plot.left() + plot.width() * (place + 0.5) / max(1, len(self._radii))
        return QPointF(x, plot.bottom() - plot.height() * self._accuracies[place])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints axes, line, points and figures."""
        painter = QPainter(self)
        if not self._radii:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._paint_axes(painter, self._plot())
        self._paint_line(painter)
        if self.hasFocus():
            paint_focus(painter, self.rect())

    def _pick(self, place: int) -> None:
        if place != self._chosen:
            self.choose(place)
            self.point_chosen.emit(place)

    def _describe(self) -> None:
        """Says in words what is painted, for those who do not see it."""
        parts = (
            self.tr("radius {0}: {1}").format(f"{radius:g}", _percent(accuracy))
            for radius, accuracy in zip(self._radii, self._accuracies, strict=False)
        )
        self.setAccessibleDescription(", ".join(parts))
        self.update()

    def _plot(self) -> QRectF:
        metrics = QFontMetrics(theme.font_of(theme.SMALL_PIXELS))
        line, gap = metrics.height(), theme.px(8)
        left, right = metrics.horizontalAdvance("100 %") + 2 * gap, metrics.horizontalAdvance("100 %")
        # Above the highest point stands its figure; below the axis, numbers and what they mean.
        return QRectF(self.rect()).adjusted(left, line + 2 * gap, -right, -(2 * line + 2 * gap))

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        colours, metrics = theme.tokens(), QFontMetrics(painter.font())
        line = metrics.height()
        for share in _SHARES:
            y = plot.bottom() - plot.height() * share
            paint_level(painter, plot, y, _percent(share, 0), is_base=not share, gap=8)
        width = plot.width() / len(self._radii)
        for number, radius in enumerate(self._radii):
            place = QRectF(plot.left() + number * width, plot.bottom() + theme.px(4), width, line)
            painter.setPen(QColor(colours.text if number == self._chosen else colours.second_text))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{radius:g}")
        painter.setPen(QColor(colours.second_text))
        title = QRect(0, self.height() - line - theme.px(2), self.width(), line)
        text = self.tr("Radius of the attack (1 is from black to white)")
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, title.width())
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_line(self, painter: QPainter) -> None:
        colours, line = theme.tokens(), QFontMetrics(painter.font()).height()
        points = [self.point(place) for place in range(len(self._accuracies))]
        accent = QColor(colours.test)
        painter.setPen(QPen(accent, max(2, theme.px(2))))
        painter.drawPolyline(QPolygonF(points))
        for place, point in enumerate(points):
            is_chosen = place == self._chosen
            dot = theme.px(_CHOSEN_DOT if is_chosen else _DOT)
            painter.setPen(QPen(accent, max(2, theme.px(2))))
            painter.setBrush(QColor(colours.surface) if is_chosen else accent)
            painter.drawEllipse(point, dot, dot)
            painter.setPen(QColor(colours.text))
            painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=is_chosen))
            # At the right, where a line that falls leaves room.
            label = QRectF(point.x() + theme.px(6), point.y() - line - theme.px(4), theme.px(80), line)
            painter.drawText(label, Qt.AlignmentFlag.AlignLeft, _percent(self._accuracies[place]))


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"
