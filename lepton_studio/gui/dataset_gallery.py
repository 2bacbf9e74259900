"""The gallery of the Data page: every dataset as a card with pictures, its source, and the one thing to do with it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QInputDialog, QLineEdit, QScrollArea, QSpacerItem, QVBoxLayout, QWidget

from lepton_studio.engine import (
    Dataset,
    LeptonError,
    Preview,
    all_datasets,
    delete_own,
    own_folder,
    rename_own,
)
from lepton_studio.gui import theme
from lepton_studio.gui.card_writer import CardWriter
from lepton_studio.gui.dialogs import confirmed
from lepton_studio.gui.gallery_pictures import GalleryPictures
from lepton_studio.gui.page import second, section
from lepton_studio.gui.session import Session
from lepton_studio.gui.time_left import TimeLeft
from lepton_studio.gui.widgets.dataset_card import CARD_WIDTH, DatasetCard
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.message_line import MessageLine


class DatasetGallery(QWidget):
    """Shows the datasets there are; it changes none of the session's, the page does.

    Signals:
        dataset_chosen: a Dataset that is here shall be used.
        fetch_wanted: a Dataset that is not here shall be used, and fetched for that.
        cancel_wanted: the load that is under way shall end.
        dataset_renamed: a Dataset as it was, and as it is called now; for the views of it, too.
        dataset_deleted: the Dataset that is gone.
    """

    dataset_chosen = Signal(object)
    fetch_wanted = Signal(object)
    cancel_wanted = Signal()
    dataset_renamed = Signal(object, object)
    dataset_deleted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Makes a card for each dataset; their pictures come while the gallery is looked at."""
        super().__init__(parent)
        self.setObjectName("dataset_gallery")
        self.session = session
        self.cards: dict[str, DatasetCard] = {}
        self._datasets: dict[str, Dataset] = {}
        # What each card shows.
        self._shown: dict[str, Preview] = {}
        self._current: Dataset | None = None
        self._time_left = TimeLeft(self)
        self._writer = CardWriter(self)
        self._laid_out = 0
        self.pictures = GalleryPictures(self)
        self.pictures.changed.connect(self._pictures_changed)
        self._make_parts()
        session.experiment_changed.connect(self._experiment_changed)
        session.samples_changed.connect(self._samples_changed)
        self.show_datasets()

    def _make_parts(self) -> None:
        self.search = QLineEdit(clearButtonEnabled=True, placeholderText=self.tr("Search datasets"))
        self.search.setObjectName("dataset_search")
        self.search.setAccessibleName(self.tr("Search datasets"))
        self.search.textChanged.connect(self._filter)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.search.setFocus).setContext(
            Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        self.message = MessageLine()
        self._published_grid, self._own_grid = QGridLayout(), QGridLayout()
        self._published_title, self._own_title = section(self.tr("Published")), section(self.tr("Your own"))
        self._own_hint = second(self.tr("What you import, draw or put together is shown here."))
        self._nothing = second(self.tr("No dataset has these words."))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        column.setSpacing(theme.GAP_SMALL)
        for title, grid in ((self._published_title, self._published_grid), (self._own_title, self._own_grid)):
            grid.setSpacing(theme.GAP)
            column.addWidget(title)
            column.addLayout(grid)
        column.addWidget(self._own_hint)
        column.addWidget(self._nothing)
        column.addStretch(1)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(content)
        self.area.viewport().installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.search)
        layout.addWidget(self.message)
        layout.addWidget(self.area, 1)

    def stop(self) -> None:
        """Ends the making of pictures, before the window closes."""
        self.pictures.stop()

    # --- what it shows

    def show_datasets(self) -> None:
        """Shows what there is now; called by the page after an import, too."""
        self._current = self.session.experiment.dataset
        found = all_datasets()
        if found != self._datasets:
            self.pictures.forget(set(self._datasets.values()) - set(found.values()))
            self._datasets = found
            for name in [name for name in self.cards if name not in found]:
                self._shown.pop(name, None)
                gone = self.cards.pop(name)
                gone.hide()
                gone.deleteLater()
            for name in found:
                if name not in self.cards:
                    self.cards[name] = self._new_card(name)
            self._filter()
        for name, card in self.cards.items():
            dataset = self._datasets[name]
            preview = self.pictures.of(dataset)
            if preview is not None and self._shown.get(name) is not preview:
                self._shown[name] = preview
                card.strip.show_pictures(preview.strip)
            is_current = dataset == self._current
            is_loaded = is_current and self.session.samples is not None
            failed = self.pictures.failed(dataset)
            card.show_texts(self._writer.texts(dataset, preview, is_current, is_loaded, failed))
        self._show_progress()

    def _new_card(self, name: str) -> DatasetCard:
        card = DatasetCard(name, self.area.widget())
        card.action_wanted.connect(lambda: self._act(name))
        card.cancel_wanted.connect(self.cancel_wanted)
        card.rename_wanted.connect(lambda: self._rename(name))
        card.deletion_wanted.connect(lambda: self._delete(name))
        return card

    def _show_progress(self) -> None:
        """On the card of the dataset that is being loaded: what is done, how far, how long still."""
        progress = self.session.loading if self.session.samples is None else None
        for name, card in self.cards.items():
            if progress is None or self._datasets[name] != self.session.experiment.dataset:
                card.show_progress(None)
                continue
            share = min(1.0, progress.done / progress.total) if progress.total else -1.0
            card.show_progress(self._time_left.words(progress), share)

    def _experiment_changed(self) -> None:
        # A dragged slider changes the experiment many times a second.
        if self.isVisible() and self.session.experiment.dataset != self._current:
            self.show_datasets()

    def _samples_changed(self) -> None:
        if not self.isVisible():
            return
        if self.session.loading is not None and self.session.samples is None:
            # Many times a second while a download goes on.
            self._show_progress()
        else:
            if self.session.samples is not None and self.pictures.failed(self.session.experiment.dataset):
                # It was damaged when its pictures were to be made, and has been fetched anew.
                self.pictures.forget([self.session.experiment.dataset])
            self._pictures_changed()

    def _pictures_changed(self) -> None:
        if self.isVisible():
            self.show_datasets()
            self.pictures.make(self._datasets.values())

    def _filter(self) -> None:
        """Lays out the cards that have all the words that are looked for."""
        words = self.search.text().casefold().split()
        columns = self._columns()
        published: list[DatasetCard] = []
        own: list[DatasetCard] = []
        for name, dataset in self._datasets.items():
            kind = type(dataset)
            text = " ".join((name, spec_text(dataset.label()), spec_text(kind.summary()), kind.publisher)).casefold()
            if all(word in text for word in words):
                (published if own_folder(dataset) is None else own).append(self.cards[name])
        shown = {*published, *own}
        for card in self.cards.values():
            card.setVisible(card in shown)
        before: QWidget = self.search
        for grid, cards in ((self._published_grid, published), (self._own_grid, own)):
            while grid.count():
                grid.takeAt(0)
            for column in range(max(columns, grid.columnCount())):
                grid.setColumnStretch(column, int(column < columns))
            for column in range(len(cards), columns):
                # A column with no card in it is as wide as the others.
                grid.addItem(QSpacerItem(0, 0), 0, column)
            for place, card in enumerate(cards):
                grid.addWidget(card, place // columns, place % columns)
                # The keyboard goes through the cards as the eye does.
                for button in (card.action_button, card.cancel_button, card.rename_button, card.delete_button):
                    QWidget.setTabOrder(before, button)
                    before = button
        self._laid_out = columns
        self._published_title.setVisible(bool(published))
        self._own_title.setVisible(bool(own) or not words)
        self._own_hint.setVisible(not own and not words)
        self._nothing.setVisible(not shown)

    def _columns(self) -> int:
        width = self.area.viewport().width() - theme.GAP_SMALL
        return max(1, (width + theme.GAP) // (theme.px(CARD_WIDTH) + theme.GAP))

    # --- what people do

    def _act(self, name: str) -> None:
        self.message.clear()
        dataset = self._datasets[name]
        (self.dataset_chosen if dataset.is_here() else self.fetch_wanted).emit(dataset)

    def _rename(self, name: str) -> None:
        dataset = self._datasets[name]
        new, good = QInputDialog.getText(self, self.tr("Rename dataset"), self.tr("Name"), text=dataset.label())
        if good:
            self._try(lambda: self._rename_now(dataset, new))

    def _delete(self, name: str) -> None:
        dataset = self._datasets[name]
        question = self.tr("Delete the dataset “{}” for good?").format(dataset.label())
        detail = self.tr("Its pictures and labels here are lost; the files it was made of stay. Runs stay, too.")
        if confirmed(self, "delete_dataset_question", question, detail, self.tr("Delete")):
            self._try(lambda: self._delete_now(dataset))

    def _rename_now(self, dataset: Dataset, name: str) -> None:
        before = all_datasets()
        self.dataset_renamed.emit(dataset, rename_own(dataset, name))
        after = all_datasets()
        # Views that show it are other views now.
        for each in before.keys() & after.keys():
            if before[each] != after[each]:
                self.dataset_renamed.emit(before[each], after[each])

    def _delete_now(self, dataset: Dataset) -> None:
        delete_own(dataset)
        self.dataset_deleted.emit(dataset)

    def _try(self, work: object) -> None:
        self.message.clear()
        try:
            work()  # type: ignore[operator]
        except LeptonError as error:
            self.message.say(str(error))
        self.show_datasets()

    # --- Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The room for cards, which also changes when the scroll bar comes or goes.
        if event.type() == QEvent.Type.Resize and self._columns() != self._laid_out:
            self._filter()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.pictures.forget_own(self._datasets.values())
        self.show_datasets()
        self.pictures.make(self._datasets.values())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.pictures.hold()
