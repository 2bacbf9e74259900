"""Draw: a digit, and what the network makes of it at once."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from lepton_studio.gui.widgets.draw_pad import DrawPad


def test_a_drawn_digit_is_answered_within_one_frame(hand: Any) -> None:
    hand.go("draw_page")
    assert hand.answer() == ("", 0.0, [])
    hand.draw_digit(7)
    QApplication.processEvents()
    label, probability, probabilities = hand.answer()
    assert label == "7"
    assert len(probabilities) == 10
    assert abs(sum(probabilities) - 1) < 1e-4
    assert probability == max(probabilities) == probabilities[7]
    assert hand.find("go_draw_page").state == "looks like 7"


def test_the_answer_changes_while_the_stroke_is_drawn(hand: Any) -> None:
    from PySide6.QtCore import QPoint
    from PySide6.QtTest import QTest

    hand.go("draw_page")
    canvas = hand.find("drawing_canvas")
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle - QPoint(0, 150))
    answers = []
    for step in range(-140, 150, 10):
        QTest.mouseMove(canvas, middle + QPoint(0, step))
        QApplication.processEvents()
        answers.append(hand.answer())
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(0, 150))
    assert all(label for label, _, _ in answers)
    assert len({tuple(shares) for _, _, shares in answers}) > 10
    QApplication.processEvents()
    assert hand.answer()[0] == "1"


def test_strokes_are_taken_back_brought_back_and_cleared_by_keys(hand: Any) -> None:
    hand.go("draw_page")
    canvas = hand.find("drawing_canvas", DrawPad)
    hand.draw_digit(4)
    assert len(canvas.strokes) == 2
    hand.settle()
    whole = hand.answer()
    hand.control(Qt.Key.Key_Z)
    assert len(canvas.strokes) == 1
    assert hand.answer()[2] != whole[2]
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert len(canvas.strokes) == 2
    assert hand.answer() == whole
    hand.press(Qt.Key.Key_Delete)
    assert canvas.strokes == ()
    assert hand.answer() == ("", 0.0, [])
    assert not hand.find("canvas_clear").isEnabled()
    # Clearing by mistake is taken back like a stroke.
    hand.control(Qt.Key.Key_Z)
    assert len(canvas.strokes) == 2
    hand.click("canvas_clear")
    assert canvas.strokes == ()


def test_undo_on_the_canvas_leaves_the_experiment_alone(hand: Any) -> None:
    hand.set_small()
    experiment = hand.session.experiment
    hand.go("draw_page")
    hand.draw_digit(1)
    hand.control(Qt.Key.Key_Z)
    hand.control(Qt.Key.Key_Z)
    assert hand.session.experiment == experiment


def test_the_brush_draws_as_wide_as_its_slider_says(hand: Any) -> None:
    hand.go("draw_page")
    canvas, slider = hand.find("drawing_canvas", DrawPad), hand.find("canvas_brush")
    hand.draw_digit(1)
    slider.setFocus()
    hand.press(Qt.Key.Key_End)
    hand.draw_digit(1)
    thin, thick = canvas.strokes
    assert thick.width == slider.maximum() / 1000 > thin.width


def test_the_bars_move_while_the_network_learns(hand: Any) -> None:
    hand.set_small(epochs=5000)
    hand.go("draw_page")
    hand.draw_digit(3)
    hand.control(Qt.Key.Key_Return)
    assert hand.window.current_page == "train_page"
    hand.go("draw_page")
    seen: set[tuple[float, ...]] = set()

    def moved() -> bool:
        seen.add(tuple(hand.answer()[2]))
        return len(seen) > 3

    hand.wait(moved)
    assert hand.session.training_state == "running"
    assert hand.session.chosen is hand.session.run
    hand.session.stop_training()
    hand.wait(hand.is_idle)
    assert hand.answer()[0]


def test_in_a_small_window_explanations_take_the_place_of_the_bars(hand: Any) -> None:
    hand.window.set_preferences(msgspec.structs.replace(hand.window.preferences, zoom="150 %"))
    hand.go("draw_page")
    hand.draw_digit(7)
    hand.settle()
    page = hand.window.page("draw_page")
    assert page.view.isVisible()
    assert not page.side.isVisible()
    hand.click("explain_switch")
    hand.settle()
    assert page.side.isVisible()
    assert not page.view.isVisible()
    assert hand.answer()[0] == "7"
    assert page.canvas.width() > page.side.width()


def test_no_tab_is_cut_in_the_smallest_window(hand: Any) -> None:
    hand.window.resize(1024, 640)
    hand.go("draw_page")
    hand.draw_digit(5)
    hand.click("explain_switch")
    side = hand.window.page("draw_page").side
    for tab in range(side.bar.count()):
        side.turn_to(tab)
        hand.settle()
        part = side.part(tab)
        wide = [area.widget().minimumSizeHint().width() - area.viewport().width() for area in areas_of(part)]
        assert max(wide, default=0) <= 0, side.bar.tabText(tab)
        assert part.minimumSizeHint().width() <= part.width(), side.bar.tabText(tab)


def areas_of(part: QWidget) -> list[QScrollArea]:
    """Where what is wider than the column would be cut, because nothing scrolls sideways."""
    areas = [part] if isinstance(part, QScrollArea) else part.findChildren(QScrollArea)
    return [area for area in areas if area.isVisible()]
