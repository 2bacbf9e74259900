"""Work that only the latest wish counts for: begun once for many wishes, never for nobody, never mixed up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from lepton_studio.gui.latest_work import LatestWork

SOON = {"timeout": 20_000}


class Desk(QWidget):
    """Wishes for jobs and notes what comes of them; a job goes on until it may end."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted, self.begun, self.closed = "", [], []
        self.told: list[object] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self.work = LatestWork(self, self.job, rest=20)
        self.work.event_emitted.connect(self.told.append)
        self.work.job_failed.connect(lambda error: self.told.append(f"failed: {error}"))
        self.work.ended.connect(lambda: self.told.append("ended"))

    def job(self) -> Iterator[object] | None:
        return self.walk(self.wanted) if self.wanted else None

    def walk(self, name: str) -> Iterator[object]:
        self.begun.append(name)
        try:
            yield f"{name} begins"
            while not self.may_end.wait(0.002):
                yield None
            if name == "bad":
                raise ValueError(name)
            yield name
        finally:
            self.closed.append(name)

    def wish(self, name: str) -> None:
        self.wanted = name
        self.work.wish()


@pytest.fixture
def desk(qtbot: Any) -> Iterator[Desk]:
    desk = Desk()
    qtbot.addWidget(desk)
    desk.show()
    qtbot.waitExposed(desk)
    yield desk
    desk.may_end.set()
    desk.work.stop()


def test_many_wishes_in_a_row_are_one_job(desk: Desk, qtbot: Any) -> None:
    for name in ("one", "two", "three"):
        desk.wish(name)
        assert desk.work.is_waiting
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.begun == ["three"]
    assert desk.told == ["three begins", "three", "ended"]


def test_a_wish_during_a_job_ends_it_and_nothing_more_is_heard_of_it(desk: Desk, qtbot: Any) -> None:
    desk.may_end.clear()
    desk.wish("old")
    qtbot.waitUntil(lambda: desk.told == ["old begins"], **SOON)
    desk.wish("new")
    qtbot.waitUntil(lambda: "new begins" in desk.told, **SOON)
    assert desk.closed == ["old"]
    desk.may_end.set()
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.told == ["old begins", "new begins", "new", "ended"]


def test_what_is_dropped_tells_nothing(desk: Desk, qtbot: Any) -> None:
    desk.may_end.clear()
    desk.wish("bad")
    qtbot.waitUntil(lambda: desk.work.is_under_way and desk.told != [], **SOON)
    desk.work.drop()
    desk.may_end.set()
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.told == ["bad begins"]
    desk.wish("late")
    desk.work.drop()
    assert not desk.work.is_waiting
    assert desk.work.is_settled


def test_a_failure_is_told_before_the_end(desk: Desk, qtbot: Any) -> None:
    desk.wish("bad")
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.told == ["bad begins", "failed: bad", "ended"]


def test_hidden_it_rests_and_shown_it_begins_anew(desk: Desk, qtbot: Any) -> None:
    desk.may_end.clear()
    desk.wish("job")
    qtbot.waitUntil(lambda: desk.told == ["job begins"], **SOON)
    desk.hide()
    qtbot.waitUntil(lambda: not desk.work.is_under_way, **SOON)
    assert not desk.work.is_settled
    assert not desk.work.is_waiting
    desk.may_end.set()
    desk.show()
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.begun == ["job", "job"]
    assert desk.told == ["job begins", "job begins", "job", "ended"]
    # Nothing is left to do for who looks again.
    desk.hide()
    desk.show()
    assert not desk.work.is_waiting


def test_where_there_can_be_no_job_it_waits_for_another_wish(desk: Desk, qtbot: Any) -> None:
    desk.wish("")
    qtbot.waitUntil(lambda: not desk.work.is_waiting, **SOON)
    assert desk.begun == []
    assert not desk.work.is_settled
    desk.wish("job")
    qtbot.waitUntil(lambda: desk.work.is_settled, **SOON)
    assert desk.told == ["job begins", "job", "ended"]


def test_stopped_it_is_still_for_good(desk: Desk, qtbot: Any) -> None:
    desk.may_end.clear()
    desk.wish("job")
    qtbot.waitUntil(lambda: desk.told == ["job begins"], **SOON)
    desk.work.stop()
    assert desk.closed == ["job"]
    desk.wish("another")
    assert not desk.work.is_waiting
    qtbot.waitUntil(lambda: not desk.work.is_under_way, **SOON)
    assert desk.begun == ["job"]
