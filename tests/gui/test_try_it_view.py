"""A sample goes through the network on the bench, and the view follows both."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from lepton_studio.engine import LAYERS, LayerOutput, Run, Samples, walk_sample
from lepton_studio.gui import try_it_view
from lepton_studio.gui.session import Session
from lepton_studio.gui.try_it_view import TryItView
from lepton_studio.gui.workbench import Workbench

PATIENCE = 60_000
Conv2d, Relu, Flatten, Linear, Residual = (LAYERS[tag] for tag in ("conv2d", "relu", "flatten", "linear", "residual"))


@pytest.fixture
def workbench(tiny_session: Session) -> Workbench:
    return Workbench(tiny_session)


@pytest.fixture
def view(workbench: Workbench, qtbot: Any) -> Any:
    view = TryItView(workbench)
    qtbot.addWidget(view)
    view.resize(420, 700)
    view.show()
    qtbot.waitExposed(view)
    settle(view, qtbot)
    yield view
    view.stop()


def settle(view: TryItView, qtbot: Any) -> None:
    """Waits until what is shown is what is on the bench."""
    qtbot.waitUntil(lambda: view._work.is_settled, timeout=PATIENCE)
    qtbot.wait(1)


def paths(view: TryItView) -> list[tuple[int, ...]]:
    return [strip.path for strip in view.strips.strips]


def expected(view: TryItView, run: Run | None = None) -> list[Any]:
    session = view._workbench.session
    assert session.samples is not None
    events = walk_sample(session.experiment, session.samples, view.picker.position, run)
    return [each for each in events if isinstance(each, LayerOutput)]


def shows(view: TryItView, outputs: list[Any]) -> bool:
    strips = view.strips.strips
    return len(strips) == len(outputs) and all(
        strip.path == each.path and np.array_equal(strip.output, each.output)
        for strip, each in zip(strips, outputs, strict=True)
    )


def place_of(view: TryItView, path: tuple[int, ...], number: int) -> QPoint:
    at = paths(view).index(path)
    left, top, width, height = view.strips.plan.strips[at].parts[number]
    return QPoint(round(left + width / 2), round(top + height / 2))


def test_each_card_shows_what_it_makes_of_the_first_sample(view: TryItView, tiny_samples: Samples) -> None:
    assert shows(view, expected(view))
    last = view.strips.strips[-1]
    assert last.names == tiny_samples.class_names
    assert last.label == 0
    assert "random" in view._explanation.text()
    assert not view._trouble.isVisible()


def test_another_sample_goes_through_the_same_network(view: TryItView, qtbot: Any) -> None:
    before = view.strips.strips[0].output
    button = view.findChild(QToolButton, "try_it_next")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(view, qtbot)
    assert view.picker.position == 1
    assert shows(view, expected(view))
    assert view.strips.strips[-1].label == 1
    assert not np.array_equal(view.strips.strips[0].output, before)


def test_an_edit_is_followed_with_the_same_sample(view: TryItView, qtbot: Any) -> None:
    view.picker.choose(7)
    settle(view, qtbot)
    layers = (Conv2d(channels=2, padding=1), Residual(body=(Relu(),)), Flatten(), Linear(outputs=4))
    view._workbench.edit("Another", layers)
    settle(view, qtbot)
    assert view.picker.position == 7
    assert paths(view) == [(0,), (1,), (1, 0), (2,), (3,)]
    assert shows(view, expected(view))


def test_a_network_that_does_not_fit_is_shown_up_to_its_fault(view: TryItView, qtbot: Any) -> None:
    view._workbench.edit("Break it", (Relu(), Conv2d(channels=2, kernel_size=9), Flatten()))
    settle(view, qtbot)
    assert paths(view) == [(0,)]
    assert "Convolution 2d" in view._trouble.text()
    assert view._trouble.isVisible()
    view._workbench.session.undo_stack.undo()
    settle(view, qtbot)
    assert shows(view, expected(view))
    assert not view._trouble.isVisible()


def test_a_last_layer_with_too_many_numbers_is_no_answer(view: TryItView, qtbot: Any) -> None:
    view._workbench.edit("Too many", (Flatten(), Linear(outputs=6)))
    settle(view, qtbot)
    assert view.strips.strips[-1].names == ()
    assert view.strips.strips[-1].form == "bars"


def test_a_click_on_a_strip_chooses_the_card_and_the_chosen_card_is_brought_into_sight(
    view: TryItView, qtbot: Any
) -> None:
    view.resize(420, 420)
    qtbot.wait(1)
    qtbot.mouseClick(view.strips, Qt.MouseButton.LeftButton, pos=place_of(view, (2,), 0))
    assert view._workbench.current == (2,)
    view._workbench.choose((5,))
    scrolled = view._area.verticalScrollBar().value()
    assert scrolled > 0
    view._workbench.choose((0,))
    assert view._area.verticalScrollBar().value() < scrolled


def test_a_click_on_a_map_enlarges_it_and_it_stays_through_samples(view: TryItView, qtbot: Any) -> None:
    qtbot.mouseClick(view.strips, Qt.MouseButton.LeftButton, pos=place_of(view, (0,), 2))
    assert view.enlarged.values.isVisible()
    assert "channel 2 of 4" in view.enlarged.caption
    assert np.array_equal(view.enlarged.values._values, view.strips.strips[0].output[2])
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert "channel 3 of 4" in view.enlarged.caption
    before = view.findChild(QToolButton, "map_before")
    assert before is not None
    qtbot.mouseClick(before, Qt.MouseButton.LeftButton)
    view.picker.choose(5)
    settle(view, qtbot)
    assert "channel 2 of 4" in view.enlarged.caption
    assert np.array_equal(view.enlarged.values._values, view.strips.strips[0].output[2])
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.enlarged.values.isVisible()


def test_an_enlarged_map_goes_with_its_layer(view: TryItView, qtbot: Any) -> None:
    qtbot.mouseClick(view.strips, Qt.MouseButton.LeftButton, pos=place_of(view, (0,), 2))
    view._workbench.edit("Take it out", (Flatten(), Linear(outputs=4)))
    settle(view, qtbot)
    assert not view.enlarged.values.isVisible()


def test_hidden_it_does_nothing_and_shown_again_it_follows(
    view: TryItView, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: list[object] = []
    real = try_it_view.walk_sample
    monkeypatch.setattr(try_it_view, "walk_sample", lambda *each: walks.append(each) or real(*each))
    view.hide()
    view._workbench.edit("One", (Flatten(), Linear(outputs=4)))
    view.picker.choose(3)
    assert not view._work.is_waiting
    assert walks == []
    view.show()
    settle(view, qtbot)
    assert len(walks) == 1
    assert shows(view, expected(view))


def test_many_edits_in_a_row_are_one_walk_and_the_last_one_counts(
    view: TryItView, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: list[object] = []
    real = try_it_view.walk_sample
    monkeypatch.setattr(try_it_view, "walk_sample", lambda *each: walks.append(each) or real(*each))
    for channels in range(1, 9):
        view._workbench.edit("Channels", (Conv2d(channels=channels), Flatten(), Linear(outputs=4)), merges=True)
    settle(view, qtbot)
    assert len(walks) == 1
    assert view.strips.strips[0].shape[0] == 8


def test_an_edit_during_a_walk_begins_another(view: TryItView, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, may_end = try_it_view.walk_sample, threading.Event()

    def held(*about: Any) -> Any:
        may_end.wait(10)
        yield from real(*about)

    monkeypatch.setattr(try_it_view, "walk_sample", held)
    view._workbench.edit("One", (Conv2d(channels=3), Flatten(), Linear(outputs=4)))
    qtbot.waitUntil(lambda: view._work.is_under_way, timeout=PATIENCE)
    view._workbench.edit("Two", (Conv2d(channels=5), Flatten(), Linear(outputs=4)))
    may_end.set()
    settle(view, qtbot)
    assert view.strips.strips[0].shape[0] == 5
    assert shows(view, expected(view))


@pytest.mark.parametrize(
    ("state", "words"),
    [("no torch", "PyTorch is being loaded"), ("no samples", "Load a dataset"), ("no layers", "Add a layer")],
)
def test_an_empty_view_says_why(view: TryItView, state: str, words: str) -> None:
    bench = view._workbench
    if state == "no torch":
        bench.session.engine_ready = False
        bench.describe()
    elif state == "no samples":
        bench.session.loader.samples = None
        bench.session.samples_changed.emit()
    else:
        bench.edit("Empty it", ())
    assert words in view._explanation.text()
    assert not view._area.isVisible()


def test_another_dataset_is_shown_with_its_own_scale(view: TryItView, qtbot: Any, tiny_samples: Samples) -> None:
    session = view._workbench.session
    session.loader.samples = replace(tiny_samples, images=255 - tiny_samples.images)
    session.samples_changed.emit()
    settle(view, qtbot)
    assert shows(view, expected(view))


def test_the_weights_of_a_run_of_this_network_can_be_looked_at(view: TryItView, qtbot: Any, trained_run: Run) -> None:
    assert not view.weights_picker.isVisible()
    view._workbench.session.choose(trained_run)
    assert view.weights_picker.isVisible()
    view.weights_picker.setCurrentIndex(1)
    view.weights_picker.activated.emit(1)
    settle(view, qtbot)
    assert shows(view, expected(view, trained_run))
    assert "learned" in view._explanation.text()
    view._workbench.edit("Another", (Flatten(), Linear(outputs=4)))
    settle(view, qtbot)
    assert not view.weights_picker.isVisible()
    assert shows(view, expected(view))
    assert "random" in view._explanation.text()


def test_weights_that_are_gone_are_said(view: TryItView, qtbot: Any, trained_run: Run) -> None:
    view._workbench.session.choose(trained_run)
    trained_run.weights = None
    trained_run.checkpoint.unlink()
    view.weights_picker.setCurrentIndex(1)
    view.weights_picker.activated.emit(1)
    settle(view, qtbot)
    assert str(trained_run.checkpoint) in view._trouble.text()


def test_a_stopped_view_stays_still(view: TryItView) -> None:
    view.stop()
    experiment = view._workbench.session.experiment
    view._workbench.session.show_experiment(msgspec.structs.replace(experiment, seed=9))
    assert not view._work.is_waiting
    assert not view._work.is_under_way
