"""A whole folder read at once: how many are known and right, the doubtful pictures, and a table of all answers."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import (
    BatchRead,
    FileReading,
    LeptonError,
    Predictor,
    Progress,
    Reader,
    Run,
    read_folder,
    save_csv,
    save_doubtful,
)
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import path_to_save
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.painting import pixels_of
from lepton_studio.gui.widgets.picture_groups import PictureGroup, PictureGroups
from lepton_studio.gui.wording import grouped, percent

# Pixels of a picture of the grid, and of what the network saw in its corner.
SIDE, SEEN = 144, 56
# So many classes are named.
SOME_CLASSES = 6


class BatchView(QWidget):
    """Not modal: whoever draws on is not disturbed. Its owner calls :meth:`stop`.

    Signals:
        picture_wanted: one of the doubtful pictures, H x W x 3, uint8, shall be laid on the canvas.
    """

    picture_wanted = Signal(object)

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Reads with the network of the easel."""
        super().__init__(parent)
        self.setObjectName("batch_view")
        self._easel = easel
        self.batch: BatchRead | None = None
        self._read_by = ""
        self.intro = second()
        # Classes are named as people like it, and no markup.
        self.intro.setTextFormat(Qt.TextFormat.PlainText)
        self.choose_button = button("batch_choose", self.tr("Choose a folder …"), "open", main=True)
        self.choose_button.clicked.connect(self._choose)
        self.progress = NarrowProgress("batch_cancel")
        self.progress.cancel_wanted.connect(self._cancel)
        self.message = MessageLine()
        # Names of files are no markup.
        self.figures = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.figures.setObjectName("batch_figures")
        self.grid = PictureGroups()
        self.grid.setObjectName("batch_doubtful")
        self.grid.setAccessibleName(self.tr("Doubtful pictures"))
        self.grid.set_placeholder(self.tr("No picture is doubtful."))
        self.grid.sample_chosen.connect(self._describe)
        self.grid.sample_activated.connect(self._activate)
        self.detail = second()
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.table_button = button("batch_table", self.tr("Save CSV …"), "save")
        self.table_button.setToolTip(self.tr("A table of all answers, with the probability of each class"))
        self.table_button.clicked.connect(self._save_table)
        self.page_button = button("batch_page", self.tr("Save doubtful …"), "save")
        self.page_button.setToolTip(self.tr("A folder with a page of the doubtful pictures, for the browser"))
        self.page_button.clicked.connect(self._save_page)
        self._arrange()
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(self._fail)
        self._runner.finished.connect(self._ended)
        easel.network_changed.connect(self._show)
        self._show()

    @property
    def is_busy(self) -> bool:
        """Whether a folder is read, or something is written."""
        return self._runner.isRunning()

    def read(self, folder: pathlib.Path) -> None:
        """Begins to read a folder; nothing happens while another one is read, or without a network."""
        run = self._easel.run
        if run is None or self.is_busy:
            return
        self.batch = None
        self._read_by = run.record.name
        self.message.clear()
        self._walk(_readings(run, self._easel.coverage, folder))

    def stop(self) -> None:
        """Ends background work; nothing half-written stays."""
        self._runner.stop()

    def hand_over(self) -> tuple[BatchRead | None, str]:
        """What the view that takes the place of this one shall show."""
        return self.batch, self._read_by

    def take_over(self, work: tuple[BatchRead | None, str]) -> None:
        """Shows what another view has read."""
        self.batch, self._read_by = work
        self._show()

    # --- parts

    def _arrange(self) -> None:
        self._results = QWidget()
        results = QVBoxLayout(self._results)
        results.setContentsMargins(0, 0, 0, 0)
        results.setSpacing(theme.GAP_SMALL)
        saving = QHBoxLayout()
        saving.setSpacing(theme.GAP_SMALL)
        saving.addWidget(self.table_button)
        saving.addWidget(self.page_button)
        saving.addStretch(1)
        results.addWidget(self.figures)
        results.addWidget(self.grid, 1)
        results.addWidget(self.detail)
        results.addLayout(saving)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self.intro)
        column.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.progress)
        column.addWidget(self.message)
        column.addWidget(self._results, 1)
        column.addStretch(0)

    # --- what happens

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Read a folder"))
        if chosen:
            self.read(pathlib.Path(chosen))

    def _save_table(self) -> None:
        if self.batch is None or self.is_busy:
            return
        kinds = {".csv": self.tr("Tables with commas")}
        try:
            path = path_to_save(self, self.tr("Save the answers"), "answers.csv", kinds)
        except LeptonError as error:
            self.message.say(str(error))
            return
        if path is not None:
            self._walk(_table(self.batch, path))

    def _save_page(self) -> None:
        if self.batch is None or self.is_busy:
            return
        title = self.tr("Save the doubtful pictures as a new folder")
        chosen, _ = QFileDialog.getSaveFileName(self, title, self.tr("doubtful pictures"))
        if chosen:
            self._walk(save_doubtful(self.batch, pathlib.Path(chosen)))

    def _walk(self, job: Iterator[Any]) -> None:
        self._runner.walk(job)
        self._show()

    def _cancel(self) -> None:
        self._runner.request_stop()

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress.show_progress(event)
        elif isinstance(event, BatchRead):
            self.batch = event
        elif isinstance(event, pathlib.Path):
            self.message.say(self.tr("Written to {}.").format(event), "good")

    def _fail(self, error: Exception) -> None:
        self.message.say(str(error) or type(error).__name__)

    def _ended(self) -> None:
        self.progress.show_progress(None)
        self._show()

    def _show(self) -> None:
        self.choose_button.setEnabled(self._easel.run is not None and not self.is_busy)
        for each in (self.table_button, self.page_button):
            each.setEnabled(self.batch is not None and not self.is_busy)
        self.page_button.setVisible(bool(self.batch is not None and self.batch.doubtful))
        self._results.setVisible(self.batch is not None)
        self.intro.setVisible(self.batch is None)
        self.intro.setText(self._about())
        self.detail.hide()
        if self.batch is not None:
            self.figures.setText(self._figures(self.batch))
            self._show_doubtful(self.batch)

    def _about(self) -> str:
        """What can be read here, by what the network knows."""
        predictor = self._easel.predictor
        names = predictor.class_names if predictor is not None else ()
        some = ", ".join(names[:SOME_CLASSES]) + (" ..." if len(names) > SOME_CLASSES else "")
        if predictor is None:
            what = self.tr("Reads all pictures of a folder with the network that is chosen above.")
        elif names == tuple("0123456789"):
            what = self.tr(
                "Reads all pictures of a folder with this network: drawn or photographed digits, and numbers."
            )
        elif predictor.is_ink:
            what = self.tr("Reads all pictures of a folder with this network, drawn or photographed. It knows {}.")
        else:
            what = self.tr("Reads all pictures of a folder with this network. It knows photographs of {}.")
        order = self.tr("If its folders are named like the classes, it also says how many are right.")
        return f"{what.format(some)} {order}"

    def _figures(self, batch: BatchRead) -> str:
        unknown = batch.answered - batch.known
        lines = [
            self.tr("{0} of {1} pictures read by {2}").format(
                grouped(batch.answered), grouped(len(batch.files)), self._read_by
            ),
            self.tr("{0} known well enough, {1} doubtful").format(grouped(batch.known), grouped(unknown)),
        ]
        if batch.judged:
            lines.append(
                self.tr("{0} of {1} right, going by their folders").format(
                    percent(batch.accuracy), grouped(batch.judged)
                )
            )
            if unknown and batch.accuracy_of_known == batch.accuracy_of_known:
                lines.append(self.tr("{} of those known well enough").format(percent(batch.accuracy_of_known)))
        unread = [file for file in batch.files if file.error]
        if unread:
            lines.append(self.tr("Not read: {0}").format(unread[0].error))
            if len(unread) > 1:
                lines.append(self.tr("… and {} more, named in the table").format(grouped(len(unread) - 1)))
        return "\n".join(lines)

    def _show_doubtful(self, batch: BatchRead) -> None:
        images = np.zeros((len(batch.doubtful), 3, SIDE, SIDE), np.uint8)
        for number, reading in enumerate(batch.doubtful):
            images[number] = _beside(reading).transpose(2, 0, 1)
        groups = []
        for is_known, title in ((False, self.tr("Doubtful")), (True, self.tr("Just known"))):
            numbers = [at for at, reading in enumerate(batch.doubtful) if reading.is_known == is_known]
            captions = tuple(self._caption(batch.doubtful[at]) for at in numbers)
            if numbers:
                groups.append(PictureGroup(title, np.array(numbers, np.int64), captions, is_warning=not is_known))
        self.grid.set_groups(images, groups)

    def _caption(self, reading: FileReading) -> tuple[str, ...]:
        answer = self.tr("{0}  {1}").format(reading.label, percent(reading.probability))
        if reading.truth and reading.truth != reading.label:
            return answer, self.tr("really {}").format(reading.truth)
        return answer, reading.file.rpartition("/")[2]

    def _describe(self, number: int) -> None:
        if self.batch is None:
            return
        reading = self.batch.doubtful[number]
        words = self.tr("{0}: {1} with {2}, score {3}. Double-click lays it on the canvas.")
        self.detail.setText(
            words.format(reading.file, reading.label, percent(reading.probability), f"{reading.score:.3f}")
        )
        self.detail.show()

    def _activate(self, number: int) -> None:
        if self.batch is not None and self.batch.doubtful[number].original is not None:
            self.picture_wanted.emit(self.batch.doubtful[number].original)


