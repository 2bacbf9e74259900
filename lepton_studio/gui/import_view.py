"""Bringing in a person's own pictures: first a look at what is there, then a report, and only then the dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from lepton_studio.engine import Examined, ImportOptions, ImportReport, Progress, examine, refit, take_in
from lepton_studio.gui import theme
from lepton_studio.gui.import_report_view import ImportReportView
from lepton_studio.gui.page import button
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.time_left import TimeLeft
from lepton_studio.gui.widgets.absent_view import AbsentView
from lepton_studio.gui.widgets.message_line import MessageLine


@dataclass(frozen=True, eq=False)
class UnfinishedImport:
    """What another view goes on with: paths to look at, or what was found and the name that was typed for it."""

    paths: tuple[Path, ...]
    examined: Examined | None
    name: str


class ImportView(QWidget):
    """Looks through what a person dropped, shows what would come in and what would not, and takes it in on a word.

    Signals:
        taken_in: the pictures are a dataset now: the report.
        left: the view has nothing more to show.
    """

    taken_in = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing."""
        super().__init__(parent)
        self.setObjectName("import_view")
        self._examined: Examined | None = None
        # What is looked at now, and what is to be looked at next.
        self._looking: tuple[Path, ...] = ()
        self._left_for: tuple[Path, ...] = ()
        # From the start of a job until its last words were heard, a little longer than its thread lives.
        self._is_working = self._is_taking = False
        self._time_left = TimeLeft(self)
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.job_failed.connect(self._fail)
        self.runner.finished.connect(self._end)
        self.busy_view = AbsentView()
        self.busy_view.cancel_wanted.connect(self.cancel)
        self.message = MessageLine()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.busy_view)
        self.report = ImportReportView()
        self.report.take_wanted.connect(self.take_in)
        self.report.discard_wanted.connect(self.discard)
        self.report.options_changed.connect(self._refit)
        self._stack.addWidget(self.report)
        self._stack.addWidget(self._make_end())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.message)
        layout.addWidget(self._stack, 1)

    # --- what people do

    @property
    def is_busy(self) -> bool:
        """Whether something is being looked at, or waits for a word."""
        return self._is_working or self._examined is not None or bool(self.message.text)

    def look_at(self, paths: list[Path]) -> None:
        """Looks through files and folders in the background; what was looked at before is let go.

        What is being taken in is taken in first.
        """
        self.message.clear()
        if self._is_working:
            self._left_for = tuple(paths)
            if not self._is_taking:
                self.runner.request_stop()
            return
        self._let_go()
        self.report.name_edit.clear()
        self._looking = tuple(paths)
        self._walk(examine(paths), Progress(self.tr("Looking at {}").format(paths[0].name)))

    def take_in(self) -> None:
        """Makes the dataset."""
        if self._examined is not None and not self._is_working:
            self.message.clear()
            self._is_taking = True
            self._walk(take_in(self._examined, self.report.name_edit.text().strip()), Progress(self.tr("Writing")))

    def cancel(self) -> None:
        """Stops what is under way; what was found before stays."""
        self._left_for = ()
        self.runner.request_stop()

    def discard(self) -> None:
        """Lets all go; nothing was taken."""
        self._left_for = ()
        self._hear_out()
        self._let_go()
        self.message.clear()
        self.left.emit()

    def stop(self) -> None:
        """Ends for good."""
        self._left_for = ()
        self._hear_out()
        self._let_go()

    def hand_over(self) -> UnfinishedImport | None:
        """Lets go of what is not finished without losing it; None: there is nothing."""
        left_for, looking = self._left_for, self._looking
        self._left_for = ()
        self._hear_out()
        if left_for:
            self._let_go()
        examined, self._examined = self._examined, None
        paths = left_for or (looking if examined is None else ())
        return UnfinishedImport(paths, examined, self.report.name_edit.text()) if paths or examined else None

    def take_over(self, unfinished: UnfinishedImport) -> None:
        """Goes on with what another view did not finish."""
        self.report.name_edit.setText(unfinished.name)
        if unfinished.examined is None:
            self.look_at(list(unfinished.paths))
        else:
            self._examined = unfinished.examined
            self._end()

    # --- parts

    def _make_end(self) -> QWidget:
        """What is shown when nothing could be brought in; why is said above it."""
        text = QLabel(self.tr("Nothing was brought in."), alignment=Qt.AlignmentFlag.AlignCenter)
        back = button("import_back", self.tr("Back to the dataset"), "undo")
        back.clicked.connect(self.discard)
        end = QWidget()
        layout = QVBoxLayout(end)
        layout.addStretch(2)
        layout.addWidget(text)
        layout.addWidget(back, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        return end

    # --- what happens

    def _walk(self, job: Iterator[Any], first: Progress) -> None:
        self._is_working = True
        self._show_progress(first)
        self._stack.setCurrentIndex(0)
        self.runner.walk(job)

    def _refit(self, options: ImportOptions) -> None:
        examined = self._examined
        if examined is not None and options != examined.options and not self._is_working:
            self.message.clear()
            self._walk(refit(examined, options), Progress(self.tr("Reading")))

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self._show_progress(event)
        elif isinstance(event, Examined):
            self._examined = event
        elif isinstance(event, ImportReport):
            self._let_go()
            self.taken_in.emit(event)

    def _fail(self, error: Exception) -> None:
        self.message.say(str(error) or type(error).__name__)

    def _hear_out(self) -> None:
        """Ends the job and hears its last words now: they may hold what has to be closed, or say that all is done."""
        self.runner.stop()
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall)

    def _end(self) -> None:
        self._is_working = self._is_taking = False
        self._looking = ()
        paths, self._left_for = self._left_for, ()
        if paths:
            self.look_at(list(paths))
        elif self._examined is not None:
            self.report.show_examined(self._examined)
            self._stack.setCurrentIndex(1)
        elif self.message.text:
            self._stack.setCurrentIndex(2)
        else:
            self.left.emit()

    def _let_go(self) -> None:
        examined, self._examined = self._examined, None
        if examined is not None:
            examined.close()

    # --- what the view shows

    def _show_progress(self, progress: Progress) -> None:
        self.busy_view.show_progress(self._time_left.words(progress), progress.done, progress.total)
