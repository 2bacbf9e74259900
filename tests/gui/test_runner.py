"""The thread that walks a generator: order, pausing, stepping, stopping, failing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication

from lepton_studio.gui.runner import Runner

PATIENCE = 30_000


@pytest.fixture
def runner(qapp) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.stop()


@pytest.fixture
def heard(runner) -> list[object]:
    """What the runner says, in the order in which the window hears it."""
    events: list[object] = []
    runner.event_emitted.connect(events.append)
    runner.held.connect(lambda: events.append("held"))
    runner.job_failed.connect(events.append)
    runner.finished.connect(lambda: events.append("finished"))
    return events


class Batches:
    """A generator without end that counts its yields of None and notes how it ends."""

    def __init__(self) -> None:
        self.done = 0
        self.closed_in: threading.Thread | None = None

    def walk(self, news: bool = False) -> Iterator[object]:
        try:
            while True:
                self.done += 1
                if news:
                    yield f"news {self.done}"
                yield None
        finally:
            self.closed_in = threading.current_thread()


def test_a_job_can_ask_whether_its_end_is_wanted(runner, qtbot) -> None:
    asked: list[bool] = []

    def job() -> Iterator[None]:
        asked.append(runner.is_ending)
        yield
        while not runner.is_ending:
            pass
        asked.append(runner.is_ending)

    runner.walk(job())
    qtbot.waitUntil(lambda: bool(asked), timeout=PATIENCE)
    runner.stop()
    assert asked in ([False], [False, True])


def test_events_arrive_in_order_and_none_is_no_event(runner, heard, qtbot) -> None:
    runner.walk(iter([1, None, 2, None, None, 3]))
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert heard == [1, 2, 3, "finished"]


def test_the_window_hears_events_in_its_own_thread(runner, qtbot) -> None:
    threads = []
    runner.event_emitted.connect(lambda _event: threads.append(threading.current_thread()))
    runner.walk(iter([1, 2]))
    qtbot.waitUntil(lambda: len(threads) == 2, timeout=PATIENCE)
    assert set(threads) == {threading.main_thread()}


def test_a_paused_job_stays_where_it_is_and_says_so(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    qtbot.waitUntil(lambda: batches.done > 10, timeout=PATIENCE)
    assert not runner.is_paused
    runner.pause()
    qtbot.waitUntil(lambda: heard == ["held"], timeout=PATIENCE)
    done = batches.done
    qtbot.wait(30)
    assert runner.is_paused
    assert batches.done == done
    runner.go_on()
    qtbot.waitUntil(lambda: batches.done > done + 10, timeout=PATIENCE)
    assert not runner.is_paused


@pytest.mark.parametrize("news", [False, True], ids=["bare batches", "batches with news"])
def test_a_step_goes_past_exactly_one_none(runner, heard, qtbot, news) -> None:
    batches = Batches()
    runner.walk(batches.walk(news))
    runner.pause()
    qtbot.waitUntil(lambda: "held" in heard, timeout=PATIENCE)
    for _ in range(5):
        # Wherever the first pause hit, the first step goes to the next None.
        before, holds = batches.done, heard.count("held")
        runner.step()
        qtbot.waitUntil(lambda holds=holds: heard.count("held") == holds + 1, timeout=PATIENCE)
        assert batches.done - before <= 1
        if holds > 1:
            assert batches.done - before == 1
        assert runner.is_paused


def test_a_job_goes_on_freely_after_steps(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    runner.step()
    qtbot.waitUntil(lambda: "held" in heard, timeout=PATIENCE)
    runner.go_on()
    done = batches.done
    qtbot.waitUntil(lambda: batches.done > done + 100, timeout=PATIENCE)
    assert heard.count("held") == 1


def test_a_request_to_stop_returns_at_once_and_the_generator_ends_in_the_worker(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    runner.request_stop()
    qtbot.waitUntil(lambda: heard == ["finished"], timeout=PATIENCE)
    assert batches.closed_in not in (None, threading.main_thread())


def test_stop_waits_until_the_generator_is_closed(runner) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    runner.stop()
    assert batches.closed_in is not None
    assert not runner.isRunning()


def test_a_paused_job_can_be_stopped(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    runner.pause()
    qtbot.waitUntil(lambda: heard == ["held"], timeout=PATIENCE)
    runner.stop()
    assert batches.closed_in is not None


def test_a_pause_after_the_request_to_stop_holds_nothing_up(runner) -> None:
    may_yield = threading.Event()

    def job() -> Iterator[None]:
        may_yield.wait()
        yield

    runner.walk(job())
    runner.request_stop()
    runner.pause()
    may_yield.set()
    assert runner.wait(PATIENCE)


def test_a_step_on_its_way_to_the_pause_does_not_swallow_the_request_to_stop(runner, monkeypatch) -> None:
    hold = runner._hold

    def hold_late() -> None:
        runner.request_stop()
        hold()

    monkeypatch.setattr(runner, "_hold", hold_late)
    runner.walk(Batches().walk())
    runner.step()
    assert runner.wait(PATIENCE)


def test_an_exception_is_handed_across_as_it_is(runner, heard, qtbot) -> None:
    error = ValueError("no such thing")

    def job() -> Iterator[int]:
        yield 1
        raise error

    runner.walk(job())
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert heard == [1, error, "finished"]
    assert heard[1] is error


def test_a_fault_of_the_program_is_logged_with_its_traceback(runner, heard, qtbot, caplog) -> None:
    def job() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("by nought")

    runner.walk(job())
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert "Traceback" in caplog.text
    assert "by nought" in caplog.text


def test_an_exception_while_closing_is_told_too(runner, heard, qtbot) -> None:
    def job() -> Iterator[None]:
        try:
            while True:
                yield
        finally:
            raise OSError("the disk is full")

    runner.walk(job())
    runner.request_stop()
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert [type(one) for one in heard] == [OSError, str]


def test_a_second_job_beside_the_first_is_refused(runner) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    with pytest.raises(RuntimeError, match="still under way"):
        runner.walk(iter([1]))
    runner.stop()
    assert batches.closed_in is not None


@pytest.mark.parametrize("ending", ["end", "stop", "failure", "single step"])
def test_a_runner_can_be_used_again(runner, heard, qtbot, ending) -> None:
    def failing() -> Iterator[int]:
        raise ValueError("first job")
        yield 1

    if ending == "end":
        runner.walk(iter([0]))
        runner.wait()
    elif ending == "failure":
        runner.walk(failing())
        runner.wait()
    else:
        runner.walk(Batches().walk())
        if ending == "single step":
            runner.step()
            qtbot.waitUntil(lambda: "held" in heard, timeout=PATIENCE)
        runner.stop()
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    heard.clear()
    runner.walk(iter([7, None, None, 8]))
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert heard == [7, 8, "finished"]


def test_the_next_job_may_be_started_by_the_end_of_the_last(runner, qtbot) -> None:
    jobs = [iter([2]), iter([3])]
    events: list[object] = []
    runner.event_emitted.connect(events.append)
    runner.finished.connect(lambda: runner.walk(jobs.pop(0)) if jobs else None)
    runner.walk(iter([1]))
    qtbot.waitUntil(lambda: len(events) == 3 and not runner.isRunning(), timeout=PATIENCE)
    assert events == [1, 2, 3]
    assert not jobs


def test_two_hundred_jobs_can_be_started_and_stopped_in_a_row(runner) -> None:
    all_batches = []
    for number in range(200):
        batches = Batches()
        all_batches.append(batches)
        runner.walk(batches.walk(news=number % 2 == 0))
        if number % 3 == 0:
            runner.pause()
        elif number % 3 == 1:
            runner.step()
        runner.stop()
        # The window hears some of it while the next job is on.
        if number % 10 == 0:
            QCoreApplication.processEvents()
    assert all(batches.closed_in is not None for batches in all_batches)


def test_a_plain_iterator_without_close_can_be_walked(runner, heard, qtbot) -> None:
    runner.walk(iter(range(3)))
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert heard == [0, 1, 2, "finished"]


def test_the_generator_is_let_go_at_the_end(runner, heard, qtbot) -> None:
    generator = Batches().walk()
    runner.walk(generator)
    runner.stop()
    qtbot.waitUntil(lambda: "finished" in heard, timeout=PATIENCE)
    assert runner._generator is not generator


def test_steps_asked_for_while_one_is_under_way_are_all_taken(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.walk(batches.walk())
    runner.pause()
    qtbot.waitUntil(lambda: runner.is_paused and len(heard) > 0)
    before = batches.done
    for _ in range(3):
        runner.step()
    qtbot.waitUntil(lambda: batches.done == before + 3 and runner.is_paused)
    runner.stop()
    assert batches.done == before + 3


def test_a_job_goes_on_to_the_next_event_of_a_kind_and_is_held_there(runner, heard, qtbot) -> None:
    def job() -> Iterator[object]:
        for number in range(100):
            yield None
            yield number if number % 2 else f"{number}"

    runner.walk(job())
    runner.go_on_to(int)
    qtbot.waitUntil(lambda: 1 in heard)
    with qtbot.waitSignal(runner.held):
        runner.go_on_to(int)
    qtbot.waitUntil(lambda: len(heard) >= 4)
    assert [event for event in heard if isinstance(event, int)][:2] == [1, 3]
    assert runner.is_paused
    runner.stop()


def test_slow_motion_ends_at_once_when_the_job_is_to_stop(runner, heard, qtbot) -> None:
    batches = Batches()
    runner.set_delay(600.0)
    runner.walk(batches.walk())
    qtbot.waitUntil(lambda: batches.done == 1)
    assert runner.isRunning()
    runner.stop()
    assert batches.done == 1


def test_what_is_to_be_done_before_a_hold_is_done_in_the_jobs_thread_and_not_after_a_step(runner, qtbot) -> None:
    threads = []
    runner.walk(Batches().walk(), lambda: threads.append(threading.current_thread()))
    with qtbot.waitSignal(runner.held):
        runner.pause()
    with qtbot.waitSignal(runner.held):
        runner.step()
    runner.stop()
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
