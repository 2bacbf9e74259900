"""A table of classes: which stay, how many pictures they have, and what they shall be called."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from lepton_studio.gui.widgets.grouped_number import grouped

_NAME, _COUNT, _BECOMES = range(3)


class ClassChanges(QTableWidget):
    """One row a class: a check box to keep it, its count, and its new name; two with one name become one.

    Signals:
        changes_edited: a class was renamed, left out, or taken back.
    """

    changes_edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without classes."""
        super().__init__(0, 3, parent)
        self.setHorizontalHeaderLabels([self.tr("Class"), self.tr("Pictures"), self.tr("New name")])
        self.setToolTip(self.tr("Space takes the tick away, F2 gives another name"))
        header = self.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_COUNT, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_BECOMES, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setAccessibleName(self.tr("Classes"))
        # What a person said stays, also while the class is not in the table.
        self._becomes: dict[str, str] = {}
        self._left_out: set[str] = set()
        self.itemChanged.connect(self._changed)

    def show_classes(self, counts: Mapping[str, int]) -> None:
        """Shows these classes with their numbers of pictures; nothing is emitted."""
        blocked = self.blockSignals(True)
        self.setRowCount(len(counts))
        for row, (name, count) in enumerate(counts.items()):
            self._show_row(row, name, count)
        self.blockSignals(blocked)

    def changes(self) -> dict[str, str]:
        """Class -> its new name, empty if it is left out; only those that change and are in the table."""
        names = [self._cell(row, _NAME).text() for row in range(self.rowCount())]
        found = {name: "" if name in self._left_out else self._becomes.get(name, name) for name in names}
        return {name: new for name, new in found.items() if new != name}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Space in any column of a row; in the middle of a name it belongs to the editor.
        if event.key() == Qt.Key.Key_Space and self.currentRow() >= 0:
            item = self._cell(self.currentRow(), _NAME)
            is_kept = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if is_kept else Qt.CheckState.Checked)
            return
        super().keyPressEvent(event)

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        found: QTableWidgetItem | None = self.item(row, column)
        if found is None:
            found = QTableWidgetItem()
            self.setItem(row, column, found)
        return found

    def _show_row(self, row: int, name: str, count: int) -> None:
        """Shows a class; what is as it was is not set again, because that would undo what is being typed there."""
        shown = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        kept = name not in self._left_out
        becomes = self._becomes.get(name, name) if kept else self.tr("left out")
        state = Qt.CheckState.Checked if kept else Qt.CheckState.Unchecked
        for column, text, flags in (
            (_NAME, name, shown | Qt.ItemFlag.ItemIsUserCheckable),
            (_COUNT, grouped(count), shown),
            (_BECOMES, becomes, shown | Qt.ItemFlag.ItemIsEditable if kept else Qt.ItemFlag.ItemIsSelectable),
        ):
            cell = self._cell(row, column)
            cell.setText(text)
            if cell.flags() != flags:
                cell.setFlags(flags)
        self._cell(row, _NAME).setCheckState(state)
        self._cell(row, _NAME).setToolTip(name)
        self._cell(row, _COUNT).setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._cell(row, _COUNT).setData(Qt.ItemDataRole.UserRole, count)

    def _changed(self, item: QTableWidgetItem) -> None:
        name = self._cell(item.row(), _NAME).text()
        if item.column() == _NAME:
            is_kept = item.checkState() == Qt.CheckState.Checked
            (self._left_out.discard if is_kept else self._left_out.add)(name)
        elif item.column() == _BECOMES:
            # Without a name it keeps its own.
            self._becomes[name] = item.text().strip() or name
        blocked = self.blockSignals(True)
        self._show_row(item.row(), name, int(self._cell(item.row(), _COUNT).data(Qt.ItemDataRole.UserRole)))
        self.blockSignals(blocked)
        self.changes_edited.emit()
