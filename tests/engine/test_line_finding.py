"""Lines of numbers in a picture: from top to bottom, sloping, with small pieces, and single digits above each other."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.engine.digit_cutting import Floats, Numbers
from lepton_studio.engine.line_finding import lines_of


def box(left: float, top: float, width: float = 0.6, height: float = 1.0) -> Floats:
    return np.array([[left, top], [left + width, top + height]])


def nobody(_parts: list[Numbers]) -> Floats:
    pytest.fail("nobody need be asked")


def test_two_lines_come_from_top_to_bottom_in_whatever_order_the_pieces_are() -> None:
    pieces = [box(0, 1.5), box(0, 0), box(1, 0.1), box(1, 1.6), box(2, 0)]
    assert lines_of(pieces, nobody) == ((1, 2, 4), (0, 3))


def test_a_line_that_slopes_down_by_more_than_a_digit_is_one() -> None:
    upper = [box(at, 0.3 * at) for at in range(5)]
    lower = [box(at, 1.6 + 0.3 * at) for at in range(5)]
    assert lines_of(upper + lower, nobody) == ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))


def test_one_line_stays_one_with_wide_gaps_and_uneven_heights() -> None:
    assert lines_of([box(0, 0), box(6, 0.2), box(7, 0.3, height=0.5)], nobody) == ((0, 1, 2),)


def test_small_pieces_go_to_the_line_that_is_nearest() -> None:
    bar, dot = box(0.5, 0.0, 0.5, 0.1), box(0.2, 2.75, 0.1, 0.1)
    assert lines_of([box(0, 0), box(1, 0), bar, box(0, 1.7), box(1, 1.7), dot], nobody) == ((0, 1, 2), (3, 4, 5))


@pytest.mark.parametrize(("gap", "count"), [(0.03, 1), (0.6, 2)], ids=["near", "far"])
def test_how_far_apart_two_pieces_above_each_other_are_says_whether_they_are_one_digit(gap: float, count: int) -> None:
    assert len(lines_of([box(0, 0), box(0, 1 + gap)], nobody)) == count


@pytest.mark.parametrize(("both", "count"), [(-0.1, 1), (-3.0, 2)], ids=["like a digit", "unlike any"])
def test_in_between_the_network_says_it(both: float, count: int) -> None:
    def judge(parts: list[Numbers]) -> Floats:
        assert parts == [(1,), (0,), (0, 1)]
        return np.array([-0.5, -0.5, both])

    assert len(lines_of([box(0, 1.25), box(0, 0)], judge)) == count


def test_a_single_piece_is_a_line() -> None:
    assert lines_of([box(0, 0)], nobody) == ((0,),)
    assert lines_of([np.zeros((1, 2)), np.zeros((1, 2))], nobody) == ((0, 1),)
