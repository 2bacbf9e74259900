"""The canvas: what mouse and pen leave on it, and how it is taken back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPaintEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QRegion,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets import ink_painter
from lepton_studio.gui.widgets.draw_pad import DEFAULT_BRUSH, DrawPad, PadStroke
from lepton_studio.gui.widgets.ink_replay import SPEED
from lepton_studio.gui.widgets.painting import pixels_of

LEFT = Qt.MouseButton.LeftButton
Pressed, Updated = QEventPoint.State.Pressed, QEventPoint.State.Updated
Released, Stationary = QEventPoint.State.Released, QEventPoint.State.Stationary
PLAIN = Qt.KeyboardModifier.NoModifier
SIDE = 400
DOT = PadStroke(((0.5, 0.5),), 0.1)
ACROSS = PadStroke(((0.1, 0.5), (0.9, 0.5)), 0.06)
DOWN = PadStroke(((0.8, 0.05), (0.8, 0.4)), 0.06)
PICTURE = np.full((20, 30, 3), 90, np.uint8)
SCREEN = QTest.createTouchDevice()


@pytest.fixture
def pad(qtbot) -> DrawPad:
    widget = DrawPad()
    qtbot.addWidget(widget)
    widget.resize(SIDE, SIDE)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def changes(pad) -> list[int]:
    """How many strokes there were after each change."""
    heard: list[int] = []
    pad.strokes_changed.connect(lambda: heard.append(len(pad.strokes)))
    return heard


def stylus(
    end: QPointingDevice.PointerType,
    knows: QInputDevice.Capability = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
) -> QPointingDevice:
    return QPointingDevice(
        "pen",
        1,
        QInputDevice.DeviceType.Stylus,
        end,
        knows,
        1,
        3,
        "",
        QPointingDeviceUniqueId(),
    )


@pytest.fixture
def pen() -> QPointingDevice:
    return stylus(QPointingDevice.PointerType.Pen)


def finger(pad: DrawPad, fingers: list[tuple[QEventPoint.State, int, int]], first: int = 0) -> None:
    """Sends one event of the touch screen; the fingers have numbers from ``first`` on."""
    event = QTest.touchEvent(pad, SCREEN, autoCommit=False)
    for number, (state, x, y) in enumerate(fingers, start=first):
        if state == Stationary:
            event.stationary(number)
        else:
            {Pressed: event.press, Updated: event.move, Released: event.release}[state](number, QPoint(x, y), pad)
    event.commit()


def draw(pad: DrawPad, *points: tuple[int, int]) -> None:
    QTest.mousePress(pad, LEFT, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(pad, QPoint(*point))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(*points[-1]))


def touch(pad: DrawPad, pen: QPointingDevice, kind: QEvent.Type, place: tuple[int, int], pressure: float) -> bool:
    held = LEFT if kind != QEvent.Type.TabletRelease else Qt.MouseButton.NoButton
    position = QPointF(*place)
    event = QTabletEvent(
        kind, pen, position, QPointF(pad.mapToGlobal(position)), pressure, 0, 0, 0, 0, 0, PLAIN, LEFT, held
    )
    QApplication.sendEvent(pad, event)
    return event.isAccepted()


def ink(pad: DrawPad, x: float, y: float) -> bool:
    """Whether there is ink at a share of the square."""
    image = pad.grab().toImage()
    ratio = image.devicePixelRatio()
    side = min(pad.width(), pad.height())
    left, top = (pad.width() - side) / 2, (pad.height() - side) / 2
    return image.pixelColor(round((left + x * side) * ratio), round((top + y * side) * ratio)) == QColor(
        theme.tokens().text
    )


# --- the mouse


def test_a_stroke_is_kept_as_shares_of_the_side(pad, changes) -> None:
    draw(pad, (40, 40), (200, 100), (360, 360))
    (stroke,) = pad.strokes
    assert stroke.points == ((0.1, 0.1), (0.5, 0.25), (0.9, 0.9))
    assert stroke.width == pytest.approx(DEFAULT_BRUSH)
    assert changes == [1, 1, 1, 1]


def test_the_stroke_under_the_mouse_counts_before_it_ends(pad) -> None:
    QTest.mousePress(pad, LEFT, pos=QPoint(40, 40))
    assert len(pad.strokes) == 1
    assert not pad.can_undo
    QTest.mouseMove(pad, QPoint(80, 80))
    assert len(pad.strokes[0].points) == 2
    QTest.mouseRelease(pad, LEFT, pos=QPoint(80, 80))
    assert pad.can_undo


def test_a_click_is_a_dot_that_can_be_seen(pad) -> None:
    QTest.mouseClick(pad, LEFT, pos=QPoint(200, 200))
    assert pad.strokes[0].points == ((0.5, 0.5),)
    assert ink(pad, 0.5, 0.5)
    assert not ink(pad, 0.6, 0.5)


@pytest.mark.parametrize("button", [Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton])
def test_other_buttons_draw_nothing(pad, changes, button) -> None:
    QTest.mousePress(pad, button, pos=QPoint(40, 40))
    QTest.mouseMove(pad, QPoint(80, 80))
    QTest.mouseRelease(pad, button, pos=QPoint(80, 80))
    assert pad.strokes == ()
    assert changes == []


def test_the_mouse_draws_nothing_while_no_button_is_held(pad) -> None:
    QTest.mouseMove(pad, QPoint(40, 40))
    QTest.mouseMove(pad, QPoint(80, 80))
    assert pad.strokes == ()


def test_outside_of_the_square_is_its_edge(pad) -> None:
    pad.resize(SIDE + 200, SIDE)
    draw(pad, (10, 200), (300, 200), (590, -50))
    assert pad.strokes[0].points == ((0.0, 0.5), (0.5, 0.5), (1.0, 0.0))


def test_points_that_are_too_near_add_nothing(pad, changes) -> None:
    draw(pad, (200, 200), (200, 200), (200, 200), (240, 200))
    assert len(pad.strokes[0].points) == 2
    assert len(changes) == 3


def test_a_fast_stroke_has_no_holes(pad) -> None:
    draw(pad, (40, 200), (200, 40), (360, 200))
    # Half-way between the points that the mouse gave.
    places = [(0.1 + 0.8 * t, 0.5) for t in (0.0, 1.0)]
    assert all(ink(pad, x, y) for x, y in places)
    image = pad.grab().toImage()
    for x in range(44, 356, 4):
        column = [image.pixelColor(x, y) == QColor(theme.tokens().text) for y in range(SIDE)]
        assert any(column), f"a hole at {x}"


# --- the pen


def test_a_pen_keeps_how_firm_it_was_at_each_point(pad, pen) -> None:
    touch(pad, pen, QEvent.Type.TabletPress, (40, 40), 0.1)
    touch(pad, pen, QEvent.Type.TabletMove, (200, 200), 0.5)
    touch(pad, pen, QEvent.Type.TabletMove, (360, 200), 1.0)
    assert touch(pad, pen, QEvent.Type.TabletRelease, (360, 200), 0.0)
    (stroke,) = pad.strokes
    assert stroke == PadStroke(((0.1, 0.1), (0.5, 0.5), (0.9, 0.5)), DEFAULT_BRUSH, (0.1, 0.5, 1.0))


def test_a_line_widens_along_the_stroke_as_the_pen_is_pressed(pad, pen) -> None:
    touch(pad, pen, QEvent.Type.TabletPress, (40, 200), 0.0)
    for x in range(60, 361, 20):
        touch(pad, pen, QEvent.Type.TabletMove, (x, 200), (x - 40) / 320)
    live = pad.grab().toImage()
    touch(pad, pen, QEvent.Type.TabletRelease, (360, 200), 0.0)
    image = pad.grab().toImage()
    colour = QColor(theme.tokens().text)
    heights = [sum(image.pixelColor(x, y) == colour for y in range(SIDE)) for x in (60, 130, 200, 270, 340)]
    # From half of the brush to one and a half of it: 15 to 45 pixels.
    assert heights == sorted(set(heights))
    assert (heights[0], heights[-1]) == (pytest.approx(17, abs=2), pytest.approx(43, abs=2))
    assert live == image


def test_a_pen_above_the_canvas_draws_nothing(pad, pen) -> None:
    touch(pad, pen, QEvent.Type.TabletMove, (40, 40), 0.0)
    touch(pad, pen, QEvent.Type.TabletRelease, (40, 40), 0.0)
    assert pad.strokes == ()


def test_the_mouse_events_of_a_pen_are_not_drawn_a_second_time(pad, pen) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, QPointF(50, 50), QPointF(50, 50), QPointF(50, 50), LEFT, LEFT, PLAIN, pen)
        QApplication.sendEvent(pad, event)
    assert pad.strokes == ()


def test_a_pen_that_rests_and_is_pressed_makes_a_larger_dot(pad, pen) -> None:
    touch(pad, pen, QEvent.Type.TabletPress, (200, 200), 0.2)
    for pressure in (0.7, 0.9, 0.4):
        touch(pad, pen, QEvent.Type.TabletMove, (200, 200), pressure)
    touch(pad, pen, QEvent.Type.TabletRelease, (200, 200), 0.0)
    assert pad.strokes == (PadStroke(((0.5, 0.5),), DEFAULT_BRUSH, (0.9,)),)
    assert ink(pad, 0.5 + 0.6 * DEFAULT_BRUSH, 0.5)


def test_a_pen_that_knows_no_pressure_draws_as_a_mouse_does(pad) -> None:
    plain = stylus(QPointingDevice.PointerType.Pen, QInputDevice.Capability.Position)
    touch(pad, plain, QEvent.Type.TabletPress, (40, 40), 1.0)
    touch(pad, plain, QEvent.Type.TabletMove, (200, 200), 1.0)
    touch(pad, plain, QEvent.Type.TabletRelease, (200, 200), 0.0)
    assert pad.strokes == (PadStroke(((0.1, 0.1), (0.5, 0.5)), DEFAULT_BRUSH),)


def test_the_other_end_of_the_pen_erases(pad, pen) -> None:
    pad.set_strokes((ACROSS, DOWN))
    other_end = stylus(QPointingDevice.PointerType.Eraser)
    touch(pad, other_end, QEvent.Type.TabletPress, (80, 100), 0.5)
    touch(pad, other_end, QEvent.Type.TabletMove, (80, 300), 0.5)
    touch(pad, other_end, QEvent.Type.TabletRelease, (80, 300), 0.0)
    assert pad.strokes == (DOWN,)
    assert not pad.is_erasing
    touch(pad, pen, QEvent.Type.TabletPress, (40, 40), 0.5)
    touch(pad, pen, QEvent.Type.TabletRelease, (40, 40), 0.0)
    assert len(pad.strokes) == 2


# --- fingers


def test_a_finger_draws(pad, changes) -> None:
    finger(pad, [(Pressed, 40, 40)])
    finger(pad, [(Updated, 200, 100)])
    finger(pad, [(Released, 360, 360)])
    assert pad.strokes == (PadStroke(((0.1, 0.1), (0.5, 0.25), (0.9, 0.9)), DEFAULT_BRUSH),)
    assert changes[-1] == 1
    assert pad.can_undo


def test_a_second_finger_at_the_same_time_is_ignored(pad) -> None:
    finger(pad, [(Pressed, 40, 40)])
    finger(pad, [(Stationary, 40, 40), (Pressed, 300, 300)])
    finger(pad, [(Updated, 200, 40), (Updated, 320, 320)])
    finger(pad, [(Released, 200, 40), (Updated, 340, 340)])
    finger(pad, [(Updated, 360, 360)], first=1)
    finger(pad, [(Released, 380, 380)], first=1)
    assert pad.strokes == (PadStroke(((0.1, 0.1), (0.5, 0.1)), DEFAULT_BRUSH),)
    finger(pad, [(Pressed, 80, 80)], first=2)
    finger(pad, [(Released, 80, 80)], first=2)
    assert len(pad.strokes) == 2


def test_a_touch_that_is_cancelled_was_no_stroke(pad) -> None:
    pad.show_photograph(PICTURE)
    finger(pad, [(Pressed, 40, 40)])
    finger(pad, [(Updated, 200, 40)])
    assert pad.photograph is None
    QApplication.sendEvent(pad, QTouchEvent(QEvent.Type.TouchCancel, SCREEN, PLAIN, []))
    assert pad.strokes == ()
    assert pad.photograph is PICTURE
    finger(pad, [(Pressed, 40, 40)])
    finger(pad, [(Released, 40, 40)])
    assert len(pad.strokes) == 1


def test_a_hand_that_lies_on_the_screen_gives_way_to_the_pen(pad, pen) -> None:
    finger(pad, [(Pressed, 300, 300)])
    touch(pad, pen, QEvent.Type.TabletPress, (40, 40), 0.5)
    finger(pad, [(Updated, 320, 320)])
    touch(pad, pen, QEvent.Type.TabletMove, (200, 40), 0.5)
    finger(pad, [(Released, 330, 330)])
    touch(pad, pen, QEvent.Type.TabletRelease, (200, 40), 0.0)
    assert [stroke.points for stroke in pad.strokes] == [((0.1, 0.1), (0.5, 0.1))]


def test_mouse_events_that_a_touch_screen_sends_are_not_drawn_a_second_time(pad) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
        place = QPointF(50, 50)
        QApplication.sendEvent(pad, QMouseEvent(kind, place, place, place, LEFT, LEFT, PLAIN, SCREEN))
    assert pad.strokes == ()


def test_all_moves_are_asked_for_while_a_stroke_is_drawn(pad) -> None:
    attribute = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
    before = QApplication.testAttribute(attribute)
    QApplication.setAttribute(attribute, True)
    try:
        QTest.mousePress(pad, LEFT, pos=QPoint(40, 40))
        assert not QApplication.testAttribute(attribute)
        QTest.mouseRelease(pad, LEFT, pos=QPoint(40, 40))
        assert QApplication.testAttribute(attribute)
    finally:
        QApplication.setAttribute(attribute, before)


def test_two_quick_clicks_are_two_dots(pad) -> None:
    QTest.mouseClick(pad, LEFT, pos=QPoint(100, 100))
    QTest.mouseDClick(pad, LEFT, pos=QPoint(110, 100))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(110, 100))
    assert len(pad.strokes) >= 2


# --- the eraser


def test_the_eraser_takes_strokes_that_it_touches_and_is_one_step(pad) -> None:
    pad.set_strokes((ACROSS, DOWN, DOT))
    pad.set_erasing(True)
    draw(pad, (80, 100), (80, 300), (320, 320), (320, 40))
    assert pad.strokes == (DOT,)
    assert pad.undo_step == "eraser"
    pad.undo_stroke()
    assert pad.strokes == (ACROSS, DOWN, DOT)
    pad.redo_stroke()
    assert pad.strokes == (DOT,)


def test_the_eraser_for_parts_splits_a_stroke(pad) -> None:
    pad.set_strokes((ACROSS,))
    pad.set_erasing(True, parts=True)
    draw(pad, (200, 100), (200, 300))
    assert len(pad.strokes) == 2
    assert not ink(pad, 0.5, 0.5)
    assert ink(pad, 0.2, 0.5)
    assert ink(pad, 0.8, 0.5)
    pad.undo_stroke()
    assert pad.strokes == (ACROSS,)


def test_an_eraser_that_meets_nothing_is_no_step(pad, changes) -> None:
    pad.set_strokes((ACROSS,))
    pad.set_erasing(True)
    changes.clear()
    draw(pad, (20, 20), (380, 20))
    assert changes == []
    assert pad.undo_step == "stroke"


def test_undo_in_the_middle_of_erasing_ends_it(pad) -> None:
    pad.set_strokes((ACROSS, DOWN))
    pad.set_erasing(True)
    QTest.mousePress(pad, LEFT, pos=QPoint(80, 200))
    assert pad.strokes == (DOWN,)
    pad.undo_stroke()
    QTest.mouseMove(pad, QPoint(320, 200))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(320, 200))
    assert pad.strokes == (ACROSS, DOWN)


def test_the_pointer_shows_how_large_the_tool_is_and_what_would_go(pad) -> None:
    pad.set_strokes((ACROSS,))
    plain = pad.grab().toImage()
    QTest.mouseMove(pad, QPoint(100, 100))
    with_ring = pad.grab().toImage()
    assert with_ring != plain
    # Around the pointer alone; the ink stays what it was.
    assert with_ring.pixelColor(200, 200) == plain.pixelColor(200, 200)
    pad.set_erasing(True)
    QTest.mouseMove(pad, QPoint(100, 200))
    assert pad.grab().toImage().pixelColor(200, 200) == QColor(theme.tokens().disabled_text)
    QApplication.sendEvent(pad, QEvent(QEvent.Type.Leave))
    assert pad.grab().toImage() == plain


# --- undo


def test_strokes_are_taken_back_and_drawn_again_one_by_one(pad) -> None:
    draw(pad, (40, 40), (80, 80))
    draw(pad, (100, 100), (180, 180))
    first, second = pad.strokes
    pad.undo_stroke()
    assert pad.strokes == (first,)
    pad.undo_stroke()
    assert pad.strokes == ()
    assert not pad.can_undo
    pad.redo_stroke()
    pad.redo_stroke()
    assert pad.strokes == (first, second)
    assert not pad.can_redo


def test_nothing_to_take_back_changes_nothing(pad, changes) -> None:
    pad.undo_stroke()
    pad.redo_stroke()
    pad.clear()
    assert changes == []


def test_a_new_stroke_forgets_what_was_taken_back(pad) -> None:
    draw(pad, (40, 40), (80, 80))
    pad.undo_stroke()
    draw(pad, (100, 100), (180, 180))
    assert not pad.can_redo
    assert len(pad.strokes) == 1


def test_a_cleared_canvas_comes_back_whole(pad, changes) -> None:
    draw(pad, (40, 40), (80, 80))
    draw(pad, (100, 100), (180, 180))
    drawn = pad.strokes
    pad.clear()
    assert pad.strokes == ()
    assert pad.can_undo
    pad.undo_stroke()
    assert pad.strokes == drawn
    assert changes[-2:] == [0, 2]


def test_a_canvas_cleared_in_the_middle_of_a_stroke_is_empty(pad) -> None:
    QTest.mousePress(pad, LEFT, pos=QPoint(40, 40))
    pad.clear()
    QTest.mouseMove(pad, QPoint(80, 80))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(80, 80))
    assert pad.strokes == ()


def test_strokes_set_from_outside_replace_everything(pad, changes) -> None:
    draw(pad, (40, 40), (80, 80))
    pad.set_strokes((DOT,))
    assert pad.strokes == (DOT,)
    assert not pad.can_redo
    assert changes[-1] == 1


# --- looks


def test_another_size_keeps_the_strokes(pad) -> None:
    draw(pad, (200, 40), (200, 360))
    before = pad.strokes
    for size in (QSize(800, 800), QSize(900, 300), QSize(210, 500)):
        pad.resize(size)
        assert pad.strokes == before
        assert ink(pad, 0.5, 0.5)
        assert not ink(pad, 0.2, 0.5)


def test_the_brush_is_for_the_next_stroke(pad) -> None:
    draw(pad, (40, 40), (80, 80))
    pad.set_brush(0.2)
    draw(pad, (40, 40), (80, 80))
    assert [stroke.width for stroke in pad.strokes] == pytest.approx([DEFAULT_BRUSH, 0.2])


def test_an_empty_canvas_shows_its_hint_and_a_drawn_one_does_not(pad) -> None:
    empty = pad.grab().toImage()
    pad.set_hint("Draw here")
    assert pad.grab().toImage() != empty
    pad.set_strokes((PadStroke(((0.9, 0.9),), 0.01),))
    with_hint = pad.grab().toImage()
    pad.set_hint("")
    assert pad.grab().toImage() == with_hint


def test_the_canvas_says_what_it_is(pad) -> None:
    assert pad.accessibleName() == "Drawing canvas"
    assert pad.focusPolicy() & Qt.FocusPolicy.TabFocus


# --- an earlier step of somebody else


def test_undo_is_passed_on_where_somebody_knows_an_earlier_step(pad, qtbot) -> None:
    assert not pad.can_undo
    with qtbot.assertNotEmitted(pad.undo_passed):
        pad.undo_stroke()
    pad.pass_undo(True)
    assert pad.can_undo
    pad.set_strokes((DOT,))
    with qtbot.assertNotEmitted(pad.undo_passed):
        pad.undo_stroke()
    with qtbot.waitSignal(pad.undo_passed):
        pad.undo_stroke()
    pad.pass_undo(False)
    assert not pad.can_undo


def test_a_drawing_that_is_put_back_keeps_the_one_it_covers(pad) -> None:
    other = PadStroke(((0.1, 0.1), (0.9, 0.9)), 0.05)
    pad.set_strokes((other,))
    pad.put_back((DOT, DOT))
    assert pad.strokes == (DOT, DOT)
    for _ in range(2):
        pad.undo_stroke()
    assert pad.strokes == ()
    pad.undo_stroke()
    assert pad.strokes == (other,)


# --- pictures


def test_a_picture_takes_the_place_of_the_drawing_and_a_stroke_that_of_the_picture(pad, changes) -> None:
    pad.set_strokes((DOT,))
    pad.show_photograph(PICTURE)
    assert pad.strokes == ()
    assert pad.photograph is PICTURE
    QTest.mousePress(pad, LEFT, pos=QPoint(40, 40))
    assert pad.photograph is None
    assert len(pad.strokes) == 1
    QTest.mouseRelease(pad, LEFT, pos=QPoint(40, 40))
    pad.undo_stroke()
    assert pad.photograph is PICTURE
    pad.clear()
    assert pad.photograph is None
    pad.undo_stroke()
    pad.undo_stroke()
    assert pad.strokes == (DOT,)
    assert changes[-1] == 1


# --- drawing again


def test_strokes_are_drawn_again_point_by_point(pad, qtbot) -> None:
    pad.set_strokes((DOT,))
    lengths: list[int] = []
    pad.strokes_changed.connect(lambda: lengths.append(sum(len(stroke.points) for stroke in pad.strokes)))
    with qtbot.waitSignal(pad.replay_finished):
        pad.replay((ACROSS, DOWN), speed=8.0)
        assert pad.strokes == ()
    assert pad.strokes == (ACROSS, DOWN)
    assert lengths == sorted(lengths)
    assert len(lengths) > 3
    for _ in range(3):
        pad.undo_stroke()
    assert pad.strokes == (DOT,)


def test_without_motion_all_strokes_are_there_at_once(pad, qtbot) -> None:
    pad.motion = False
    with qtbot.waitSignal(pad.replay_finished, timeout=0):
        pad.replay((ACROSS, DOWN))
    assert pad.strokes == (ACROSS, DOWN)


@pytest.mark.parametrize("how", ["click", "key", "undo", "hide", "pen", "another"])
def test_any_input_ends_what_is_drawn_again_with_the_whole_drawing(pad, pen, qtbot, how) -> None:
    ended: list[bool] = []
    pad.replay_finished.connect(lambda: ended.append(True))
    pad.replay((ACROSS, DOWN), speed=0.1)
    QApplication.processEvents()
    if how == "click":
        QTest.mouseClick(pad, LEFT, pos=QPoint(40, 40))
    elif how == "key":
        QTest.keyClick(pad, Qt.Key.Key_Shift)
    elif how == "undo":
        pad.undo_stroke()
        pad.redo_stroke()
    elif how == "hide":
        pad.hide()
    elif how == "pen":
        touch(pad, pen, QEvent.Type.TabletPress, (40, 40), 0.5)
        touch(pad, pen, QEvent.Type.TabletRelease, (40, 40), 0.0)
    else:
        pad.motion = False
        pad.replay((ACROSS, DOWN))
    assert pad.strokes == (ACROSS, DOWN)
    assert ended == [True] * (2 if how == "another" else 1)


def test_half_of_a_replay_is_half_of_the_way(pad) -> None:
    firm = PadStroke(((0.0, 0.5), (0.5, 0.5), (1.0, 0.5)), 0.05, (0.2, 0.4, 0.6))
    pad.replay((firm, DOT), speed=0.01)
    pad._replay.go_to(0.75 / (0.01 * SPEED))
    (half,) = pad.strokes
    assert half.points == (firm.points[0], firm.points[1], (pytest.approx(0.75), 0.5))
    assert half.pressures == (0.2, 0.4, 0.4)
    pad.settle()


# --- another pad in its place


def test_what_a_pad_hands_over_keeps_tools_and_past(pad, qtbot) -> None:
    draw(pad, (40, 40), (80, 80))
    pad.show_photograph(PICTURE)
    pad.clear()
    pad.set_brush(0.13)
    pad.set_erasing(True, parts=True)
    other = DrawPad()
    qtbot.addWidget(other)
    with qtbot.waitSignals([other.strokes_changed, other.tool_changed], timeout=0):
        other.take_over(pad.hand_over())
    assert (other.brush, other.is_erasing, other.erases_parts) == (0.13, True, True)
    other.undo_stroke()
    assert other.photograph is PICTURE
    other.undo_stroke()
    assert len(other.strokes) == 1


# --- how it is painted


def test_only_what_has_changed_is_painted_anew(pad, monkeypatch) -> None:
    pad.set_strokes((ACROSS, DOWN) * 20)
    pad.grab()
    painted: list[PadStroke] = []
    monkeypatch.setattr(ink_painter, "paint_stroke", lambda _painter, stroke, *_rest: painted.append(stroke))
    draw(pad, (40, 40), (80, 80))
    pad.grab()
    pad.grab()
    assert painted == [pad.strokes[-1]]
    pad.undo_stroke()
    pad.grab()
    assert painted == painted[:1]


def test_a_stroke_under_way_looks_as_it_does_when_it_has_ended(pad) -> None:
    pad.set_hint("")
    path = [(60 + 20 * n, 200 + (80 if n % 2 else -80)) for n in range(15)]
    QTest.mousePress(pad, LEFT, pos=QPoint(*path[0]))
    backing = QImage(pad.size(), QImage.Format.Format_RGB32)
    pad.render(backing)
    for point in path[1:]:
        regions: list[QRegion] = []
        filter_ = UpdateSpy(regions)
        pad.installEventFilter(filter_)
        QTest.mouseMove(pad, QPoint(*point))
        QApplication.processEvents()
        pad.removeEventFilter(filter_)
        assert regions
        # As the screen does it: only what was asked for is painted over what was there.
        for region in regions:
            pad.render(backing, region.boundingRect().topLeft(), region, DrawPad.RenderFlag(0))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(*path[-1]))
    QApplication.sendEvent(pad, QEvent(QEvent.Type.Leave))
    whole = QImage(pad.size(), QImage.Format.Format_RGB32)
    pad.render(whole)
    assert differences(backing, whole) == 0


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_drawing_is_sharp_on_screens_of_high_density(pad, ratio) -> None:
    pad.set_strokes((PadStroke(((0.25, 0.25), (0.75, 0.25)), 0.1), PadStroke(((0.5, 0.6),), 0.1, (1.0,))))
    image = QImage(round(SIDE * ratio), round(SIDE * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    pad.render(image)
    ground, colour = QColor(theme.tokens().surface), QColor(theme.tokens().text)
    column = [image.pixelColor(round(SIDE / 2 * ratio), y) for y in range(round(SIDE * 0.4 * ratio))]
    inked = sum(each == colour for each in column)
    # From paper to ink within a pixel of the screen on each side, not of the window.
    assert inked == pytest.approx(0.1 * SIDE * ratio, abs=1.01)
    assert sum(each not in (ground, colour) for each in column[round(20 * ratio) :]) <= 2


@pytest.mark.parametrize("size", [(900, 300), (210, 500)], ids=str)
def test_beside_the_square_the_page_shows(pad, size) -> None:
    pad.resize(*size)
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor("magenta"))
    pad.render(image, QPoint(), QRegion(), DrawPad.RenderFlag(0))
    assert image.pixelColor(0, 0) == QColor("magenta")
    assert image.pixelColor(size[0] // 2, size[1] // 2) == QColor(theme.tokens().surface)


def test_another_theme_paints_in_its_colours(pad, qapp) -> None:
    pad.set_strokes((DOT,))
    assert ink(pad, 0.5, 0.5)
    theme.apply_theme(qapp, "dark", 1.0)
    try:
        assert theme.tokens() is theme.DARK
        assert ink(pad, 0.5, 0.5)
    finally:
        theme.apply_theme(qapp, "light", 1.0)


def test_a_picture_laid_over_the_drawing_stands_where_it_is_told_and_goes_again(pad) -> None:
    pad.set_strokes((DOT,))
    before = pad.grab().toImage()
    red = QImage(2, 2, QImage.Format.Format_RGB32)
    red.fill(0xFFFF0000)
    pad.set_overlay(red, QRectF(0.25, 0.5, 0.5, 0.25))
    pixels = pixels_of(pad.grab().toImage()).astype(int)
    height, width = pixels.shape[:2]
    side = min(height, width)
    is_red = np.abs(pixels[..., :3] - pixels_of(red)[0, 0, :3].astype(int)).max(axis=2) < 4
    rows, columns = np.nonzero(is_red)
    left, top = (width - side) / 2, (height - side) / 2
    assert abs(columns.min() - left - 0.25 * side) <= 2
    assert abs(columns.max() - left - 0.75 * side) <= 2
    assert abs(rows.min() - top - 0.5 * side) <= 2
    assert abs(rows.max() - top - 0.75 * side) <= 2
    pad.set_overlay(None, QRectF())
    assert pad.grab().toImage() == before


def test_an_overlay_of_a_photograph_lies_on_it_and_on_nothing_else(pad: DrawPad) -> None:
    red = QImage(4, 4, QImage.Format.Format_RGB888)
    red.fill(QColor(200, 40, 40))

    def reds() -> tuple[np.ndarray, np.ndarray]:
        pixels = pixels_of(pad.grab().toImage()).astype(int)[..., :3]
        return np.nonzero(np.abs(pixels - (200, 40, 40)).max(axis=2) < 4)

    pad.set_overlay(red, QRectF(0.5, 0.0, 0.5, 1.0), of_photograph=True)
    assert not len(reds()[0])
    pad.show_photograph(np.full((50, 100, 3), 255, np.uint8))
    rows, columns = reds()
    width, height, side = pad.width(), pad.height(), min(pad.width(), pad.height())
    assert columns.min() == pytest.approx(width / 2, abs=3)
    assert columns.max() == pytest.approx((width + side) / 2 - 3, abs=3)
    # Half as high as it is wide, in the middle of the sheet.
    assert (rows.min(), rows.max()) == pytest.approx((height / 2 - side / 4, height / 2 + side / 4), abs=4)


class UpdateSpy(QObject):
    """Notes what is painted anew."""

    def __init__(self, regions: list[QRegion]) -> None:
        super().__init__()
        self._regions = regions

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Lets all go on."""
        if isinstance(event, QPaintEvent):
            self._regions.append(QRegion(event.region()))
        return False


def differences(one: QImage, other: QImage) -> int:
    """How many pixels within the frame are of another colour."""
    first, second = (pixels_of(each)[10:-10, 10:-10].astype(int) for each in (one, other))
    return int((np.abs(first - second).max(axis=2) > 4).sum())
