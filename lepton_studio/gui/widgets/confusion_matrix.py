"""Which class was taken for which: the confusion matrix, to be looked at and asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.confusion_painter import Cell, ConfusionPainter
from lepton_studio.gui.widgets.confusion_plan import ConfusionPlan
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import paint_placeholder


class ConfusionMatrix(PaintedWidget):
    """A square of counts: the row says what a picture is, the column what was answered.

    Signals:
        cell_chosen: row and column of the cell that a person has gone to, by mouse or keys.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Table, QSizePolicy.Policy.Expanding)
        self._matrix: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._hovered: Cell | None = None
        self._chosen: Cell | None = None
        self._placeholder = self.tr("No answers yet")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Confusion matrix"))

    def set_matrix(self, matrix: NDArray[np.int64], class_names: tuple[str, ...]) -> None:
        """Shows counts (int64 K x K); the chosen cell is kept while the classes are the same."""
        if matrix.shape != (len(class_names), len(class_names)):
            raise ValueError(f"a matrix of {matrix.shape} for {len(class_names)} classes")
        if class_names != self._names:
            self._chosen = None
        self._matrix, self._names, self._hovered = matrix, class_names, None
        self._tell_chosen()

    def clear(self) -> None:
        """Shows the placeholder."""
        self.set_matrix(np.zeros((0, 0), dtype=np.int64), ())

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty matrix shows."""
        self._placeholder = text
        self.update()

    def chosen(self) -> Cell | None:
        """Row and column of the chosen cell."""
        return self._chosen

    def choose(self, cell: Cell | None) -> None:
        """Chooses a cell without a signal."""
        self._chosen = cell
        self._tell_chosen()

    def cell_text(self, row: int, column: int) -> str:
        """A cell in words."""
        total, count = int(self._matrix[row].sum()), int(self._matrix[row, column])
        text = self.tr("{0} answered as {1}: {2} of {3}")
        return text.format(self._names[row], self._names[column], count, total)

    def place_of(self, row: int, column: int) -> QPoint:
        """The middle of a cell."""
        return self._plan().place(row, column).center()

    def sizeHint(self) -> QSize:
        """Room for ten classes with their counts."""
        return QSize(theme.px(520), theme.px(440))

    def minimumSizeHint(self) -> QSize:
        """The smallest size at which ten classes can be told apart."""
        return QSize(theme.px(280), theme.px(220))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse and tells what is under it."""
        cell = self._cell_at(event.position().toPoint())
        if cell != self._hovered:
            self._hovered = cell
            text = self.cell_text(*cell) if cell else ""
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the cell that was under the mouse."""
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the cell under the mouse."""
        cell = self._cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell:
            self._go(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the chosen cell by the arrows; without one, starts at the most frequent error."""
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Return: (0, 0),
            Qt.Key.Key_Enter: (0, 0),
        }
        if event.key() not in steps or not self._names:
            event.ignore()
        elif self._chosen is None:
            self._go(self._worst())
        else:
            last = len(self._names) - 1
            row, column = (
                min(last, max(0, at + step)) for at, step in zip(self._chosen, steps[Qt.Key(event.key())], strict=True)
            )
            self._go((row, column))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the matrix, or what will be here."""
        painter = QPainter(self)
        if not self._names:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        plan, colours = self._plan(), theme.tokens()
        brush = ConfusionPainter(painter, plan, self._matrix, theme.font_of(theme.SMALL_PIXELS))
        brush.paint_cells(self._hovered)
        brush.paint_titles(self._titles())
        brush.paint_names(self._names, self._hovered, self._chosen)
        brush.paint_recall(self._hovered)
        frame = colours.accent if self.hasFocus() else colours.text
        if self._chosen:
            brush.paint_frame(plan.place(*self._chosen), frame)
        elif self.hasFocus():
            brush.paint_frame(plan.square, frame)

    def _titles(self) -> tuple[str, str, str]:
        return self.tr("is"), self.tr("answered"), self.tr("recall")

    def _plan(self) -> ConfusionPlan:
        return ConfusionPlan.fitted(
            self._names, self._titles(), theme.font_of(theme.SMALL_PIXELS, semibold=True), self.rect()
        )

    def _cell_at(self, point: QPoint) -> Cell | None:
        return self._plan().cell_at(point) if self._names else None

    def _worst(self) -> Cell:
        """The most frequent error, the first cell if there is none."""
        errors = self._matrix.copy()
        np.fill_diagonal(errors, 0)
        row, column = divmod(int(errors.argmax()), len(self._names))
        return row, column

    def _go(self, cell: Cell) -> None:
        self._chosen = cell
        self._tell_chosen()
        self.cell_chosen.emit(*cell)

    def _tell_chosen(self) -> None:
        self.setAccessibleDescription(self.cell_text(*self._chosen) if self._chosen else "")
        self.update()
