"""Digits as people write them with pens: the strokes of UNIPEN, varied and drawn through the program's own canvas.

``LEPTON_STUDIO_DATA/unipen_digits/strokes.jsonl.gz`` holds one digit a line: ``{"label", "writer", "source",
"strokes": [[[x, y], ...], ...]}``, y downwards. It is category 1a (isolated digits) of the CD-ROM train_r01_v07 of the
International Unipen Foundation, https://doi.org/10.5281/zenodo.1195803 (CC BY 4.0); the same files lie in
https://github.com/GreenCappuccino/train_r01_v07, ``data/1a`` and ``include``. Only the parts with the pen down are
taken, and y is turned, because tablets count it upwards.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.strokes import Picture, Stroke, render_strokes

FILE = "unipen_digits/strokes.jsonl.gz"
SHAPE = (1, 28, 28)
# The share of the writers that no network learns from.
KEPT_OUT = 0.2
# Sides of canvases in pixels, from a phone to a large screen.
CANVASES = (200, 300, 420, 600, 900)
SMALLEST_DRAWING = 30.0
THINNEST_BRUSH, THICKEST_BRUSH = 0.02, 0.16
# As the canvas does it: points that are nearer to each other than this share of its side are left out.
NEAREST = 0.002

Lines = tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, eq=False)
class PenDigit:
    """A digit that somebody wrote: its strokes as N x 2 points, y downwards, in any unit."""

    label: int
    writer: str
    source: str
    lines: Lines


def read_digits(folder: Path) -> list[PenDigit]:
    """Reads all digits below a folder of datasets; FileNotFoundError if they are not there."""
    digits = []
    with gzip.open(folder / FILE, "rt", encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            lines = tuple(np.array(points, dtype=float) for points in line["strokes"])
            digits.append(PenDigit(line["label"], line["writer"], line["source"], lines))
    return digits


def share_of(name: str) -> float:
    """A number from 0 to 1 that follows from a name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


def is_kept_out(digit: PenDigit) -> bool:
    """Whether no network may learn from this writer."""
    return share_of(digit.writer) < KEPT_OUT


def is_for_validation(digit: PenDigit) -> bool:
    """Whether a writer among the others is for choices: one in ten."""
    return not is_kept_out(digit) and share_of("validation " + digit.writer) < 0.1


def replayed(
    lines: Lines,
    random: np.random.Generator,
    canvas: int | None = None,
    size: float | None = None,
    brush: float | None = None,
) -> tuple[Stroke, ...]:
    """Strokes as a mouse leaves them on a canvas: whole pixels, somewhere, with some brush.

    Args:
        lines: in any unit.
        random: decides what is not given.
        canvas: its side in pixels.
        size: of the larger side of the drawing, in pixels.
        brush: its width as a share of the side.
    """
    canvas = int(random.choice(CANVASES)) if canvas is None else canvas
    largest = canvas * 0.95
    if size is None:
        size = math.exp(random.uniform(math.log(SMALLEST_DRAWING), math.log(largest)))
    if brush is None:
        brush = math.exp(random.uniform(math.log(THINNEST_BRUSH), math.log(THICKEST_BRUSH)))
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = size / max(float((high - low).max()), 1e-9)
    offset = random.random(2) * np.maximum(canvas - 1 - (high - low) * scale, 0)
    strokes = []
    for line in lines:
        placed = np.rint((line - low) * scale + offset) / canvas
        kept = [placed[0]]
        for point in placed[1:]:
            if np.abs(point - kept[-1]).sum() >= NEAREST:
                kept.append(point)
        strokes.append(Stroke(tuple((float(x), float(y)) for x, y in kept), brush))
    return tuple(strokes)


def unit(lines: Lines) -> Lines:
    """The same strokes with their middle at (0, 0) and a larger side of 1."""
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    return tuple((line - (low + high) / 2) / max(float((high - low).max()), 1e-9) for line in lines)


