"""Understanding a dataset: classes, pixel values, sizes, copies and doubtful labels, each computed when it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from lepton_studio.engine import (
    DataStatistics,
    Duplicates,
    Evaluation,
    Experiment,
    LeptonError,
    Predictor,
    Progress,
    Run,
    Samples,
    cut,
    describe_data,
    evaluate,
    find_duplicates,
    find_suspects,
)
from lepton_studio.gui import theme
from lepton_studio.gui.insight_findings import DuplicatesPanel, SuspectsPanel
from lepton_studio.gui.insight_panels import ClassesPanel, PixelsPanel, SizesPanel
from lepton_studio.gui.page import button, second
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.time_left import TimeLeft
from lepton_studio.gui.widgets.message_line import MessageLine

# What a job was done for; compared by identity where a value is a dataset.
Question = tuple[Any, ...]


class DataInsight(QWidget):
    """Five panels and the one job that fills the panel in front. Whoever owns it calls :meth:`stop` at the end.

    Signals:
        sample_chosen: a picture is to be seen at large: its position in the dataset.
        relabel_wanted: for the names of classes the positions (a list of int) that should have them.
    """

    sample_chosen = Signal(int)
    relabel_wanted = Signal(dict)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Makes the panels; nothing is computed before they are shown."""
        super().__init__(parent)
        self.setObjectName("data_insight")
        self.session = session
        self._done: dict[str, Question] = {}
        self._asked: tuple[str, Question] = ("", ())
        self._evaluation: Evaluation | None = None
        self._given_up: dict[str, Question] = {}
        self._failures: dict[str, str] = {}
        self._told = ""
        # Until the last word of a job has come, which is later than the end of its thread.
        self._is_busy = False
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.job_failed.connect(self._fail)
        self.runner.finished.connect(self._end)
        self.classes, self.pixels, self.sizes = ClassesPanel(), PixelsPanel(), SizesPanel()
        self.duplicates, self.suspects = DuplicatesPanel(), SuspectsPanel()
        for panel in (self.duplicates, self.suspects):
            panel.sample_wanted.connect(self.sample_chosen)
        self.suspects.relabel_wanted.connect(self.relabel_wanted)
        self.suspects.split_picked.connect(self.refresh)
        self.stack = QStackedWidget()
        self.tabs = QButtonGroup(self)
        self.message = MessageLine()
        self._lay_out()
        for signal in (
            session.samples_changed,
            session.experiment_changed,
            session.run_chosen,
            session.engine_started,
            session.training_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.px(4))
        panels = (
            (self.tr("Classes"), self.classes, "statistics"),
            (self.tr("Pixels"), self.pixels, "statistics"),
            (self.tr("Sizes"), self.sizes, "statistics"),
            (self.tr("Duplicates"), self.duplicates, "duplicates"),
            (self.tr("Suspects"), self.suspects, "suspects"),
        )
        self._jobs = tuple(job for _, _, job in panels)
        for number, (title, panel, _) in enumerate(panels):
            tab = button(f"show_{panel.objectName()}", title)
            tab.setCheckable(True)
            self.tabs.addButton(tab, number)
            row.addWidget(tab)
            self.stack.addWidget(panel)
        row.addStretch(1)
        self.tabs.button(0).setChecked(True)
        self.tabs.idClicked.connect(self.show_panel)
        self.state = second()
        self._time_left = TimeLeft(self)
        self.bar = QProgressBar(textVisible=False)
        self.cancel_button = button("insight_cancel", self.tr("Cancel"), "close")
        self.cancel_button.clicked.connect(self._cancel)
        self.again_button = button("insight_again", self.tr("Look"), "search", main=True)
        self.again_button.clicked.connect(self._look_again)
        busy = QHBoxLayout()
        busy.addWidget(self.state)
        busy.addWidget(self.bar, 1)
        busy.addWidget(self.cancel_button)
        busy.addWidget(self.again_button)
        busy.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(row)
        layout.addLayout(busy)
        layout.addWidget(self.message)
        layout.addWidget(self.stack, 1)

    def show_panel(self, number: int) -> None:
        """Brings a panel to the front: 0 Classes, 1 Pixels, 2 Sizes, 3 Duplicates, 4 Suspects."""
        self.tabs.button(number).setChecked(True)
        self.stack.setCurrentIndex(number)
        self.refresh()

    def stop(self) -> None:
        """Ends the background work, before the window closes."""
        self._given_up = {job: question for job in self._jobs if (question := self._question(job))}
        self.runner.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Begins what the panel in front needs."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Forgets what is no longer true and computes what the panel in front lacks."""
        for job in set(self._jobs):
            if job in self._done and not _same(self._done[job], self._question(job)):
                before = self._done.pop(job)
                if job != "suspects" or not self._doubt_anew(before):
                    self._show_nothing(job)
        job = self._jobs[self.stack.currentIndex()]
        question = self._question(job)
        if self._is_busy:
            if self._asked[0] != job or not _same(self._asked[1], question):
                # What is under way is for a question that nobody looks at; this comes again when it has ended.
                self.runner.request_stop()
        elif self.isVisible() and question and not self._is_settled(job, question):
            self._asked, self._is_busy = (job, question), True
            self.runner.walk(self._generator(job, question))
        self._show_state(job, question)

    def _doubt_anew(self, before: Question) -> bool:
        """Takes changed labels for the same answers of the network; False if it must be asked again."""
        question, known = self._question("suspects"), self._evaluation
        if known is None or not question or question[1] != before[1] or question[0].images is not before[0].images:
            return False
        samples: Samples = question[0]
        if not np.array_equal(cut(samples, question[2].experiment)[known.split], known.indices):
            return False
        self._evaluation = replace(known, labels=samples.labels[known.indices])
        self._done["suspects"] = question
        self.suspects.show_suspects(find_suspects(self._evaluation), samples, "")
        return True

    def _is_settled(self, job: str, question: Question) -> bool:
        """Whether it is answered, or a person or an error has ended it."""
        return any(job in known and _same(known[job], question) for known in (self._done, self._given_up))

    def _question(self, job: str) -> Question:
        """What a job would be done for now; empty if it cannot be done."""
        session = self.session
        samples, experiment = session.samples, session.experiment
        if samples is None:
            return ()
        splits = (experiment.hyperparameters.validation_share, experiment.seed, experiment.splits)
        if job != "suspects":
            return (samples, splits, experiment)
        run = session.chosen
        if not session.engine_ready or run is None or not run.checkpoint.exists() or self._is_learning(run):
            return ()
        return (samples, (*run.weights_key, self.suspects.split), run)

    def _is_learning(self, run: Run) -> bool:
        return run is self.session.run and self.session.training_state != "idle"

    def _generator(self, job: str, question: Question) -> Iterator[object]:
        samples, _, subject = question
        if job == "suspects":
            return _suspects(subject, samples, self.suspects.split)
        return _statistics(samples, subject) if job == "statistics" else _duplicates(samples, subject)

    # --- what the job says

    def _take(self, event: object) -> None:
        job, question = self._asked
        if isinstance(event, Progress):
            self.state.setText(self._time_left.words(event))
            self.bar.setMaximum(event.total)
            self.bar.setValue(event.done)
            return
        if not _same(question, self._question(job)):
            return
        self._done[job] = question
        samples = question[0]
        if isinstance(event, DataStatistics):
            self._show_statistics(event, samples)
        elif isinstance(event, Duplicates):
            self.duplicates.show_duplicates(event, samples)
        elif isinstance(event, Evaluation):
            self._evaluation = event
            self.suspects.show_suspects(find_suspects(event), samples, "")

    def _show_statistics(self, statistics: DataStatistics | None, samples: Samples | None) -> None:
        self.classes.show_statistics(statistics)
        self.pixels.show_statistics(statistics, samples)
        self.sizes.show_statistics(statistics, samples)

    def _show_nothing(self, job: str) -> None:
        if job == "statistics":
            self._show_statistics(None, self.session.samples)
        elif job == "duplicates":
            self.duplicates.show_duplicates(None, None)
        else:
            self.suspects.show_suspects(None, None, "")

    def _end(self) -> None:
        self._is_busy = False
        self.refresh()

    def _fail(self, error: Exception) -> None:
        job, question = self._asked
        self._given_up[job] = question
        self._failures[job] = str(error) or type(error).__name__

    def _cancel(self) -> None:
        job, question = self._asked
        self._given_up[job] = question
        self._failures.pop(job, None)
        self.runner.request_stop()

    def _look_again(self) -> None:
        self._given_up.pop(self._jobs[self.stack.currentIndex()], None)
        self.refresh()

    def _show_state(self, job: str, question: Question) -> None:
        busy = self._is_busy
        for widget in (self.state, self.bar, self.cancel_button):
            widget.setVisible(busy)
        given_up = bool(question) and job in self._given_up and _same(self._given_up[job], question)
        self.again_button.setVisible(given_up and not busy and job not in self._done)
        failure = self._failures.get(job, "") if given_up else ""
        if not failure:
            self.message.clear()
        elif failure != self._told:
            self.message.say(failure)
        # What a person has closed is not said again before it is looked for again.
        self._told = failure
        if job == "suspects" and job not in self._done:
            self.suspects.pictures.set_placeholder(self._suspects_hint())

    def _suspects_hint(self) -> str:
        session = self.session
        if session.samples is None:
            return self.tr("Load a dataset first.")
        if not session.engine_ready:
            return self.tr("One moment: PyTorch is being loaded.")
        run = session.chosen
        if run is None or not run.checkpoint.exists():
            return self.tr(
                "Train a network first, or choose one on the Evaluate page: it then says which labels it doubts."
            )
        if self._is_learning(run):
            return self.tr("This network is still learning. When it is done, it says here which labels it doubts.")
        return self.tr("Here you will see the pictures whose label '{}' doubts.").format(run.record.name)


def _same(one: Question, other: Question) -> bool:
    """Whether two questions are of the same samples and the same settings."""
    return bool(one) and bool(other) and one[0] is other[0] and one[1] == other[1]


def _statistics(samples: Samples, experiment: Experiment) -> Iterator[object]:
    yield from describe_data(samples, cut(samples, experiment))


def _duplicates(samples: Samples, experiment: Experiment) -> Iterator[object]:
    yield from find_duplicates(samples, cut(samples, experiment))


def _suspects(run: Run, samples: Samples, split: str) -> Iterator[object]:
    predictor = Predictor(run)
    if predictor.shape != samples.shape or predictor.class_names != samples.class_names:
        raise LeptonError(
            "This network was trained on other pictures or other classes than these, so it cannot doubt their labels.",
            "Train a network on this dataset, or choose one on the Evaluate page that was.",
        )
    yield from evaluate(run, samples, split)
