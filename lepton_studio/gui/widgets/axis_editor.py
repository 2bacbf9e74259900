"""One field that a sweep changes, with its values: a list of them, or a range."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from lepton_studio.engine.fields import Field
from lepton_studio.gui import theme
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.quiet_line_edit import QuietLineEdit

FEWEST_POINTS, MOST_POINTS = 1, 100
NARROWEST = 64


@dataclass(frozen=True)
class AxisDraft:
    """What stands in an editor.

    Attributes:
        is_range: whether the range counts rather than the list.
        text: the list, with commas.
        low, high: the ends of the range.
        log: whether factors count.
        count: how many values of the range a grid takes.
    """

    is_range: bool = False
    text: str = ""
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    count: int = 5


class AxisEditor(QFrame):
    """A card: the name of the field, a way to take it away, and below them its values.

    Signals:
        edited: the values are others now.
        removed: the field shall not change any more.
    """

    edited = Signal()
    removed = Signal()

    def __init__(self, title: str, field: Field, draft: AxisDraft, parent: QWidget | None = None) -> None:
        """Shows a draft.

        Args:
            title: the name of the field, in the language of the window.
            field: its kind ("integer", "number" or "choice"), range, unit, help and choices.
            draft: the values to begin with.
            parent: the widget it is in.
        """
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self._draft, self._field = draft, field
        self._boxes: list[QCheckBox] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.GAP_SMALL + 4, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL + 2)
        self._layout.setSpacing(theme.GAP_SMALL)
        self._make_head(title)
        if field.kind == "choice":
            self._make_boxes()
        else:
            self._make_numbers()
            self._show_kind()

    @property
    def draft(self) -> AxisDraft:
        """What stands there now."""
        if self._boxes:
            return replace(self._draft, text=", ".join(box.text() for box in self._boxes if box.isChecked()))
        return AxisDraft(
            self.kind.currentIndex() == 1,
            self.values.text(),
            self.low.value(),
            self.high.value(),
            self.log.isChecked(),
            round(self.count.value()),
        )

    def show_count(self, shown: bool) -> None:
        """Asks how many values of a range are taken, or does not: only a grid must know."""
        if not self._boxes:
            self._has_count = shown
            self._show_kind()

    def _make_head(self, title: str) -> None:
        name = QLabel(title, wordWrap=True)
        name.setToolTip(self._field.help)
        self.remove_button = QPushButton()
        self.remove_button.setObjectName("axis_remove")
        self.remove_button.setIcon(theme.icon("close"))
        self.remove_button.setIconSize(QSize(theme.px(14), theme.px(14)))
        self.remove_button.setFixedWidth(theme.px(32))
        tip = self.tr("Leave {} as it is").format(title)
        self.remove_button.setToolTip(tip)
        self.remove_button.setAccessibleName(tip)
        self.remove_button.clicked.connect(self.removed)
        self._head = QHBoxLayout()
        self._head.setSpacing(theme.GAP_SMALL)
        self._head.addWidget(name, 1)
        self._head.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        self._layout.addLayout(self._head)

    def _make_boxes(self) -> None:
        flow = FlowLayout(theme.GAP_SMALL + 4)
        chosen = {word.strip() for word in self._draft.text.split(",")}
        for choice in self._field.choices:
            box = QCheckBox(str(choice))
            box.setChecked(str(choice) in chosen)
            box.toggled.connect(self.edited)
            self._boxes.append(box)
            flow.addWidget(box)
        self._layout.addLayout(flow)

    def _make_numbers(self) -> None:
        draft, title = self._draft, self.accessibleName()
        self._has_count = False
        self.kind = QuietComboBox()
        self.kind.addItems([self.tr("Values"), self.tr("Range")])
        self.kind.setCurrentIndex(int(draft.is_range))
        self.kind.setAccessibleName(self.tr("How {} changes").format(title))
        self.kind.setMinimumContentsLength(4)
        self._head.insertWidget(1, self.kind, 0, Qt.AlignmentFlag.AlignTop)
        self.values = QuietLineEdit(draft.text)
        self.values.setPlaceholderText("32, 64, 128" if self._field.kind == "integer" else "0.1, 0.2, 0.5")
        self.values.setAccessibleName(self.tr("Values of {}, with commas").format(title))
        self.low, self.high = NumberEdit(self._field), NumberEdit(self._field)
        self.low.setValue(draft.low)
        self.high.setValue(draft.high)
        self.low.setAccessibleName(self.tr("Smallest {}").format(title))
        self.high.setAccessibleName(self.tr("Largest {}").format(title))
        self._to = QLabel(self.tr("to"))
        self.log = QCheckBox(self.tr("logarithmic"))
        self.log.setChecked(draft.log)
        self.log.setToolTip(self.tr("From 0.001 to 0.01 is as far as from 0.01 to 0.1"))
        points = Field("count", "", "integer", 5, FEWEST_POINTS, MOST_POINTS)
        self.count = NumberEdit(points)
        self.count.setValue(draft.count)
        self.count.setAccessibleName(self.tr("How many values of {} the grid takes").format(title))
        self._count_name = QLabel(self.tr("values in the grid"))
        self._lay_out_numbers()
        self.kind.currentIndexChanged.connect(self._change_kind)
        self.values.textEdited.connect(self.edited)
        self.log.toggled.connect(self.edited)
        for number in (self.low, self.high, self.count):
            number.valueChanged.connect(self.edited)

    def _lay_out_numbers(self) -> None:
        for number in (self.low, self.high, self.count):
            # Three of them and their words have room in the narrowest column with the largest letters.
            number.setMinimumWidth(theme.px(NARROWEST))
        top = QHBoxLayout()
        top.setSpacing(theme.GAP_SMALL)
        for each in (self.values, self.low):
            top.addWidget(each, 1)
        top.addWidget(self._to)
        top.addWidget(self.high, 1)
        self._points_row = QWidget()
        beside = QHBoxLayout(self._points_row)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(theme.GAP_SMALL)
        beside.addWidget(self.count)
        beside.addWidget(self._count_name)
        below = FlowLayout(theme.GAP_SMALL)
        below.addWidget(self.log)
        below.addWidget(self._points_row)
        self._layout.addLayout(top)
        self._layout.addLayout(below)

    def _change_kind(self) -> None:
        self._show_kind()
        self.edited.emit()

    def _show_kind(self) -> None:
        is_range = self.kind.currentIndex() == 1
        self.values.setVisible(not is_range)
        for each in (self.low, self._to, self.high, self.log):
            each.setVisible(is_range)
        self._points_row.setVisible(is_range and self._has_count)
