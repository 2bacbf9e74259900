"""Sums as rows of coloured cells: what is multiplied, what is added, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import ink_on
from lepton_studio.gui.widgets.value_colours import short_number, value_colour

# Designed pixels.
CELL, SMALLEST_CELL, GAP, LINE = 34, 9, 6, 20
# Numbers are written into cells of at least this size.
WRITTEN_FROM = 27


@dataclass(frozen=True, eq=False)
class Grid:
    """Numbers as cells.

    Attributes:
        values: float32, rows x columns; what is no finite number lies outside the picture.
        reach: the size of a number that has full colour.
        signed: whether zero is in the middle of the colours; else it is black.
        framed: row and column of a cell that stands out.
    """

    values: NDArray[np.float32]
    reach: float
    signed: bool = True
    framed: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class SumRow:
    """One line.

    Attributes:
        label: in front of it, or all of it.
        parts: from left to right: grids, and text between them.
        is_result: whether it is what the others come to.
        spared: parts that are left out where numbers could not be read otherwise, from which to which (past the end).
    """

    label: str
    parts: tuple[Grid | str, ...] = ()
    is_result: bool = False
    spared: tuple[int, int] = (0, 0)

    def shorter(self) -> SumRow:
        """The same without what can be spared."""
        first, end = self.spared
        return SumRow(self.label, self.parts[:first] + self.parts[end:], self.is_result)


class SumRows(QWidget):
    """Paints rows below each other, as large as the width allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.rows: tuple[SumRow, ...] = ()
        self._all: tuple[SumRow, ...] = ()
        self._font, self._bold = theme.font_of(theme.SMALL_PIXELS), theme.font_of(theme.BODY_PIXELS, semibold=True)
        self._tiny = theme.font_of(9)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(theme.px(200))

    def show_rows(self, rows: Sequence[SumRow]) -> None:
        """Shows other rows."""
        self._all = self.rows = tuple(rows)
        self._shorten()
        texts = (" ".join([row.label, *(part for part in row.parts if isinstance(part, str))]) for row in rows)
        self.setAccessibleName("; ".join(texts))
        # As high as its rows, whatever room there is: the column around it scrolls.
        height = self.heightForWidth(max(self.width(), self.minimumWidth()))
        if height != self.minimumHeight():
            self.setMinimumHeight(height)
        self.update()

    def cell(self) -> float:
        """The side of a cell, so that the widest row fits."""
        room, most = float(self.width()), theme.px(CELL)
        best = float(most)
        for row in self.rows:
            columns = sum(part.values.shape[1] for part in row.parts if isinstance(part, Grid))
            if columns:
                words = sum(self._wide(part) for part in row.parts if isinstance(part, str))
                words += self._label_width() + theme.px(GAP) * (len(row.parts) + 1)
                best = min(best, (room - words) / columns)
        return max(float(theme.px(SMALLEST_CELL)), float(int(best)))

    # --- Qt

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, _width: int) -> int:
        return round(sum(self._height(row) for row in self.rows)) + theme.px(GAP)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        y, cell = 0.0, self.cell()
        for row in self.rows:
            height = self._height(row)
            self._paint_row(painter, row, QRectF(0, y, self.width(), height), cell)
            y += height
        painter.end()

    # --- inside

    def _shorten(self) -> None:
        """Leaves out what can be spared, if numbers can be read then and could not before."""
        self.rows = self._all
        if any(row.spared[1] for row in self._all) and self.cell() < theme.px(WRITTEN_FROM):
            self.rows = tuple(row.shorter() for row in self._all)
            if self.cell() < theme.px(WRITTEN_FROM):
                self.rows = self._all

    def _label_width(self) -> float:
        """The labels in front of parts stand below each other."""
        return max((self._wide(row.label) for row in self.rows if row.parts), default=0.0)

    def _wide(self, text: str) -> float:
        return QFontMetricsF(self._bold).horizontalAdvance(text)

    def _height(self, row: SumRow) -> float:
        grids = [part.values.shape[0] for part in row.parts if isinstance(part, Grid)]
        high = max(grids, default=0) * self.cell() + (theme.px(GAP) if grids else 0)
        if not row.parts:
            box = QFontMetricsF(self._font).boundingRect(
                QRectF(0, 0, max(self.width(), 1), 10_000), Qt.TextFlag.TextWordWrap, row.label
            )
            high = box.height() + theme.px(GAP)
        return max(high, float(theme.px(LINE)))

    def _paint_row(self, painter: QPainter, row: SumRow, place: QRectF, cell: float) -> None:
        colours, gap = theme.tokens(), theme.px(GAP)
        if row.is_result:
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(place.topLeft(), place.topRight())
        font = self._bold if row.is_result else self._font
        if not row.parts:
            painter.setFont(font)
            painter.setPen(QColor(colours.text if row.is_result else colours.second_text))
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(place, flags, row.label)
            return
        label = self._label_width()
        ink = colours.text if row.is_result else colours.second_text
        before = QRectF(place.left(), place.top(), label + 2, place.height())
        self._write(painter, before, font, ink, row.label)
        x = place.left() + label + gap
        for part in row.parts:
            if isinstance(part, str):
                wide = self._wide(part)
                self._write(painter, QRectF(x, place.top(), wide + 2, place.height()), font, colours.text, part)
                x += wide + gap
            else:
                self._paint_grid(painter, part, x, place.center().y(), cell)
                x += part.values.shape[1] * cell + gap

    def _paint_grid(self, painter: QPainter, grid: Grid, left: float, middle: float, cell: float) -> None:
        colours = theme.tokens()
        rows, columns = grid.values.shape
        left, top = round(left), round(middle - rows * cell / 2)
        painter.setFont(self._tiny)
        lowest = -grid.reach if grid.signed else 0.0
        for row in range(rows):
            for column in range(columns):
                place = QRectF(left + column * cell, top + row * cell, cell, cell)
                value = float(grid.values[row, column])
                if not np.isfinite(value):
                    painter.fillRect(place, QColor(colours.surface))
                    continue
                paper = value_colour(value, lowest, grid.reach)
                painter.fillRect(place, paper)
                if cell >= theme.px(WRITTEN_FROM):
                    painter.setPen(ink_on(paper))
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, short_cell(value))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawRect(QRectF(left, top, columns * cell - 1, rows * cell - 1))
        if grid.framed is not None:
            row, column = grid.framed
            painter.setPen(QPen(QColor(colours.validation), 2))
            painter.drawRect(QRectF(left + column * cell + 1, top + row * cell + 1, cell - 2, cell - 2))

    @staticmethod
    def _write(painter: QPainter, place: QRectF, font: QFont, colour: str, text: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def short_cell(value: float) -> str:
    """A number that fits into a cell: two digits."""
    size = abs(value)
    if size >= 100:
        return short_number(round(value))
    text = f"{value:.1f}" if size >= 10 else f"{value:.2f}"
    return ("0" if float(text) == 0 else text).replace("-", "−")
