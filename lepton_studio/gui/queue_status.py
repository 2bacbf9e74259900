"""How the queue stands, as its view shows it: pulled now and then, read anew only when something was written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from lepton_studio.engine import LeptonError, QueueEntry, RunQueue, seconds_left
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.facts_table import FactsRow
from lepton_studio.gui.wording import duration, percent

# lupdate looks for calls of this name.
translate = QCoreApplication.translate
NAME, STATE = 0, 1


@dataclass(frozen=True)
class QueueStatus:
    """What there is to show.

    Attributes:
        entries: the queue.
        worker: who trains it: "nobody", "us" or "others".
        training: what the session's training does: idle, running, paused or stopping.
        ends_after_this: whether it ends after the run that is under way.
        at: epoch and number of epochs of the run that is under way; None if there is none, or nobody knows.
        share: how much of that run is done, from 0 to 1.
        seconds_left: of the whole queue; None if nobody can tell.
        trouble: why the queue cannot be read; empty if it can.
    """

    entries: tuple[QueueEntry, ...] = ()
    worker: str = "nobody"
    training: str = "idle"
    ends_after_this: bool = False
    at: tuple[int, int] | None = None
    share: float = 0.0
    seconds_left: float | None = None
    trouble: str = ""

    @property
    def under_way(self) -> QueueEntry | None:
        """The entry that is trained now."""
        return next((entry for entry in self.entries if entry.state == "running"), None)

    def entry(self, entry_id: int | None) -> QueueEntry | None:
        """One of the entries; None if it is not there."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    @property
    def left(self) -> int:
        """How many entries are not at their end."""
        return sum(entry.is_open for entry in self.entries)

    def rows(self) -> list[FactsRow]:
        """One row for each entry: what it is called, and how it stands."""
        return [_row(entry, self.at if entry.state == "running" else None) for entry in self.entries]

    def summary(self) -> str:
        """How far all of it is: "2 of 5 done · about 12 min left"."""
        if not self.entries:
            return ""
        done, failed = (sum(entry.state == state for entry in self.entries) for state in ("done", "failed"))
        words = [translate("QueueStatus", "{0} of {1} done").format(done, len(self.entries))]
        if failed:
            words.append(translate("QueueStatus", "{} failed").format(failed))
        if self.left and self.seconds_left is not None:
            words.append(translate("QueueStatus", "about {} left").format(duration(self.seconds_left)))
        if self.worker == "others":
            words.append(translate("QueueStatus", "trained by another program"))
        return " · ".join(words)


class QueueReader:
    """Looks at the queue and at the session's run."""

    def __init__(self, session: Session, queue: RunQueue) -> None:
        """Has seen nothing yet."""
        self._session, self._queue = session, queue
        self._seen: tuple[object, ...] = ()
        self._entries: tuple[QueueEntry, ...] = ()
        self._ends = False
        self._trouble = ""

    def read(self) -> QueueStatus:
        """How it stands now."""
        is_worked_off = self._queue.is_worked_off
        seen = (self._queue.stamp, is_worked_off)
        if seen != self._seen:
            self._seen = seen
            self._read_file()
        running = next((entry for entry in self._entries if entry.state == "running"), None)
        worker = self._worker(running) if is_worked_off else "nobody"
        status = QueueStatus(self._entries, worker, self._session.training_state, self._ends, trouble=self._trouble)
        live: tuple[float, float] | None = None
        if running is not None and worker == "us":
            status, live = self._with_own_pace(status)
        elif running is not None and (record := self._queue.record_of(running)) is not None:
            epochs = running.experiment.hyperparameters.epochs
            at = (min(record.epochs_done + 1, epochs), epochs)
            status = replace(status, at=at, share=min(record.epochs_done / epochs, 1.0))
        return replace(status, seconds_left=seconds_left(self._entries, live))

    def forget(self) -> None:
        """The runs are not what they were: looks at all of it again."""
        self._seen = ()

    def _worker(self, running: QueueEntry | None) -> str:
        run = self._session.run
        is_ours = running is None or (run is not None and running.run == run.id)
        return "us" if is_ours and self._session.training_state != "idle" else "others"

    def _with_own_pace(self, status: QueueStatus) -> tuple[QueueStatus, tuple[float, float] | None]:
        """How far our own run is, and the seconds and epochs that are left of it."""
        run = self._session.run
        if run is None or not run.pace.batches:
            return status, None
        pace = run.pace
        epoch, epochs = max(pace.epoch, 1), max(pace.epochs, 1)
        done = epoch - 1 + pace.batch / pace.batches
        live = (pace.seconds_left, max(0.0, epochs - done)) if pace.images_per_second else None
        return replace(status, at=(epoch, epochs), share=min(done / epochs, 1.0)), live

    def _read_file(self) -> None:
        try:
            self._entries, self._ends, self._trouble = self._queue.entries, self._queue.ends_after_this, ""
        except LeptonError as error:
            self._entries, self._ends, self._trouble = (), False, str(error)


def _row(entry: QueueEntry, at: tuple[int, int] | None) -> FactsRow:
    role = {"done": "good", "failed": "bad", "running": "accent"}.get(entry.state)
    dataset = translate("specs", entry.experiment.dataset.label())
    tip = f"{entry.title}\n{entry.experiment.architecture.name} · {dataset} · "
    tip += translate("QueueStatus", "seed {}").format(entry.experiment.seed)
    if entry.error:
        tip += f"\n{entry.error}"
    return FactsRow(str(entry.id), (entry.title, _state_words(entry, at)), ((STATE, role),) if role else (), tip)


def _state_words(entry: QueueEntry, at: tuple[int, int] | None) -> str:
    if entry.state == "running":
        if at is None:
            return translate("QueueStatus", "preparing")
        return translate("QueueStatus", "epoch {0} of {1}").format(*at)
    if entry.state == "stopped":
        epochs = entry.experiment.hyperparameters.epochs
        return translate("QueueStatus", "goes on at {0} of {1}").format(min(entry.epochs_done + 1, epochs), epochs)
    if entry.state == "done":
        word = translate("QueueStatus", "done")
        return word if entry.test_accuracy is None else f"{word} · {percent(entry.test_accuracy)}"
    return {"waiting": translate("QueueStatus", "waiting"), "failed": translate("QueueStatus", "failed")}[entry.state]
