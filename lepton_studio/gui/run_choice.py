"""Which network a page looks at: the picker, filled from the store of runs and kept true with the session."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject

from lepton_studio.engine import AT, LeptonError, Run, bundled_run, find_run, list_runs
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.run_picker import RunPicker
from lepton_studio.gui.wording import percent, state_word


class RunChoice(QObject):
    """Connects a :class:`RunPicker` with the session: the same network is chosen on every page."""

    def __init__(self, session: Session, object_name: str) -> None:
        """Makes the picker."""
        super().__init__()
        self.session = session
        self._page = object_name.replace("run_picker", "page")
        self.picker = RunPicker()
        # The two end together: a choice without its picker must not hear of runs any more.
        self.setParent(self.picker)
        self.picker.setObjectName(object_name)
        self.picker.setToolTip(self.tr("Which trained network answers"))
        self.picker.run_picked.connect(self._picked)
        self.picker.list_wanted.connect(self.refresh)
        session.run_chosen.connect(self.refresh)
        session.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Lists what there is now."""
        chosen = self.session.chosen
        entries: list[tuple[str, str]] = []
        # A store that cannot be read is told on the Runs page.
        with contextlib.suppress(LeptonError):
            for run in list_runs():
                if run.record.class_names:
                    entries.append((run.id, self._text(run)))
                    if chosen is not None and run.id == chosen.id:
                        entries += self._epochs_of(run)
        with contextlib.suppress(LeptonError):
            shipped = bundled_run()
            entries.append((shipped.id, self.tr("{} (shipped)").format(shipped.record.name)))
        shown = _identity(chosen) if chosen is not None else ""
        if chosen is not None and shown not in [identity for identity, _ in entries]:
            entries.insert(0, (shown, self._text(chosen)))
        self.picker.show_runs(entries, shown)

    def _epochs_of(self, run: Run) -> list[tuple[str, str]]:
        """The kept epochs of the run that is looked at, the newest first."""
        found = []
        for kept in reversed(run.kept_epochs()):
            text = self.tr("{} · after epoch {} (best)") if kept.is_best else self.tr("{} · after epoch {}")
            found.append((f"{run.id}{AT}{kept.epoch}", text.format(run.record.name, kept.epoch)))
        return found

    def _text(self, run: Run) -> str:
        current = self.session.run
        if run.shown_epoch is not None:
            return self.tr("{} · after epoch {}").format(run.record.name, run.shown_epoch)
        if current is not None and run.id == current.id and self.session.training_state != "idle":
            return self.tr("{} (learning now)").format(run.record.name)
        accuracy = run.record.test_accuracy
        figure = percent(accuracy, 1) if accuracy is not None else state_word(run.record.state)
        return f"{run.record.name} · {figure} · {run.record.created[5:16].replace('T', ' ')}"

    def _picked(self, identity: str) -> None:
        current = self.session.run
        try:
            if current is not None and current.id == identity:
                self.session.choose(current)
            elif bundled_run().id == identity:
                self.session.choose(bundled_run())
            else:
                self.session.choose(find_run(identity))
        except LeptonError as error:
            self.session.trouble_met.emit(error, self._page)


def _identity(run: Run) -> str:
    """What the picker calls a run, or one of its kept epochs."""
    return run.id if run.shown_epoch is None else f"{run.id}{AT}{run.shown_epoch}"
