"""Paints a confusion matrix by its plan: cells, counts, names, recall, what is hovered or chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.confusion_plan import ConfusionPlan
from lepton_studio.gui.widgets.painting import ink_on, mixed

Cell = tuple[int, int]

_LARGEST_COUNT, _SMALLEST_COUNT = 16, 9  # designed pixels of the figures in the cells
_FAINTEST = 0.12  # so much colour has a single error
_RIGHT, _VEIL = 0.3, 0.14  # shares of colour on the diagonal and beside the mouse
_GAP_FROM = 5  # cells of fewer pixels stand without a gap
_CENTRE = Qt.AlignmentFlag.AlignCenter


def shades(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """How strongly each cell is coloured, 0 to 1, of the same shape as the matrix of counts.

    The scale is that of log(1 + n), because one error beside a hundred others should still be seen, and it
    reaches at least to ten, so that the only error of a good network does not shout.
    """
    errors = matrix.astype(np.float64)
    np.fill_diagonal(errors, 0)
    share = np.log1p(errors) / np.log1p(max(10.0, float(errors.max(initial=0))))
    return np.where(errors > 0, _FAINTEST + (1 - _FAINTEST) * share, 0.0)


class ConfusionPainter:
    """Paints one matrix of K x K counts by a plan."""

    def __init__(self, painter: QPainter, plan: ConfusionPlan, matrix: NDArray[np.int64], font: QFont) -> None:
        self._painter = painter
        self._plan = plan
        self._matrix = matrix
        self._font = font
        self._colours = theme.tokens()

    def paint_cells(self, hovered: Cell | None) -> None:
        """Paints the squares, those beside the hovered one tinted, and, where they have room, the counts."""
        colours, strengths = self._colours, shades(self._matrix)
        gap = 1 if self._plan.cell >= _GAP_FROM else 0
        figures = self._count_font()
        if figures is not None:
            self._painter.setFont(figures)
        for row, counts in enumerate(self._matrix.tolist()):
            for column, count in enumerate(counts):
                place = self._plan.place(row, column).adjusted(0, 0, -gap, -gap)
                paper = mixed(colours.raised, colours.bad, float(strengths[row, column]))
                if row == column and count:
                    paper = mixed(colours.raised, colours.good, _RIGHT)
                if hovered and (row == hovered[0] or column == hovered[1]):
                    paper = mixed(paper, colours.accent, _VEIL)
                self._painter.fillRect(place, paper)
                if figures is not None and count:
                    self._painter.setPen(ink_on(paper))
                    self._painter.drawText(place, _CENTRE, str(count))

    def paint_names(self, names: tuple[str, ...], *cells: Cell | None) -> None:
        """Writes the classes at the left and above; those of the given cells stand out."""
        rows = {cell[0] for cell in cells if cell}
        columns = {cell[1] for cell in cells if cell}
        plan = self._plan
        for row in _seen(len(names), plan.row_step(), rows):
            middle = plan.row(row).center().y()
            line = QRect(plan.left - plan.gap - plan.label, middle - plan.line // 2, plan.label, plan.line)
            self._write(line, Qt.AlignmentFlag.AlignRight, names[row], row in rows)
        for column in _seen(len(names), plan.column_step(), columns):
            self._write_column(column, names[column], column in columns)

    def paint_titles(self, titles: tuple[str, str, str]) -> None:
        """Writes what the rows, the columns and the figures at the right are."""
        plan, square = self._plan, self._plan.square
        height = plan.top - 2 * plan.gap - (plan.label if plan.upright else plan.line)
        above = QRect(square.left(), height - plan.line, square.width(), plan.line)
        self._write(above, Qt.AlignmentFlag.AlignHCenter, titles[1], False)
        middle, right = square.center().y(), plan.left - 2 * plan.gap - plan.label
        beside = QRect(0, middle - plan.line, right, 2 * plan.line)
        self._write(beside, Qt.AlignmentFlag.AlignRight, titles[0], False)
        recall = self._recall_line(0)
        recall.moveBottom(plan.top - plan.gap)
        self._write(recall, Qt.AlignmentFlag.AlignRight, titles[2], False)

    def paint_recall(self, hovered: Cell | None) -> None:
        """Writes the share of each class that was recognised."""
        totals = self._matrix.sum(axis=1)
        emphasised = {hovered[0]} if hovered else set()
        for row in _seen(len(totals), self._plan.row_step(), emphasised):
            share = f"{100 * self._matrix[row, row] / totals[row]:.1f} %" if totals[row] else "–"
            self._write(self._recall_line(row), Qt.AlignmentFlag.AlignRight, share, row in emphasised)

    def paint_frame(self, place: QRect, colour: str) -> None:
        """Frames a cell or all of them; a pale seam inside keeps the frame visible on any colour."""
        wide = theme.px(2)
        painter = self._painter
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for inset, shade, width in ((wide, self._colours.surface, 1), (0, colour, wide)):
            pen = QPen(QColor(shade), width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(place.adjusted(inset, inset, -inset - 1, -inset - 1))

    def _count_font(self) -> QFont | None:
        """The largest font in which all counts fit their cells, None if it would be too small to read."""
        widest = str(int(self._matrix.max(initial=0)))
        room = self._plan.cell - theme.px(5)
        for pixels in range(_LARGEST_COUNT, _SMALLEST_COUNT - 1, -1):
            font = theme.font_of(pixels)
            metrics = QFontMetrics(font)
            if metrics.horizontalAdvance(widest) <= room and metrics.ascent() <= room:
                return font
        return None

    def _recall_line(self, row: int) -> QRect:
        plan = self._plan
        left = plan.square.right() + plan.gap
        return QRect(left, plan.row(row).center().y() - plan.line // 2, plan.recall, plan.line)

    def _write_column(self, column: int, name: str, strong: bool) -> None:
        plan = self._plan
        middle, bottom = plan.column(column).center().x(), plan.top - plan.gap
        if not plan.upright:
            line = QRect(middle - plan.label, bottom - plan.line, 2 * plan.label, plan.line)
            self._write(line, Qt.AlignmentFlag.AlignHCenter, name, strong)
            return
        self._painter.save()
        self._painter.translate(middle, bottom)
        self._painter.rotate(-90)
        line = QRect(0, -plan.line // 2, plan.label, plan.line)
        self._write(line, Qt.AlignmentFlag.AlignLeft, name, strong)
        self._painter.restore()

    def _write(self, line: QRect, side: Qt.AlignmentFlag, text: str, strong: bool) -> None:
        font = QFont(self._font)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        self._painter.setFont(font)
        self._painter.setPen(QColor(self._colours.text if strong else self._colours.second_text))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, line.width())
        self._painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _seen(count: int, step: int, strong: set[int]) -> list[int]:
    """Which names are written: every so-manyth, but none that would touch a strong one."""
    regular = (i for i in range(0, count, step) if all(abs(i - other) >= step for other in strong))
    return [*regular, *sorted(strong)]
