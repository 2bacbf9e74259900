"""What the parts of the Train page share: which run is watched, at which epoch, and beside which others."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import LeptonError, Run, Snapshot, read_snapshot, snapshots_of
from lepton_studio.gui.session import Session
from lepton_studio.gui.snapshot_trail import SnapshotTrail

# Snapshots that were read stay at hand, so that the slider glides.
MOST_AT_HAND = 64
# So many are read at each look for news, if somebody draws curves of them: a long run that is opened does not hold the
# window up.
READ_AT_ONCE = 12


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
        self._trail = SnapshotTrail()
        self._trail_is_wanted = False
        self._unreadable: set[int] = set()

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
        return self.snapshot_of(self._epoch) if self._epoch is not None else self.newest

    @property
    def newest(self) -> Snapshot | None:
        """What is live, or was last; None if there is none yet."""
        run = self.run
        if run is not None and run.snapshot is not None:
            return run.snapshot
        return self.snapshot_of(self._epochs[-1]) if self._epochs else None

    @property
    def trail(self) -> SnapshotTrail:
        """What curves over the epochs need. Whoever is seen asks again at each ``moved``: it grows for them alone."""
        self._trail_is_wanted = True
        return self._trail

    def snapshot_of(self, epoch: int) -> Snapshot | None:
        """The snapshot of an epoch; None if it is not there or cannot be read."""
        return self._read(self.run, epoch) if self.run is not None else None

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
            # The snapshot itself, and not its id, which another one may have after it.
            # A run is finished a moment before its training is over, and what is over is told in other words.
            over = self.session.training_state == "idle"
            seen = (run, run.record.state, len(run.history.epochs), run.snapshot, over)
        if seen != self._seen:
            self._take_note(run, seen)
        elif not self._extend_trail():
            return
        self.moved.emit()

    def _take_note(self, run: Run | None, seen: tuple[object, ...]) -> None:
        """Another run, or news of the same."""
        before, self._seen = self._seen, seen
        if seen[:1] != before[:1]:
            self._epoch = None
        if seen[:2] != before[:2]:
            # A resume trains epochs again that were read already.
            self._at_hand.clear()
            self._trail.clear()
            self._unreadable.clear()
        self._epochs = snapshots_of(run.folder) if run is not None else ()
        self._trail.keep(self._epochs)
        if self._epoch is not None and self._epoch not in self._epochs:
            # It was thinned out meanwhile; the nearest one is still there.
            looked_at = self._epoch
            self._epoch = min(self._epochs, key=lambda epoch: abs(epoch - looked_at), default=None)
        self._extend_trail()

    def _extend_trail(self) -> bool:
        """Reads some of the epochs that the trail lacks, if somebody wants it; whether there were any."""
        if not self._trail_is_wanted:
            return False
        missing = [each for each in self._epochs if each not in self._trail and each not in self._unreadable]
        for epoch in missing[:READ_AT_ONCE]:
            snapshot = self.snapshot_of(epoch)
            if snapshot is not None:
                self._trail.add(snapshot)
            else:
                self._unreadable.add(epoch)
        # Until somebody who is seen asks again.
        self._trail_is_wanted = not missing
        return bool(missing)

    def _read(self, run: Run, epoch: int) -> Snapshot | None:
        key = (run.id, epoch)
        if key not in self._at_hand:
            with contextlib.suppress(LeptonError):
                if len(self._at_hand) >= MOST_AT_HAND:
                    self._at_hand.pop(next(iter(self._at_hand)))
                self._at_hand[key] = read_snapshot(run.folder, epoch)
        return self._at_hand.get(key)
