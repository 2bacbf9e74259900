"""Data: choose a dataset and look at it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QSlider,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.engine import SPLIT_NAMES, Dataset, ImportReport, Samples, all_datasets, cut
from lepton_studio.gui import theme
from lepton_studio.gui.page import Page, button, second
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.absent_view import AbsentView
from lepton_studio.gui.widgets.class_counts import ClassCounts
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.sample_inspector import SampleInspector
from lepton_studio.gui.widgets.thumbnail_grid import LARGEST_SIDE, SMALLEST_SIDE, ThumbnailGrid
from lepton_studio.gui.wording import grouped, megabytes, split_word


class DataPage(Page):
    """The grid of pictures is the largest thing; beside it one picture at large, above it the counts."""

    object_name = "data_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page for the experiment's dataset."""
        super().__init__(session, title)
        self._splits: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        self._shown_samples: Samples | None = None
        self.next_button = button("data_next", self.tr("Build a network"), "chevron_right", main=True)
        self.next_button.clicked.connect(lambda: self.page_wanted.emit("build_page"))
        self._make_filters()
        self.grid = ThumbnailGrid()
        self.grid.setObjectName("thumbnail_grid")
        self.grid.sample_chosen.connect(self._show_sample)
        self.grid.side_changed.connect(self.size_slider.setValue)
        self.inspector = SampleInspector()
        self.counts = ClassCounts()
        self.counts.setObjectName("class_counts")
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self.counts)
        column.addLayout(self._filters)
        column.addWidget(self._make_stack(), 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("data_splitter")
        splitter.addWidget(left)
        splitter.addWidget(self.inspector)
        splitter.setStretchFactor(0, 1)
        splitter.setChildrenCollapsible(False)
        self.body.addWidget(splitter, 1)
        session.experiment_changed.connect(self._show_dataset)
        session.samples_changed.connect(self._show_dataset)
        self._show_dataset()

    def state_text(self) -> str:
        samples = self.session.samples
        if samples is None:
            return self.tr("loading ...") if self.session.loading else self.tr("not here yet")
        return self.tr("{} classes").format(len(samples.class_names))

    # --- parts

    def _make_filters(self) -> None:
        self.dataset_picker = QComboBox()
        self.dataset_picker.setObjectName("dataset_picker")
        self.dataset_picker.setToolTip(self.tr("Which pictures to learn from"))
        self._fill_picker()
        self.dataset_picker.activated.connect(self._pick_dataset)
        self.header.addWidget(self.dataset_picker)
        self.import_button = button("data_import", self.tr("Import pictures ..."), "open")
        self.import_button.setToolTip(self.tr("Your own pictures: a folder with one folder for each class"))
        self.import_button.clicked.connect(self.import_pictures)
        self.session.pictures_imported.connect(self._show_report)
        self.header.addWidget(self.import_button)
        self.header.addWidget(self.next_button)
        self.class_filter = QComboBox()
        self.class_filter.setObjectName("class_filter")
        self.class_filter.setToolTip(self.tr("Show only one class"))
        self.split_filter = QComboBox()
        self.split_filter.setObjectName("split_filter")
        self.split_filter.setToolTip(
            self.tr("Train: learned from. Validation: checks progress after each epoch. Test: used once, at the end.")
        )
        for each in (self.class_filter, self.split_filter):
            each.currentIndexChanged.connect(self._filter)
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setObjectName("thumbnail_size")
        self.size_slider.setRange(SMALLEST_SIDE, LARGEST_SIDE)
        self.size_slider.setValue(56)
        self.size_slider.setFixedWidth(theme.px(120))
        self.size_slider.setToolTip(self.tr("Size of the pictures (Ctrl+wheel)"))
        self.size_slider.valueChanged.connect(self._set_side)
        self._count_label = second()
        self._count_label.setWordWrap(False)
        self._filters = QHBoxLayout()
        self._filters.setSpacing(theme.GAP_SMALL)
        for widget in (self.class_filter, self.split_filter, self._count_label):
            self._filters.addWidget(widget)
        self._filters.addStretch(1)
        self._filters.addWidget(self.size_slider)

    def _make_stack(self) -> QStackedWidget:
        """The grid, or what to do when the dataset is not here."""
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self.absent = AbsentView()
        self.absent.fetch_wanted.connect(self._fetch)
        self.absent.cancel_wanted.connect(self.session.loader.cancel)
        self._stack.addWidget(self.absent)
        return self._stack

    def _fill_picker(self) -> None:
        self.dataset_picker.clear()
        for row, (name, dataset) in enumerate(all_datasets().items()):
            self.dataset_picker.addItem(spec_text(dataset.label()), name)
            tip = spec_text(type(dataset).summary())
            self.dataset_picker.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)

    # --- what people do

    def _pick_dataset(self) -> None:
        dataset = all_datasets()[self.dataset_picker.currentData()]
        self.message.clear()
        experiment = msgspec.structs.replace(self.session.experiment, dataset=dataset)
        self.session.edit(self.tr("Choose {}").format(spec_text(dataset.label())), experiment)

    def _set_side(self, side: int) -> None:
        self.grid.set_side(side)

    def import_pictures(self) -> None:
        """Asks for a folder and brings in its pictures."""
        name = QFileDialog.getExistingDirectory(self, self.tr("A folder with one folder for each class"))
        if name:
            self.message.clear()
            self.session.import_pictures(Path(name))

    def _show_report(self, report: ImportReport) -> None:
        text = self.tr("{} pictures brought in as “{}”.").format(grouped(report.loaded), report.dataset)
        problems = [verdict for verdict in report.files if verdict.verdict == "report"]
        if problems:
            first = "; ".join(f"{verdict.file}: {verdict.reason}" for verdict in problems[:3])
            text += " " + self.tr("{} could not be read ({}).").format(len(problems), first)
        self.message.say(text, "warning" if problems else "good")

    def _fetch(self) -> None:
        self.message.clear()
        self.session.load_dataset(fetch=True)

    # --- what the page shows

    def _show_dataset(self) -> None:
        dataset = self.session.experiment.dataset
        if self.dataset_picker.count() != len(all_datasets()):
            self._fill_picker()
        self.dataset_picker.setCurrentIndex(self.dataset_picker.findText(spec_text(dataset.label())))
        samples = self.session.samples
        self.import_button.setEnabled(self.session.loading is None)
        self._stack.setCurrentIndex(0 if samples is not None else 1)
        for each in (self.counts, self.class_filter, self.split_filter, self._count_label, self.size_slider):
            each.setVisible(samples is not None)
        self.inspector.show_about(self._about_text(dataset))
        if samples is None:
            self._shown_samples = None
            self._show_absent(dataset)
            return
        splits = dict(cut(samples, self.session.experiment))
        unchanged = samples is self._shown_samples and all(
            np.array_equal(splits[name], self._splits.get(name, ())) for name in SPLIT_NAMES
        )
        if unchanged:
            return
        new_samples = samples is not self._shown_samples
        self._shown_samples, self._splits = samples, splits
        names = samples.class_names
        counts = {split: np.bincount(samples.labels[at], minlength=len(names)) for split, at in splits.items()}
        self.counts.set_counts(names, counts)
        if new_samples:
            self._fill_filters(samples)
            self.grid.set_pictures(samples.images, samples.labels, names, np.arange(len(samples)))
            self._show_sample(0)
        self._filter()

    def _fill_filters(self, samples: Samples) -> None:
        for combo, first in (
            (self.class_filter, self.tr("All classes")),
            (self.split_filter, self.tr("All splits")),
        ):
            combo.blockSignals(True)
            combo.clear()
            combo.addItem(first, None)
        for index, name in enumerate(samples.class_names):
            self.class_filter.addItem(name, index)
        for split in SPLIT_NAMES:
            self.split_filter.addItem(split_word(split), split)
        for combo in (self.class_filter, self.split_filter):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.blockSignals(False)

    def _filter(self) -> None:
        samples = self._shown_samples
        if samples is None:
            return
        split, label = self.split_filter.currentData(), self.class_filter.currentData()
        chosen = np.arange(len(samples)) if split is None else self._splits[split]
        if label is not None:
            chosen = chosen[samples.labels[chosen] == label]
        self.grid.set_indices(chosen)
        self._count_label.setText(self.tr("{} of {}").format(grouped(len(chosen)), grouped(len(samples))))

    def _show_sample(self, index: int) -> None:
        samples = self._shown_samples
        if samples is None or not 0 <= index < len(samples):
            return
        split = next((split_word(name) for name, at in self._splits.items() if index in at), "")
        height, width = samples.images.shape[2:]
        facts = self.tr("Number {} · {} split · {} × {} pixels").format(grouped(index), split, width, height)
        self.inspector.show_sample(samples.images[index], samples.class_names[int(samples.labels[index])], facts)

    def _show_absent(self, dataset: Dataset) -> None:
        loading = self.session.loading
        kind = type(dataset)
        self._count_label.clear()
        self.counts.set_counts((), {})
        self.inspector.show_sample(None, "", "")
        if loading is not None:
            self.absent.show_progress(loading.text, loading.done, loading.total)
            return
        if dataset.is_here():
            # Cancelled, or it could not be read.
            self.absent.offer(self.tr("{} is not loaded.").format(spec_text(dataset.label())), self.tr("Load it"))
            return
        if not kind.download_bytes:
            text = self.tr("{} is not on this computer. Import its pictures again, or choose another dataset.")
            self.absent.offer(text.format(spec_text(dataset.label())), "")
            return
        text = self.tr("{} is not on this computer yet. It is fetched once and kept.")
        self.absent.offer(
            text.format(spec_text(dataset.label())), f"{self.tr('Download')} ({megabytes(kind.download_bytes)})"
        )

    def _about_text(self, dataset: Dataset) -> str:
        kind = type(dataset)
        lines = [spec_text(kind.summary())]
        if kind.publisher:
            lines.append(self.tr("Published by {}.").format(kind.publisher))
        if kind.licence:
            lines.append(self.tr("Terms: {}.").format(kind.licence))
        return "\n".join(lines)
