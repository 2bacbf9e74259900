"""The sheet's past: every step goes back to exactly what was there, and forward again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.gui.widgets import drawn_ink
from lepton_studio.gui.widgets.drawn_ink import DrawnInk, PadStroke, Sheet, with_widths
from lepton_studio.gui.widgets.ink_eraser import touched, without_parts, without_touched

LINE = PadStroke(((0.1, 0.5), (0.9, 0.5)), 0.06)
DOT = PadStroke(((0.5, 0.2),), 0.1)
FIRM = PadStroke(((0.1, 0.8), (0.5, 0.8), (0.9, 0.8)), 0.06, (0.0, 0.5, 1.0))

shares = st.floats(0, 1)
places = st.tuples(shares, shares)


@st.composite
def pad_strokes(draw) -> PadStroke:
    points = tuple(draw(st.lists(places, min_size=1, max_size=8)))
    pressures = tuple(draw(st.one_of(st.just([]), st.lists(shares, min_size=len(points), max_size=len(points)))))
    return PadStroke(points, draw(st.floats(0.02, 0.16)), pressures)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("stroke"), pad_strokes()),
        st.tuples(st.just("eraser"), places, places, st.booleans()),
        st.tuples(st.just("width"), st.floats(0.02, 0.16)),
        st.tuples(st.just("picture"), st.integers(0, 255)),
        st.tuples(st.just("clear")),
        st.tuples(st.just("undo")),
        st.tuples(st.just("redo")),
    ),
    max_size=25,
)


def do(ink: DrawnInk, step: tuple) -> None:
    """Does one of the steps."""
    name, sheet = step[0], ink.sheet
    if name == "stroke":
        ink.take(name, Sheet((*sheet.strokes, step[1])))
    elif name == "eraser":
        erase = without_parts if step[3] else without_touched
        ink.take(name, Sheet(erase(sheet.strokes, step[1], step[2], 0.05), sheet.photograph))
    elif name == "width":
        ink.take(name, Sheet(with_widths(sheet.strokes, step[1]), sheet.photograph), merges=True)
    elif name == "picture":
        ink.take(name, Sheet(photograph=np.full((2, 2, 3), step[1], np.uint8)))
    elif name == "clear":
        ink.take(name, Sheet())
    elif name == "undo":
        ink.undo()
    else:
        ink.redo()


@given(steps)
def test_undo_gives_back_what_was_there_and_redo_what_came_of_it(series) -> None:
    ink = DrawnInk()
    for step in series:
        do(ink, step)
    end, seen = ink.sheet, []
    while ink.last_step:
        seen.append((ink.last_step, ink.sheet))
        assert ink.undo()
    assert ink.sheet.is_empty
    assert not ink.undo()
    for name, sheet in reversed(seen):
        assert ink.next_step == name
        assert ink.redo()
        assert ink.sheet is sheet
    assert ink.sheet is end or not seen


@given(steps, steps)
def test_a_step_and_its_undo_leave_no_trace(series, more) -> None:
    ink = DrawnInk()
    for step in series:
        do(ink, step)
    for step in (each for each in more if each[0] not in ("undo", "redo", "width")):
        before = ink.sheet
        name = ink.last_step
        do(ink, step)
        if ink.sheet is not before:
            ink.undo()
        assert ink.sheet is before
        assert ink.last_step == name


def test_what_changes_nothing_is_no_step() -> None:
    ink = DrawnInk()
    assert not ink.take("clear", Sheet())
    assert ink.take("stroke", Sheet((LINE,)))
    assert not ink.take("width", Sheet(with_widths((LINE,), LINE.width)))
    assert ink.last_step == "stroke"


def test_steps_of_one_name_are_one_only_where_they_are_said_to_be() -> None:
    ink = DrawnInk()
    ink.take("stroke", Sheet((LINE,)))
    for width in (0.1, 0.11, 0.12):
        ink.take("width", Sheet(with_widths((LINE,), width)), merges=True)
    ink.undo()
    assert ink.sheet.strokes == (LINE,)
    ink.take("eraser", Sheet())
    ink.take("stroke", Sheet((LINE,)))
    ink.take("stroke", Sheet((LINE, DOT)))
    ink.undo()
    assert ink.sheet.strokes == (LINE,)


def test_strokes_that_are_laid_go_one_by_one_and_then_give_back_what_they_covered() -> None:
    ink = DrawnInk()
    ink.take("stroke", Sheet((LINE,)))
    ink.lay((DOT, FIRM), keeps_past=True)
    seen = []
    while ink.last_step:
        ink.undo()
        seen.append(ink.sheet.strokes)
    assert seen == [(DOT,), (), (LINE,), ()]
    ink.lay((DOT,))
    ink.undo()
    assert not ink.last_step


def test_the_past_is_long_but_not_endless(monkeypatch) -> None:
    monkeypatch.setattr(drawn_ink, "MOST_STEPS", 3)
    ink = DrawnInk()
    for number in range(1, 6):
        ink.take("stroke", Sheet((DOT,) * number))
    count = 0
    while ink.undo():
        count += 1
    assert (count, len(ink.sheet.strokes)) == (3, 2)


def test_of_many_pictures_the_oldest_are_forgotten() -> None:
    ink = DrawnInk()
    for number in range(30):
        ink.take("picture", Sheet(photograph=np.full((1, 1, 3), number, np.uint8)))
    left = 0
    while ink.undo():
        left += 1
    assert left == drawn_ink.MOST_PICTURES


# --- the line that is painted


def test_the_curve_keeps_the_ends_and_changes_its_width_evenly() -> None:
    points, widths = FIRM.curve
    assert points[0].tolist() == [0.1, 0.8]
    assert points[-1].tolist() == [0.9, 0.8]
    assert np.all(np.diff(points[:, 0]) > 0)
    assert np.all(np.diff(widths) > 0)
    assert (widths[0], widths[-1]) == pytest.approx((0.03, 0.09))
    assert FIRM.widest == pytest.approx(0.09)
    assert FIRM.box == pytest.approx((0.055, 0.755, 0.945, 0.845))


@given(pad_strokes())
def test_the_curve_of_any_stroke_is_within_its_box(stroke) -> None:
    points, widths = stroke.curve
    assert len(points) == len(widths)
    left, top, right, bottom = stroke.box
    reach = widths / 2
    assert (points[:, 0] - reach >= left - 1e-9).all()
    assert (points[:, 1] + reach <= bottom + 1e-9).all()
    assert (points[:, 0] + reach <= right + 1e-9).all()
    assert (points[:, 1] - reach >= top - 1e-9).all()


# --- the eraser


def test_an_eraser_touches_ink_and_not_points_alone() -> None:
    drawn = (LINE, DOT)
    # The line is 0.06 wide: its ink begins 0.03 from its middle.
    assert touched(drawn, (0.3, 0.45), (0.3, 0.45), 0.025) == (0,)
    assert touched(drawn, (0.3, 0.45), (0.3, 0.45), 0.015) == ()
    assert touched(drawn, (0.5, 0.1), (0.5, 0.6), 0.01) == (0, 1)


def test_a_fast_eraser_jumps_over_nothing() -> None:
    assert without_touched((LINE, DOT, FIRM), (0.7, 0.0), (0.7, 1.0), 0.01) == (DOT,)


def test_part_of_a_stroke_is_cut_out_as_wide_as_the_eraser() -> None:
    first, second = without_parts((LINE,), (0.5, 0.4), (0.5, 0.6), 0.05)
    assert first.width == second.width == LINE.width
    # Ends are round: the ink ends half a brush beyond the last point, just where the eraser was.
    assert first.points[0] == (0.1, 0.5)
    assert first.points[-1][0] + 0.03 == pytest.approx(0.45, abs=0.012)
    assert second.points[0][0] - 0.03 == pytest.approx(0.55, abs=0.012)
    assert second.points[-1] == (0.9, 0.5)


def test_pieces_are_as_firm_as_the_stroke_was_there() -> None:
    first, second = without_parts((FIRM,), (0.5, 0.7), (0.5, 0.9), 0.02)
    assert len(first.pressures) == len(first.points)
    assert first.pressures[0] == pytest.approx(0.0)
    assert second.pressures[-1] == pytest.approx(1.0)
    assert max(first.pressures) < 0.5 < min(second.pressures)


def test_an_eraser_over_a_whole_stroke_leaves_nothing_of_it() -> None:
    assert without_parts((LINE,), (0.0, 0.5), (1.0, 0.5), 0.02) == ()
    assert without_parts((DOT,), (0.5, 0.2), (0.5, 0.2), 0.01) == ()
    assert without_parts((), (0.0, 0.5), (1.0, 0.5), 0.02) == ()


@given(st.lists(pad_strokes(), max_size=4), places, places, st.floats(0.01, 0.08))
def test_nothing_that_is_left_is_touched(strokes, start, end, radius) -> None:
    left = without_parts(tuple(strokes), start, end, radius)
    # What is cut is smoothed anew, so that its line may move by a hair.
    assert touched(left, start, end, radius * 0.5) == ()
    assert all(len(each.pressures) in (0, len(each.points)) for each in left)


@given(st.lists(pad_strokes(), max_size=4), places, places)
def test_strokes_that_are_not_touched_stay_what_they_are(strokes, start, end) -> None:
    gone = set(touched(tuple(strokes), start, end, 0.03))
    stays = tuple(each for number, each in enumerate(strokes) if number not in gone)
    assert without_touched(tuple(strokes), start, end, 0.03) == stays
    assert [each for each in without_parts(tuple(strokes), start, end, 0.03) if each in stays] == list(stays)
