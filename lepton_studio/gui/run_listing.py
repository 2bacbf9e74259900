"""Which networks can be chosen: all runs of the store, their kept epochs, and the one that ships."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject

from lepton_studio.engine import AT, LeptonError, Run, bundled_run, find_run, list_runs
from lepton_studio.gui.session import Session
from lepton_studio.gui.wording import percent, state_word


def identity_of(run: Run) -> str:
    """By what a run, or one of its kept epochs, is found again."""
    return run.id if run.shown_epoch is None else f"{run.id}{AT}{run.shown_epoch}"


class RunListing(QObject):
    """Lists them as (identity, text), and finds them by their identity."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Knows which run is learning from the session."""
        super().__init__(parent)
        self._session = session

    def entries(self, opened: Run | None = None, all_opened: bool = False) -> list[tuple[str, str]]:
        """What there is now, the newest first.

        Args:
            opened: the run whose kept epochs are listed, too.
            all_opened: whether those of every run are.
        """
        found: list[tuple[str, str]] = []
        # A store that cannot be read is told on the Runs page.
        with contextlib.suppress(LeptonError):
            for run in list_runs():
                if run.record.class_names:
                    found.append((run.id, self.text_of(run)))
                    if all_opened or (opened is not None and run.id == opened.id):
                        found += self._epochs_of(run)
        with contextlib.suppress(LeptonError):
            shipped = bundled_run()
            found.append((shipped.id, self.tr("{} (shipped)").format(shipped.record.name)))
        return found

    def text_of(self, run: Run) -> str:
        """A run in a line of a list."""
        current = self._session.run
        if run.shown_epoch is not None:
            return self.name_of(run)
        if current is not None and run.id == current.id and self._session.training_state != "idle":
            return self.tr("{} (learning now)").format(run.record.name)
        accuracy = run.record.test_accuracy
        figure = percent(accuracy, 1) if accuracy is not None else state_word(run.record.state)
        return f"{run.record.name} · {figure} · {run.record.created[5:16].replace('T', ' ')}"

    def name_of(self, run: Run) -> str:
        """A run by its name alone."""
        if run.shown_epoch is None:
            return run.record.name
        return self.tr("{} · after epoch {}").format(run.record.name, run.shown_epoch)

    def find(self, identity: str) -> Run:
        """The run of an identity; of one that is learning the very one, which has its newest weights.

        Raises:
            LeptonError: it is gone.
        """
        current = self._session.run
        if current is not None and current.id == identity:
            return current
        shipped = bundled_run()
        return shipped if shipped.id == identity else find_run(identity)

    def _epochs_of(self, run: Run) -> list[tuple[str, str]]:
        """The kept epochs of a run, the newest first."""
        found = []
        for kept in reversed(run.kept_epochs()):
            text = self.tr("{} · after epoch {} (best)") if kept.is_best else self.tr("{} · after epoch {}")
            found.append((f"{run.id}{AT}{kept.epoch}", text.format(run.record.name, kept.epoch)))
        return found
