"""A training that fails says what happened in its place on the page, and offers the one click that helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from lepton_studio.engine import Diverged, LeptonError, Notice, OutOfMemory, Recovered, Run
from lepton_studio.gui.log_dialog import LogDialog
from lepton_studio.gui.mending_offer import MendingOffer
from lepton_studio.gui.session import Session
from lepton_studio.gui.training_trouble import TrainingTrouble
from lepton_studio.gui.widgets.message_line import MessageLine

SOON = {"timeout": 20_000}
NO_ROOM = OutOfMemory("There is not enough memory for 64 pictures at once.", "Take 32 at once.", 32)
NO_NUMBER = Diverged("The loss is not a number since batch 12.", "The last checkpoint is kept.", 12)


class Place:
    """The line of a page with what watches it."""

    def __init__(self, session: Session, qtbot: Any) -> None:
        self.session = session
        self.line = MessageLine()
        qtbot.addWidget(self.line)
        # As the page does it.
        session.trouble_met.connect(lambda error, _page: self.line.say(str(error)))
        MendingOffer(session, self.line)
        self.trouble = TrainingTrouble(session, self.line)

    @property
    def offer(self) -> QPushButton:
        found = self.line.findChild(QPushButton, "message_offer")
        assert found is not None
        return found

    def fail(self, error: Exception) -> None:
        self.session.trainer.job_failed.emit(error)

    def press(self) -> None:
        assert self.offer.isVisible()
        QTest.mouseClick(self.offer, Qt.MouseButton.LeftButton)


@pytest.fixture
def place(tiny_session: Session, tiny_experiment, qtbot) -> Iterator[Place]:
    tiny_session.run = Run.create(tiny_experiment, "Mine")
    yield Place(tiny_session, qtbot)
    tiny_session.trainer.stop()


def test_a_loss_that_is_no_number_is_named_with_its_batch_and_a_calmer_rate_is_offered(place: Place, qtbot) -> None:
    place.fail(NO_NUMBER)
    assert "since batch 12" in place.line.text
    # The experiment learns with 0.02.
    assert place.offer.text() == "Go on from there with 0.002"
    run = place.session.run
    assert run is not None
    place.press()
    assert place.line.text == ""
    qtbot.waitUntil(lambda: place.session.training_state == "idle", **SOON)
    assert run.record.state == "finished"
    assert [(change.field, change.before, change.after) for change in run.changes] == [("learning_rate", 0.02, 0.002)]
    assert place.session.run is run


def test_too_little_memory_is_gone_on_from_with_half_at_once(place: Place, qtbot) -> None:
    place.fail(NO_ROOM)
    assert "not enough memory for 64" in place.line.text
    assert place.offer.text() == "Go on with 32 at once"
    run = place.session.run
    assert run is not None
    place.press()
    assert run.record.part_size == 32
    qtbot.waitUntil(lambda: place.session.training_state == "idle", **SOON)
    opened = Run.open(run.folder)
    assert (opened.record.state, opened.record.part_size) == ("finished", 32)


def test_where_not_even_one_picture_fits_nothing_is_offered(place: Place) -> None:
    run = place.session.run
    assert run is not None
    run.update(part_size=1)
    place.fail(OutOfMemory("There is not enough memory for a single picture.", "Choose a smaller network."))
    assert "single picture" in place.line.text
    assert not place.offer.isVisible()


def test_a_click_before_the_thread_has_ended_waits_for_it(place: Place, qtbot, monkeypatch) -> None:
    session = place.session
    session.start_training()
    session.pause_training()
    started: list[object] = []
    monkeypatch.setattr(session, "start_training", started.append)
    place.fail(NO_ROOM)
    place.press()
    assert started == []
    assert place.line.text
    session.trainer.stop()
    qtbot.waitUntil(lambda: len(started) == 1, **SOON)
    assert place.line.text == ""


def test_a_disk_that_refuses_the_remedy_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Run, **_changes: object) -> None:
        raise LeptonError("run.json could not be written: No space left on device.", "Free some space.")

    place.fail(NO_ROOM)
    monkeypatch.setattr(Run, "update", refuse)
    place.press()
    assert "No space left" in place.line.text
    assert not place.offer.isVisible()
    assert place.session.training_state == "idle"


def test_a_fault_of_ours_says_what_where_the_run_is_and_shows_the_log(place: Place) -> None:
    run = place.session.run
    assert run is not None
    run.update(state="failed")
    place.fail(ZeroDivisionError("division by zero"))
    assert "division by zero" in place.line.text
    assert "the run “Mine”" in place.line.text
    assert place.offer.text() == "Show the log"
    place.press()
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, LogDialog))
    assert "ZeroDivisionError: division by zero" in dialog.findChild(QPlainTextEdit, "log_lines").toPlainText()
    # The line is still there, and can show it again.
    assert place.offer.isVisible()
    dialog.close()


def test_a_fault_before_there_was_a_run_promises_none(place: Place) -> None:
    place.session.run = None
    place.fail(ZeroDivisionError("division by zero"))
    assert "log tells where" in place.line.text
    assert "run" not in place.line.text


def test_an_error_that_people_can_mend_is_said_as_it_is(place: Place) -> None:
    place.fail(LeptonError("The device is not there.", "Choose another one."))
    assert place.line.text == "The device is not there. Choose another one."
    assert not place.offer.isVisible()


def test_what_is_over_takes_the_place_of_the_notice(place: Place) -> None:
    place.session.trainer.event_emitted.emit(Notice("The disk is full.", "Free some space."))
    assert place.line.text == "The disk is full. Free some space."
    place.session.trainer.event_emitted.emit(Recovered("What was learned could be saved again."))
    assert place.line.text == "What was learned could be saved again."


def test_what_is_over_is_not_spoken_of_once_its_notice_was_closed(place: Place) -> None:
    place.session.trainer.event_emitted.emit(Notice("The disk is full.", "Free some space."))
    place.line.clear()
    place.session.trainer.event_emitted.emit(Recovered("What was learned could be saved again."))
    assert place.line.text == ""


def test_the_offer_survives_what_is_edited_and_looked_at_meanwhile(place: Place) -> None:
    place.fail(NO_ROOM)
    place.session.experiment_changed.emit()
    place.line.hide()
    place.line.show()
    assert place.offer.isVisible()
    assert place.offer.text() == "Go on with 32 at once"


def test_another_line_takes_the_offer_with_it(place: Place) -> None:
    place.fail(NO_ROOM)
    place.line.say("Something else.")
    assert not place.offer.isVisible()
    assert place.trouble.error is None
    place.line.offer("Something else to do")
    place.press()
    assert place.session.training_state == "idle"
    assert place.line.text == "Something else."


def test_a_page_made_anew_says_and_offers_the_same(place: Place, qtbot) -> None:
    place.fail(NO_ROOM)
    error = place.trouble.error
    assert error is NO_ROOM
    again = Place(place.session, qtbot)
    again.trouble.show_error(error)
    assert again.line.text == place.line.text
    assert again.offer.text() == "Go on with 32 at once"
