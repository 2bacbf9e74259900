"""What else can be done with a dataset than look through it: each in a tab, made when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QTabBar, QWidget

from lepton_studio.engine import Dataset, View, default_experiment
from lepton_studio.gui import theme
from lepton_studio.gui.page import button
from lepton_studio.gui.session import Session

if TYPE_CHECKING:
    from lepton_studio.gui.data_browser import DataBrowser
    from lepton_studio.gui.data_insight import DataInsight
    from lepton_studio.gui.dataset_gallery import DatasetGallery
    from lepton_studio.gui.import_view import ImportView

# The last one is there only while something is brought in.
PICTURES, INSIGHT, SPLITS, DATASETS, IMPORT = range(5)
SPLITS_WIDTH = 640


class DataTabs(QWidget):
    """The row of tabs; the parts themselves stand in a stack that the page gives.

    Signals:
        turned: another tab is in front.
    """

    turned = Signal()

    def __init__(self, session: Session, stack: QStackedWidget, browser: DataBrowser) -> None:
        """Makes the tabs; the pictures come first."""
        super().__init__()
        self.session, self._stack, self._browser = session, stack, browser
        self.import_view: ImportView | None = None
        self.insight: DataInsight | None = None
        self.gallery: DatasetGallery | None = None
        self._splits: QScrollArea | None = None
        self.bar = QTabBar()
        self.bar.setObjectName("data_tabs")
        self.bar.setExpanding(False)
        self.bar.setDrawBase(False)
        for icon, text in (
            ("image", self.tr("Pictures")),
            ("search", self.tr("Understand")),
            ("settings", self.tr("Splits")),
            ("data", self.tr("Datasets")),
        ):
            self.bar.addTab(theme.icon(icon), text)
        self.bar.currentChanged.connect(self.turned)
        self.view_button = button("data_view", self.tr("Make a view ..."), "plus")
        self.view_button.setToolTip(
            self.tr("Join this dataset with others, thin it out, rename or merge classes. The originals stay.")
        )
        self.view_button.clicked.connect(self.make_view)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar)
        row.addStretch(1)
        row.addWidget(self.view_button)

    def stop(self) -> None:
        """Ends background work of the parts."""
        for part in (self.import_view, self.insight, self.gallery):
            if part is not None:
                part.stop()

    def part(self) -> QWidget:
        """What belongs to the tab in front."""
        makers = {INSIGHT: self._understanding, SPLITS: self._splitting, DATASETS: self._choosing}
        maker = makers.get(self.bar.currentIndex())
        return self._browser if maker is None else maker()

    def importing(self) -> ImportView:
        """The view of an import."""
        if self.import_view is None:
            from lepton_studio.gui.import_view import ImportView

            self.import_view = ImportView()
            self._stack.addWidget(self.import_view)
        return self.import_view

    def offer_import(self, is_offered: bool) -> None:
        """Has a tab for the import for as long as there is one, so that the others can be looked at meanwhile."""
        if is_offered and self.bar.count() == IMPORT:
            self.bar.addTab(theme.icon("open"), self.tr("Import"))
        elif not is_offered and self.bar.count() > IMPORT:
            if self.bar.currentIndex() == IMPORT:
                self.bar.setCurrentIndex(PICTURES)
            # Turning the tab may have come here, too.
            if self.bar.count() > IMPORT:
                self.bar.removeTab(IMPORT)

    def make_view(self) -> None:
        """Opens the dialog that puts datasets together."""
        from lepton_studio.gui.view_editor import ViewEditor

        dialog = ViewEditor(self.session, self)
        dialog.view_made.connect(self._use_view)
        dialog.open()

    def go_to(self, position: int) -> None:
        """Shows one picture."""
        self.bar.setCurrentIndex(PICTURES)
        self._browser.go_to(position)

    # --- parts

    def _understanding(self) -> DataInsight:
        if self.insight is None:
            from lepton_studio.gui.data_insight import DataInsight

            self.insight = DataInsight(self.session)
            self.insight.sample_chosen.connect(self.go_to)
            self.insight.relabel_wanted.connect(self._browser.relabelling.relabel_each)
            self._stack.addWidget(self.insight)
        return self.insight

    def _splitting(self) -> QWidget:
        if self._splits is None:
            from lepton_studio.gui.splits_editor import SplitsEditor

            editor = SplitsEditor(self.session)
            editor.setMaximumWidth(theme.px(SPLITS_WIDTH))
            self._splits = QScrollArea()
            self._splits.setWidgetResizable(True)
            self._splits.setWidget(editor)
            self._stack.addWidget(self._splits)
        return self._splits

    def _choosing(self) -> DatasetGallery:
        if self.gallery is None:
            from lepton_studio.gui.dataset_gallery import DatasetGallery

            self.gallery = DatasetGallery(self.session)
            self.gallery.dataset_chosen.connect(self._use)
            self.gallery.fetch_wanted.connect(self._fetch)
            self.gallery.cancel_wanted.connect(self.session.loader.cancel)
            self.gallery.dataset_renamed.connect(self._follow_name)
            self.gallery.dataset_deleted.connect(self._leave)
            self._stack.addWidget(self.gallery)
        return self.gallery

    # --- what people do

    def _use(self, dataset: Dataset) -> None:
        self.session.choose_dataset(dataset)
        self.bar.setCurrentIndex(PICTURES)

    def _use_view(self, view: View) -> None:
        self.session.datasets_changed.emit()
        self._use(view)

    def _fetch(self, dataset: Dataset) -> None:
        self.session.choose_dataset(dataset)
        self.session.load_dataset(fetch=True)

    def _follow_name(self, before: Dataset, after: Dataset) -> None:
        self.session.follow_name(before, after)
        self.session.datasets_changed.emit()

    def _leave(self, dataset: Dataset) -> None:
        self.session.datasets_changed.emit()
        if self.session.experiment.dataset == dataset:
            self.session.choose_dataset(default_experiment().dataset)
