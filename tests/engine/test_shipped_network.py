"""What the network that ships promises: small, quick, and at home with digits however they are drawn."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
from safetensors.numpy import load_file

from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Picture, Stroke, render_strokes

Points = tuple[tuple[float, float], ...]

LARGEST_FILE = 1_500_000
STRANGER_FILE = "stranger.safetensors"


def arc(middle: tuple[float, float], radii: tuple[float, float], start: float, turn: float) -> Points:
    """Part of an ellipse, clockwise on a canvas; start and turn in whole turns, 0 to the right."""
    steps = [(start + turn * step / 20) * 2 * math.pi for step in range(21)]
    return tuple((middle[0] + radii[0] * math.cos(a), middle[1] + radii[1] * math.sin(a)) for a in steps)


def dense(*corners: tuple[float, float]) -> Points:
    """Points along straight lines, as a mouse leaves them."""
    points = [corners[0]]
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        points += [(x + (to_x - x) * step / 10, y + (to_y - y) * step / 10) for step in range(1, 11)]
    return tuple(points)


# Each digit, and the ways to write it that networks taught on MNIST alone are known to misread.
DRAWN: dict[str, tuple[str, tuple[Points, ...]]] = {
    "0": ("0", (arc((0.5, 0.5), (0.25, 0.4), -0.25, -1.02),)),
    "0 slashed": ("0", (arc((0.5, 0.5), (0.25, 0.4), -0.25, -1.02), dense((0.72, 0.15), (0.28, 0.85)))),
    "1": ("1", (dense((0.52, 0.1), (0.48, 0.9)),)),
    "1 European": ("1", (dense((0.3, 0.4), (0.55, 0.1), (0.55, 0.9)),)),
    "1 with a foot": ("1", (dense((0.35, 0.28), (0.5, 0.1), (0.5, 0.9)), dense((0.3, 0.9), (0.7, 0.9)))),
    "2": ("2", (arc((0.5, 0.32), (0.22, 0.22), -0.5, 0.62) + dense((0.6, 0.53), (0.26, 0.9), (0.76, 0.9)),)),
    "3": ("3", (arc((0.47, 0.3), (0.2, 0.2), -0.45, 0.68) + arc((0.47, 0.69), (0.24, 0.21), -0.24, 0.68),)),
    "4": ("4", (dense((0.36, 0.12), (0.28, 0.58), (0.78, 0.56)), dense((0.62, 0.3), (0.6, 0.92)))),
    "4 closed": ("4", (dense((0.6, 0.92), (0.6, 0.1), (0.22, 0.64), (0.8, 0.64)),)),
    "5": ("5", (dense((0.34, 0.12), (0.31, 0.46)) + arc((0.47, 0.66), (0.24, 0.24), -0.38, 0.75),
                dense((0.34, 0.12), (0.7, 0.11)))),
    "6": ("6", (arc((0.62, 0.5), (0.32, 0.4), -0.27, -0.24) + arc((0.5, 0.68), (0.2, 0.22), -0.5, -1.0),)),
    "7": ("7", (dense((0.25, 0.14), (0.75, 0.14), (0.42, 0.9)),)),
    "7 crossed": ("7", (dense((0.25, 0.14), (0.75, 0.14), (0.42, 0.9)), dense((0.36, 0.5), (0.72, 0.5)))),
    "8": ("8", (arc((0.5, 0.3), (0.19, 0.19), 0.25, 1.0) + arc((0.5, 0.7), (0.23, 0.21), -0.25, -1.0),)),
    "9": ("9", (arc((0.5, 0.32), (0.2, 0.22), 0.0, -1.0) + dense((0.7, 0.32), (0.68, 0.6), (0.6, 0.9)),)),
    "9 with a bow": ("9", (arc((0.5, 0.3), (0.2, 0.2), 0.0, -1.0) + arc((0.45, 0.55), (0.25, 0.36), -0.05, 0.38),)),
}  # fmt: skip
# Moved to (x, y), scaled, slanted, and the brush: all in shares of the canvas.
WAYS: dict[str, tuple[float, float, float, float, float]] = {
    "large": (0.0, 0.0, 1.0, 0.0, 0.075),
    "in a corner": (0.7, 0.72, 0.25, 0.0, 0.04),
    "tiny": (0.05, 0.6, 0.075, 0.0, 0.02),
    "tiny and thick": (0.4, 0.1, 0.075, 0.0, 0.16),
    "thin": (0.1, 0.1, 0.8, 0.0, 0.02),
    "thick": (0.1, 0.1, 0.8, 0.0, 0.16),
    "slanted": (0.1, 0.2, 0.7, -0.3, 0.06),
}
SMILEY = (arc((0.5, 0.5), (0.4, 0.4), 0, 1), arc((0.38, 0.4), (0.03, 0.03), 0, 1), arc((0.62, 0.4), (0.03, 0.03), 0, 1),
          arc((0.5, 0.55), (0.2, 0.17), 0.02, 0.46))  # fmt: skip
STRANGERS: dict[str, tuple[Points, ...]] = {
    "smiley": SMILEY,
    "K": (dense((0.3, 0.1), (0.3, 0.9)), dense((0.7, 0.1), (0.32, 0.5), (0.72, 0.9))),
    "W": (dense((0.1, 0.1), (0.3, 0.9), (0.5, 0.3), (0.7, 0.9), (0.9, 0.1)),),
    "R": (dense((0.3, 0.9), (0.3, 0.1)) + arc((0.4, 0.3), (0.3, 0.2), -0.25, 0.5) + dense((0.4, 0.5), (0.75, 0.9)),),
    "square": (dense((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.1)),),
    "cross": (dense((0.1, 0.1), (0.9, 0.9)), dense((0.9, 0.1), (0.1, 0.9))),
    "zigzag": (dense(*((0.1 + 0.1 * step, 0.2 + 0.6 * (step % 2)) for step in range(9))),),
    "arrow": (dense((0.1, 0.5), (0.9, 0.5)), dense((0.65, 0.25), (0.9, 0.5), (0.65, 0.75))),
}


def on_canvas(lines: tuple[Points, ...], way: str) -> Picture:
    """What the network sees of lines drawn with a mouse, which knows whole pixels, on a canvas of 420."""
    x, y, size, slant, brush = WAYS[way]
    strokes = []
    for line in lines:
        placed = [((x + size * (a + slant * (b - 0.5))) * 420, (y + size * b) * 420) for a, b in line]
        whole = dict.fromkeys((round(a) / 420, round(b) / 420) for a, b in placed)
        strokes.append(Stroke(tuple(whole), brush))
    return render_strokes(tuple(strokes))


@cache
def shipped() -> Predictor:
    return Predictor(bundled_run())


def test_the_shipped_network_is_small_and_answers_one_picture_with_ten_digits() -> None:
    predictor = shipped()
    assert predictor.run.checkpoint.stat().st_size <= LARGEST_FILE
    assert predictor.class_names == tuple("0123456789")
    assert predictor.shape == (1, 28, 28)
    assert predictor.is_ink
    looked = predictor.look(np.zeros((1, 1, 28, 28), np.uint8))
    assert looked.logits.shape == (1, 10)
    assert looked.features.shape[0] == 1


def test_the_row_that_names_strangers_fits_the_features_of_the_shipped_network() -> None:
    stranger = load_file(bundled_run().folder / STRANGER_FILE)
    looked = shipped().look(np.zeros((2, 1, 28, 28), np.uint8))
    assert {name: row.dtype for name, row in stranger.items()} == {"weight": np.float32, "bias": np.float32}
    assert stranger["weight"].shape == looked.features.shape[1:]
    assert stranger["bias"].shape == (1,)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DRAWN)
def test_a_digit_is_read_however_it_is_drawn(name: str, way: str) -> None:
    label, lines = DRAWN[name]
    answer = shipped().look(on_canvas(lines, way)[None]).logits[0]
    assert shipped().class_names[int(answer.argmax())] == label


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_digit_is_rather_a_stranger_than_any_digit(name: str) -> None:
    stranger = load_file(bundled_run().folder / STRANGER_FILE)
    looked = shipped().look(on_canvas(STRANGERS[name], "large")[None])
    assert looked.features[0] @ stranger["weight"] + stranger["bias"][0] > looked.logits.max()


def test_no_digit_that_is_drawn_plainly_is_rather_a_stranger() -> None:
    stranger = load_file(bundled_run().folder / STRANGER_FILE)
    pictures = np.stack([on_canvas(lines, "large") for _, lines in DRAWN.values()])
    looked = shipped().look(pictures)
    assert np.all(looked.features @ stranger["weight"] + stranger["bias"] < looked.logits.max(axis=1))
