"""Tabs in several rows, for words that find no room beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from lepton_studio.gui import theme

# Designed pixels: what is left at either side of a word at least, and the height of a row.
AROUND, ROW_HEIGHT = 4, 28


class TabRows(QWidget):
    """Words that are chosen like tabs; none is shortened as long as a row has room for it alone.

    Signals:
        chosen: a word was clicked: its number.
    """

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Shows none; ``name`` is the beginning of the object names of the words."""
        super().__init__(parent)
        self._name = name
        self._words: tuple[str, ...] = ()
        self._rows: tuple[int, ...] = ()
        self.buttons: list[QToolButton] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_words(self, words: Sequence[str], tips: Sequence[str], width: int) -> None:
        """Lays words out in as few rows of that width as can hold them, about as many in each."""
        rows = rows_for([self._width_of(word) for word in words], width)
        if (tuple(words), rows) == (self._words, self._rows):
            return
        self._words, self._rows = tuple(words), rows
        self._clear()
        at = 0
        for count in rows:
            row = QHBoxLayout()
            row.setSpacing(0)
            for _ in range(count):
                self.buttons.append(self._button(at, words[at], tips[at]))
                row.addWidget(self.buttons[at], self._width_of(words[at]))
                at += 1
            self._column.addLayout(row)

    def mark(self, number: int) -> None:
        """Shows which one is in front."""
        if 0 <= number < len(self.buttons):
            self.buttons[number].setChecked(True)

    # --- inside

    def _clear(self) -> None:
        for each in self.buttons:
            self._group.removeButton(each)
            each.hide()
            each.deleteLater()
        self.buttons = []
        while (row := self._column.takeAt(0)) is not None:
            if (old := row.layout()) is not None:
                old.deleteLater()

    def _button(self, number: int, word: str, tip: str) -> QToolButton:
        tab = QToolButton()
        tab.setObjectName(f"{self._name}_{number}")
        tab.setProperty("tab", True)
        tab.setText(word.replace("&", "&&"))
        tab.setToolTip(tip)
        tab.setAccessibleName(word)
        tab.setCheckable(True)
        # A click must not take the keys away from what is beside it.
        tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tab.setFixedHeight(theme.px(ROW_HEIGHT))
        # The row shares its width out; a word alone that is too long must not widen the column.
        tab.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._group.addButton(tab, number)
        return tab

    def _width_of(self, word: str) -> int:
        return QFontMetrics(theme.font_of(theme.BODY_PIXELS)).horizontalAdvance(word) + 2 * theme.px(AROUND)


def rows_for(widths: Sequence[int], room: int) -> tuple[int, ...]:
    """How many words each row holds: as few rows as have room, and about as many words in each; never an empty row."""
    for count in range(1, len(widths) + 1):
        rows = tuple(len(widths) // count + (at < len(widths) % count) for at in range(count))
        starts = [sum(rows[:at]) for at in range(count)]
        if all(sum(widths[start : start + held]) <= room for start, held in zip(starts, rows, strict=True)):
            return rows
    return (1,) * len(widths)
