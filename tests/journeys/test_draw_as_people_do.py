"""Draw as people do: tiny, in a corner, two at once, a letter, a mistake; and teach it, compare, find it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from lepton_studio.engine import Interventions, books, list_runs, open_book
from lepton_studio.gui.demo import DIGITS
from lepton_studio.gui.draw_side import COMPARE, TEACH, WHY
from lepton_studio.gui.intervention_note import intervene, interventions_of
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.widgets.draw_pad import DrawPad
from tests.journeys.conftest import Hand

CAPITAL_M = ((0.2, 0.85), (0.2, 0.2), (0.5, 0.6), (0.8, 0.2), (0.8, 0.85))


def draw_at(hand: Any, digit: int, left: float, top: float, size: float) -> None:
    """Draws a digit into a square of the canvas, in shares of its side."""
    for points in DIGITS[digit]:
        hand.stroke(tuple((left + x * size, top + y * size) for x, y in points))


def is_known(hand: Any) -> bool:
    return bool(hand.find("prediction_view").property("is_known"))


@pytest.mark.parametrize("digit", [0, 2, 3, 4, 5, 7, 9])
def test_a_tiny_digit_in_a_corner_is_read(hand: Any, digit: int) -> None:
    hand.go("draw_page")
    for left, top in ((0.02, 0.02), (0.84, 0.82)):
        draw_at(hand, digit, left, top, 0.14)
        QApplication.processEvents()
        assert hand.answer()[0] == str(digit)
        hand.press(Qt.Key.Key_Delete)


def test_two_digits_are_read_as_one_number_and_each_has_its_bars(hand: Any) -> None:
    hand.go("draw_page")
    draw_at(hand, 4, 0.0, 0.25, 0.5)
    draw_at(hand, 2, 0.48, 0.25, 0.5)
    hand.settle()
    label, probability, probabilities = hand.answer()
    assert label == "42"
    assert probabilities[2] == max(probabilities) >= probability
    view = hand.find("prediction_view")
    hand.window.grab()
    hand.click(view, at=view._places[0].center().toPoint())
    hand.settle()
    probabilities = hand.answer()[2]
    assert probabilities[4] == max(probabilities)
    # A digit of several strokes is one digit.
    hand.press(Qt.Key.Key_Delete)
    hand.draw_digit(5)
    hand.settle()
    assert hand.answer()[0] == "5"


def test_a_letter_is_not_taken_for_a_digit(hand: Any) -> None:
    hand.go("draw_page")
    # A capital M, and an A with its bar.
    for strokes in (
        (CAPITAL_M,),
        (((0.2, 0.85), (0.5, 0.15), (0.8, 0.85)), ((0.3, 0.6), (0.7, 0.6))),
    ):
        for points in strokes:
            hand.stroke(points)
        hand.settle()
        assert not is_known(hand)
        assert "I don't know" in hand.find("prediction_view").accessibleName()
        hand.press(Qt.Key.Key_Delete)
    hand.draw_digit(5)
    hand.settle()
    assert is_known(hand)


def test_a_network_of_ones_own_knows_what_it_does_not_know_as_soon_as_it_is_looked_at(hand: Any) -> None:
    hand.train(epochs=6)
    hand.go("draw_page")
    measuring = hand.window.page("draw_page").measuring
    hand.wait(lambda: measuring.calibration is not None and measuring.work.is_settled)
    hand.stroke(CAPITAL_M)
    hand.settle()
    assert hand.answer()[0]
    assert not is_known(hand)
    hand.press(Qt.Key.Key_Delete)
    hand.draw_digit(1)
    hand.settle()
    assert is_known(hand)


def test_a_wrong_answer_is_corrected_by_a_key_and_taught(hand: Any) -> None:
    run = hand.train()
    hand.go("draw_page")
    assert hand.session.chosen is run
    # A sign of one's own for the four: this network cannot know it.
    odd = (((0.3, 0.15), (0.3, 0.5), (0.7, 0.5)), ((0.7, 0.15), (0.7, 0.85), (0.2, 0.85)))
    canvas = hand.find("drawing_canvas", DrawPad)
    for shift in (0.0, 0.04, -0.04):
        for points in odd:
            hand.stroke(tuple((x + shift, y) for x, y in points))
        hand.settle()
        canvas.setFocus()
        hand.press(Qt.Key.Key_4)
        assert "4" in hand.find("correction_text").text()
        hand.press(Qt.Key.Key_Delete)
    assert len(open_book("My drawings").drawings) == 3
    # One too many, taken back by the key for it.
    hand.draw_digit(1)
    canvas.setFocus()
    hand.press(Qt.Key.Key_8)
    assert len(open_book("My drawings").drawings) == 4
    hand.control(Qt.Key.Key_Z)
    assert len(open_book("My drawings").drawings) == 3
    side = hand.window.page("draw_page").side
    side.turn_to(TEACH)
    hand.settle()
    hand.wait(lambda: hand.find("teach_start").isEnabled())
    hand.click("teach_start")
    hand.wait(lambda: len(list_runs()) == 2 and hand.session.chosen is not run)
    taught = hand.session.chosen
    assert "taught" in taught.record.name
    assert hand.find("teach_verdict").isVisible()
    hand.press(Qt.Key.Key_Delete)
    for points in odd:
        hand.stroke(points)
    hand.settle()
    assert hand.answer()[0] == "4"
    assert hand.trouble == []


def test_what_is_done_to_the_network_outlives_a_change_of_theme(hand: Any) -> None:
    hand.go("draw_page")
    easel = hand.window.page("draw_page").easel
    done = Interventions().switched((0,), 1, True)
    intervene(easel, done)
    hand.window.toggle_theme()
    hand.settle()
    again = hand.window.page("draw_page").easel
    assert again is not easel
    assert interventions_of(again) == done


def test_a_change_of_theme_does_not_end_the_teaching(hand: Any) -> None:
    hand.go("draw_page")
    hand.draw_digit(5)
    hand.settle()
    hand.find("drawing_canvas", DrawPad).setFocus()
    hand.press(Qt.Key.Key_4)
    hand.window.page("draw_page").side.turn_to(TEACH)
    hand.settle()
    hand.click("teach_start")
    hand.window.page("draw_page").side.turn_to(WHY)
    hand.window.toggle_theme()
    hand.wait(lambda: "taught" in hand.session.chosen.record.name)
    assert len(list_runs()) == 1
    assert hand.window.page("draw_page").side.tab == WHY
    hand.wait(lambda: not hand.window.page("draw_page").side.part(TEACH).is_teaching)


def test_three_networks_look_at_the_same_drawing(hand: Any) -> None:
    first, second = hand.train(), hand.train(epochs=2)
    hand.go("draw_page")
    side = hand.window.page("draw_page").side
    side.turn_to(COMPARE)
    hand.settle()
    view = side.part(COMPARE)
    adder = hand.find("compare_add", QComboBox)
    for count, name in enumerate(("shipped", first.record.name), start=2):
        # The list is made when it opens, and what is picked leaves it.
        hand.click(adder)
        row = next(row for row in range(adder.count()) if name in adder.itemText(row))
        place = hand.row_place(adder.view(), row)
        QTest.mouseMove(adder.view().viewport(), place.center())
        QTest.mouseClick(adder.view().viewport(), Qt.MouseButton.LeftButton, pos=place.center())
        hand.wait(lambda count=count: len(view.rows.rows) == count)
    hand.draw_digit(3)
    hand.wait(lambda: len(view.rows.rows) == 3 and all(row.answer for row in view.rows.rows))
    assert hand.session.chosen is second
    assert hand.says("3")


def test_every_drawing_is_found_again(hand: Any, make_window: Callable[[], MainWindow], qtbot: Any) -> None:
    hand.go("draw_page")
    for digit in (3, 7):
        hand.draw_digit(digit)
        hand.settle()
        hand.press(Qt.Key.Key_Delete)
    hand.draw_digit(5)
    hand.settle()
    drawn = hand.find("drawing_canvas", DrawPad).strokes
    hand.window.close()
    again = Hand(make_window(), qtbot)
    again.wait(lambda: again.session.engine_ready and again.session.samples is not None)
    again.go("draw_page")
    canvas = again.find("drawing_canvas", DrawPad)
    # What lay on the canvas lies there again, to a ten-thousandth of its side.
    assert [len(stroke.points) for stroke in canvas.strokes] == [len(stroke.points) for stroke in drawn]
    again.wait(lambda: again.answer()[0] == "5")
    strip = again.window.page("draw_page").strip
    assert [sketch.answer for sketch in strip.keeper.sketches] == ["5", "7", "3"]
    assert books() == {}
