"""Tests of cutting what was written apart into digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.digit_cutting import MOST_PIECES, Floats, Numbers, cut, profiles_of

# Pieces of digits, one unit high, at x = 0.
RING = np.stack([0.3 + 0.3 * np.cos(np.linspace(0, 7, 40)), 0.5 + 0.5 * np.sin(np.linspace(0, 7, 40))], axis=1)
STICK = np.array([[0.0, 0.0], [0.0, 1.0]])
SLANTED = np.array([[0.3, 0.0], [0.0, 1.0]])
BAR = np.array([[0.0, 0.0], [0.4, 0.0]])
SEVEN = np.array([[0.0, 0.0], [0.5, 0.0], [0.2, 1.0]])
FIVE_WITHOUT_BAR = np.array([[0.1, 0.05], [0.05, 0.45], [0.4, 0.5], [0.4, 0.9], [0.0, 1.0]])
LEFT_OF_FOUR = np.array([[0.1, 0.0], [0.0, 0.6], [0.5, 0.6]])


def at(points: Floats, x: float, y: float = 0.0, size: float = 1.0) -> Floats:
    """A piece elsewhere."""
    return points * size + [x, y]


def indifferent(parts: list[Numbers]) -> Floats:
    """A network that is as sure of everything."""
    return np.full(len(parts), -0.01)


def cut_of(*pieces: Floats) -> tuple[Numbers, ...]:
    return cut(profiles_of(pieces), indifferent)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((SEVEN, at(BAR, 0.1, 0.5)), id="crossed seven"),
        pytest.param((FIVE_WITHOUT_BAR, at(BAR, 0.15)), id="five with a bar"),
        pytest.param((FIVE_WITHOUT_BAR, at(BAR, 0.35)), id="five with a bar that only begins at its edge"),
        pytest.param((LEFT_OF_FOUR, at(STICK, 0.4)), id="crossing four"),
        pytest.param((LEFT_OF_FOUR, at(STICK, 0.5, 0.3)), id="four that just touches"),
        pytest.param((at(RING, 0, 0, 0.5), at(RING, 0, 0.5, 0.5)), id="eight of two circles"),
        pytest.param((at(RING, 0.1, 0, 0.5), at(RING, -0.05, 0.45, 0.55)), id="eight of two circles that is askew"),
        pytest.param((at(RING, 0, 0, 0.6), at(STICK, 0.38)), id="nine of a ring and a stick"),
        pytest.param((at(BAR, -0.25, 0.02, 0.6), STICK, at(BAR, -0.2, 1.0)), id="one with serifs"),
        pytest.param((RING, at(SLANTED, 0.15)), id="slashed zero"),
        pytest.param((at(BAR, 0, 0, 1.0), at(BAR, 0, 0.2)), id="two dashes"),
        pytest.param((np.array([[0.0, 0.0]]), np.array([[0.0, 0.0]])), id="two dots in one place"),
    ],
)
def test_a_digit_of_several_strokes_stays_whole(pieces: tuple[Floats, ...]) -> None:
    assert cut_of(*pieces) == (tuple(range(len(pieces))),)


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [
        pytest.param((STICK, at(RING, 0.1)), ((0,), (1,)), id="ten written close"),
        pytest.param((at(RING, 0.1), STICK), ((1,), (0,)), id="ten whose zero came first"),
        pytest.param((SLANTED, at(SLANTED, 0.2)), ((0,), (1,)), id="slanted eleven whose boxes overlap"),
        pytest.param((SEVEN, at(RING, 0.7), at(BAR, 0.1, 0.5)), ((0, 2), (1,)), id="crossed seven and zero"),
        pytest.param((STICK, at(RING, 0.3), at(RING, 1.1)), ((0,), (1,), (2,)), id="hundred"),
        pytest.param((STICK, at(RING, 3.0, 0.2, 0.8)), ((0,), (1,)), id="far apart and uneven"),
    ],
)
def test_digits_beside_each_other_are_cut_apart(pieces: tuple[Floats, ...], parts: tuple[Numbers, ...]) -> None:
    assert cut_of(*pieces) == parts


def test_the_network_decides_where_the_places_do_not() -> None:
    pieces = (at(RING, 0, 0.28, 0.72), at(STICK, 0.45))

    def knows(wanted: Numbers) -> tuple[Numbers, ...]:
        return cut(profiles_of(pieces), lambda parts: np.array([-0.01 if part == wanted else -3.0 for part in parts]))

    assert knows((0, 1)) == ((0, 1),)
    assert len(cut(profiles_of(pieces), lambda parts: np.array([-4.0 if len(part) > 1 else -0.01 for part in parts])))


def test_the_network_is_not_asked_where_there_is_no_doubt() -> None:
    def refuse(parts: list[Numbers]) -> Floats:
        raise AssertionError(parts)

    assert cut(profiles_of((RING,)), refuse) == ((0,),)
    assert cut(profiles_of((SEVEN, at(BAR, 0.1, 0.5))), refuse) == ((0, 1),)
    assert cut(profiles_of((RING, at(RING, 2))), refuse) == ((0,), (1,))
    assert cut((), refuse) == ()


def test_a_scribble_of_very_many_strokes_is_read_as_a_whole() -> None:
    many = [at(STICK, number * 2.0) for number in range(MOST_PIECES + 1)]
    assert cut_of(*many) == (tuple(range(len(many))),)
    assert len(cut_of(*many[:-1])) == MOST_PIECES


def test_the_unit_of_the_drawing_does_not_matter() -> None:
    pieces = (STICK, at(RING, 0.1), at(SEVEN, 0.9), at(BAR, 1.0, 0.5))
    parts = cut_of(*pieces)
    assert parts == ((0,), (1,), (2, 3))
    for factor, moved in ((1e-3, 0.2), (1000.0, -5e4)):
        assert cut_of(*[piece * factor + moved for piece in pieces]) == parts


POINTS = st.lists(st.tuples(*[st.floats(-2, 2, width=32)] * 2), min_size=1, max_size=6)


@given(st.lists(POINTS, min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_every_piece_lands_in_one_part_whatever_is_drawn(drawn: list[list[tuple[float, float]]], seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces = [np.array(points, float) for points in drawn]
    parts = cut(profiles_of(pieces), lambda asked: -random.exponential(2, len(asked)))
    assert sorted(number for part in parts for number in part) == list(range(len(pieces)))
    middles = [np.concatenate([pieces[number] for number in part])[:, 0] for part in parts]
    middles = [(each.min() + each.max()) / 2 for each in middles]
    assert all(part for part in parts)
    assert len(middles) == len(parts)
