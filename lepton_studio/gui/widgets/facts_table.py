"""A table of rows to choose from, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import paint_placeholder

# In designed pixels; the stretched column has names, which are longer than figures.
SMALLEST_COLUMN, ROOM_FOR_NAMES = 64, 180


@dataclass(frozen=True)
class Column:
    """A heading, and how its cells are shown.

    Attributes:
        title: the heading.
        figures: whether its cells are figures (aligned right, of equal width).
        spare: left out where the stretched column would not have room, from right to left.
    """

    title: str
    figures: bool = False
    spare: bool = False


@dataclass(frozen=True)
class FactsRow:
    """One row.

    Attributes:
        key: by which the row is known.
        cells: one text for each column.
        roles: colour role by column number, where it is not plain text.
        tip: a tooltip for the whole row.
    """

    key: str
    cells: tuple[str, ...]
    roles: tuple[tuple[int, str], ...] = ()
    tip: str = ""


class FactsTable(QTableWidget):
    """Shows rows, and keeps the chosen one chosen when they are read again."""

    def __init__(
        self, columns: Sequence[Column], parent: QWidget | None = None, *, stretched: int = 0, choosable: bool = True
    ) -> None:
        """Makes the headings.

        Args:
            columns: one for each cell of a row.
            parent: the widget it is in.
            stretched: the number of the column that takes the room which the others leave.
            choosable: whether a row can be chosen; else they are only read.
        """
        super().__init__(0, len(columns), parent)
        self._choosable = choosable
        self._columns = tuple(columns)
        self._stretched = stretched
        self._rows: list[FactsRow] = []
        self._placeholder = ""
        self.setHorizontalHeaderLabels([column.title for column in columns])
        self.verticalHeader().hide()
        # Tab leaves the table; the arrows go through it.
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if choosable else modes.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # A chosen row is no reason for headings to change their weight, and with it the width of the columns.
        header.setHighlightSections(False)
        header.setMinimumSectionSize(theme.px(SMALLEST_COLUMN))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for number, column in enumerate(columns):
            heading = self.horizontalHeaderItem(number)
            if column.figures and heading is not None:
                heading.setTextAlignment(side)

    @property
    def chosen_key(self) -> str:
        """The key of the selected row; empty if none is."""
        rows = self.selectionModel().selectedRows()
        return self._rows[rows[0].row()].key if rows else ""

    def show_rows(self, rows: list[FactsRow]) -> None:
        """Shows other rows; the selection stays with its key, or goes to the first row."""
        key = self.chosen_key
        blocked = self.blockSignals(True)
        before, self._rows = self._rows, rows
        self.clearSelection()
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            # A cell that is set makes the header measure its column anew: what stays as it was is left alone.
            if number < len(before) and before[number] == row:
                continue
            for column, text in enumerate(row.cells):
                self.setItem(number, column, self._item(row, column, text))
        keys = [row.key for row in rows]
        if rows and self._choosable:
            self.selectRow(keys.index(key) if key in keys else 0)
        self.blockSignals(blocked)
        self._make_room()
        self.itemSelectionChanged.emit()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty table shows."""
        self._placeholder = text
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if all(self.isRowHidden(number) for number in range(len(self._rows))):
            painter = QPainter(self.viewport())
            text = self.tr("No row holds what is searched for.") if self._rows else self._placeholder
            paint_placeholder(painter, self.viewport().rect(), text)

    def filter(self, text: str) -> None:
        """Hides the rows that do not hold the text."""
        for number, row in enumerate(self._rows):
            self.setRowHidden(number, text.strip().lower() not in " ".join(row.cells).lower())
        if any(self.isRowHidden(index.row()) for index in self.selectionModel().selectedRows()):
            # Nothing shall happen to a row that is not to be seen.
            self.clearSelection()

    def _make_room(self) -> None:
        """Leaves spare columns out until there is room for the names."""
        header = self.horizontalHeader()
        wanted = [
            max(header.sectionSizeHint(number), self.sizeHintForColumn(number), header.minimumSectionSize())
            for number in range(len(self._columns))
        ]
        wanted[self._stretched] = theme.px(ROOM_FOR_NAMES)
        lacking = sum(wanted) - self.viewport().width()
        for number, column in reversed(list(enumerate(self._columns))):
            if column.spare:
                self.setColumnHidden(number, lacking > 0)
                if lacking > 0:
                    lacking -= wanted[number]

    def _item(self, row: FactsRow, column: int, text: str) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setToolTip(row.tip)
        if self._columns[column].figures:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(theme.font_of(theme.BODY_PIXELS))
        role = dict(row.roles).get(column)
        if role:
            item.setForeground(QColor(getattr(theme.tokens(), role)))
        return item
