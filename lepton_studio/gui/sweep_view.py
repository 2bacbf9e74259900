"""Sweeps: what is tried, how far it is, what came of it, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import (
    EpochFinished,
    LeptonError,
    Run,
    Samples,
    Sweep,
    SweepResult,
    SweepTrial,
    TrialFinished,
    create_sweep,
    delete_sweep,
    list_sweeps,
    sweep_result,
)
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import confirmed
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.session import Session
from lepton_studio.gui.sweep_outcome import SweepOutcome
from lepton_studio.gui.sweep_progress import SweepProgress
from lepton_studio.gui.sweep_setup import SetupDraft, SweepSetup
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox

WIDEST_SETUP = 640


@dataclass(frozen=True)
class Seen:
    """What was read of the store: all sweeps, the result of the one that is looked at, and what went wrong."""

    sweeps: tuple[Sweep, ...]
    result: SweepResult | None = None
    trouble: str = ""


class SweepView(QWidget):
    """A picker above, and below it a new sweep or what came of one; it reads in the background while it is seen.

    Signals:
        train_page_wanted: the training of a trial is to be watched.
    """

    train_page_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Builds the view; it reads the store when it is shown. The owner calls :meth:`stop`."""
        super().__init__(parent)
        self.setObjectName("sweep_view")
        self._session = session
        self._seen = Seen(())
        self._name: str | None = None
        self._result: SweepResult | None = None
        self._make_parts()
        self._reading = LatestWork(self, self._read)
        self._reading.event_emitted.connect(self._show_seen)
        self._reading.job_failed.connect(lambda error: self.message.say(str(error) or type(error).__name__))
        self._reading.ended.connect(self._read_on)
        self._has_news = False
        session.trainer.event_emitted.connect(self._note)
        session.runs_changed.connect(self._read_soon)
        self._show_which()

    def stop(self) -> None:
        """Ends what is read in the background."""
        self._reading.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hand_over(self) -> tuple[str | None, SetupDraft]:
        """What the view that takes the place of this one shall go on with."""
        return self._name, self.setup.draft

    def take_over(self, work: tuple[str | None, SetupDraft]) -> None:
        """Goes on where the view before was."""
        self._name = work[0]
        self.setup.take_over(work[1])
        self._show_which()
        self.refresh()

    @property
    def is_settled(self) -> bool:
        """Whether all that is there was read."""
        return self._reading.is_settled

    # --- parts

    def _make_parts(self) -> None:
        layout = QVBoxLayout(self)
        # Room for the frame of what has the focus.
        layout.setContentsMargins(2, 2, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self.picker = QuietComboBox()
        self.picker.setObjectName("sweep_picker")
        self.picker.setAccessibleName(self.tr("Sweep"))
        self.picker.addItem(self.tr("New sweep"), "")
        self.picker.activated.connect(self._pick)
        name = QLabel(self.tr("Sweep"))
        name.setBuddy(self.picker)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(name)
        # Lines of a form that go across a whole page are hard to follow.
        self.picker.setMaximumWidth(theme.px(WIDEST_SETUP) - name.sizeHint().width() - theme.GAP_SMALL)
        row.addWidget(self.picker, 1)
        row.addStretch(0)
        layout.addLayout(row)
        self.message = MessageLine()
        layout.addWidget(self.message)
        self.setup = SweepSetup(self._session)
        self.setup.start_wanted.connect(self.begin)
        self.progress = SweepProgress(self._session)
        self.progress.go_on_wanted.connect(self.go_on)
        self.progress.take_wanted.connect(self.take_settings)
        self.progress.watch_wanted.connect(self.train_page_wanted)
        self.progress.delete_wanted.connect(self.delete)
        self.outcome = SweepOutcome()
        self.outcome.trial_chosen.connect(self._show_progress)
        inside = QWidget()
        inner = QVBoxLayout(inside)
        inner.setContentsMargins(0, 0, theme.GAP_SMALL, 2)
        self.setup.setMaximumWidth(theme.px(WIDEST_SETUP))
        beside = QHBoxLayout()
        beside.addWidget(self.setup, 1)
        beside.addStretch(0)
        inner.addLayout(beside)
        inner.addWidget(self.progress)
        inner.addWidget(self.outcome, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(self._area.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        layout.addWidget(self._area, 1)

    # --- what people do

    def begin(self, sweep: Sweep) -> None:
        """Keeps a new sweep and works it off."""
        self.message.clear()
        try:
            kept = create_sweep(sweep)
        except LeptonError as error:
            self.message.say(str(error))
            return
        self._name = kept.name
        self._result = SweepResult(kept)
        self._train(kept)
        self._show_which()
        self.refresh()

    def go_on(self) -> None:
        """Goes on after a pause, a stop, or a kill."""
        self.message.clear()
        result = self._result
        if self._session.training_state == "paused":
            self._session.start_training()
        elif result is not None and self._session.training_state == "idle":
            self._train(result.sweep)

    def take_settings(self) -> None:
        """Makes the experiment of the chosen trial, or of the best, the current one."""
        result, trial = self._result, self._to_take()
        if result is None or trial is None:
            return
        try:
            experiment = result.sweep.experiment_with(trial.values)
        except LeptonError as error:
            self.message.say(str(error))
            return
        self._session.edit(self.tr("Take the settings of trial {}").format(trial.number), experiment)
        self.message.say(self.tr("The settings of trial {} are the current ones.").format(trial.number), "good")

    def delete(self) -> None:
        """Asks, then removes the sweep; its runs stay."""
        result = self._result
        if result is None:
            return
        question = self.tr("Delete the sweep “{}”?").format(result.sweep.name)
        detail = self.tr("Its runs are kept; that they belong together, and what mattered, is forgotten.")
        if not confirmed(self, "sweep_delete_question", question, detail, self.tr("Delete")):
            return
        try:
            delete_sweep(result.sweep)
        except LeptonError as error:
            self.message.say(str(error))
            return
        self._name, self._result = "", None
        self._show_which()
        self.refresh()

    def _train(self, sweep: Sweep) -> None:
        session = self._session
        samples = session.samples if session.experiment.dataset == sweep.experiment.dataset else None
        session.train_all(_work(sweep, samples))

    def _pick(self) -> None:
        self.message.clear()
        self._name = self.picker.currentData()
        self._result = None
        self._show_which()
        self.refresh()

    def _to_take(self) -> SweepTrial | None:
        return self.outcome.chosen or (self._result.best if self._result is not None else None)

    # --- what is read

    def refresh(self) -> None:
        """Reads the store again, in the background."""
        self._reading.wish()

    def _note(self, event: object) -> None:
        """A trial began, came further, or ended."""
        if isinstance(event, Run | TrialFinished | EpochFinished):
            self._read_soon()

    def _read_soon(self) -> None:
        """Reads when what is being read is read: epochs that follow each other fast must not put it off for ever."""
        if self._reading.is_settled:
            self._reading.wish()
        else:
            self._has_news = True

    def _read_on(self) -> None:
        if self._has_news:
            self._has_news = False
            self._reading.wish()

    def _read(self) -> Iterator[Seen | None]:
        return _looked_at(self._name)

    def _show_seen(self, seen: object) -> None:
        assert isinstance(seen, Seen)
        self._seen = seen
        if seen.trouble:
            self.message.say(seen.trouble)
        if self._name is None:
            # Looked at for the first time: one that is not at its end is what a person wants to go on with.
            self._name = seen.result.sweep.name if seen.result is not None and not self.setup.draft.axes else ""
        if self._name and seen.result is not None and seen.result.sweep.name == self._name:
            self._result = seen.result
        self._show_which()

    # --- what is shown

    def _show_which(self) -> None:
        """A new sweep, or what came of one."""
        wanted = [("", self.tr("New sweep")), *((sweep.name, sweep.name) for sweep in self._seen.sweeps)]
        if self._name and self._name not in [name for name, _ in wanted]:
            wanted.append((self._name, self._name))
        there = [(self.picker.itemData(row), self.picker.itemText(row)) for row in range(self.picker.count())]
        if there != wanted:
            self.picker.clear()
            for name, words in wanted:
                self.picker.addItem(words, name)
        self.picker.setCurrentIndex(max(0, self.picker.findData(self._name or "")))
        self.setup.setVisible(not self._name)
        self.progress.setVisible(bool(self._name))
        if self._result is not None and self._name:
            self.outcome.show_result(self._result)
        self.outcome.setVisible(bool(self._name) and self._result is not None)
        self._show_progress()

    def _show_progress(self) -> None:
        self.progress.show_result(self._result if self._name else None, self._to_take())


def _looked_at(name: str | None) -> Iterator[Seen | None]:
    """Reads the store in a thread, where importing Optuna holds nobody up.

    Args:
        name: of the sweep to look at; None for the newest that is not at its end, empty for none.
    """
    try:
        sweeps = list_sweeps()
    except LeptonError as error:
        yield Seen((), trouble=str(error))
        return
    result: SweepResult | None = None
    trouble = ""
    for sweep in sweeps:
        if name not in (None, sweep.name):
            continue
        try:
            found = sweep_result(sweep)
        except LeptonError as error:
            # One that cannot be read is no reason to trouble a person who looks at another.
            trouble = str(error) if name is not None else ""
            continue
        if name is not None or not found.is_complete:
            result = found
            break
        yield None
    yield Seen(sweeps, result, trouble)


def _work(sweep: Sweep, samples: Samples | None) -> Iterator[Any]:
    """Runs in the trainer's thread, where importing torch holds nobody up."""
    from lepton_studio.engine import work_off_sweep

    yield from work_off_sweep(sweep, samples)
