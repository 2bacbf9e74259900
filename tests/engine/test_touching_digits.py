"""Digits that touch each other in a picture are cut apart, and what is one digit stays whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lepton_studio.engine.paper import Piece
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Reader
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Picture, Stroke, draw_strokes
from lepton_studio.engine.touching_digits import cut_touching

SEVEN = ((0.1, 0.15), (0.8, 0.15), (0.4, 0.85))
ONE = ((0.5, 0.15), (0.5, 0.85))
TWO = ((0.15, 0.35), (0.25, 0.18), (0.5, 0.12), (0.75, 0.25), (0.7, 0.45), (0.15, 0.85), (0.85, 0.85))


def bars() -> Piece:
    """Two standing bars with a thin line between them: twice as wide as high."""
    ink = np.zeros((40, 80), np.uint8)
    ink[:, 5:15] = ink[:, 65:75] = 255
    ink[20:22, 15:65] = 255
    return Piece(100, 200, ink)


def by_width(narrow: float, wide: float) -> object:
    """A judge who goes by the width of the ink."""

    def judge(inks: list[Picture]) -> NDArray[np.float64]:
        return np.array([narrow if each.shape[1] <= 45 else wide for each in inks])

    return judge


def test_halves_that_are_surer_than_the_whole_are_cut_apart() -> None:
    parts = cut_touching(bars(), by_width(-0.1, -3.0))  # type: ignore[arg-type]
    assert len(parts) == 2
    assert [part.top for part in parts] == [100, 100]
    assert parts[0].left == 205
    assert parts[1].left + parts[1].ink.shape[1] == 275
    # No ink is lost.
    assert sum(int((part.ink > 0).sum()) for part in parts) == int((bars().ink > 0).sum())


@pytest.mark.parametrize("wide", [-0.1, -0.3, 0.0])
def test_what_the_network_knows_as_well_whole_stays_whole(wide: float) -> None:
    piece = bars()
    assert cut_touching(piece, by_width(-0.1, wide)) == (piece,)  # type: ignore[arg-type]


def test_ink_that_is_no_wider_than_a_digit_is_not_even_asked_about() -> None:
    piece = Piece(0, 0, np.full((40, 36), 255, np.uint8))
    assert cut_touching(piece, lambda _inks: pytest.fail("asked")) == (piece,)


def test_ink_without_a_thin_place_is_not_cut() -> None:
    piece = Piece(0, 0, np.full((40, 90), 255, np.uint8))
    assert cut_touching(piece, lambda _inks: pytest.fail("asked")) == (piece,)


def written(*digits: tuple[tuple[float, float], ...], step: float) -> Picture:
    """Dark ink on light paper, each digit ``step`` of its square to the right of the one before."""
    side, count = 160, len(digits)
    sheet = np.zeros((side, round(side * (1 + step * (count - 1)))), np.uint8)
    for at, points in enumerate(digits):
        left = round(side * step * at)
        ink = draw_strokes((Stroke(points, 0.09),), side)
        np.maximum(sheet[:, left : left + side], ink, out=sheet[:, left : left + side])
    padded = np.pad(sheet, 40)
    return np.repeat((235 - padded.astype(int) * 200 // 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("digits", "step", "text"),
    [((SEVEN, TWO), 0.7, "72"), ((TWO, TWO), 0.74, "22"), ((TWO,), 1.0, "2"), ((SEVEN, ONE), 1.0, "71")],
    ids=["seven and two", "two twos", "one alone", "apart"],
)
def test_touching_digits_of_a_picture_are_read(
    digits: tuple[tuple[tuple[float, float], ...], ...], step: float, text: str
) -> None:
    reading = Reader(Predictor(bundled_run())).read_picture(written(*digits, step=step))
    assert reading.text == text
