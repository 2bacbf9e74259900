"""The learning rate finder in the settings: one button, a search that can be cancelled, a rate that is taken over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lepton_studio.engine import LeptonError, Progress, RatePoint, RateSearch
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.gui import rate_finder_view
from lepton_studio.gui.rate_finder_view import RateFinderView
from lepton_studio.gui.session import Session

SOON = {"timeout": 20_000}
RATES = tuple(10.0**power for power in range(-7, 1))
LOSSES = (2.3, 2.3, 2.3, 2.2, 1.2, 0.8, 0.7, 9.0)
FOUND = RateSearch(RATES, LOSSES, LOSSES, 0.001, "steepest", exploded=True)


class Searches:
    """Stands in for the search of the engine and notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.closed = 0
        self.answer: RateSearch | Exception = FOUND
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, experiment: Any, samples: Any) -> Iterator[Any]:
        self.asked.append(experiment)
        try:
            for done, (rate, loss) in enumerate(zip(RATES, LOSSES, strict=True)):
                yield RatePoint(rate, loss)
                yield Progress("Trying learning rates", done, 8)
            while not self.may_end.wait(0.005):
                yield None
            if isinstance(self.answer, Exception):
                raise self.answer
            yield self.answer
        finally:
            self.closed += 1


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Iterator[Searches]:
    searches = Searches()
    monkeypatch.setattr(rate_finder_view, "find_rate", searches)
    yield searches
    searches.may_end.set()


@pytest.fixture
def session(tiny_session: Session) -> Session:
    return tiny_session


@pytest.fixture
def view(session: Session, searches: Searches, qtbot) -> Iterator[RateFinderView]:
    view = RateFinderView(session)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.stop()


def search(view: RateFinderView, qtbot) -> None:
    view.find_button.click()
    qtbot.waitUntil(lambda: not view.runner.isRunning() and view.progress.isHidden(), **SOON)


def edit(session: Session, **settings: Any) -> None:
    hyperparameters = msgspec.structs.replace(session.experiment.hyperparameters, **settings)
    session.experiment = msgspec.structs.replace(session.experiment, hyperparameters=hyperparameters)
    session.experiment_changed.emit()


def test_it_is_one_button_until_it_is_used(view, searches) -> None:
    assert view.find_button.isVisible()
    assert not any(part.isVisible() for part in (view.plot, view.answer, view.note, view.use_button, view.progress))
    assert searches.asked == []


def test_a_search_shows_curve_suggestion_and_reason(view, session, searches, qtbot) -> None:
    search(view, qtbot)
    assert searches.asked == [session.experiment]
    assert view.plot.isVisible()
    assert view.plot.picked == 0.001
    assert view.answer.text().startswith("Suggested: 0.001. Here the loss falls fastest")
    assert view.use_button.text() == "Use 0.001"
    assert view.find_button.text() == "Find it again"


def test_the_curve_grows_while_it_is_searched_and_can_be_cancelled(view, searches, qtbot) -> None:
    searches.may_end.clear()
    view.find_button.click()
    qtbot.waitUntil(lambda: view.plot.isVisible() and len(view.plot._rates) == len(RATES), **SOON)
    assert not view.find_button.isVisible()
    assert not view.use_button.isVisible()
    view.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: not view.runner.isRunning() and view.progress.isHidden(), **SOON)
    assert searches.closed == 1
    assert view.find_button.isVisible()
    assert not view.plot.isVisible()
    assert not view._redraw.isActive()


def test_the_rate_is_taken_over_by_one_step_that_can_be_undone(view, session, qtbot) -> None:
    search(view, qtbot)
    before = session.experiment.hyperparameters.optimizer.learning_rate
    view.use_button.click()
    assert session.experiment.hyperparameters.optimizer.learning_rate == 0.001
    assert session.undo_stack.undoText() == "Use learning rate 0.001"
    assert view.use_button.text() == "0.001 is in use"
    assert not view.use_button.isEnabled()
    assert view.plot.isVisible()
    session.undo_stack.undo()
    assert session.experiment.hyperparameters.optimizer.learning_rate == before
    assert view.use_button.isEnabled()


def test_another_rate_of_the_curve_can_be_taken(view, session, qtbot) -> None:
    search(view, qtbot)
    view.plot.pick(0.025)
    assert view.use_button.text() == "Use 0.025"
    view.use_button.click()
    assert session.experiment.hyperparameters.optimizer.learning_rate == 0.025


def test_without_suggestion_it_says_why_and_a_person_may_pick(view, searches, qtbot) -> None:
    searches.answer = msgspec.structs.replace(FOUND, suggestion=None, verdict="no_fall")
    search(view, qtbot)
    assert "No suggestion: the loss hardly falls" in view.answer.text()
    assert not view.use_button.isEnabled()
    view.plot.pick(0.01)
    assert view.use_button.isEnabled()
    searches.answer = RateSearch((), (), (), None, "no_number", exploded=True)
    search(view, qtbot)
    assert "no number" in view.answer.text()
    assert not view.plot.isVisible()


def test_what_was_found_for_another_experiment_is_not_shown_and_comes_back_with_it(view, session, qtbot) -> None:
    search(view, qtbot)
    before = session.experiment.hyperparameters
    edit(session, optimizer=OPTIMIZERS["sgd"]())
    assert not view.plot.isVisible()
    assert not view.note.isVisible()
    assert view.find_button.text() == "Find a learning rate"
    edit(session, optimizer=before.optimizer)
    assert view.plot.isVisible()
    edit(session, epochs=99)
    assert view.plot.isVisible()


def test_an_edit_ends_a_search_for_what_is_no_more(view, session, searches, qtbot) -> None:
    searches.may_end.clear()
    view.find_button.click()
    edit(session, batch_size=7)
    qtbot.waitUntil(lambda: not view.runner.isRunning() and view.find_button.isVisible(), **SOON)
    assert searches.closed == 1
    assert view.kept is None


def test_it_folds_up_again(view, qtbot) -> None:
    search(view, qtbot)
    view.fold_button.click()
    assert view.find_button.isVisible()
    assert not any(part.isVisible() for part in (view.plot, view.answer, view.note, view.use_button))
    search(view, qtbot)
    assert view.plot.isVisible()


def test_while_a_training_goes_on_it_says_so(view, searches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "training_state", "running")
    view.find_button.click()
    assert "A training is under way" in view.note.text()
    assert view.note.isVisible()
    assert searches.asked == []


def test_while_there_is_no_dataset_it_says_so(view, session, searches) -> None:
    session.loader.samples = None
    session.samples_changed.emit()
    view.find_button.click()
    assert view.note.text()
    assert searches.asked == []


def test_what_went_wrong_is_told_below_the_button(view, searches, qtbot) -> None:
    searches.answer = LeptonError("A training is under way.", "Measure again when it has ended.")
    search(view, qtbot)
    assert view.note.text() == str(searches.answer)
    assert view.note.isVisible()
    assert not view.plot.isVisible()


def test_its_owner_ends_what_is_under_way(view, searches) -> None:
    searches.may_end.clear()
    view.find_button.click()
    view.stop()
    assert searches.closed == 1


def test_a_real_search_fills_it(session, qtbot) -> None:
    view = RateFinderView(session)
    qtbot.addWidget(view)
    view.show()
    view.find_button.click()
    # The last news may be on its way when the thread has ended.
    qtbot.waitUntil(lambda: view.kept is not None and view.progress.isHidden(), timeout=60_000)
    assert view.plot.isVisible()
    assert len(view.kept[1].rates) > 50
    view.stop()
