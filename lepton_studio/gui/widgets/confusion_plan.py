"""Where the parts of a confusion matrix lie in its widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFont, QFontMetrics

from lepton_studio.gui import theme

_LONGEST_LABEL = 88  # designed pixels; longer class names are shortened


@dataclass(frozen=True)
class ConfusionPlan:
    """The square of cells and the room that the words around it take.

    Attributes:
        classes: K, how many rows and columns there are.
        cell: edge of a cell in pixels.
        left, top: the upper left corner of the cells.
        gap: between the cells and the words.
        line: height of a line of words.
        label: width of the longest class name.
        recall: width of the figures at the right.
        upright: whether the names of the columns are turned by 90 degrees.
    """

    classes: int
    cell: int
    left: int
    top: int
    gap: int
    line: int
    label: int
    recall: int
    upright: bool

    @classmethod
    def fitted(cls, names: tuple[str, ...], titles: tuple[str, str, str], font: QFont, room: QRect) -> ConfusionPlan:
        """The largest square of whole-pixel cells in the room.

        Args:
            names: the classes.
            titles: of the rows, the columns and the recall.
            font: of all words around.
            room: the widget.
        """
        metrics = QFontMetrics(font)
        gap, line = theme.px(6), metrics.height()
        label = min(theme.px(_LONGEST_LABEL), max(metrics.horizontalAdvance(name) for name in names))
        before = metrics.horizontalAdvance(titles[0]) + label + 3 * gap
        recall = max(metrics.horizontalAdvance(text) for text in (titles[2], "100.0 %"))
        width = room.width() - before - recall - 2 * gap
        cell, above = 0, 0
        for upright in (False, True):
            above = line + 3 * gap + (label if upright else line)
            cell = max(1, min(width, room.height() - above - gap) // len(names))
            if label <= max(cell - gap, 1.3 * line):
                break
        spare = max(0, width - cell * len(names))
        return cls(
            classes=len(names),
            cell=cell,
            left=room.left() + before + spare // 2,
            top=room.top() + above,
            gap=gap,
            line=line,
            label=label,
            recall=recall,
            upright=upright,
        )

    @property
    def square(self) -> QRect:
        """All cells."""
        return QRect(self.left, self.top, self.cell * self.classes, self.cell * self.classes)

    def place(self, row: int, column: int) -> QRect:
        """One cell."""
        return QRect(self.left + column * self.cell, self.top + row * self.cell, self.cell, self.cell)

    def row(self, row: int) -> QRect:
        """All cells of one row."""
        return QRect(self.left, self.top + row * self.cell, self.square.width(), self.cell)

    def column(self, column: int) -> QRect:
        """All cells of one column."""
        return QRect(self.left + column * self.cell, self.top, self.cell, self.square.height())

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column at a point, None outside."""
        if not self.square.contains(point):
            return None
        return (point.y() - self.top) // self.cell, (point.x() - self.left) // self.cell

    def row_step(self) -> int:
        """Only every so-manyth row has room for its name."""
        return max(1, -(-self.line // self.cell))

    def column_step(self) -> int:
        """Only every so-manyth column has room for its name."""
        extent = self.line if self.upright else self.label + self.gap // 2
        return max(1, -(-extent // self.cell))
