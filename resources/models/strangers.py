"""Drawings that are no digits, for a network to learn what it does not know: letters, shapes, scribbles, things.

Everything is drawn through the program's own canvas or prepared as its picture files are. Sources:

- Fashion-MNIST (Zalando, MIT), five of its ten classes, from its training split below ``LEPTON_STUDIO_DATA``.
- Hershey fonts (A. V. Hershey, US National Bureau of Standards; the format by J. Hurt), the ``*.jhf`` files of Debian's
  hershey-fonts-data: letters as strokes.
- KanjiVG (Ulrich Apel, CC BY-SA 3.0), the ``*.svg`` files of PyPI's kanjivg: letters, kana and kanji as strokes.
- Handwriting fonts from npm's ``@fontsource/*`` (OFL 1.1 or Apache 2.0, as each says), ``*-latin-400-normal.woff``.
- Shapes and scribbles made by the functions below, and digits of UNIPEN cut, turned or mirrored until they are none.

Nothing of them is shipped: only what a network learned from them.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pen_strokes import Lines, PenDigit, unit
from PIL import Image, ImageDraw, ImageFont

# What is a digit on paper: an O is a zero, and a plain stroke a one.
LOOK_LIKE_DIGITS = set("OoIl|iQDj1")
LETTERS = tuple(letter for letter in string.ascii_letters + "&@#?%$+*=<>{}!" if letter not in LOOK_LIKE_DIGITS)
# Those that come near a digit are shown less often, so that no digit suffers.
NEAR_DIGITS = set("SsZzBqgbGaTyYJt")
# Kana and kanji that could be taken for a digit: fu, wa, ku, ro, ru, u, no, tsu, shi, mouth, second, end.
KANA_LIKE_DIGITS = set("フワクろるうノへくつしタヲりリヌスラヶょよょらすちゎわゥァマヮのえいひレイトハニ")
TEST_FONTS = {"caveat", "kalam", "homemade-apple", "schoolbell", "nanum-pen-script", "just-me-again-down-here"}
TEST_HERSHEY = ("scripts", "futuram", "cursive")
TRAIN_HERSHEY = ("futural", "rowmans", "scriptc")
# T-shirt, trousers, sandal, bag, ankle boot; the other five show whether what was learned holds for new things.
FASHION_TAUGHT = (0, 1, 5, 8, 9)

Random = np.random.Generator
Shape = Callable[[Random], Lines]


def arc(x: float, y: float, radius: float, start: float = 0.0, turn: float = 1.0) -> NDArray[np.float64]:
    """Part of an ellipse; start and turn in whole turns."""
    angles = (start + np.linspace(0, turn, max(6, int(30 * abs(turn))))) * 2 * math.pi
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def path(*points: tuple[float, float]) -> NDArray[np.float64]:
    """A line through points, with enough points on it to be bent."""
    corners = np.array(points, dtype=float)
    places = np.linspace(0, len(corners) - 1, 8 * (len(corners) - 1) + 1)
    return np.stack([np.interp(places, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1)


def smiley(random: Random) -> Lines:
    """A face: with or without its outline, glad or sad, its eyes dots or strokes."""
    mood = 1 if random.random() < 0.7 else -1
    mouth = arc(0, 0.15 * mood, 0.5, 0.08 if mood > 0 else 0.58, 0.34)
    height = random.uniform(0.2, 0.4)
    if random.random() < 0.5:
        eyes = [arc(side * 0.35, -height, random.uniform(0.01, 0.12)) for side in (-1, 1)]
    else:
        eyes = [path((side * 0.35, -height), (side * 0.35, -height + 0.2)) for side in (-1, 1)]
    outline = [] if random.random() < 0.2 else [arc(0, 0, 1, random.random(), random.uniform(0.95, 1.1))]
    nose = [path((0, -0.05), (0.05, 0.15))] if random.random() < 0.3 else []
    return (*outline, *eyes, mouth, *nose)


def spiral(random: Random) -> Lines:
    """Two turns or more, either way."""
    turns, way = random.uniform(2, 5), random.choice([-1, 1])
    along = np.linspace(0.02, 1, 90)
    angles = along * turns * 2 * math.pi * way + random.uniform(0, 6)
    return (np.stack([along * np.cos(angles), along * np.sin(angles)], axis=1),)


def scribble(random: Random) -> Lines:
    """A hand that goes to and fro without aim."""
    lines = []
    for _ in range(int(random.integers(1, 4))):
        count = int(random.integers(6, 26))
        walk = (
            np.cumsum(random.normal(0, 1, (count, 2)), axis=0)
            if random.random() < 0.5
            else random.random((count, 2)) * 4
        )
        places = np.linspace(0, count - 1, count * 5)
        lines.append(np.stack([np.interp(places, np.arange(count), walk[:, axis]) for axis in (0, 1)], axis=1))
    return tuple(lines)


def hatching(random: Random) -> Lines:
    """Zigzag, as for blackening."""
    count, width = int(random.integers(6, 14)), random.uniform(0.3, 1.2)
    ends = [
        ((step % 2) * width + random.normal(0, 0.06), step / count * random.uniform(0.8, 1.2)) for step in range(count)
    ]
    return (path(*ends),)


def wave(random: Random) -> Lines:
    """A wavy line with more bends than any digit."""
    along = np.linspace(0, 1, 80)
    turned = np.stack(
        [along * 3, np.sin(along * random.uniform(3, 7) * 2 * math.pi) * random.uniform(0.1, 0.6)], axis=1
    )
    return (turned[:, ::-1] if random.random() < 0.4 else turned,)


def polygon(random: Random) -> Lines:
    """Triangles, rectangles and stars; sometimes crossed out."""
    corners = int(random.choice([3, 4, 4, 5]))
    # A pentagon would be a zero; a star is none.
    step = 2 if corners == 5 else 1
    start = random.uniform(0, 2 * math.pi) if random.random() < 0.5 else math.pi / corners
    ends = [
        (math.cos(start + k * step * 2 * math.pi / corners), math.sin(start + k * step * 2 * math.pi / corners))
        for k in range(corners + 1)
    ]
    lines = [path(*ends)]
    if corners == 4 and random.random() < 0.3:
        lines += [path(ends[0], ends[2]), path(ends[1], ends[3])]
    return tuple(lines)


def cross(random: Random) -> Lines:
    """A plus, an x, a star of three or four lines, a hash."""
    count = int(random.choice([2, 2, 2, 3, 4]))
    start = random.uniform(0, math.pi)
    if count == 2:
        start = random.choice([0.0, math.pi / 4]) + random.normal(0, 0.08)
    if random.random() < 0.15:
        return tuple(
            path(*ends)
            for ends in (((-0.3, -1), (-0.4, 1)), ((0.4, -1), (0.3, 1)), ((-1, -0.3), (1, -0.3)), ((-1, 0.4), (1, 0.4)))
        )
    angles = [start + number * math.pi / count for number in range(count)]
    return tuple(path((-math.cos(a), -math.sin(a)), (math.cos(a), math.sin(a))) for a in angles)


def level_line(random: Random) -> Lines:
    """Lines that lie: no one writes a one like this. Sometimes two or three, as an equals sign."""
    angle = random.normal(0, 0.22)
    along = np.linspace(-1, 1, 12)[:, None] * np.array([math.cos(angle), math.sin(angle)])
    count = int(random.choice([1, 1, 2, 3]))
    return tuple(
        along * random.uniform(0.8, 1) + np.array([random.normal(0, 0.1), number * 0.7]) for number in range(count)
    )


def dots(random: Random) -> Lines:
    """A dot, or some."""
    count = int(random.choice([1, 2, 3, 3, 5]))
    return tuple(random.random((1, 2)) * 2 + random.random((1, 2)) * 0.01 for _ in range(count))


def arrow(random: Random) -> Lines:
    """An arrow to any side."""
    angle = random.choice([0, 0.5, 1, 1.5]) * math.pi + random.normal(0, 0.3)
    size = random.uniform(0.3, 0.6)
    lines = (path((-1, 0), (1, 0)), path((1 - size, -size), (1, 0), (1 - size, size)))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return tuple(line @ turn.T for line in lines)


def thing(random: Random) -> Lines:
    """What people draw to see what happens: a heart, a house, a tree, a fish, a flower, the sun, a tick, a cloud."""
    return THINGS[int(random.integers(len(THINGS)))]


def _round(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([x, y], axis=1)


ALONG = np.linspace(0, 2 * math.pi, 50)
PETALS = 0.6 + 0.4 * np.cos(5 * ALONG)
THINGS: tuple[Lines, ...] = (
    (_round(16 * np.sin(ALONG) ** 3, -13 * np.cos(ALONG) + 5 * np.cos(2 * ALONG) + 2 * np.cos(3 * ALONG)),),
    (
        path((-1, 1), (-1, -0.2), (0, -1), (1, -0.2), (1, 1), (-1, 1)),
        path((-0.3, 1), (-0.3, 0.3), (0.2, 0.3), (0.2, 1)),
    ),
    (arc(0, -0.6, 0.6), path((0, 0), (0, 1)), path((-0.5, 1), (0.5, 1))),
    (_round(np.cos(ALONG), np.sin(ALONG) * np.cos(ALONG / 2) * 0.7), arc(0.5, -0.1, 0.05)),
    (_round(np.cos(ALONG) * PETALS, np.sin(ALONG) * PETALS), path((0, 1), (0, 2.2))),
    (
        arc(0, 0, 0.5),
        *(
            path((0.7 * math.cos(a), 0.7 * math.sin(a)), (1.1 * math.cos(a), 1.1 * math.sin(a)))
            for a in np.arange(8) * math.pi / 4
        ),
    ),
    (path((-1, 0), (-0.4, 0.8), (1, -1)),),
    tuple(arc(x, y, r, 0.45, 0.6) for x, y, r in ((-0.7, 0.2, 0.4), (0, -0.2, 0.6), (0.7, 0.1, 0.45))),
)


SHAPES: tuple[Shape, ...] = (
    smiley, spiral, scribble, scribble, hatching, wave, polygon, cross, level_line, dots, arrow, thing,
)  # fmt: skip


def two_digits(first: PenDigit, second: PenDigit, random: Random) -> Lines:
    """Two digits side by side: a number, and no digit."""
    gap = random.uniform(0.75, 1.15)
    return (
        *unit(first.lines),
        *(line * random.uniform(0.85, 1.1) + np.array([gap, random.normal(0, 0.08)]) for line in unit(second.lines)),
    )


def spoiled(digit: PenDigit, random: Random) -> Lines | None:
    """A digit turned, mirrored or cut until it is none any more; None where it would still be one."""
    way = random.integers(0, 3)
    if way == 0 and digit.label in (2, 3, 4, 5, 7, 6, 9):
        # Lying on its side.
        side = random.choice([-1.0, 1.0])
        return tuple(np.stack([line[:, 1] * side, -line[:, 0] * side], axis=1) for line in unit(digit.lines))
    if way == 1 and digit.label in (3, 4, 7):
        return tuple(line * np.array([-1.0, 1.0]) for line in unit(digit.lines))
    if way == 2 and digit.label in (3, 4):
        return tuple(-line for line in unit(digit.lines))
    return None


def hershey_letters(file: Path) -> Iterator[tuple[str, Lines]]:
    """The letters of a Hershey font as strokes, with the character that each is."""
    glyphs = re.sub(r"\n(?! {0,4}\d{1,5} {0,2}\d)", "", file.read_text(encoding="ascii", errors="replace"))
    for number, row in enumerate(glyphs.splitlines()):
        code, lines, line = row[10:], [], []
        for x, y in zip(code[::2], code[1::2], strict=False):
            if x == " " and y == "R":
                lines, line = [*lines, line], []
            else:
                line.append((ord(x) - ord("R"), ord(y) - ord("R")))
        lines = [each for each in [*lines, line] if each]
        if lines and number:
            yield chr(32 + number), tuple(_dense(np.array(each, dtype=float)) for each in lines)


def _dense(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """With more points, so that corners stay corners on the canvas."""
    if len(points) < 2:
        return points
    places = np.linspace(0, len(points) - 1, 4 * (len(points) - 1) + 1)
    return np.stack([np.interp(places, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)


def kanjivg_strokes(file: Path) -> Lines:
    """The strokes of a KanjiVG file."""
    return tuple(_bezier(found) for found in re.findall(r'<path [^>]*\bd="([^"]+)"', file.read_text(encoding="utf-8")))


def _bezier(path_data: str) -> NDArray[np.float64]:
    """Points along a path of SVG that has the commands M, C and S only, as those of KanjiVG do."""
    parts = re.findall(r"([MmCcSs])([^MmCcSs]*)", path_data)
    here, control, points = np.zeros(2), np.zeros(2), []
    along = np.linspace(0.125, 1, 8)[:, None]
    for command, text in parts:
        numbers = np.array([float(each) for each in re.findall(r"-?(?:\d+\.\d*|\.\d+|\d+)", text)]).reshape(-1, 2)
        if command in "Mm":
            here = numbers[0]
            control = here
            points.append(here[None])
            continue
        size = 3 if command in "Cc" else 2
        for start in range(0, len(numbers) - size + 1, size):
            ends = numbers[start : start + size] + (here if command.islower() else 0)
            first = ends[0] if size == 3 else 2 * here - control
            second, last = ends[-2], ends[-1]
            points.append(
                (1 - along) ** 3 * here
                + 3 * along * (1 - along) ** 2 * first
                + 3 * along**2 * (1 - along) * second
                + along**3 * last
            )
            here, control = last, second
    return np.concatenate(points)


def font_glyph(font: Path, letter: str, random: Random) -> Image.Image | None:
    """A letter of a handwriting font, slanted and turned a little, bright on black, its pen as thick as pens are."""
    face = ImageFont.truetype(str(font), 80)
    left, top, right, bottom = face.getbbox(letter)
    if right - left < 4 or bottom - top < 4:
        return None
    image = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(image).text((140 - (left + right) / 2, 140 - (top + bottom) / 2), letter, fill=255, font=face)
    narrow, slant = math.exp(random.normal(0, 0.12)), random.normal(0, 0.12)
    matrix = (narrow, slant, 140 - 140 * (narrow + slant), 0.0, 1.0, 0.0)
    image = image.rotate(float(np.clip(random.normal(0, 6), -16, 16)), Image.Resampling.BILINEAR)
    image = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    box = image.getbbox()
    return _with_pen(image.crop(box), random.uniform(1.9, 3.4)) if box else None


def _with_pen(image: Image.Image, wanted: float) -> Image.Image:
    """Lets the lines of a glyph grow or shrink to a width, in pixels of a box of 20."""
    from scipy.ndimage import distance_transform_edt

    wide = np.pad(np.asarray(image) > 127, 40)
    inside = distance_transform_edt(wide)
    scale = max(image.size) / 20
    # The ridge of the distances is half the pen.
    ridge = inside[inside >= np.quantile(inside[wide], 0.75)].mean() * 1.15 if wide.any() else 1.0
    change = float(np.clip(wanted * scale / 2 - ridge, -0.6 * ridge, 3 * ridge))
    grown = (distance_transform_edt(~wide) <= change) if change > 0 else (inside > -change)
    return Image.fromarray((grown * 255).astype(np.uint8))
