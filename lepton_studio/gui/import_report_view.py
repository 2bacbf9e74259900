"""What an import would bring: the pictures as they would look, their classes, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.engine import Examined, ImportOptions, LeptonError
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.facts_table import Column, FactsRow, FactsTable
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid
from lepton_studio.gui.wording import classes_word, grouped, pictures_word

# So many pictures are shown before they are taken in, spread evenly over all; and so many lines of the report.
SHOWN_PICTURES, SHOWN_FILES = 400, 1000
SIDES = (0, 28, 32, 48, 64, 96, 128, 224)


class ImportReportView(QWidget):
    """Shows what was found and asks what to do with it.

    Signals:
        take_wanted, discard_wanted: a button was pressed.
        options_changed: the pictures shall be fitted into another frame.
    """

    take_wanted = Signal()
    discard_wanted = Signal()
    options_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows nothing before :meth:`show_examined`."""
        super().__init__(parent)
        self._already, self._loaded = "", 0
        self._title, self._summary = QLabel(), second()
        self._title.setObjectName("import_title")
        self._title.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self._summary.setObjectName("import_summary")
        self.discard_button = button("import_discard", self.tr("Discard"), "close")
        self.discard_button.clicked.connect(self.discard_wanted)
        self.take_button = button("import_take", "", "check", main=True)
        self.take_button.clicked.connect(self.take_wanted)
        top = QHBoxLayout()
        words = QVBoxLayout()
        words.addWidget(self._title)
        words.addWidget(self._summary)
        top.addLayout(words, 1)
        top.addWidget(self.discard_button)
        top.addWidget(self.take_button)
        self.grid = ThumbnailGrid()
        self.grid.setObjectName("import_pictures")
        self.grid.set_caption("class")
        columns = Column(self.tr("File")), Column(self.tr("What happens")), Column(self.tr("Why"))
        self.files = FactsTable(columns, stretched=2, choosable=False)
        # Some names are longer than the window is wide.
        self.files.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.files.horizontalHeader().resizeSection(0, theme.px(240))
        self.files.setObjectName("import_files")
        self.files.set_placeholder(self.tr("Every file can be read."))
        self._more = second()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("import_splitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.grid)
        splitter.addWidget(self._make_side())
        splitter.setStretchFactor(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(splitter, 3)
        layout.addWidget(self.files, 2)
        layout.addWidget(self._more)

    def options(self) -> ImportOptions:
        """The frame that is chosen."""
        return ImportOptions(self.side_picker.currentData(), self.channels_picker.currentData())

    def show_examined(self, examined: Examined) -> None:
        """Shows what was found."""
        pictures, classes = pictures_word(examined.loaded), classes_word(len(examined.classes))
        self._title.setText(self.tr("{0} in {1}").format(pictures, classes))
        self._summary.setText(" ".join(self._summary_of(examined)))
        if not examined.loaded:
            self._title.setText(self.tr("No picture here can be taken in"))
        self.take_button.setEnabled(bool(examined.loaded))
        self._already, self._loaded = examined.already, examined.loaded
        self.name_edit.setText(self.name_edit.text() or examined.name)
        self._show_action()
        _, height, width = examined.shape
        kind = self.tr("grey") if examined.shape[0] == 1 else self.tr("in colour")
        self._frame.setText(self.tr("They become {0} × {1} pixels, {2}.").format(width, height, kind))
        # Without pictures there is nothing to be named.
        self.name_edit.setEnabled(bool(examined.loaded))
        self._frame.setVisible(bool(examined.loaded))
        for picker, value in ((self.side_picker, examined.options.side),
                              (self.channels_picker, examined.options.channels)):  # fmt: skip
            with QSignalBlocker(picker):
                picker.setCurrentIndex(picker.findData(value))
            picker.setEnabled(not examined.already)
        self._classes.show_rows([FactsRow(each.name, (each.name, grouped(each.pictures))) for each in examined.classes])
        self._show_pictures(examined)
        self._show_files(examined)

    def _show_action(self) -> None:
        """Under another name what is here already is taken in once more."""
        count = self.tr("Take in {}").format(grouped(self._loaded)) if self._loaded else self.tr("Take in")
        is_here = self._already and self.name_edit.text().strip() in {"", self._already}
        self.take_button.setText(self.tr("Use it") if is_here else count)

    def _make_side(self) -> QWidget:
        self.name_edit = QLineEdit()
        self.name_edit.setObjectName("import_name")
        self.name_edit.setMaxLength(60)
        self.name_edit.textChanged.connect(self._show_action)
        self.name_edit.returnPressed.connect(self.take_button.click)
        self.side_picker, self.channels_picker = QComboBox(), QComboBox()
        self.side_picker.setObjectName("import_side")
        self.channels_picker.setObjectName("import_channels")
        for side in SIDES:
            self.side_picker.addItem(f"{side} × {side}" if side else self.tr("Automatic"), side)
        for text, value in (
            (self.tr("Automatic"), "auto"),
            (self.tr("Grey"), "grey"),
            (self.tr("Colour"), "colour"),
        ):
            self.channels_picker.addItem(text, value)
        for picker in (self.side_picker, self.channels_picker):
            picker.activated.connect(lambda: self.options_changed.emit(self.options()))
        self._frame = second()
        columns = Column(self.tr("Class")), Column(self.tr("Pictures"), figures=True)
        self._classes = FactsTable(columns, choosable=False)
        self._classes.setObjectName("import_classes")
        column = QWidget()
        column.setMinimumWidth(theme.px(260))
        layout = QVBoxLayout(column)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        form = QFormLayout()
        form.addRow(self.tr("Name"), self.name_edit)
        form.addRow(self.tr("Size"), self.side_picker)
        form.addRow(self.tr("Colours"), self.channels_picker)
        layout.addLayout(form)
        layout.addWidget(self._frame)
        layout.addWidget(self._classes, 1)
        return column

    def _summary_of(self, examined: Examined) -> Iterator[str]:
        if not examined.loaded:
            yield self.tr("Make a folder for each class, and put its pictures into it.")
        if examined.already:
            yield self.tr("They were brought in before as “{}” and have not changed since.").format(examined.already)
        if examined.reported:
            several = self.tr("{} files cannot be used.").format(grouped(examined.reported))
            yield several if examined.reported > 1 else self.tr("1 file cannot be used.")
        if examined.ignored:
            several = self.tr("{} files are no pictures.").format(grouped(examined.ignored))
            yield several if examined.ignored > 1 else self.tr("1 file is no picture.")
        if examined.smallest != examined.largest:
            smallest, largest = ("{} × {}".format(*size) for size in (examined.smallest, examined.largest))
            yield self.tr("They are of mixed sizes, from {0} to {1} pixels.").format(smallest, largest)
        if examined.has_splits:
            parts = [grouped(examined.splits.get(name, 0)) for name in ("train", "validation", "test")]
            yield self.tr("{0} are for training, {1} for validation, {2} for the test.").format(*parts)
        elif any(each.pictures > 1 for each in examined.classes):
            yield self.tr("One of five is set aside for the test.")

    def _show_pictures(self, examined: Examined) -> None:
        count = min(SHOWN_PICTURES, examined.loaded)
        chosen = np.linspace(0, examined.loaded - 1, count).round().astype(np.int64) if count else np.empty(0, int)
        try:
            pictures = [examined.picture(int(at)) for at in chosen]
        except LeptonError:
            pictures = []
        names = tuple(each.name for each in examined.classes)
        shown = np.stack(pictures) if pictures else np.zeros((0, *examined.shape), np.uint8)
        self.grid.set_pictures(shown, examined.labels[chosen[: len(shown)]], names, np.arange(len(shown)))

    def _show_files(self, examined: Examined) -> None:
        words = {"report": self.tr("left out"), "ignore": self.tr("ignored"), "load": self.tr("taken in")}
        # What is left out comes first, then what people should know of pictures that come in.
        order = ("report", "load", "ignore")
        told = [each for each in examined.files if each.reason]
        told.sort(key=lambda each: order.index(each.verdict))
        roles = {"report": "bad", "load": "text", "ignore": "second_text"}
        self.files.show_rows(
            [
                FactsRow(
                    each.file,
                    (each.file, words[each.verdict], each.reason),
                    ((1, roles[each.verdict]),),
                    f"{each.file}\n{each.reason}",
                )
                for each in told[:SHOWN_FILES]
            ]
        )
        self._more.setVisible(len(told) > SHOWN_FILES)
        self._more.setText(self.tr("And {} more.").format(grouped(max(0, len(told) - SHOWN_FILES))))
