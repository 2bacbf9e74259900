"""What stands where layers will be: how to begin."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.widgets.flow_layout import FlowLayout


class EmptyStack(QFrame):
    """Says in which ways layers come into the stack, and offers two of them.

    Signals:
        find_wanted: somebody wants to look for a layer by its name.
        known_wanted: somebody wants to start from a known network.
    """

    find_wanted = Signal()
    known_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes the words and the two buttons."""
        super().__init__(parent)
        self.setObjectName("empty_stack")
        self.setProperty("card", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP_SMALL, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(section(self.tr("How to begin")))
        words = (
            self.tr("Double-click a layer at the left, press its +, or drag it here."),
            self.tr("Or type its name: Ctrl+F or Insert goes to the search, Enter adds what is marked."),
        )
        for text in words:
            layout.addWidget(second(text))
        row = FlowLayout(theme.GAP_SMALL)
        self.find_button = button("empty_find", self.tr("Search"), "search")
        self.find_button.clicked.connect(self.find_wanted)
        self.known_button = button("empty_known", self.tr("Known networks"), "build")
        self.known_button.clicked.connect(self.known_wanted)
        row.addWidget(self.find_button)
        row.addWidget(self.known_button)
        layout.addLayout(row)
