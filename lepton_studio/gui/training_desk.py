"""The trainings of a session: one at a time, watched, steered, held and ended from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal

from lepton_studio.engine import (
    Dataset,
    EpochFinished,
    Experiment,
    LeptonError,
    Notice,
    Run,
    Samples,
    TrainingFinished,
    bundled_run,
    delete_run,
    live_settings,
)
from lepton_studio.gui.heartbeat import Heartbeat
from lepton_studio.gui.runner import Runner


class TrainingDesk(QObject):
    """Starts trainings and does with them what people want; the session adds what is to be trained.

    Attributes:
        run: the run that is trained, or was last; None before the first.
        under_way: the run that is trained; None if none is, or until it is made.
        chosen: the run that Draw and Evaluate look at.

    Signals:
        run_chosen: the run that Draw and Evaluate look at is another one.
        training_changed: a training started, paused, went on, or ended.
        runs_changed: the store of runs has another content.
        group_wanted: the runs of this group are to be compared, wherever that can be shown.
        trouble_met: something went wrong: the exception, and the page that should say so.
    """

    run_chosen = Signal()
    training_changed = Signal()
    runs_changed = Signal()
    group_wanted = Signal(str)
    trouble_met = Signal(object, str)

    experiment: Experiment

    def __init__(self, parent: QObject | None = None) -> None:
        """Nothing is trained."""
        super().__init__(parent)
        self.run: Run | None = None
        self.chosen: Run | None = None
        self.under_way: Run | None = None
        self._discarded: Run | None = None
        self._stopping = self._watched = self._going = False
        self.trainer = Runner(self)
        self.trainer.event_emitted.connect(self._training_event)
        self.trainer.job_failed.connect(lambda error: self.trouble_met.emit(error, "train_page"))
        self.trainer.held.connect(self.training_changed)
        self.trainer.finished.connect(self._training_ended)
        # The first to hear of a change, so that pages find its numbers in the record.
        self.heartbeat = Heartbeat(self)
        self.training_changed.connect(lambda: self.heartbeat.follow(self.training_state))

    @property
    def samples(self) -> Samples | None:
        """The experiment's dataset; None while it is not loaded."""
        raise NotImplementedError

    def obstacle(self) -> LeptonError | None:
        """Why the experiment cannot be trained as it is; None if it can, or if nobody knows yet."""
        raise NotImplementedError

    @property
    def training_state(self) -> str:
        """What the training does: idle, running, paused or stopping."""
        # A thread may be over before anybody here has heard of it: until then there is no other training.
        if not self._going and not self.trainer.isRunning():
            return "idle"
        if self._stopping:
            return "stopping"
        return "paused" if self.trainer.is_paused else "running"

    # --- starting

    def start_training(self, run: Run | None = None, watched: bool = False) -> None:
        """Trains the experiment as a new run, or goes on with an old one; a paused training goes on.

        Args:
            run: the old one.
            watched: whether somebody wants to see every single batch.
        """
        if self.training_state != "idle":
            self._watch(watched)
            self.trainer.go_on()
        elif (obstacle := absent(run.experiment.dataset) if run is not None else self.obstacle()) is not None:
            self.trouble_met.emit(obstacle, "train_page")
        else:
            self._walk(self._training(run, self.experiment, self.samples), run, watched)
        self.training_changed.emit()

    def train_all(self, trainings: Iterator[Any]) -> None:
        """Walks several trainings as the one under way: each run, then the events of its training."""
        self._walk(trainings, None, watched=False)
        self.training_changed.emit()

    def extend_training(self, epochs: int) -> None:
        """Trains the run so many epochs longer than it was to be; one that has ended goes on."""
        going = self.training_state != "idle"
        run = self.under_way if going else self.run
        try:
            if run is None:
                return
            if going:
                # Pressed twice before the next batch, it counts twice.
                before = _epochs_asked(run) or live_settings(run.experiment, run.changes).epochs
                run.steer("epochs", before + epochs)
            else:
                run.extend(epochs)
                self.start_training(run)
        except LeptonError as error:
            self.trouble_met.emit(error, "train_page")

    # --- steering

    def steer(self, field: str, value: float) -> None:
        """Sets a live setting of the training under way, from its next batch on."""
        try:
            if self.under_way is not None:
                self.under_way.steer(field, value)
        except LeptonError as error:
            self.trouble_met.emit(error, "train_page")

    def set_delay(self, seconds: float) -> None:
        """Waits so long after each batch, so that people can follow: slow motion. 0 is full speed."""
        self.trainer.set_delay(seconds)
        self._watch(seconds > 0)

    # --- holding and ending

    def pause_training(self) -> None:
        """Holds the training after the batch that is under way, and keeps what was learned."""
        self._watch(True)
        self.trainer.pause()
        self.training_changed.emit()

    def step_training(self) -> None:
        """Does one batch; starts the training paused if there is none."""
        if self.training_state == "idle":
            self.start_training(watched=True)
        if self.trainer.isRunning():
            self._watch(True)
            self.trainer.step()
        self.training_changed.emit()

    def step_epoch(self) -> None:
        """Goes on to the end of the epoch, then waits; starts the training if there is none."""
        if self.training_state == "idle":
            self.start_training()
        if self.trainer.isRunning():
            self._watch(False)
            self.trainer.go_on_to(EpochFinished)
        self.training_changed.emit()

    def stop_training(self) -> None:
        """Ends the training after the batch that is under way and keeps the run."""
        if self.training_state != "idle":
            self._stopping = True
            self.trainer.request_stop()
            self.training_changed.emit()

    def discard_training(self, run: Run) -> None:
        """Ends the training of a run after the batch that is under way and deletes the run; or deletes it at once."""
        if self.under_way is run:
            self._discarded, run.is_unwanted = run, True
            # A queue goes on with its next one.
            (self.trainer.go_on if run.is_queued else self.stop_training)()
        else:
            # It has ended while somebody was asked.
            self._delete(run)

    def end_training(self) -> None:
        """Ends the training and waits for it; the run is kept as stopped."""
        self.heartbeat.follow("idle")
        self._stopping, self._going = True, False
        self.trainer.stop()

    # --- which run is looked at

    def choose(self, run: Run) -> None:
        """Makes a run the one that Draw and Evaluate look at."""
        self.chosen = run
        self.run_chosen.emit()

    def run_deleted(self, run: Run) -> None:
        """Stops looking at a run that is gone."""
        if self.run is not None and self.run.id == run.id:
            self.run = None
        if self.chosen is not None and self.chosen.id == run.id:
            self.choose(bundled_run())
        self.training_changed.emit()

    # --- the trainer

    def _walk(self, trainings: Iterator[Any], run: Run | None, watched: bool) -> None:
        self._stopping, self._watched, self._going = False, watched, True
        self.under_way = self._discarded = None
        self.heartbeat.begin(run)
        self.trainer.walk(trainings, self._keep)

    def _watch(self, watched: bool) -> None:
        """Lets the loop read its numbers after each batch, as somebody does who goes step by step."""
        self._watched = watched
        if self.run is not None:
            self.run.watched = watched

    def _training(self, run: Run | None, experiment: Experiment, samples: Samples | None) -> Iterator[Any]:
        """Runs in the trainer's thread, where importing torch holds nobody up; both are as they were at the start."""
        from lepton_studio.engine import start_training

        if run is None:
            run = Run.create(experiment)
        run.watched = self._watched
        try:
            yield run
        except GeneratorExit:
            # Stopped before it was begun; left as it is, it would look like one whose process died.
            if run.record.state == "running":
                run.update(state="stopped")
            raise
        yield from start_training(run, samples if run.experiment.dataset == experiment.dataset else None)

    def _keep(self) -> None:
        """Writes a checkpoint; runs in the trainer's thread, when it is held."""
        keep = self.run.keep if self.run is not None else None
        for event in keep() if keep is not None else ():
            self.trainer.event_emitted.emit(event)

    def _training_event(self, event: object) -> None:
        if isinstance(event, Run):
            discarded, self._discarded = self._discarded, None
            if discarded is not None:
                self._delete(discarded)
            self.run = self.under_way = event
            self.heartbeat.belong_to(event)
            event.watched = self._watched
            self.choose(event)
            self.runs_changed.emit()
        elif isinstance(event, Notice):
            self.trouble_met.emit(LeptonError(event.what, event.remedy), "train_page")
        elif isinstance(event, TrainingFinished):
            self.runs_changed.emit()
        self.training_changed.emit()

    def _training_ended(self) -> None:
        run, discarded, was_stopped = self.under_way, self._discarded, self._stopping
        self.under_way = self._discarded = None
        self._stopping = self._going = False
        if discarded is not None:
            self._delete(discarded)
        elif run is not None and run.record.state == "finished" and not was_stopped and _epochs_missing(run) > 0:
            # More were asked for when the last one was over already.
            self.extend_training(_epochs_missing(run))
        self.training_changed.emit()
        self.runs_changed.emit()

    def _delete(self, run: Run) -> None:
        try:
            delete_run(run)
            self.run_deleted(run)
        except LeptonError as error:
            self.trouble_met.emit(error, "train_page")
        self.runs_changed.emit()


def absent(dataset: Dataset) -> LeptonError | None:
    """What to say if a dataset is not here; a training does not download unasked."""
    if dataset.is_here():
        return None
    translate = QCoreApplication.translate
    return LeptonError(
        translate("TrainingDesk", "{} is not on this computer.").format(
            ", ".join(translate("specs", name) for name in dataset.absent())
        ),
        translate("TrainingDesk", "Download it on the Data page, or choose another dataset.")
        if dataset.bytes_to_fetch()
        else translate("TrainingDesk", "Import its pictures again on the Data page, or choose another dataset."),
    )


def _epochs_asked(run: Run) -> int:
    """How many epochs a run is to have by a wish that was not taken yet; 0 if there is none."""
    return next((round(value) for field, value in reversed(run.wishes.copy()) if field == "epochs"), 0)


def _epochs_missing(run: Run) -> int:
    """How many epochs a run that has ended is to be trained longer by such a wish."""
    return _epochs_asked(run) - run.record.epochs_done
