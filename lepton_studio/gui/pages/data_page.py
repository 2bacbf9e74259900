"""Data: choose a dataset, look at it, understand it, bring one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QMenu, QStackedWidget

from lepton_studio.engine import (
    SPLIT_NAMES,
    Architecture,
    Dataset,
    Experiment,
    ImportReport,
    Samples,
    all_datasets,
    cut,
)
from lepton_studio.gui.data_browser import DataBrowser
from lepton_studio.gui.data_tabs import DATASETS, IMPORT, DataTabs
from lepton_studio.gui.page import Page, button
from lepton_studio.gui.session import Session
from lepton_studio.gui.time_left import TimeLeft
from lepton_studio.gui.widgets.absent_view import AbsentView
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import classes_word, grouped, megabytes, pictures_word

if TYPE_CHECKING:
    from lepton_studio.gui.import_view import ImportView, UnfinishedImport


class DataPage(Page):
    """The grid of pictures is the largest thing; what else can be seen of a dataset is one tab away."""

    object_name = "data_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page for the experiment's dataset."""
        super().__init__(session, title)
        self._shown: tuple[Samples, dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]] | None = None
        # What the message above speaks of, if it is an import that went well.
        self._told_of: Dataset | None = None
        self._known: Experiment | None = None
        self._time_left = TimeLeft(self)
        self.setAcceptDrops(True)
        self._make_header()
        self.browser = DataBrowser(session, self.message)
        self.absent = AbsentView()
        self.absent.fetch_wanted.connect(self._fetch)
        self.absent.cancel_wanted.connect(session.loader.cancel)
        self._stack = QStackedWidget()
        for each in (self.browser, self.absent):
            self._stack.addWidget(each)
        self.tabs = DataTabs(session, self._stack, self.browser)
        self.tabs.turned.connect(self._show_tab)
        self.body.addWidget(self.tabs)
        self.body.addWidget(self._stack, 1)
        session.import_wanted.connect(self.look_at)
        session.sample_wanted.connect(self.show_sample)
        session.datasets_changed.connect(self._fill_picker)
        session.experiment_changed.connect(self._experiment_changed)
        session.samples_changed.connect(self._show_dataset)
        self._show_dataset()

    def state_text(self) -> str:
        samples = self.session.samples
        if samples is None:
            return self.tr("loading ...") if self.session.loading else self.tr("not here yet")
        return classes_word(len(samples.class_names))

    def stop(self) -> None:
        self.browser.stop()
        self.tabs.stop()

    # --- parts

    def _make_header(self) -> None:
        self.dataset_picker = QComboBox()
        self.dataset_picker.setObjectName("dataset_picker")
        self.dataset_picker.setToolTip(self.tr("Which pictures to learn from"))
        self._fill_picker()
        self.dataset_picker.activated.connect(self._pick_dataset)
        self.import_button = button("data_import", self.tr("Import pictures"), "open")
        self.import_button.setToolTip(
            self.tr("Your own pictures: folders, a zip, a table of files and labels, arrays. Or drop them here.")
        )
        menu = QMenu(self.import_button)
        menu.addAction(self.tr("A folder with one folder for each class ...")).triggered.connect(self.import_folder)
        menu.addAction(self.tr("A file: zip, CSV, npz, IDX ...")).triggered.connect(self.import_files)
        self.import_button.setMenu(menu)
        self.next_button = button("data_next", self.tr("Build a network"), "chevron_right", main=True)
        self.next_button.clicked.connect(lambda: self.page_wanted.emit("build_page"))
        for each in (self.dataset_picker, self.import_button, self.next_button):
            self.header.addWidget(each)

    def shown(self) -> None:
        # Drawings that were begun on another page, a view of another window.
        self._fill_picker()

    def _fill_picker(self) -> None:
        """Offers the datasets that there are now."""
        found = all_datasets()
        if [self.dataset_picker.itemData(row) for row in range(self.dataset_picker.count())] != list(found):
            self.dataset_picker.clear()
            for name, dataset in found.items():
                self.dataset_picker.addItem(spec_text(dataset.label()), name)
        current = self.session.experiment.dataset
        # An own one may have the same label as one that ships.
        row = list(found.values()).index(current) if current in found.values() else -1
        self.dataset_picker.setCurrentIndex(row)
        # For one that is not here any more, or is a view that nobody kept.
        self.dataset_picker.setPlaceholderText(spec_text(current.label()))

    # --- what people do

    def _pick_dataset(self) -> None:
        self.message.clear()
        dataset = all_datasets().get(self.dataset_picker.currentData())
        if dataset is not None:
            self.session.choose_dataset(dataset)
        # Another window may have deleted it meanwhile.
        self._fill_picker()

    def import_folder(self) -> None:
        """Asks for a folder and looks through its pictures."""
        name = QFileDialog.getExistingDirectory(self, self.tr("A folder with one folder for each class"))
        if name:
            self.look_at([Path(name)])

    def import_files(self) -> None:
        """Asks for files and looks through them."""
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Pictures, or a file that holds them"))
        if names:
            self.look_at([Path(name) for name in names])

    def show_sample(self, position: int) -> None:
        """Shows one picture of the dataset among the others."""
        self.page_wanted.emit(self.object_name)
        self.tabs.go_to(position)

    def look_at(self, paths: list[Path]) -> None:
        """Looks through a person's own files and folders, and says what would come in."""
        self.message.clear()
        self.page_wanted.emit(self.object_name)
        self._importing().look_at(paths)
        self._show_import()

    def hand_over(self) -> tuple[int, Any, UnfinishedImport | None]:
        """The tab in front, what is looked at, and an import that is under way or waits for a word."""
        view = self.tabs.import_view
        return self.tabs.bar.currentIndex(), self.browser.hand_over(), view.hand_over() if view is not None else None

    def take_over(self, work: Any) -> None:
        """Goes on with all that."""
        tab, looked_at, unfinished = work
        self.browser.take_over(looked_at)
        if unfinished is not None:
            self._importing().take_over(unfinished)
            self._show_import()
        elif tab != IMPORT:
            self.tabs.bar.setCurrentIndex(tab)

    def _show_import(self) -> None:
        self.tabs.offer_import(True)
        self.tabs.bar.setCurrentIndex(IMPORT)
        self._show_tab()

    def _importing(self) -> ImportView:
        if self.tabs.import_view is None:
            self.tabs.importing().taken_in.connect(self._take_import)
            self.tabs.importing().left.connect(self._show_tab)
        return self.tabs.importing()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files and folders that are dragged here."""
        if _local(event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Looks through what was dropped."""
        paths = _local(event.mimeData().urls())
        if paths:
            event.acceptProposedAction()
            self.look_at(paths)

    def _take_import(self, report: ImportReport) -> None:
        if report.already_here:
            text = self.tr("“{}” was brought in before; here it is.").format(report.dataset)
        else:
            text = self.tr("{} brought in as “{}”.").format(pictures_word(report.loaded), report.dataset)
        if report.reported:
            several = self.tr("{} files were left out.").format(grouped(report.reported))
            text += " " + (several if report.reported > 1 else self.tr("1 file was left out."))
        self.message.say(text, "good")
        if self.tabs.gallery is not None:
            self.tabs.gallery.show_datasets()
        self.session.datasets_changed.emit()
        self._told_of = all_datasets()[report.dataset]
        self.session.choose_dataset(self._told_of)

    def _fetch(self) -> None:
        self.message.clear()
        self.session.load_dataset(fetch=True)

    # --- what the page shows

    def _show_tab(self) -> None:
        view = self.tabs.import_view
        self.tabs.offer_import(view is not None and view.is_busy)
        if view is not None and self.tabs.bar.currentIndex() == IMPORT:
            self._stack.setCurrentWidget(view)
        elif self.session.samples is None and self.tabs.bar.currentIndex() != DATASETS:
            self._stack.setCurrentWidget(self.absent)
        else:
            self._stack.setCurrentWidget(self.tabs.part())
        self.tabs.view_button.setEnabled(self.session.samples is not None)

    def _experiment_changed(self) -> None:
        """Looks for datasets and cuts them anew, but not at each edit of the network, which changes nothing here."""
        known = msgspec.structs.replace(self.session.experiment, architecture=Architecture("", ()))
        if known != self._known:
            self._known = known
            self._show_dataset()

    def _show_dataset(self) -> None:
        dataset = self.session.experiment.dataset
        if self._told_of is not None and self._told_of != dataset:
            self._told_of = None
            self.message.clear()
        self._fill_picker()
        samples = self.session.samples
        self.browser.inspector.show_about(self._about_text(dataset))
        self._show_tab()
        if samples is None:
            self._shown = None
            self.browser.forget()
            self._show_absent(dataset)
            return
        splits = dict(cut(samples, self.session.experiment))
        if self._shown is not None and self._shown[0] is samples and all(
            np.array_equal(splits[name], self._shown[1][name]) for name in SPLIT_NAMES
        ):  # fmt: skip
            return
        self._shown = samples, splits
        self.browser.show_samples(samples, splits)

    def _show_absent(self, dataset: Dataset) -> None:
        loading = self.session.loading
        label, missing = spec_text(dataset.label()), dataset.bytes_to_fetch()
        names = ", ".join(spec_text(name) for name in dataset.absent())
        if loading is not None:
            self.absent.show_progress(self._time_left.words(loading), loading.done, loading.total)
        elif dataset.is_here():
            # Cancelled, or it could not be read.
            self.absent.offer(self.tr("{} is not loaded.").format(label), self.tr("Load it"))
        elif not missing:
            text = self.tr("{} is not on this computer. Import its pictures again, or choose another dataset.")
            self.absent.offer(text.format(names), "")
        else:
            text = self.tr("{} is not on this computer yet. It is fetched once and kept.")
            self.absent.offer(text.format(names), f"{self.tr('Download')} ({megabytes(missing)})")

    def _about_text(self, dataset: Dataset) -> str:
        kind = type(dataset)
        lines = [spec_text(kind.summary())]
        if kind.publisher:
            lines.append(self.tr("Published by {}.").format(kind.publisher))
        if kind.licence:
            lines.append(self.tr("Terms: {}.").format(kind.licence))
        return "\n".join(lines)


def _local(urls: list[QUrl]) -> list[Path]:
    """The files and folders of this computer among what is dragged."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
