"""One sample at large, with what is known of it and of its dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.grouped_number import grouped
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid

INSPECTOR_WIDTH = 300
NEIGHBOUR_SIDE = 48


class SampleInspector(QWidget):
    """Shows a picture pixel by pixel, its class, which can be changed, and a few facts.

    Signals:
        label_changed: a person gave the selected samples another class: its position among the class names.
        label_restored: a person wants the label of the dataset back.
        neighbour_chosen: the dataset position of a neighbour that was clicked.
    """

    label_changed = Signal(int)
    label_restored = Signal()
    neighbour_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.setMinimumWidth(theme.px(INSPECTOR_WIDTH))
        self.picture = PixelView()
        self.picture.setObjectName("sample_view")
        self.picture.set_placeholder("")
        self.picture.setMinimumHeight(theme.px(96))
        self.picture.setMaximumHeight(theme.px(INSPECTOR_WIDTH - 20))
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._title = QLabel()
        self._title.setObjectName("sample_title")
        self._title.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self._title.setWordWrap(True)
        self._facts, self._answer, self._about = (QLabel(wordWrap=True) for _ in range(3))
        self._answer.setObjectName("sample_answer")
        for label in (self._facts, self._about):
            label.setProperty("role", "second")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self._title, self._facts, self._answer, self._about):
            # A name without spaces may be of any length; it must not push the other words out of sight.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            # Nor is it markup.
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._make_labelling()
        self._make_neighbours()
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(theme.GAP_SMALL)
        for part in (self._title, self._labelling, self._answer, self._facts, self._neighbours_title, self.neighbours):
            words.addWidget(part)
        words.addSpacing(theme.GAP)
        words.addWidget(_heading(self.tr("About this dataset")))
        words.addWidget(self._about)
        words.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        # The picture gives way where the window is low; the words scroll.
        layout.addWidget(self.picture, 3)
        layout.addWidget(_scrolling(words), 2)

    def show_sample(self, picture: NDArray[np.uint8] | None, title: str, facts: str, answer: str = "") -> None:
        """Shows a picture (C x H x W), its class, its facts and what a network says; None empties the view."""
        self.picture.set_picture(picture)
        self._title.setText(title)
        self._facts.setText(facts)
        self._answer.setText(answer)
        self._answer.setVisible(bool(answer))
        self._labelling.setVisible(picture is not None)

    def show_labels(self, class_names: tuple[str, ...], label: int, count: int, by_hand: bool) -> None:
        """Offers the classes.

        Args:
            class_names: all classes.
            label: the class of the sample that is shown.
            count: how many samples would get another one.
            by_hand: whether one of them has a label that was changed by hand.
        """
        box = self.label_box
        box.blockSignals(True)
        if [box.itemText(row) for row in range(box.count())] != list(class_names):
            box.clear()
            box.addItems(class_names)
        box.setCurrentIndex(label)
        box.blockSignals(False)
        text = self.tr("Label of these {}").format(grouped(count)) if count > 1 else self.tr("Label")
        self._label_caption.setText(text)
        self.restore_button.setVisible(by_hand)

    def show_neighbours(self, positions: NDArray[np.int64]) -> None:
        """Shows the pictures that are most like it; the grid must have been given the dataset's pictures."""
        self.neighbours.set_indices(positions)
        for part in (self._neighbours_title, self.neighbours):
            part.setVisible(bool(len(positions)))

    def show_about(self, text: str) -> None:
        """Sets what is said of the whole dataset."""
        self._about.setText(text)

    def _make_labelling(self) -> None:
        self._labelling = QWidget()
        self._label_caption = QLabel(self.tr("Label"))
        self._label_caption.setProperty("role", "second")
        self.label_box = QuietComboBox()
        self.label_box.setObjectName("sample_label")
        self.label_box.setAccessibleName(self.tr("Label"))
        self.label_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.label_box.setMinimumContentsLength(6)
        self.label_box.setToolTip(self.tr("Wrong? Give it the right class. The dataset itself stays as it is."))
        self.label_box.activated.connect(self.label_changed)
        self.restore_button = QPushButton(self.tr("As it was"))
        self.restore_button.setObjectName("sample_label_restore")
        self.restore_button.setToolTip(self.tr("Take back what was changed by hand"))
        self.restore_button.clicked.connect(self.label_restored)
        row = QHBoxLayout(self._labelling)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label_caption)
        row.addWidget(self.label_box, 1)
        row.addWidget(self.restore_button)

    def _make_neighbours(self) -> None:
        self._neighbours_title = _heading(self.tr("Most like it"))
        self._neighbours_title.setToolTip(self.tr("A double click on one, or Enter, shows it at large"))
        self.neighbours = ThumbnailGrid()
        self.neighbours.setObjectName("sample_neighbours")
        self.neighbours.setAccessibleName(self.tr("Most like it"))
        self.neighbours.set_side(NEIGHBOUR_SIDE)
        self.neighbours.set_caption("class")
        self.neighbours.setFixedHeight(theme.px(NEIGHBOUR_SIDE + 32))
        self.neighbours.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.neighbours.sample_activated.connect(self.neighbour_chosen)
        for part in (self._neighbours_title, self.neighbours):
            part.hide()


def _heading(text: str) -> QLabel:
    heading = QLabel(text)
    heading.setProperty("role", "section")
    return heading


def _scrolling(layout: QVBoxLayout) -> QScrollArea:
    content, area = QWidget(), QScrollArea()
    content.setLayout(layout)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(content)
    return area
