"""The canvas: what mouse and pen leave on it, and how it is taken back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.draw_pad import DEFAULT_BRUSH, DrawPad, PadStroke

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
SIDE = 400
DOT = PadStroke(((0.5, 0.5),), 0.1)


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


@pytest.fixture
def pen() -> QPointingDevice:
    return QPointingDevice(
        "pen",
        1,
        QInputDevice.DeviceType.Stylus,
        QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        3,
        "",
        QPointingDeviceUniqueId(),
    )


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
