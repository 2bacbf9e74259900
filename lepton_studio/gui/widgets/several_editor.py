"""Any of several specs: each is switched on or off, and one at a time shows its fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from lepton_studio.engine.fields import Field
from lepton_studio.gui import theme

FOLD_SIDE = 28
FOLD_STYLE = """
QToolButton {
    border: 2px solid transparent; background: transparent; padding: 0; min-width: @side@px; min-height: @side@px;
}
QToolButton:focus { border-color: @accent@; border-radius: 6px; }
"""


class SeveralEditor(QWidget):
    """Switches specs on and off in the order in which they are applied; one of those that are on is unfolded.

    A value may hold two of one kind (a file can say so): each has a row of its own, the second with a number.

    Signals:
        value_edited: the new tuple, and a text for the Edit menu.
    """

    value_edited = Signal(object, str)

    def __init__(self, field: Field, value: tuple[Any, ...], make_form: Callable[[msgspec.Struct], Any]) -> None:
        """Makes a row for each choice; ``make_form`` makes the form of its fields."""
        super().__init__()
        self._make_form = make_form
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        title = QLabel(_translated(field.label))
        title.setToolTip(_translated(field.help))
        self._layout.addWidget(title)
        # Sorted stays in the order of the titles where nobody says what comes first.
        choices = sorted(field.choices, key=lambda choice: getattr(choice, "rank", 0))
        self._rows = [self._add_row(_Row(choice, 0, make_form), at) for at, choice in enumerate(choices)]
        # The rows that are on, in the order of the value.
        self._applied: list[_Row] = []
        self._open: _Row | None = None
        self.show_value(value)

    @property
    def value(self) -> tuple[Any, ...]:
        """What is on, in order."""
        return tuple(row.value for row in self._applied)

    def show_value(self, value: tuple[Any, ...]) -> None:
        """Shows another tuple; nothing is emitted."""
        if value == self.value and self._applied:
            return
        kinds = [row.choice for row in self._applied]
        self._applied = []
        for member in value:
            row = self._free_row(type(member))
            row.show_value(member)
            self._applied.append(row)
        for row in [row for row in self._rows if row.number and row not in self._applied]:
            self._remove_row(row)
        if self._open not in self._applied or kinds != [row.choice for row in self._applied]:
            # Two unfolded forms would fill the column; of several it is left to the person.
            self._open = self._applied[0] if len(self._applied) == 1 else None
        self._arrange()

    def _free_row(self, kind: type) -> _Row:
        """The first row of a kind that is not taken yet; a new one if a value holds more than there are rows."""
        of_kind = [row for row in self._rows if row.choice is kind]
        for row in of_kind:
            if row not in self._applied:
                return row
        at = self._rows.index(of_kind[-1]) + 1
        row = self._add_row(_Row(kind, len(of_kind), self._make_form), at)
        self._rows.insert(at, row)
        return row

    def _add_row(self, row: _Row, at: int) -> _Row:
        self._layout.insertWidget(at + 1, row)
        row.switch.toggled.connect(lambda on: self._switched(row, on))
        row.fold.clicked.connect(lambda: self._fold(row))
        row.value_edited.connect(lambda text: self._emit(text + row.ending))
        return row

    def _remove_row(self, row: _Row) -> None:
        self._rows.remove(row)
        # Hidden first: with a show still due it would become a window of its own.
        row.hide()
        row.setParent(None)
        row.deleteLater()

    def _switched(self, row: _Row, on: bool) -> None:
        if on:
            before = self._rows[: self._rows.index(row)]
            at = max((self._applied.index(each) + 1 for each in self._applied if each in before), default=0)
            self._applied.insert(at, row)
            self._open = row
        else:
            self._applied.remove(row)
            self._open = None if self._open is row else self._open
        self._arrange()
        self._emit(self.tr("Switch {}").format(row.name))

    def _fold(self, row: _Row) -> None:
        self._open = None if self._open is row else row
        self._arrange()

    def _arrange(self) -> None:
        for row in self._rows:
            row.show_state(row in self._applied, row is self._open)

    def _emit(self, text: str) -> None:
        self.value_edited.emit(self.value, text)


class _Row(QWidget):
    """A switch with the name of a spec, an arrow that unfolds its fields, and the fields.

    Most rows are never unfolded, and a form takes ten times as long to make as the rest of its row.

    Signals:
        value_edited: a field was changed: a text for the Edit menu.
    """

    value_edited = Signal(str)

    def __init__(self, choice: type[Any], number: int, make_form: Callable[[msgspec.Struct], Any]) -> None:
        """Starts switched off; ``number`` counts the rows of the same kind above."""
        super().__init__()
        self.choice, self.number = choice, number
        self._value: msgspec.Struct = choice()
        self._make_form = make_form
        self._form: Any = None
        self.ending = f" ({number + 1})" if number else ""
        self.name = _translated(choice.title) + self.ending
        self.switch = QCheckBox(self.name)
        self.switch.setToolTip(_translated(choice.summary()))
        self.fold = QToolButton()
        # Eight buttons with frames would be louder than the names.
        side = str(FOLD_SIDE - 4)
        self.fold.setStyleSheet(FOLD_STYLE.replace("@accent@", theme.tokens().accent).replace("@side@", side))
        # It keeps its place while it is hidden, so that no name moves.
        policy = self.fold.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.fold.setSizePolicy(policy)
        self.fold.setAccessibleName(self.tr("Settings of {}").format(self.name))
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.switch, 1)
        head.addWidget(self.fold)
        self._parts = QVBoxLayout(self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(theme.GRID)
        self._parts.addLayout(head)
        self.show_state(False, False)

    @property
    def form(self) -> Any:
        """The fields, made when they are first asked for."""
        if self._form is None:
            self._form = self._make_form(self._value)
            self._form.setContentsMargins(theme.GAP, 0, 0, 0)
            self._form.value_edited.connect(self._edited)
            # In the row before it is shown or hidden: alone it would be a window.
            self._parts.addWidget(self._form)
            self._form.hide()
        return self._form

    @property
    def value(self) -> msgspec.Struct:
        """What the fields say."""
        return self._value

    def show_value(self, value: msgspec.Struct) -> None:
        """Shows other fields; nothing is emitted."""
        self._value = value
        if self._form is not None:
            self._form.show_value(value)

    def show_state(self, on: bool, is_open: bool) -> None:
        """Shows whether it is on, and its fields if it is open; nothing is emitted."""
        blocked = self.switch.blockSignals(True)
        self.switch.setChecked(on)
        self.switch.blockSignals(blocked)
        self.fold.setVisible(on)
        self.fold.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.fold.setToolTip(self.tr("Hide the settings") if is_open else self.tr("Show the settings"))
        if self._form is not None or (on and is_open):
            self.form.setVisible(on and is_open)

    def _edited(self, value: msgspec.Struct, text: str) -> None:
        self._value = value
        self.value_edited.emit(text)


def _translated(text: str) -> str:
    return QCoreApplication.translate("specs", text)