@dataclass(frozen=True)
class Variation:
    """How far another hand, another slant and another tablet may lie from what was written.

    What is no share is the deviation of a normal distribution, in sides of the drawing where nothing else is said.

    Attributes:
        turn: in degrees, at most three times as far.
        slant: how far the top moves aside, at most two and a half times as far.
        narrow: of the logarithm of the width.
        bend: how deep all of the drawing is bent, in a wave.
        bulge: of the logarithm of the power that moves the middle up, down or aside: heads become larger, feet smaller.
        apart: how far strokes move against each other.
        swell: how much strokes grow or shrink against each other, as a share.
        tremble: of each point.
        ends: how much of a stroke is missing at its ends, or goes on, as a share of its length.
        fewer: the share of strokes with fewer points, as slow tablets and quick mice have it.
        sparse: the share of drawings with 6 to 14 points in all, half of them with straight ways between.
        joined: the share of drawings of several strokes whose pen was not lifted, or so it seems to the tablet.
        crossed: the share of zeros and sevens of one stroke that get a bar.
        pressure: the share of drawings by a pen whose pressure rises and falls.
    """

    turn: float = 6.0
    slant: float = 0.15
    narrow: float = 0.12
    bend: float = 0.02
    bulge: float = 0.0
    apart: float = 0.018
    swell: float = 0.04
    tremble: float = 0.004
    ends: float = 0.0
    fewer: float = 0.4
    sparse: float = 0.0
    joined: float = 0.0
    crossed: float = 0.12
    pressure: float = 0.15


# How people draw who draw well; and what is learned from besides: poor tablets, and pens that are never lifted.
USUAL = Variation()
TAUGHT = replace(USUAL, sparse=0.2, joined=0.2)


def varied(lines: Lines, random: np.random.Generator, by: Variation = USUAL) -> Lines:
    """What another hand, another slant and another tablet would have made of strokes."""
    lines = unit(lines)
    turn = math.radians(float(np.clip(random.normal(0, 1), -3, 3)) * by.turn)
    slant = float(np.clip(random.normal(0, 1), -2.5, 2.5)) * by.slant
    narrow = math.exp(float(random.normal(0, 1)) * by.narrow)
    matrix = np.array([[narrow, slant], [0.0, 1.0]]) @ np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    )
    waves = random.normal(0, 1.0, (2, 2))
    phases, depth = random.uniform(0, 2 * math.pi, 2), random.normal(0, 1, 2) * by.bend
    powers = np.exp(random.normal(0, 1, 2) * by.bulge)
    lines = joined(lines) if random.random() < by.joined else lines
    changed = []
    for line in lines:
        moved = _with_other_ends(line, random, by.ends) if by.ends else line
        moved = (np.clip(moved + 0.5, 0, None) ** powers - 0.5) @ matrix.T
        moved = moved + np.sin(2 * math.pi * 0.6 * moved @ waves.T + phases) * depth
        if len(lines) > 1:
            middle = moved.mean(axis=0)
            moved = (moved - middle) * (1 + random.normal(0, 1) * by.swell) + middle
            moved = moved + random.normal(0, 1, 2) * by.apart
        moved = moved + random.normal(0, 1, moved.shape) * by.tremble
        changed.append(_with_fewer_points(moved, random) if random.random() < by.fewer else moved)
    if random.random() >= by.sparse:
        return tuple(changed)
    few = with_points(tuple(changed), int(random.integers(6, 15)))
    return straight(few) if random.random() < 0.5 else few


