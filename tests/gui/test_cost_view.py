"""The card that tells what a training will cost: at once what is counted, later what is measured, never in the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from lepton_studio.engine import Architecture, Cost, Experiment, LeptonError, Progress, Samples
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.gui import cost_view
from lepton_studio.gui.cost_view import CostView
from lepton_studio.gui.session import Session
from lepton_studio.gui.workbench import Workbench

SOON = {"timeout": 20_000}
COST = Cost(2.34, 1000.0, 10, 32_800_000, 22_000_000_000, "CPU, 1 thread", "bfloat16", steps=20)


class Probes:
    """Stands in for the probe of the engine and notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[Experiment] = []
        self.closed = 0
        self.answer: Cost | Exception = COST
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(
        self, experiment: Experiment, samples: Samples, is_given_up: Callable[[], bool]
    ) -> Iterator[Progress | Cost]:
        self.asked.append(experiment)
        self.is_given_up = is_given_up
        try:
            yield Progress("Measuring a few steps", 1, 4)
            while not self.may_end.wait(0.005):
                yield Progress("Measuring a few steps", 2, 4)
            if isinstance(self.answer, Exception):
                raise self.answer
            yield self.answer
        finally:
            self.closed += 1


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Probes]:
    probes = Probes()
    monkeypatch.setattr(cost_view, "probe_cost", probes)
    monkeypatch.setattr(cost_view, "SETTLE_MILLISECONDS", 20)
    yield probes
    probes.may_end.set()


@pytest.fixture
def session(tiny_session: Session) -> Session:
    return tiny_session


@pytest.fixture
def view(session: Session, probes: Probes, qtbot) -> Iterator[CostView]:
    view = CostView(Workbench(session, session))
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.stop()


def edit(session: Session, *layers: Any, **settings: Any) -> None:
    experiment = session.experiment
    if layers:
        experiment = msgspec.structs.replace(experiment, architecture=Architecture("Edited", layers))
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **settings)
    session.experiment = msgspec.structs.replace(experiment, hyperparameters=hyperparameters)
    session.experiment_changed.emit()


def test_sizes_are_told_at_once_and_seconds_after_a_probe(view, session, probes, qtbot) -> None:
    edit(session, Flatten(), Linear(outputs=4), epochs=10, batch_size=50)
    assert view.rows.value("parameters") == "260"
    assert view.rows.value("flops") == "512"
    assert view.rows.value("activations") == "0.3 kB"
    assert "13.6 kB for a batch of 50" in view.rows.tip("activations")
    assert view.rows.value("epoch") == view.rows.value("memory") == "–"
    assert probes.asked == []
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–", **SOON)
    assert len(probes.asked) == 1
    assert probes.asked[0].hyperparameters.batch_size == 50
    assert view.rows.value("epoch") == "about 2.3 s"
    assert view.rows.value("all") == "about 23 s"
    assert view.rows.value("memory") == "32.8 MB"
    assert view.rows.verdict("memory") == "fits: 22.0 GB free"
    assert "CPU, 1 thread, bfloat16" in view.rows._values["epoch"].toolTip()
    assert view.note.isHidden()
    qtbot.waitUntil(lambda: not view.runner.isRunning(), **SOON)
    assert view.progress.isHidden()


def test_a_probe_hears_that_it_is_to_end_before_its_step_is_over(view, session, probes, qtbot) -> None:
    probes.may_end.clear()
    edit(session, Flatten(), Linear(outputs=4))
    qtbot.waitUntil(lambda: bool(probes.asked), **SOON)
    assert not probes.is_given_up()
    view.runner.request_stop()
    assert probes.is_given_up()


def test_an_empty_stack_has_no_cost(view, session) -> None:
    empty = msgspec.structs.replace(session.experiment, architecture=Architecture("Empty", ()))
    session.experiment = empty
    session.experiment_changed.emit()
    for key in ("parameters", "flops", "activations"):
        assert view.rows.value(key) == "–"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0123, "0.012 s"), (9.4, "9.4 s"), (48.2, "48 s"), (1140, "19 min"), (11_340, "3 h 9 min")],
)
def test_seconds_are_told_as_roughly_as_they_are_known(view, seconds: float, words: str) -> None:
    assert view._about(seconds) == f"about {words}"


def test_many_edits_in_a_row_are_one_probe_and_undo_shows_the_old_cost_at_once(view, session, probes, qtbot) -> None:
    qtbot.waitUntil(lambda: len(view.kept) == 1 and not view.runner.isRunning(), **SOON)
    before = session.experiment
    for size in (16, 17, 18, 19):
        edit(session, batch_size=size)
    assert view.rows.value("epoch") == "–"
    qtbot.waitUntil(lambda: len(view.kept) == 2 and not view.runner.isRunning(), **SOON)
    assert [asked.hyperparameters.batch_size for asked in probes.asked] == [32, 19]
    session.experiment = before
    session.experiment_changed.emit()
    assert view.rows.value("epoch") == "about 2.3 s"
    assert not view._soon.isActive()
    assert len(probes.asked) == 2


