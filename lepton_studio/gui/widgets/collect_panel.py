"""What is to be seen while examples are collected: a dataset, a name, what to draw, and a card for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.class_card import ClassCard
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.quiet_line_edit import QuietLineEdit

PROMPT_PIXELS = 30
CARD_WIDTH = 150
LONGEST_NAME = 60


class CollectPanel(QFrame):
    """Shows what it is told and says what a person does; it keeps nothing.

    Signals:
        name_given: a dataset was picked or the name of a new one was typed.
        author_given: the name of who draws was typed.
        class_chosen: the card of a class was clicked.
        class_renamed: a class, and its new name.
        class_given: the name of another class was typed.
    """

    name_given = Signal(str)
    author_given = Signal(str)
    class_chosen = Signal(str)
    class_renamed = Signal(str, str)
    class_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without classes."""
        super().__init__(parent)
        self.setObjectName("collect_panel")
        self.setProperty("card", True)
        self.cards: dict[str, ClassCard] = {}
        self._columns = 2
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP_SMALL, theme.GAP, theme.GAP_SMALL)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(self._make_names())
        layout.addLayout(self._make_prompt())
        layout.addWidget(self._make_cards(), 1)
        layout.addLayout(self._make_adding())
        layout.addLayout(self._make_actions())

    def show_names(self, names: Sequence[str], name: str, author: str) -> None:
        """Shows the datasets there are, the one that is being made, and who draws."""
        self.name_box.blockSignals(True)
        self.name_box.clear()
        self.name_box.addItems(list(names))
        self.name_box.setCurrentIndex(names.index(name) if name in names else -1)
        self.name_box.setEditText(name)
        self.name_box.blockSignals(False)
        if self.author_edit.text() != author:
            self.author_edit.setText(author)

    def show_classes(self, keys: Mapping[str, str]) -> None:
        """Makes a card for each class, with its key."""
        if {name: card.key for name, card in self.cards.items()} == dict(keys) and list(self.cards) == list(keys):
            return
        for card in self.cards.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {name: self._card(name, key) for name, key in keys.items()}
        self._place_cards()

    def show_line(self, label: QLabel, text: str, role: str = "second") -> None:
        """Puts a text into one of the lines, in the manner of a role."""
        label.setText(text)
        if label.property("role") != role:
            label.setProperty("role", role)
            label.style().unpolish(label)
            label.style().polish(label)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - 2 * theme.GAP
        columns = max(1, min(4, room // (theme.px(CARD_WIDTH) + theme.GAP_SMALL)))
        if columns != self._columns:
            self._columns = columns
            self._place_cards()

    # --- parts

    def _card(self, name: str, key: str) -> ClassCard:
        card = ClassCard(name, key)
        card.setObjectName(f"collect_class_{name}")
        card.clicked.connect(lambda: self.class_chosen.emit(name))
        card.renamed.connect(lambda becomes: self.class_renamed.emit(name, becomes))
        return card

    def _place_cards(self) -> None:
        for column in range(4):
            self._grid.setColumnStretch(column, int(column < self._columns))
        for place, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, place // self._columns, place % self._columns, Qt.AlignmentFlag.AlignTop)
        for row in range(self._grid.rowCount() + 1):
            self._grid.setRowStretch(row, 0)
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def _make_names(self) -> QGridLayout:
        self.name_box = QuietComboBox()
        self.name_box.setObjectName("collect_name")
        self.name_box.setEditable(True)
        self.name_box.setInsertPolicy(QuietComboBox.InsertPolicy.NoInsert)
        self.name_box.setToolTip(self.tr("Go on with a dataset, or type the name of a new one"))
        self.name_box.activated.connect(lambda _row: self.name_given.emit(self.name_box.currentText()))
        line = self._edit("collect_name_edit", self.tr("name of a new dataset"))
        self.name_box.setLineEdit(line)
        # A new name must not turn into that of another dataset which begins alike.
        self.name_box.setCompleter(None)  # type: ignore[arg-type]
        # The box has a frame already.
        line.setStyleSheet("border: none; background: transparent; padding: 0; min-height: 0;")
        line.editingFinished.connect(lambda: self.name_given.emit(self.name_box.currentText()))
        self.author_edit = self._edit("collect_author", self.tr("your name"))
        self.author_edit.textEdited.connect(self.author_given)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP_SMALL)
        grid.setVerticalSpacing(2)
        fields = ((self.tr("Dataset"), self.name_box), (self.tr("Drawn by"), self.author_edit))
        for column, (text, field) in enumerate(fields):
            label = QLabel(text)
            label.setProperty("role", "second")
            label.setBuddy(field)
            grid.addWidget(label, 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, 1)
        return grid

    def _make_prompt(self) -> QVBoxLayout:
        self.prompt, self.status, self.answer = QLabel(), QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.prompt.setObjectName("collect_prompt")
        self.prompt.setFont(theme.font_of(PROMPT_PIXELS, semibold=True))
        # A class of a long name must not make the page wider.
        self.prompt.setWordWrap(True)
        self.status.setObjectName("collect_status")
        self.answer.setObjectName("collect_answer")
        column = QVBoxLayout()
        column.setSpacing(2)
        for label in (self.prompt, self.status, self.answer):
            # Names that people gave are no markup.
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        return column

    def _make_cards(self) -> QScrollArea:
        board = QWidget()
        self._grid = QGridLayout(board)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GAP_SMALL)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(board)
        self.area = area
        return area

    def _make_adding(self) -> QHBoxLayout:
        self.class_edit = self._edit("collect_new_class", self.tr("name of another class"))
        self.class_edit.returnPressed.connect(lambda: self.class_given.emit(self.class_edit.text()))
        add = self._button("collect_add_class", self.tr("Add class"), "plus")
        add.clicked.connect(lambda: self.class_given.emit(self.class_edit.text()))
        return self._row(self.class_edit, add)

    def _make_actions(self) -> QHBoxLayout:
        self.undo_button = self._button("collect_undo", self.tr("Take back"), "undo")
        self.undo_button.setToolTip(self.tr("Put the drawing that was kept last back on the canvas (Ctrl+Z)"))
        self.export_button = self._button("collect_export", self.tr("Export ..."))
        self.export_button.setToolTip(self.tr("A picture for each drawing, a folder for each class, and the strokes"))
        self.use_button = self._button("collect_use", self.tr("Use for training"))
        self.use_button.setProperty("main", True)
        return self._row(self.undo_button, self.export_button, self.use_button)

    def _row(self, *widgets: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        for widget in widgets:
            row.addWidget(widget, int(isinstance(widget, QLineEdit)))
        if not any(isinstance(widget, QLineEdit) for widget in widgets):
            row.insertStretch(len(widgets) - 1, 1)
        return row

    def _edit(self, name: str, placeholder: str) -> QLineEdit:
        edit = QuietLineEdit()
        edit.setObjectName(name)
        edit.setPlaceholderText(placeholder)
        edit.setMaxLength(LONGEST_NAME)
        return edit

    def _button(self, name: str, text: str, icon_name: str = "") -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setAutoDefault(True)
        if icon_name:
            made.setIcon(theme.icon(icon_name))
        return made