def _readings(run: Run, coverage: float, folder: pathlib.Path) -> Iterator[Progress | BatchRead]:
    """Reads with a network of its own: that of the easel goes on answering what is drawn."""
    yield Progress("Reading pictures")
    yield from read_folder(Reader(Predictor(run), coverage), folder)


def _table(batch: BatchRead, path: pathlib.Path) -> Iterator[pathlib.Path]:
    # The dialog has asked whether a file that is there may be replaced.
    save_csv(batch, path, may_replace=True)
    yield path


def _beside(reading: FileReading) -> NDArray[np.uint8]:
    """A picture on a square, with what the network saw of its first digits in the corner: SIDE x SIDE x 3."""
    ground = np.zeros((SIDE, SIDE, 3), np.uint8)
    if reading.original is not None:
        fitted = _fitted(reading.original, SIDE)
        top, left = (SIDE - fitted.shape[0]) // 2, (SIDE - fitted.shape[1]) // 2
        ground[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    for number, part in enumerate(reading.parts[: SIDE // SEEN]):
        seen = part.picture[:3] if len(part.picture) >= 3 else np.repeat(part.picture[:1], 3, axis=0)
        small = _fitted(np.ascontiguousarray(seen.transpose(1, 2, 0)), SEEN - 2)
        left = number * SEEN
        frame = ground[SIDE - small.shape[0] - 2 :, left : left + small.shape[1] + 2]
        frame[:] = 128
        frame[1:-1, 1:-1] = small
    return ground


def _fitted(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """H x W x 3 scaled so that its longer side has so many pixels."""
    pixels = np.ascontiguousarray(pixels)
    height, width, _ = pixels.shape
    image = QImage(pixels.data, width, height, width * 3, QImage.Format.Format_RGB888)
    longer = max(height, width)
    size = QSize(max(1, round(width * side / longer)), max(1, round(height * side / longer)))
    smooth = Qt.TransformationMode.SmoothTransformation
    return pixels_of(image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))[..., :3]