def test_what_changes_no_step_is_not_measured_anew(view, session, probes, qtbot) -> None:
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–" and not view.runner.isRunning(), **SOON)
    optimizer = msgspec.structs.replace(session.experiment.hyperparameters.optimizer, learning_rate=0.5)
    edit(session, epochs=100, optimizer=optimizer)
    assert view.rows.value("all") == "about 4 min"
    assert not view._soon.isActive()
    assert len(probes.asked) == 1


def test_an_edit_ends_a_probe_that_nobody_waits_for_any_more(view, session, probes, qtbot) -> None:
    probes.may_end.clear()
    qtbot.waitUntil(lambda: len(probes.asked) == 1, **SOON)
    qtbot.waitUntil(lambda: not view.progress.isHidden(), **SOON)
    edit(session, batch_size=8)
    qtbot.waitUntil(lambda: len(probes.asked) == 2, **SOON)
    assert probes.closed == 1
    assert view.kept == {}
    probes.may_end.set()
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–", **SOON)
    assert len(view.kept) == 1


def test_a_probe_can_be_cancelled_and_asked_for_again(view, probes, qtbot) -> None:
    probes.may_end.clear()
    qtbot.waitUntil(lambda: not view.progress.isHidden(), **SOON)
    view.progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: view.progress.isHidden(), **SOON)
    assert view.note.text() == "Not measured."
    assert not view._soon.isActive()
    probes.may_end.set()
    view.again_button.click()
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–" and not view.runner.isRunning(), **SOON)
    assert view.again_button.isHidden()
    assert len(probes.asked) == 2


def test_what_does_not_fit_is_said_in_words(view, session, probes, qtbot) -> None:
    probes.answer = Cost(None, None, 10, 43_600_000_000, 22_000_000_000, "CPU", "float32")
    edit(session, batch_size=4)
    qtbot.waitUntil(lambda: view.rows.verdict("memory") != "", **SOON)
    assert view.rows.verdict("memory") == "does not fit: 22.0 GB free"
    assert view.rows.value("epoch") == "–"
    assert view.rows.value("memory") == "43.6 GB"


def test_why_nothing_can_be_measured_is_said(view, session, probes, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    probes.answer = LeptonError("The device is gone.", "Choose another.")
    edit(session, batch_size=4)
    qtbot.waitUntil(lambda: "The device is gone" in view.note.text(), **SOON)
    assert view.again_button.isVisible()
    edit(session, Linear(outputs=4))
    assert "can be built" in view.note.text()
    assert view.rows.value("parameters") == "–"
    session.loader.samples = None
    edit(session, Flatten(), Linear(outputs=10))
    session.samples_changed.emit()
    assert "not on this computer" in view.note.text()
    session.engine_ready = False
    session.samples_changed.emit()
    assert view.note.text() == "Preparing ..."
    assert not view._soon.isActive()


def test_nothing_is_measured_while_a_training_goes_on(
    view, session, probes, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes.may_end.clear()
    qtbot.waitUntil(lambda: len(probes.asked) == 1, **SOON)
    monkeypatch.setattr(Session, "training_state", "running")
    session.training_changed.emit()
    qtbot.waitUntil(lambda: not view.runner.isRunning(), **SOON)
    assert probes.closed == 1
    assert "A training is under way" in view.note.text()
    assert not view._soon.isActive()
    probes.may_end.set()
    monkeypatch.setattr(Session, "training_state", "idle")
    session.training_changed.emit()
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–", **SOON)


def test_nothing_is_measured_while_nobody_looks(session, probes, qtbot) -> None:
    view = CostView(Workbench(session, session))
    qtbot.addWidget(view)
    edit(session, batch_size=4)
    assert not view._soon.isActive()
    view.show()
    assert view._soon.isActive()
    view.hide()
    assert not view._soon.isActive()
    assert probes.asked == []


def test_the_page_that_goes_ends_what_is_under_way(view, probes, qtbot) -> None:
    probes.may_end.clear()
    qtbot.waitUntil(lambda: len(probes.asked) == 1, **SOON)
    view.stop()
    assert probes.closed == 1
    assert not view.runner.isRunning()


def test_frozen_parameters_are_told_apart(view, session) -> None:
    assert view.rows._lines["frozen"].isHidden()
    edit(session, Pretrained(network="mobilenet_v3_small", weights="random", size=32), Linear(outputs=4))
    assert view.rows.value("frozen").replace("\u202f", " ") == "1 517 856"
    assert not view.rows._lines["frozen"].isHidden()


def test_a_real_probe_fills_the_card(session, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_view, "SETTLE_MILLISECONDS", 0)
    view = CostView(Workbench(session, session))
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: view.rows.value("epoch") != "–", timeout=60_000)
    assert view.rows.value("epoch").startswith("about")
    assert view.rows.verdict("memory").startswith("fits")
    view.stop()
