"""What the pages share: the experiment with its undo, the samples, the training, the run that is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from lepton_studio.engine import (
    Dataset,
    Experiment,
    LeptonError,
    Progress,
    Samples,
    bundled_run,
    describe,
    weights_trouble,
)
from lepton_studio.gui.engine_starter import EngineStarter
from lepton_studio.gui.kept_experiment import KeptExperiment, last_experiment
from lepton_studio.gui.sample_loader import SampleLoader
from lepton_studio.gui.training_desk import TrainingDesk, absent


class EditExperiment(QUndoCommand):
    """The only undo command: it holds the experiment before and after."""

    def __init__(self, session: Session, text: str, after: Experiment, merges: bool) -> None:
        """Remembers both; pushing it on the stack makes the change."""
        super().__init__(text)
        self._session = session
        self._before = session.experiment
        self._after = after
        self._merges = merges

    def push(self) -> None:
        """Makes the change; not if another came first while it waited for a package, which it would take back."""
        if self._session.experiment == self._before:
            self._session.undo_stack.push(self)

    def redo(self) -> None:
        self._session.show_experiment(self._after)

    def undo(self) -> None:
        self._session.show_experiment(self._before)

    def follow_name(self, before: Dataset, after: Dataset) -> None:
        """A dataset has another name now."""
        for side in ("_before", "_after"):
            experiment = getattr(self, side)
            if experiment.dataset == before:
                setattr(self, side, msgspec.structs.replace(experiment, dataset=after))

    def id(self) -> int:
        return 1 if self._merges else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        # A dragged slider is one step: edits of the same field become one.
        if not isinstance(other, EditExperiment) or other.text() != self.text():
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True


class Session(TrainingDesk):
    """One experiment and all that happens to it; what happens in its trainings stands in :class:`TrainingDesk`.

    Signals:
        experiment_changed: another experiment is to be shown.
        samples_changed: the dataset was loaded, is missing, or is being fetched.
        datasets_changed: a person's own datasets became more or less, or have another name.
        engine_started: torch is imported; what needs it can be shown.
        import_wanted: files and folders of a person's own are to be looked through: a list of paths.
        sample_wanted: a picture of the dataset is to be shown among the others: its position.
    """

    experiment_changed = Signal()
    samples_changed = Signal()
    datasets_changed = Signal()
    engine_started = Signal()
    import_wanted = Signal(object)
    sample_wanted = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        """Takes up the experiment that was open last."""
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.experiment, self.startup_trouble = last_experiment()
        self.kept = KeptExperiment(lambda: self.experiment, self)
        self.kept.save_failed.connect(lambda error: self.trouble_met.emit(error, "train_page"))
        self.engine_ready = False
        self.loader = SampleLoader(self)
        self.loader.changed.connect(self.samples_changed)
        self.loader.load_failed.connect(self._loading_failed)
        self.starter = EngineStarter(self)
        self.starter.job_failed.connect(lambda error: self.trouble_met.emit(error, "train_page"))
        self.starter.ready.connect(self._engine_imported)

    def start(self) -> None:
        """Begins what needs time: importing torch and loading the dataset."""
        self.starter.begin(self.experiment.architecture.layers)
        self.load_dataset()

    def close(self) -> None:
        """Stops every thread and keeps what was made; the training is kept as stopped."""
        self.end_training()
        self.loader.close()
        self.starter.stop()
        self.kept.finish()

    # --- the experiment

    def edit(self, text: str, experiment: Experiment, merges: bool = False) -> None:
        """The only way to change anything; ``text`` names the step in the Edit menu.

        Args:
            text: what was done, in the imperative ("Add Dropout").
            experiment: the whole new value.
            merges: edits in a row with the same text become one step.
        """
        if experiment != self.experiment:
            command = EditExperiment(self, text, experiment, merges)
            self.starter.prepare(experiment.architecture.layers, command.push)

    def show_experiment(self, experiment: Experiment) -> None:
        """Makes an experiment the current one; only the undo command calls this."""
        before, self.experiment = self.experiment, experiment
        self.kept.note_change()
        self.experiment_changed.emit()
        if experiment.dataset != before.dataset:
            self.load_dataset()

    def follow_name(self, before: Dataset, after: Dataset) -> None:
        """A dataset has another name now, also in all that can be undone."""
        for at in range(self.undo_stack.count()):
            cast("EditExperiment", self.undo_stack.command(at)).follow_name(before, after)
        if self.experiment.dataset == before:
            self.show_experiment(msgspec.structs.replace(self.experiment, dataset=after))

    # --- the samples

    @property
    def samples(self) -> Samples | None:
        """The experiment's dataset; None while it is not loaded."""
        return self.loader.samples

    @property
    def loading(self) -> Progress | None:
        """How far the loading is; None while nothing is loaded."""
        return self.loader.progress

    def load_dataset(self, fetch: bool = False) -> None:
        """Loads the experiment's dataset in the background; ``fetch`` allows to download it."""
        self.loader.load(self.experiment.dataset, fetch)

    def import_pictures(self, paths: list[Path]) -> None:
        """Asks for a look through a person's own pictures, wherever that can be shown."""
        self.import_wanted.emit(paths)

    def choose_dataset(self, dataset: Dataset) -> None:
        """Makes a dataset that of the experiment."""
        text = self.tr("Choose {}").format(QCoreApplication.translate("specs", dataset.label()))
        self.edit(text, msgspec.structs.replace(self.experiment, dataset=dataset))

    def _loading_failed(self, error: Exception) -> None:
        self.trouble_met.emit(error, "data_page")

    # --- torch

    @property
    def device_name(self) -> str:
        """Where things are computed; empty while nobody knows."""
        return self.starter.device_name

    def _engine_imported(self) -> None:
        self.engine_ready = True
        if self.chosen is None:
            try:
                self.choose(bundled_run())
            except LeptonError as error:
                self.trouble_met.emit(error, "draw_page")
        self.engine_started.emit()

    # --- training, see TrainingDesk

    def obstacle(self) -> LeptonError | None:
        """Why the experiment cannot be trained as it is; None if it can, or if nobody knows yet."""
        samples = self.samples
        if samples is None and self.loading is None:
            return absent(self.experiment.dataset)
        if samples is None or not self.engine_ready:
            return None
        errors = describe(self.experiment.architecture, samples.shape, len(samples.class_names)).errors
        return errors[0] if errors else weights_trouble(self.experiment.architecture)
