"""All keys of the program in one table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.facts_table import Column, FactsRow, FactsTable

WIDTH, HEIGHT = 560, 520

# Where they work, and there: the keys with what they do.
Group = tuple[str, Sequence[tuple[str, str]]]


class KeysDialog(QDialog):
    """Lists the keys of menus and pages."""

    def __init__(self, groups: Sequence[Group], parent: QWidget) -> None:
        """Lists them in their order."""
        super().__init__(parent)
        self.setObjectName("keys_dialog")
        self.setWindowTitle(self.tr("Keys"))
        self.resize(theme.px(WIDTH), theme.px(HEIGHT))
        columns = (Column(self.tr("Where")), Column(self.tr("Keys")), Column(self.tr("What they do")))
        self.table = FactsTable(columns, stretched=2, choosable=False)
        self.table.setAccessibleName(self.windowTitle())
        self.table.show_rows(
            [
                FactsRow(f"{where} {keys}", (where, _native(keys), what))
                for where, entries in groups
                for keys, what in entries
            ]
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.addWidget(self.table)


def _native(keys: str) -> str:
    """As this system writes keys."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys
