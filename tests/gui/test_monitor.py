"""What the parts of the Train page look at: live or back at an epoch, and what curves need of all epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from lepton_studio.engine import Run, Samples, Snapshot
from lepton_studio.engine.snapshots import save_snapshot
from lepton_studio.gui.monitor import READ_AT_ONCE, Monitor
from lepton_studio.gui.session import Session
from lepton_studio.gui.snapshot_trail import MOMENTS, SnapshotTrail


@pytest.fixture
def monitor(tiny_session: Session) -> Iterator[Monitor]:
    monitor = Monitor(tiny_session)
    yield monitor
    monitor.deleteLater()


def moves_of(monitor: Monitor) -> list[int | None]:
    moves: list[int | None] = []
    monitor.moved.connect(lambda: moves.append(monitor.epoch))
    return moves


def test_without_news_nothing_is_told(monitor: Monitor, watched_run: Callable[..., Run]) -> None:
    moves = moves_of(monitor)
    monitor.refresh()
    assert moves == []
    monitor.session.run = watched_run(3)
    monitor.refresh()
    monitor.refresh()
    assert moves == [None]
    assert monitor.epochs == (1, 2, 3)
    assert monitor.snapshot is monitor.session.run.snapshot


def test_another_live_snapshot_is_news(
    monitor: Monitor, watched_run: Callable[..., Run], snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    run = monitor.session.run = watched_run(3)
    monitor.refresh()
    moves = moves_of(monitor)
    run.snapshot = snapshot_of(4, tiny_samples)
    monitor.refresh()
    assert moves == [None]


def test_looking_back_shows_the_epoch_while_the_run_goes_on(
    monitor: Monitor, watched_run: Callable[..., Run], snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    run = monitor.session.run = watched_run(4)
    monitor.refresh()
    monitor.look_at(2)
    run.snapshot = snapshot_of(5, tiny_samples)
    save_snapshot(run.folder, run.snapshot)
    monitor.refresh()
    assert monitor.epochs == (1, 2, 3, 4, 5)
    assert monitor.snapshot is not None
    assert monitor.snapshot.epoch == 2
    monitor.look_at(None)
    assert monitor.snapshot is run.snapshot
    monitor.look_at(77)
    assert monitor.epoch is None


def test_a_run_that_was_opened_again_shows_its_last_epoch(monitor: Monitor, watched_run: Callable[..., Run]) -> None:
    monitor.session.run = Run.open(watched_run(3).folder)
    monitor.refresh()
    assert monitor.snapshot is not None
    assert monitor.snapshot.epoch == 3


def test_another_run_is_looked_at_live(monitor: Monitor, watched_run: Callable[..., Run]) -> None:
    monitor.session.run = watched_run(3)
    monitor.refresh()
    monitor.look_at(1)
    monitor.session.run = watched_run(2)
    monitor.refresh()
    assert monitor.epoch is None
    monitor.session.run = None
    monitor.refresh()
    assert monitor.snapshot is None
    assert monitor.epochs == ()


def test_the_nearest_epoch_is_looked_at_when_the_one_looked_at_was_thinned_out(
    monitor: Monitor, watched_run: Callable[..., Run], snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    run = monitor.session.run = watched_run(6)
    monitor.refresh()
    monitor.look_at(4)
    (run.folder / "watch" / "epoch-00004.safetensors").unlink()
    run.snapshot = snapshot_of(7, tiny_samples)
    monitor.refresh()
    assert monitor.epoch in (3, 5)


def test_the_trail_grows_a_little_at_each_look_and_only_for_somebody_who_asks(
    monitor: Monitor, watched_run: Callable[..., Run]
) -> None:
    monitor.session.run = watched_run(READ_AT_ONCE + 3)
    monitor.refresh()
    monitor.refresh()
    assert len(SnapshotTrail()) == len(monitor.trail) == 0
    monitor.refresh()
    assert len(monitor.trail) == READ_AT_ONCE
    moves = moves_of(monitor)
    monitor.refresh()
    assert len(monitor.trail) == READ_AT_ONCE + 3
    monitor.refresh()
    assert moves == [None]


def test_a_damaged_snapshot_is_left_out_and_not_read_again(monitor: Monitor, watched_run: Callable[..., Run]) -> None:
    run = monitor.session.run = watched_run(4)
    (run.folder / "watch" / "epoch-00002.safetensors").write_bytes(b"nothing")
    assert monitor.trail.epochs.tolist() == []
    monitor.refresh()
    assert monitor.trail.epochs.tolist() == [1, 3, 4]
    moves = moves_of(monitor)
    monitor.refresh()
    assert moves == []
    monitor.look_at(2)
    assert monitor.snapshot is None


def test_epochs_that_a_resume_trains_again_are_read_again(
    monitor: Monitor, watched_run: Callable[..., Run], snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    run = monitor.session.run = watched_run(4)
    assert not len(monitor.trail)
    monitor.refresh()
    before = monitor.trail.probabilities(0)[3]
    save_snapshot(run.folder, snapshot_of(4, tiny_samples, epochs=40))
    run.update(state="running")
    monitor.refresh()
    assert not np.array_equal(monitor.trail.probabilities(0)[3], before)


def test_the_trail_holds_what_curves_need(snapshot_of: Callable[..., Snapshot], tiny_samples: Samples) -> None:
    trail = SnapshotTrail()
    for epoch in (3, 1, 2):
        trail.add(snapshot_of(epoch, tiny_samples, layers=3))
    first = snapshot_of(1, tiny_samples, layers=3)
    assert trail.epochs.tolist() == [1, 2, 3]
    assert trail.probabilities(5).shape == (3, 4)
    assert np.array_equal(trail.of_classes(first.labels)[5], trail.probabilities(5)[:, first.labels[5]])
    assert trail.moments().tolist() == sorted(trail.moments().tolist())
    assert len(trail.gradients(2)) == len(trail.updates(2)) == len(trail.moments()) == 3 * MOMENTS
    assert len(trail.histograms(0)) == 3
    every = np.concatenate([trail.gradients(layer) for layer in range(3)])
    assert (trail.slopes.min(), trail.slopes.max()) == (every.min(), every.max())
    assert trail.largest_weight >= np.abs(first.filters).max()
    assert trail.with_live(snapshot_of(4, tiny_samples)).epochs.tolist() == [1, 2, 3, 4]
    assert trail.with_live(snapshot_of(2, tiny_samples)).epochs.tolist() == [1, 2, 3]
    assert trail.epochs.tolist() == [1, 2, 3]


def test_a_trail_without_anything_has_curves_without_points(
    snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    trail = SnapshotTrail()
    assert len(trail.moments()) == len(trail.gradients(0)) == 0
    assert trail.probabilities(0).shape == (0, 0)
    assert trail.of_classes(np.zeros(16, np.int64)).shape == (16, 0)
    trail.add(Snapshot(1, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4), np.float32)))
    assert trail.probabilities(0).shape == (0, 0)
    assert len(trail.gradients(0)) == 0
    # Other pictures are followed.
    trail.add(snapshot_of(2, tiny_samples))
    assert trail.epochs.tolist() == [2]
