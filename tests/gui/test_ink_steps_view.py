"""The view of the steps follows the easel: drawings, photographs, parts, hidden and shown."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from lepton_studio.engine import Run, Stroke
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import draw_strokes
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.ink_steps_view import InkStepsView
from lepton_studio.gui.session import Session

STICK = Stroke(((0.2, 0.3), (0.2, 0.5), (0.2, 0.7)), 0.04)
AROUND = np.linspace(0, 2 * np.pi, 40)
RING = Stroke(
    tuple(map(tuple, np.stack([0.4 + 0.1 * np.cos(AROUND), 0.5 + 0.2 * np.sin(AROUND)], axis=1).tolist())), 0.04
)


@pytest.fixture
def easel(tiny_session: Session) -> Easel:
    tiny_session.choose(bundled_run())
    made = Easel(tiny_session, tiny_session)
    made.take_run()
    return made


@pytest.fixture
def view(qtbot: QtBot, easel: Easel) -> InkStepsView:
    made = InkStepsView(easel)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.stop()


def draw(easel: Easel, *strokes: Stroke, photograph: np.ndarray | None = None) -> None:
    easel.show(strokes, photograph)
    easel.answer()


def kinds(view: InkStepsView) -> list[str]:
    return [step.kind for step in view.steps]


def test_the_steps_follow_the_drawing_and_end_with_what_the_network_got(
    qtbot: QtBot, easel: Easel, view: InkStepsView
) -> None:
    draw(easel, RING)
    qtbot.waitUntil(lambda: kinds(view) == ["drawn", "box", "scaled", "centred", "seen"])
    np.testing.assert_array_equal(view.steps[-1].picture, easel.part.picture[0])
    assert [step.caption for step in view.row.steps] == ["drawn", "cut out", "scaled", "centred", "seen"]
    draw(easel)
    qtbot.waitUntil(lambda: view.steps == ())


def test_another_part_has_its_own_steps(qtbot: QtBot, easel: Easel, view: InkStepsView) -> None:
    draw(easel, STICK, RING)
    assert easel.reading.text == "10"
    easel.choose_part(0)
    qtbot.waitUntil(lambda: bool(view.steps) and np.array_equal(view.steps[-1].picture, easel.part.picture[0]))
    first = view.steps[-1].picture
    easel.choose_part(1)
    qtbot.waitUntil(lambda: np.array_equal(view.steps[-1].picture, easel.part.picture[0]))
    assert not np.array_equal(first, view.steps[-1].picture)


def test_a_photograph_is_levelled_before_the_eyes(qtbot: QtBot, easel: Easel, view: InkStepsView) -> None:
    ink = draw_strokes((STICK, RING), 200) / 255
    photograph = np.rint((220 - 180 * ink) * np.linspace(1, 0.6, 200)).astype(np.uint8)
    draw(easel, photograph=photograph)
    qtbot.waitUntil(lambda: kinds(view) == ["photographed", "levelled", "scaled", "centred", "seen"])
    np.testing.assert_array_equal(view.steps[-1].picture, easel.part.picture[0])


def test_a_chosen_step_is_shown_large_with_its_sentence(qtbot: QtBot, easel: Easel, view: InkStepsView) -> None:
    assert not view.pixels.isVisible()
    draw(easel, RING)
    qtbot.waitUntil(lambda: bool(view.steps))
    view.row.choose(4)
    assert view.pixels.isVisible()
    assert "28 × 28" in view.sentence.text()
    draw(easel)
    qtbot.waitUntil(lambda: not view.pixels.isVisible())


def test_nothing_is_worked_out_while_nobody_looks(qtbot: QtBot, easel: Easel, view: InkStepsView) -> None:
    view.hide()
    draw(easel, RING)
    qtbot.wait(60)
    assert view.steps == ()
    view.show()
    assert kinds(view)[-1] == "seen"


def test_a_network_of_other_pictures_sees_the_whole(
    qtbot: QtBot, tiny_session: Session, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_session.choose(trained_run)
    easel = Easel(tiny_session, tiny_session)
    easel.take_run()
    monkeypatch.setattr(easel.predictor, "is_ink", False)
    view = InkStepsView(easel)
    qtbot.addWidget(view)
    view.show()
    draw(easel, photograph=np.arange(100, dtype=np.uint8).reshape(10, 10))
    qtbot.waitUntil(lambda: kinds(view) == ["seen"])
    assert view.steps[0].picture.shape == (8, 8)
    view.stop()


def test_before_there_is_a_network_the_drawing_has_its_steps_too(qtbot: QtBot, tiny_session: Session) -> None:
    easel = Easel(tiny_session, tiny_session)
    easel.take_run()
    easel.predictor = easel.reader = None
    view = InkStepsView(easel)
    qtbot.addWidget(view)
    view.show()
    draw(easel, RING)
    qtbot.waitUntil(lambda: kinds(view)[-1:] == ["seen"])
    assert view.steps[-1].picture.any()
    # Who would find the digits of a picture is not there yet.
    draw(easel, photograph=np.full((30, 30), 200, np.uint8))
    qtbot.waitUntil(lambda: view.steps == ())
    assert not easel.pictures.is_under_way
    view.stop()
