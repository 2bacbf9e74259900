"""What the parts of the Train page share: which run is watched, at which epoch, and beside which others."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import LeptonError, Run, Snapshot, read_snapshot, snapshots_of
from lepton_studio.gui.session import Session

# Snapshots that were read stay at hand, so that the slider glides.
MOST_AT_HAND = 64


class Monitor(QObject):
    """Looks at the run of the session, live or back at an epoch of it. It never pushes: the page calls ``refresh``.

    Signals:
        moved: another run, epoch or snapshot is looked at, or there is news of it.
        overlays_changed: other runs are to be drawn beside it.
    """

    moved = Signal()
    overlays_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Looks at what is live."""
        super().__init__(parent)
        self.session = session
        self.overlays: tuple[Run, ...] = ()
        self._epoch: int | None = None
        self._epochs: tuple[int, ...] = ()
        self._at_hand: dict[tuple[str, int], Snapshot] = {}
        self._seen: tuple[object, ...] = ()

    @property
    def run(self) -> Run | None:
        """The run that is watched; None before the first one."""
        return self.session.run

    @property
    def epoch(self) -> int | None:
        """The finished epoch, counted from 1, that is looked back at; None while what is live is shown."""
        return self._epoch

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs that can be looked back at, in their order."""
        return self._epochs

    @property
    def snapshot(self) -> Snapshot | None:
        """What to show of the network: of the epoch looked back at, or the newest; None if there is none yet."""
        run = self.run
        if run is None:
            return None
        if self._epoch is not None:
            return self._read(run, self._epoch)
        if run.snapshot is not None:
            return run.snapshot
        return self._read(run, self._epochs[-1]) if self._epochs else None

    def look_at(self, epoch: int | None) -> None:
        """Goes back to an epoch, or to what is live."""
        wanted = epoch if epoch in self._epochs else None
        if wanted != self._epoch:
            self._epoch = wanted
            self.moved.emit()

    def compare(self, runs: tuple[Run, ...]) -> None:
        """Draws other runs beside the watched one; none of them is the watched one itself."""
        self.overlays = tuple(run for run in runs if self.run is None or run.id != self.run.id)
        self.overlays_changed.emit()

    def refresh(self) -> None:
        """Looks for news; emits ``moved`` if there is some. Cheap: to be called by a timer while the page is seen."""
        run = self.run
        seen: tuple[object, ...] = ()
        if run is not None:
            seen = (run.id, len(run.history.epochs), id(run.snapshot), run.record.state)
        if seen == self._seen:
            return
        if seen[:1] != self._seen[:1]:
            self._epoch = None
            self._at_hand.clear()
        self._seen = seen
        self._epochs = snapshots_of(run.folder) if run is not None else ()
        self.moved.emit()

    def _read(self, run: Run, epoch: int) -> Snapshot | None:
        key = (run.id, epoch)
        if key not in self._at_hand:
            with contextlib.suppress(LeptonError):
                if len(self._at_hand) >= MOST_AT_HAND:
                    self._at_hand.pop(next(iter(self._at_hand)))
                self._at_hand[key] = read_snapshot(run.folder, epoch)
        return self._at_hand.get(key)
