"""Which pictures of a dataset are looked at, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QSlider, QVBoxLayout, QWidget

from lepton_studio.engine import LABEL_SOURCES, SPLIT_NAMES, Answers, Samples
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.widgets.thumbnail_grid import LARGEST_SIDE, SMALLEST_SIDE
from lepton_studio.gui.wording import grouped, split_word

Indices = NDArray[np.int64]
# A class name of any length must leave room for the other pickers.
WIDEST_PICKER = 200
# What can only be told when a network has answered.
ASKING_FILTERS, ASKING_ORDERS = ("right", "wrong"), ("confidence", "loss")


class PictureFilters(QWidget):
    """Two rows of pickers above a grid.

    Signals:
        changed: other pictures are to be shown, or in another order; :meth:`pick` tells which.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows all, by number."""
        super().__init__(parent)
        self._seed = 0
        self.class_filter = self._picker("class_filter", self.tr("Class"), self.tr("Show only one class"))
        self.split_filter = self._picker(
            "split_filter",
            self.tr("Split"),
            self.tr("Train: learned from. Validation: checks progress after each epoch. Test: used once, at the end."),
        )
        self.answer_filter = self._picker("answer_filter", self.tr("Answers"), "")
        self.source_filter = self._picker(
            "source_filter", self.tr("Source of the labels"), self.tr("Who said what the pictures show")
        )
        self.order_picker = self._picker(
            "order_picker", self.tr("Order"), self.tr("In which order; choose Shuffled again to mix anew")
        )
        self.order_picker.activated.connect(self._shuffle_anew)
        self.reverse_button = icon_button("order_reverse", "down", self.tr("The other way round"))
        self.reverse_button.setCheckable(True)
        self.reverse_button.toggled.connect(self.changed)
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setObjectName("thumbnail_size")
        self.size_slider.setRange(SMALLEST_SIDE, LARGEST_SIDE)
        self.size_slider.setValue(56)
        self.size_slider.setFixedWidth(theme.px(120))
        self.size_slider.setAccessibleName(self.tr("Size of the pictures"))
        self.size_slider.setToolTip(self.tr("Size of the pictures (Ctrl+wheel)"))
        self.count_label = second()
        self.count_label.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(_row(self.class_filter, self.split_filter, self.answer_filter, self.source_filter))
        layout.addLayout(_row(self.order_picker, self.reverse_button, self.size_slider, self.count_label))
        self._fill(self.answer_filter, self._answer_words())
        self._fill(self.order_picker, self._order_words())
        self.name_network("")

    def show_choices(self, samples: Samples) -> None:
        """Offers the classes and label sources of another dataset; shows all of it, by number."""
        classes = [(self.tr("All classes"), None), *((name, at) for at, name in enumerate(samples.class_names))]
        self._fill(self.class_filter, classes)
        splits = [(self.tr("All splits"), None), *((split_word(split), split) for split in SPLIT_NAMES)]
        self._fill(self.split_filter, splits)
        self.ask_nothing()
        self.show_sources(samples)

    def settings(self) -> tuple[tuple[object, ...], bool, int, int]:
        """All that a person has set here, for the page that takes the place of this one."""
        picked = tuple(picker.currentData() for picker in self._pickers())
        return picked, self.reverse_button.isChecked(), self.size_slider.value(), self._seed

    def set_settings(self, settings: tuple[tuple[object, ...], bool, int, int]) -> None:
        """Sets it again; what there is no more stays as it is, and nobody is told."""
        picked, is_reversed, side, self._seed = settings
        with QSignalBlocker(self):
            for picker, value in zip(self._pickers(), picked, strict=True):
                picker.setCurrentIndex(max(0, picker.findData(value)))
            self.reverse_button.setChecked(is_reversed)
        self.size_slider.setValue(side)

    def _pickers(self) -> tuple[QComboBox, ...]:
        return self.class_filter, self.split_filter, self.answer_filter, self.source_filter, self.order_picker

    def ask_nothing(self) -> None:
        """Goes back to what needs no network."""
        for picker in (self.answer_filter, self.order_picker):
            if picker.currentData() in (*ASKING_FILTERS, *ASKING_ORDERS):
                picker.blockSignals(True)
                picker.setCurrentIndex(0)
                picker.blockSignals(False)

    def show_sources(self, samples: Samples) -> None:
        """Offers the sources that the labels have now; hidden while there is only one."""
        found = [] if samples.label_sources is None else np.unique(samples.label_sources).tolist()
        words = self._source_words()
        entries = [(self.tr("All labels"), None), *((words[LABEL_SOURCES[at]], at) for at in found)]
        before = self.source_filter.currentData()
        self._fill(self.source_filter, entries)
        self.source_filter.setCurrentIndex(max(0, self.source_filter.findData(before)))
        self.source_filter.setVisible(len(found) > 1)

    @property
    def asks_network(self) -> bool:
        """Whether it must be known what a network says."""
        return self.answer_filter.currentData() in ASKING_FILTERS or self.order_picker.currentData() in ASKING_ORDERS

    def pick(self, samples: Samples, splits: Mapping[str, Indices], answers: Answers | None) -> Indices:
        """The positions to show, in order; what asks a network leaves all in while there are no answers.

        Args:
            samples: the dataset.
            splits: positions of each split.
            answers: what the chosen network says.
        """
        split, label, source = (
            each.currentData() for each in (self.split_filter, self.class_filter, self.source_filter)
        )
        found = np.arange(len(samples)) if split is None else splits[split]
        if label is not None:
            found = found[samples.labels[found] == label]
        if source is not None and samples.label_sources is not None:
            found = found[samples.label_sources[found] == source]
        wanted = self.answer_filter.currentData()
        if answers is not None and wanted in ASKING_FILTERS:
            found = found[answers.is_right[found] == (wanted == "right")]
        found = self._ordered(found, samples, answers)
        return found[::-1] if self.reverse_button.isChecked() else found

    def show_count(self, count: int, total: int, selected: int = 0) -> None:
        """Says how many of how many are shown, and how many of them are selected."""
        text = self.tr("{} of {}").format(grouped(count), grouped(total))
        if selected:
            text += " · " + self.tr("{} selected").format(grouped(selected))
        self.count_label.setText(text)

    def name_network(self, name: str) -> None:
        """Says which network is asked."""
        text = self.tr("What {} says of them. Another network is chosen on the Evaluate page.").format(name)
        self.answer_filter.setToolTip(text if name else self.tr("What the chosen network says of them"))

    def _ordered(self, found: Indices, samples: Samples, answers: Answers | None) -> Indices:
        order = self.order_picker.currentData()
        if order == "shuffled":
            mixed: Indices = np.random.default_rng(self._seed).permutation(found)
            return mixed
        if order == "class":
            return found[np.argsort(samples.labels[found], kind="stable")]
        if answers is not None and order in ASKING_ORDERS:
            # Least sure, or most wrong, comes first: that is where there is something to see.
            key = answers.confidence if order == "confidence" else -answers.loss
            return found[np.argsort(key[found], kind="stable")]
        return found

    def _shuffle_anew(self) -> None:
        if self.order_picker.currentData() == "shuffled":
            self._seed += 1
            self.changed.emit()

    def _answer_words(self) -> list[tuple[str, object]]:
        return [(self.tr("All answers"), None), (self.tr("Answered right"), "right"),
                (self.tr("Answered wrong"), "wrong")]  # fmt: skip

    def _order_words(self) -> list[tuple[str, object]]:
        return [
            (self.tr("By number"), "number"),
            (self.tr("By class"), "class"),
            (self.tr("Least sure first"), "confidence"),
            (self.tr("Largest loss first"), "loss"),
            (self.tr("Shuffled"), "shuffled"),
        ]

    def _source_words(self) -> dict[str, str]:
        return {
            "publisher": self.tr("As published"),
            "import": self.tr("From your files"),
            "drawn": self.tr("Drawn here"),
            "hand": self.tr("Changed by hand"),
        }

    def _picker(self, name: str, title: str, tip: str) -> QComboBox:
        picker = QComboBox()
        picker.setAccessibleName(title)
        picker.setObjectName(name)
        picker.setToolTip(tip)
        picker.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        picker.setMaximumWidth(theme.px(WIDEST_PICKER))
        picker.currentIndexChanged.connect(self.changed)
        return picker

    def _fill(self, picker: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
        picker.blockSignals(True)
        picker.clear()
        for text, value in entries:
            picker.addItem(text, value)
        picker.blockSignals(False)


def _row(*widgets: QWidget) -> FlowLayout:
    row = FlowLayout(theme.GAP_SMALL)
    for widget in widgets:
        row.addWidget(widget)
    return row
