"""What layers make of a picture: where it lies, what it looks like, what a click on it means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.output_painter import output_images
from lepton_studio.gui.widgets.output_plan import OutputStrip, plan_outputs
from lepton_studio.gui.widgets.output_strips import OutputStrips
from lepton_studio.gui.widgets.value_colours import short_number, value_colours
from lepton_studio.gui.widgets.value_view import ValueView

RANDOM = np.random.default_rng(3)


def strip(*shape: int, path: tuple[int, ...] = (0,), whole: tuple[int, ...] | None = None, **more: Any) -> OutputStrip:
    output = RANDOM.normal(size=shape).astype(np.float32)
    return OutputStrip(path, "Layer", output, whole or shape, float(output.min()), float(output.max()), **more)


STRIPS = (
    strip(32, 28, 28),
    strip(64, 7, 7, path=(1,), whole=(256, 7, 7)),
    strip(16, 64, path=(2,)),
    strip(20, path=(3, 0)),
    strip(500, path=(4,)),
    strip(10, path=(5,), names=tuple("0123456789"), label=3, note="as probabilities"),
)


@pytest.fixture
def strips(qtbot: Any) -> OutputStrips:
    strips = OutputStrips()
    qtbot.addWidget(strips)
    strips.resize(420, 100)
    strips.show_strips(STRIPS)
    strips.show()
    qtbot.waitExposed(strips)
    return strips


def part(strips: OutputStrips, at: int, number: int = 0) -> QPoint:
    left, top, width, height = strips.plan.strips[at].parts[number]
    return QPoint(round(left + width / 2), round(top + height / 2))


def test_keys_go_from_strip_to_strip_and_enlarge(strips: OutputStrips, qtbot: Any) -> None:
    chosen: list[Any] = []
    strips.layer_chosen.connect(lambda path: (chosen.append(path), strips.set_chosen([path])))
    strips.part_chosen.connect(lambda path, number: chosen.append((path, number)))
    strips.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Space):
        qtbot.keyClick(strips, key)
    assert chosen == [(0,), (1,), ((1,), 0), (0,), (0,), ((0,), 0)]
    # Bars have nothing to enlarge.
    strips.set_chosen([(4,)])
    qtbot.keyClick(strips, Qt.Key.Key_Return)
    assert len(chosen) == 6
    assert not strips.grab().isNull()


shapes = st.one_of(
    st.tuples(st.integers(1, 64), st.integers(1, 260), st.integers(1, 260)),
    st.tuples(st.integers(1, 256), st.integers(1, 600)),
    st.tuples(st.integers(1, 4096)),
)


@given(st.lists(shapes, max_size=6), st.integers(220, 900), st.sampled_from([1.0, 1.5]), st.sampled_from([1.0, 2.0]))
def test_all_parts_lie_inside_their_strip_and_strips_below_each_other(
    found: list[tuple[int, ...]], width: int, scale: float, ratio: float
) -> None:
    many = [OutputStrip((at,), "Layer", np.zeros(shape, np.float32), shape) for at, shape in enumerate(found)]
    plan = plan_outputs(many, width, scale, ratio)
    bottom = 0.0
    for each, planned in zip(many, plan.strips, strict=True):
        assert planned.top >= bottom
        bottom = planned.top + planned.height
        assert planned.shown + planned.more == (each.shape[0] if each.form != "bars" else len(each.output))
        for left, top, across, down in planned.parts:
            assert planned.left <= left
            assert left + across <= width
            assert planned.top < top
            assert top + down < bottom
    assert plan.height == pytest.approx(bottom)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_pixels_of_maps_are_whole_pixels_of_the_screen(ratio: float) -> None:
    for each in (strip(8, 28, 28), strip(8, 7, 7), strip(8, 1, 1)):
        planned = plan_outputs([each], 400, 1.0, ratio).strips[0]
        pixel = planned.parts[0][2] / each.output.shape[2] * ratio
        assert pixel == pytest.approx(round(pixel))
        image = output_images(each, planned, ratio)[0]
        assert image.width() == round(planned.parts[0][2] * ratio)


def test_large_maps_are_shrunk_to_a_thumbnail() -> None:
    planned = plan_outputs([strip(8, 224, 112)], 400, 1.0, 1.0).strips[0]
    assert planned.parts[0][2:] == pytest.approx((30, 60))


def test_maps_have_one_scale_and_numbers_the_colours_of_it(qapp: QApplication) -> None:
    values = np.array([-2.0, 0.0, 2.0, 9.0, np.nan], np.float32)
    below, zero, above, beyond, unknown = value_colours(values, -2.0, 1.0)
    assert QColor(*below.tolist()).name() == theme.LIGHT.accent.lower()
    assert QColor(*zero.tolist()).name() == theme.LIGHT.raised.lower()
    assert QColor(*above.tolist()).name() == theme.LIGHT.validation.lower()
    assert np.array_equal(beyond, above)
    assert np.array_equal(unknown, zero)
    assert value_colours(np.array([0.0, 2.0, 4.0], np.float32), 0.0, 4.0)[:, 0].tolist() == [0, 127, 255]
    assert value_colours(np.zeros((2, 3), np.float32), 0.0, 0.0).shape == (2, 3, 3)


def test_the_pixels_of_a_map_are_those_of_its_numbers(qapp: QApplication) -> None:
    values = np.array([[[0.0, 1.0], [0.5, 1.0]]], np.float32)
    each = OutputStrip((0,), "Layer", values, values.shape, 0.0, 1.0)
    planned = plan_outputs([each], 300, 1.0, 1.0).strips[0]
    image = output_images(each, planned, 1.0)[0]
    side = image.width() // 2
    greys = [image.pixelColor(x, y).red() for y in (1, side + 1) for x in (1, side + 1)]
    assert greys == [0, 255, 127, 255]


def test_a_click_chooses_the_layer_and_a_map_is_enlarged(strips: OutputStrips, qtbot: Any) -> None:
    with qtbot.waitSignal(strips.layer_chosen) as layer, qtbot.waitSignal(strips.part_chosen) as enlarged:
        qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=part(strips, 1, 2))
    assert layer.args == [(1,)]
    assert enlarged.args == [(1,), 2]
    title = QPoint(20, round(strips.plan.strips[3].top) + 8)
    with qtbot.assertNotEmitted(strips.part_chosen), qtbot.waitSignal(strips.layer_chosen) as chosen:
        qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=title)
    assert chosen.args == [(3, 0)]


def test_between_strips_nothing_is_chosen(strips: OutputStrips, qtbot: Any) -> None:
    second = strips.plan.strips[1]
    with qtbot.assertNotEmitted(strips.layer_chosen):
        qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=QPoint(100, round(second.top) - 2))
    assert strips.plan.part_at(100, second.top - 2) == (-1, -1)


def test_the_chosen_strip_is_lit_up(strips: OutputStrips) -> None:
    corner = QPoint(200, round(strips.plan.strips[3].top) + 4)
    before = strips.grab().toImage().pixelColor(corner)
    strips.set_chosen(((3, 0),))
    assert strips.grab().toImage().pixelColor(corner) != before


def test_what_lies_inside_a_container_stands_further_right(strips: OutputStrips) -> None:
    assert strips.plan.strips[3].left > strips.plan.strips[2].left


@pytest.mark.parametrize(
    ("at", "number", "words"),
    [(0, 4, "Channel 4"), (2, 0, "steps"), (3, 0, "Number"), (5, 3, "3: output")],
    ids=["maps", "matrix", "bars", "classes"],
)
def test_what_is_under_the_mouse_is_told(strips: OutputStrips, at: int, number: int, words: str) -> None:
    place = part(strips, at, number)
    QApplication.sendEvent(strips, QHelpEvent(QEvent.Type.ToolTip, place, strips.mapToGlobal(place)))
    assert words in QToolTip.text()
    QToolTip.hideText()


def test_the_answer_is_a_softmax_of_which_the_likeliest_classes_are_shown() -> None:
    answer = strip(40, names=tuple(str(at) for at in range(40)))
    assert answer.probabilities().sum() == pytest.approx(1.0)
    assert answer.classes() == np.argsort(-answer.output)[:12].tolist()
    planned = plan_outputs([answer], 300, 1.0, 1.0).strips[0]
    assert (planned.shown, planned.more) == (12, 28)
    assert STRIPS[5].classes() == list(range(10))


def test_a_wider_list_shows_more_maps_and_says_how_many_there_are_besides(strips: OutputStrips) -> None:
    narrow = strips.plan.strips[1]
    strips.resize(700, strips.height())
    wide = strips.plan.strips[1]
    assert wide.shown > narrow.shown
    assert narrow.shown + narrow.more == wide.shown + wide.more == 256


def test_a_network_that_became_all_wrong_is_painted_too(strips: OutputStrips) -> None:
    broken = np.full((3, 4, 4), np.nan, np.float32)
    strips.show_strips(
        [
            OutputStrip((0,), "Layer", broken, broken.shape),
            OutputStrip((1,), "Layer", broken[0, 0], (4,)),
            OutputStrip((2,), "Layer", broken[0, 0], (4,), names=("a", "b", "c", "d")),
        ]
    )
    assert not strips.grab().isNull()
    assert strips.place_of((2,)).height() > 0
    assert strips.place_of((7,)).isEmpty()


def test_a_value_view_tells_numbers_and_no_bytes(qtbot: Any) -> None:
    view = ValueView()
    qtbot.addWidget(view)
    view.set_values(np.array([[0.25, -1.5]], np.float32), -1.5, 0.25)
    assert view.pixel_text(0, 1) == "row 0, column 1: −1.5"
    assert short_number(-0.123456) == "−0.123"
