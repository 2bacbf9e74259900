"""What the lines of a plot are: a painted sample of each with its name, in as many rows as are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_data import VALIDATION_DASH, overlay_colour, overlay_dash
from lepton_studio.gui.widgets.curve_ground import BAND_OPACITY, paint_markers, star
from lepton_studio.gui.widgets.painting import faded

# In designed pixels.
SAMPLE, GAP, SPACE, WIDEST = 26, 6, 16, 190
Kind = Literal["train", "epoch", "validation", "best", "change", "other", "band", "more"]


@dataclass(frozen=True)
class LegendEntry:
    """One line of a plot: its kind, its name, and the look of a run that lies beside."""

    kind: Kind
    text: str
    look: int = 0


class CurveLegend(QWidget):
    """As high as its rows; names that are too long are shortened, and whole in the tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._entries: tuple[LegendEntry, ...] = ()
        self._coming: tuple[LegendEntry, ...] = ()
        # What is on a screen leaves room for the curves; a file has as many as it takes.
        self._most_rows = 2
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        """What it explains."""
        return self._entries

    def set_entries(self, entries: Sequence[LegendEntry], coming: Sequence[LegendEntry] = ()) -> None:
        """Explains other lines.

        Args:
            entries: what it explains now.
            coming: what may come by itself, and finds its room waiting, so that the curves do not jump.
        """
        if (tuple(entries), tuple(coming)) != (self._entries, self._coming):
            self._entries, self._coming = tuple(entries), tuple(coming)
            self.setAccessibleName(", ".join(entry.text for entry in self._entries))
            self.updateGeometry()
            self.update()

    def set_most_rows(self, rows: int) -> None:
        """Leaves room for what is below."""
        if rows != self._most_rows:
            self._most_rows = rows
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = sum(place.width() for place, _ in arranged(self._entries, 1e6)) + theme.px(SPACE) * len(self._entries)
        return QSize(round(width), self.heightForWidth(round(width)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), row_height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        places = arranged((*self._entries, *self._coming), width)
        rows = round(places[-1][0].bottom() / row_height()) if places else 1
        return min(rows, self._most_rows) * row_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_legend(painter, theme.tokens(), self._places(self.width()))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            places = self._places(self.width())
            found = [entry for place, entry in places if place.contains(QPointF(event.pos()))]
            left_out = self._entries[len(places) - 1 :] if found and found[0].kind == "more" else ()
            QToolTip.showText(event.globalPos(), "\n".join(entry.text for entry in left_out or found), self)
            return True
        return super().event(event)

    def _places(self, width: float) -> list[tuple[QRectF, LegendEntry]]:
        """Where each entry is; those that have no room in the rows that there may be are counted at their end."""
        places = arranged(self._entries, width)
        fitting = [place for place in places if place[0].top() < self._most_rows * row_height()]
        while len(fitting) < len(places) and fitting:
            place, _ = fitting.pop()
            more = LegendEntry("more", self.tr("and {} more").format(len(places) - len(fitting)))
            (needed, _), *_ = arranged([more], width)
            if place.left() + needed.width() <= width:
                return [*fitting, (needed.translated(place.topLeft()), more)]
        return fitting


def row_height() -> int:
    """How high a row is."""
    return round(QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height()) + theme.px(4)


def arranged(entries: Sequence[LegendEntry], width: float) -> list[tuple[QRectF, LegendEntry]]:
    """Where each entry is in some width, row by row."""
    metrics = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS))
    left, top, height, places = 0.0, 0.0, row_height(), []
    for entry in entries:
        text = min(metrics.horizontalAdvance(entry.text) + 2, theme.px(WIDEST))
        needed = min(theme.px(SAMPLE) + theme.px(GAP) + text, width)
        if left and left + needed > width:
            left, top = 0.0, top + height
        places.append((QRectF(left, top, needed, height), entry))
        left += needed + theme.px(SPACE)
    return places


def paint_legend(painter: QPainter, colours: theme.Tokens, places: Sequence[tuple[QRectF, LegendEntry]]) -> None:
    """Paints entries where :func:`arranged` put them, on a screen or into a file."""
    font = theme.font_of(theme.SMALL_PIXELS)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place, entry in places:
        _paint_sample(painter, colours, entry, QRectF(place.left(), place.top(), theme.px(SAMPLE), place.height()))
        painter.setPen(QColor(colours.second_text))
        room = place.adjusted(theme.px(SAMPLE) + theme.px(GAP), 0, 0, 0)
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _paint_sample(painter: QPainter, colours: theme.Tokens, entry: LegendEntry, place: QRectF) -> None:
    scale, middle = theme.scale(), place.center()
    left, right = QPointF(place.left(), middle.y()), QPointF(place.right(), middle.y())
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if entry.kind == "train":
        painter.setPen(QPen(QColor(colours.train), 2 * scale))
        painter.drawLine(left, right)
    elif entry.kind == "epoch":
        painter.setPen(QPen(QColor(colours.train), 2 * scale))
        painter.drawEllipse(middle, 3.5 * scale, 3.5 * scale)
    elif entry.kind == "validation":
        painter.setPen(QPen(QColor(colours.validation), 2 * scale, VALIDATION_DASH))
        painter.drawLine(left, right)
        half = 3.5 * scale
        painter.fillRect(QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half), QColor(colours.validation))
    elif entry.kind == "more":
        painter.setPen(QColor(colours.second_text))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "…")
    elif entry.kind == "best":
        painter.setPen(QPen(QColor(colours.text), scale))
        painter.setBrush(QColor(colours.validation))
        painter.drawPolygon(star(middle, 7 * scale, 5))
    elif entry.kind == "change":
        painter.setPen(QPen(QColor(colours.second_text), 1.25 * scale, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(middle.x(), place.top() + 2), QPointF(middle.x(), place.bottom() - 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.second_text))
        painter.drawPolygon(star(QPointF(middle.x(), place.top() + 4 * scale), 3.5 * scale, 4, 1.0))
    else:
        _paint_other(painter, colours, entry, place)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_other(painter: QPainter, colours: theme.Tokens, entry: LegendEntry, place: QRectF) -> None:
    """The sample of a run beside, or of what several have in common."""
    scale, middle = theme.scale(), place.center()
    colour = QColor(overlay_colour(entry.look, colours is theme.DARK))
    if entry.kind == "band":
        painter.fillRect(place.adjusted(0, 4 * scale, 0, -4 * scale), faded(colour, BAND_OPACITY))
    pen = QPen(colour, 1.75 * scale, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern(list(overlay_dash(entry.look)))
    painter.setPen(pen)
    painter.drawLine(QPointF(place.left(), middle.y()), QPointF(place.right(), middle.y()))
    if entry.kind == "other":
        x, y = np.array([middle.x()]), np.array([middle.y()])
        paint_markers(painter, (x, y), colour, entry.look, width=place.width(), side=3.5)
