"""What was interrupted is offered once, above all pages, and every button keeps what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPushButton

from lepton_studio.engine import Run, Samples, list_runs, start_training
from lepton_studio.engine.events import EpochFinished
from lepton_studio.engine.interrupted import note_cut_short
from lepton_studio.engine.run_store import delete_run
from lepton_studio.engine.runs import RECORD
from lepton_studio.gui.interrupted_offer import InterruptedOffer, InterruptedRuns
from lepton_studio.gui.session import Session

SOON = {"timeout": 20_000}


@pytest.fixture
def interrupted(tiny_experiment, tiny_samples: Samples) -> Callable[..., Run]:
    """Makes a run that ended after its first epoch of two: by a kill, or with the window."""

    def make(name: str, by_closing: bool = False) -> Run:
        run = Run.create(tiny_experiment, name)
        events = start_training(run, tiny_samples)
        assert any(isinstance(event, EpochFinished) for event in events)
        events.close()  # type: ignore[attr-defined]
        if by_closing:
            note_cut_short(run)
        else:
            path = run.folder / RECORD
            path.write_text(json.dumps({**json.loads(path.read_text()), "state": "running"}))
        return run

    return make


@pytest.fixture
def offer(tiny_session: Session, qtbot) -> Iterator[InterruptedOffer]:
    runs = InterruptedRuns(tiny_session)
    shown: list[str] = []
    offer = InterruptedOffer(runs, shown.append)
    offer.pages = shown  # type: ignore[attr-defined]
    qtbot.addWidget(offer)
    yield offer
    runs.stop("idle")


def look(offer: InterruptedOffer, qtbot: Any) -> None:
    """As if torch had come just now."""
    with qtbot.waitSignal(offer._runs._runner.finished, **SOON):
        offer._runs.session.engine_started.emit()
    offer.show() if offer._runs.offered else None


def press(offer: InterruptedOffer, name: str) -> None:
    button = offer.findChild(QAbstractButton, f"interrupted_{name}")
    assert button is not None
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def answer(monkeypatch: pytest.MonkeyPatch, text: str, asked: list[str]) -> None:
    def click(box: QMessageBox) -> int:
        asked.append(box.text())
        next(each for each in box.buttons() if isinstance(each, QPushButton) and text in each.text()).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", click)


def test_nothing_is_said_where_nothing_was_interrupted(offer, trained_run: Run, qtbot) -> None:
    look(offer, qtbot)
    assert trained_run.record.state == "finished"
    assert offer.text == ""


def test_a_run_whose_process_died_is_offered_with_where_it_was(offer, interrupted, qtbot) -> None:
    interrupted("LeptonNet 3")
    look(offer, qtbot)
    assert offer.text.startswith("LeptonNet 3 was interrupted in epoch 2 of 2 on ")


def test_a_run_that_ended_with_the_window_is_told_apart(offer, interrupted, qtbot) -> None:
    interrupted("Closed", by_closing=True)
    look(offer, qtbot)
    assert offer.text.startswith("Closed was stopped in epoch 2 of 2 on ")
    assert "when the window was closed" in offer.text


@pytest.mark.parametrize(("count", "words"), [(2, "One more was interrupted"), (3, "2 more were interrupted")])
def test_of_several_the_newest_is_offered_and_the_others_are_counted(
    offer, interrupted, qtbot, count: int, words: str
) -> None:
    for number in range(count):
        interrupted(f"Run {number}")
    look(offer, qtbot)
    assert offer.text.startswith(f"Run {count - 1} was")
    assert words in offer.text
    assert "on Runs" in offer.text


def test_go_on_shows_the_training_and_ends_it_as_if_nothing_had_been(offer, interrupted, qtbot, monkeypatch) -> None:
    run = interrupted("Died")
    look(offer, qtbot)
    session = offer._runs.session
    press(offer, "go_on")
    assert offer.pages == ["train_page"]
    qtbot.waitUntil(lambda: session.training_state == "idle" and session.run is not None, **SOON)
    assert offer.text == ""
    assert Run.open(run.folder).record.state == "finished"


def test_discard_asks_once_and_deletes(offer, interrupted, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted("Old")
    newest = interrupted("New")
    look(offer, qtbot)
    asked: list[str] = []
    answer(monkeypatch, "Delete", asked)
    press(offer, "discard")
    assert asked == ["Delete the run “New” for good?"]
    assert not newest.folder.exists()
    # The other one is offered now.
    assert offer.text.startswith("Old was interrupted")
    assert "more" not in offer.text


def test_a_second_thought_about_discarding_keeps_the_run(
    offer, interrupted, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = interrupted("Dear")
    look(offer, qtbot)
    answer(monkeypatch, "Cancel", [])
    press(offer, "discard")
    assert run.folder.exists()
    assert offer.text.startswith("Dear was")


def test_later_means_at_the_next_start(offer, interrupted, qtbot) -> None:
    interrupted("Patient")
    look(offer, qtbot)
    press(offer, "later")
    assert offer.text == ""
    look(offer, qtbot)
    assert offer.text.startswith("Patient was")


def test_closing_the_line_keeps_the_run_and_offers_it_never_again(offer, interrupted, qtbot) -> None:
    run = interrupted("Kept")
    look(offer, qtbot)
    # Meanwhile it got another name on Runs.
    Run.open(run.folder).update(name="Renamed")
    press(offer, "keep")
    assert offer.text == ""
    record = Run.open(run.folder).record
    assert (record.name, record.state) == ("Renamed", "stopped")
    look(offer, qtbot)
    assert offer.text == ""


def test_who_trains_something_else_is_not_bothered(offer, interrupted, qtbot) -> None:
    interrupted("Waiting")
    look(offer, qtbot)
    session = offer._runs.session
    session.start_training()
    assert offer.text == ""
    qtbot.waitUntil(lambda: session.training_state == "idle", **SOON)
    assert offer.text == ""
    assert len(list_runs()) == 2


def test_a_run_that_is_deleted_elsewhere_is_offered_no_more(offer, interrupted, qtbot) -> None:
    run = interrupted("Gone")
    look(offer, qtbot)
    delete_run(Run.open(run.folder))
    offer._runs.session.runs_changed.emit()
    assert offer.text == ""


def test_a_run_that_cannot_be_read_any_more_says_so_in_its_place(offer, interrupted, qtbot) -> None:
    run = interrupted("Damaged")
    look(offer, qtbot)
    (run.folder / "experiment.json").write_text("{")
    press(offer, "keep")
    assert "experiment.json" in offer.text


def test_the_window_offers_it_above_the_page_in_front(interrupted, make_window, qtbot) -> None:
    interrupted("Died")
    window = make_window()
    offer = window.findChild(InterruptedOffer)
    assert offer is not None
    qtbot.waitUntil(lambda: offer.isVisible(), timeout=60_000)
    assert offer.geometry().bottom() < window.page_in_front.mapTo(offer.parentWidget(), offer.rect().topLeft()).y()
    for page in ("runs_page", "draw_page"):
        window.show_page(page)
        assert offer.isVisible()
    # The looks are made anew, the offer stays.
    window.toggle_theme()
    again = window.findChild(InterruptedOffer)
    assert again.text.startswith("Died was interrupted")
    window.toggle_theme()
