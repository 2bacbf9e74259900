"""Tests of the steps that lead from ink to what the network sees."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.engine.ink_steps import SIDE, ink_steps, picture_steps, stroke_steps
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Reader
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Stroke, draw_strokes, render_strokes

TICK = Stroke(((0.1, 0.2), (0.2, 0.35), (0.4, 0.05)), 0.03)
STICK = Stroke(((0.7, 0.1), (0.7, 0.5)), 0.03)


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 8, 8), (3, 32, 32)], ids=str)
def test_the_last_step_of_a_drawing_is_exactly_what_the_network_gets(shape: Shape) -> None:
    steps = stroke_steps((TICK, STICK), shape)
    assert [step.kind for step in steps] == ["drawn", "box", "scaled", "centred", "seen"]
    np.testing.assert_array_equal(steps[-1].picture, render_strokes((TICK, STICK), shape)[0])
    for step in ink_steps((TICK, STICK), shape)[:-1]:
        assert step.picture.dtype == np.uint8
        assert step.picture.any()
        assert max(step.picture.shape) <= max(SIDE, *shape)


def test_each_step_shows_what_it_says() -> None:
    drawn, box, scaled, centred, seen = stroke_steps((TICK,), (1, 28, 28))
    # The sharp corner below is where the pen was.
    assert drawn.box == pytest.approx((0.085, 0.035, 0.415, 0.365), abs=0.02)
    height, width = box.picture.shape
    assert height / SIDE == pytest.approx(drawn.box[3] - drawn.box[1])
    assert width / SIDE == pytest.approx(drawn.box[2] - drawn.box[0])
    assert max(scaled.picture.shape) == 20
    assert scaled.mass is not None
    assert centred.mass is not None
    # The middle of MNIST is that of pixel 14.
    assert centred.mass == pytest.approx((14.5 / 28, 14.5 / 28), abs=0.01)
    assert seen.picture.shape == (28, 28)


def test_the_steps_of_one_digit_show_it_among_the_others() -> None:
    steps = stroke_steps((TICK, STICK), (1, 28, 28), (1,))
    np.testing.assert_array_equal(steps[0].picture, draw_strokes((TICK, STICK), SIDE))
    assert steps[0].box[0] > 0.6
    np.testing.assert_array_equal(steps[-1].picture, render_strokes((STICK,))[0])


def test_nothing_drawn_has_no_steps() -> None:
    assert ink_steps((), (1, 28, 28)) == ()
    assert ink_steps((Stroke((), 0.1),), (1, 28, 28)) == ()
    assert ink_steps(np.zeros((50, 50), np.uint8), (1, 28, 28)) == ()


def test_strokes_outside_of_the_canvas_have_steps_too() -> None:
    steps = stroke_steps((Stroke(((2.0, 2.0), (2.5, 2.5)), 0.05),), (1, 28, 28))
    assert not steps[0].picture.any()
    assert steps[-1].picture.any()


def test_the_last_step_of_a_photograph_is_what_the_network_gets_of_each_digit() -> None:
    reader = Reader(Predictor(bundled_run()))
    ink = draw_strokes((STICK, TICK), 240) / 255
    photograph = np.rint((210 - 170 * ink) * np.linspace(1, 0.6, 240)).astype(np.uint8)
    parts = reader.read_picture(photograph).parts
    assert len(parts) == 2
    found = reader.ink_parts(photograph)
    for number, part in enumerate(parts):
        steps = picture_steps(photograph, found, number)
        assert [step.kind for step in steps] == ["photographed", "levelled", "box", "scaled", "centred", "seen"]
        np.testing.assert_array_equal(steps[-1].picture, part.picture[0])
        assert steps[0].box == part.box
        assert steps[1].picture.mean() < 60 < steps[0].picture.mean()
    np.testing.assert_array_equal(picture_steps(photograph, found, 99)[-1].picture, parts[-1].picture[0])


def test_a_picture_of_the_training_set_is_seen_as_it_is() -> None:
    drawn = render_strokes((TICK,))[0]
    whole, seen = ink_steps(255 - drawn, (1, 28, 28))
    assert (whole.kind, seen.kind) == ("photographed", "seen")
    np.testing.assert_array_equal(seen.picture, drawn)


def test_a_picture_taken_as_one_goes_the_same_way() -> None:
    ink = draw_strokes((TICK,), 200)
    photograph = np.repeat((255 - ink)[..., None], 3, axis=2)
    reader = Reader(Predictor(bundled_run()))
    (part,) = reader.read_picture(photograph).parts
    np.testing.assert_array_equal(ink_steps(photograph, (1, 28, 28))[-1].picture, part.picture[0])
