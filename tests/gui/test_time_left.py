"""How long a job will still take."""

from __future__ import annotations

import pytest

from lepton_studio.engine import Progress
from lepton_studio.gui import time_left
from lepton_studio.gui.time_left import TimeLeft


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time_left, "monotonic", lambda: now[0])
    return now


def test_a_steady_job_is_told_from_its_rate(qtbot, clock) -> None:
    watch = TimeLeft()
    assert watch.words(Progress("Reading a.png", 0, 100)) == "Reading a.png"
    clock[0] = 10.0
    assert watch.words(Progress("Reading b.png", 20, 100)) == "Reading b.png · 40 s left"
    clock[0] = 45.0
    assert watch.seconds(Progress("Reading c.png", 90, 100)) == pytest.approx(5.0)


def test_no_guess_is_made_from_nothing(qtbot, clock) -> None:
    watch = TimeLeft()
    watch.words(Progress("Looking", 0, 0))
    clock[0] = 60.0
    assert watch.seconds(Progress("Looking", 500, 0)) is None
    watch.words(Progress("Reading", 0, 1000))
    clock[0] = 60.5
    assert watch.seconds(Progress("Reading", 400, 1000)) is None, "half a second is too short"
    clock[0] = 90.0
    assert watch.seconds(Progress("Reading", 5, 1000)) is None, "half a percent is too little"


def test_another_job_starts_its_own_clock(qtbot, clock) -> None:
    watch = TimeLeft()
    watch.words(Progress("Reading", 0, 100))
    clock[0] = 100.0
    watch.words(Progress("Writing", 0, 10))
    clock[0] = 102.0
    assert watch.seconds(Progress("Writing", 5, 10)) == pytest.approx(2.0)


def test_the_same_job_again_starts_its_clock_anew(qtbot, clock) -> None:
    watch = TimeLeft()
    for done in (0, 50):
        watch.words(Progress("Answering", done, 100))
        clock[0] += 100.0
    watch.words(Progress("Answering", 0, 100))
    clock[0] += 2.0
    assert watch.seconds(Progress("Answering", 50, 100)) == pytest.approx(2.0)


def test_what_was_done_before_does_not_count(qtbot, clock) -> None:
    watch = TimeLeft()
    watch.words(Progress("Fetching", 500, 1000))
    clock[0] = 10.0
    assert watch.seconds(Progress("Fetching", 600, 1000)) == pytest.approx(40.0)