def crossed(digit: PenDigit, random: np.random.Generator, share: float = USUAL.crossed) -> Lines:
    """Strokes of a digit, now and then with the bar that other countries put through a zero or a seven."""
    lines = digit.lines
    if len(lines) > 1 or digit.label not in (0, 7) or random.random() > share:
        return lines
    points = unit(lines)[0]
    low, high = points.min(axis=0), points.max(axis=0)
    along = np.linspace(-1, 1, 12)[:, None]
    if digit.label == 0:
        reach = (high - low) / 2 * random.uniform(0.7, 1.25, 2)
        return (points, (low + high) / 2 + along * reach * np.array([1.0, -1.0]))
    # The bar crosses the stem, which is written last, about half way down.
    stem = points[len(points) // 3 :]
    middle = stem[np.abs(stem[:, 1] - (low[1] + (high[1] - low[1]) * random.uniform(0.42, 0.6))).argmin()]
    reach = np.array([random.uniform(0.18, 0.35), random.normal(0, 0.04)])
    return (points, middle + along * reach)


def _with_fewer_points(line: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    if len(line) < 12:
        return line
    count = int(random.integers(9, len(line)))
    return line[np.unique(np.rint(np.linspace(0, len(line) - 1, count)).astype(int))]


def _travelled(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the pen had come at each point."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))]) if len(line) > 1 else np.zeros(1)


def _at(line: NDArray[np.float64], ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the pen was when it had come so far."""
    travelled = _travelled(line)
    return np.stack([np.interp(ways, travelled, line[:, axis]) for axis in (0, 1)], axis=1)


def _with_other_ends(line: NDArray[np.float64], random: np.random.Generator, share: float) -> NDArray[np.float64]:
    """A line that begins and ends a little earlier or later."""
    travelled = _travelled(line)
    if travelled[-1] < 0.1:
        return line
    first, last = np.clip(random.normal(0, share, 2), -2 * share, 2 * share) * travelled[-1]
    inner = travelled[(travelled > first) & (travelled < travelled[-1] - last)]
    ways = np.unique(np.concatenate([[max(first, 0.0)], inner, [min(travelled[-1] - last, travelled[-1])]]))
    kept = _at(line, ways)
    if first < 0:
        kept = np.concatenate([kept[:1] + (kept[0] - _at(line, np.array([0.05]))) * (-first / 0.05), kept])
    if last < 0:
        towards = kept[-1] - _at(line, np.array([travelled[-1] - 0.05]))
        kept = np.concatenate([kept, kept[-1:] + towards * (-last / 0.05)])
    return kept


def with_points(lines: Lines, count: int) -> Lines:
    """A drawing of about so many points in all, equally far apart on the way of the pen."""
    lengths = [float(_travelled(line)[-1]) for line in lines]
    return tuple(
        _at(line, np.linspace(0, length, max(2, round(count * length / sum(lengths))))) if length else line
        for line, length in zip(lines, lengths, strict=True)
    )


def straight(lines: Lines, parts: int = 8) -> Lines:
    """The same points with straight ways between them, each of so many parts: a mouse that is moved by a program."""
    return tuple(_at(line, _between(_travelled(line), parts)) if len(line) > 1 else line for line in lines)


def joined(lines: Lines) -> Lines:
    """Strokes whose pen was not lifted between them."""
    return (np.concatenate(lines),)


def _between(ways: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    return np.interp(np.arange((len(ways) - 1) * parts + 1) / parts, np.arange(len(ways)), ways)


def drawn(lines: Lines, random: np.random.Generator, pressure: float = USUAL.pressure) -> Picture:
    """Draws strokes on some canvas and returns what the network sees of it: 28 x 28, uint8."""
    strokes = replayed(lines, random)
    if random.random() < pressure:
        # A pen whose pressure rises and falls.
        strokes = tuple(Stroke(each.points, each.width, _pressures(len(each.points), random)) for each in strokes)
    return render_strokes(strokes, SHAPE)[0]


def _pressures(count: int, random: np.random.Generator) -> tuple[float, ...]:
    along = np.linspace(0, 1, count)
    wave = np.sin(along * random.uniform(1, 7) + random.uniform(0, 6)) * random.uniform(0.1, 0.45)
    return tuple(np.clip(random.uniform(0.3, 0.7) + wave, 0, 1).tolist())
