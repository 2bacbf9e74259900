"""What the shipped network learns from: digits of many hands, and drawings that are no digits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pen_strokes import SHAPE, TAUGHT, PenDigit, crossed, drawn, is_for_validation, is_kept_out, read_digits, varied
from PIL import Image
from strangers import (
    FASHION_TAUGHT,
    KANA_LIKE_DIGITS,
    LETTERS,
    NEAR_DIGITS,
    SHAPES,
    TEST_FONTS,
    TEST_HERSHEY,
    TRAIN_HERSHEY,
    Lines,
    font_glyph,
    hershey_letters,
    kanjivg_strokes,
    spoiled,
    two_digits,
)

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.fashion_mnist import FashionMnist
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.strokes import Picture, prepare_ink

CLASSES = (*"0123456789", "no digit")
STRANGER = 10
# How many pictures are made of each digit of UNIPEN, of each letter, of each kind of shape ...
PEN_COPIES, LETTER_COPIES, NEAR_COPIES, DIGIT_COPIES = 12, 8, 2, 12
SHAPE_COUNT, PAIR_COUNT, SPOILED_COUNT, KANJI_COUNT, THING_COUNT = 700, 3000, 4000, 600, 1000
MNIST_VALIDATION = 6000

Random = np.random.Generator
Made = tuple[list[Picture], list[int]]


@dataclass(frozen=True)
class Sources:
    """The folders that the pictures are made from.

    Attributes:
        data: with ``unipen_digits``, as of LEPTON_STUDIO_DATA.
        fonts: with ``*/files/*-latin-400-normal.woff`` of npm's @fontsource packages.
        hershey: with ``*.jhf``.
        kanjivg: with ``*.svg``.
    """

    data: Path
    fonts: Path
    hershey: Path
    kanjivg: Path

    def font_files(self, for_test: bool) -> list[Path]:
        """The handwriting fonts to learn from, or those that are kept for the test."""
        files = sorted(self.fonts.glob("*/files/*-latin-400-normal.woff"))
        return [file for file in files if (file.parts[-3] in TEST_FONTS) == for_test]


# Each is made by itself, so that several processes can share the work; the last one is for validation.
PARTS = (*["pens"] * PEN_COPIES, "font letters", "shapes", "letters", "fashion", "font digits", "validation")


def pictures(sources: Sources, seed: int = 0, processes: int = 1) -> Samples:
    """All pictures to learn from; MNIST's test split is their test, and validation is given."""
    mnist = load_samples(Mnist())
    with ProcessPoolExecutor(processes) as pool:
        made = list(pool.map(part, [sources] * len(PARTS), range(len(PARTS)), [seed] * len(PARTS)))
    images = [np.array(pictures, np.uint8).reshape(-1, *SHAPE) for pictures, _ in made]
    labels = [np.array(named, np.int64) for _, named in made]
    checked = is_mnist_validation(mnist, seed)
    # MNIST again, so that it is no small part of what is learned from.
    again = np.flatnonzero(~mnist.is_test & ~checked)
    validation = np.repeat([name == "validation" for name in PARTS], [len(named) for named in labels])
    return Samples(
        np.concatenate([mnist.images, *images, mnist.images[again]]),
        np.concatenate([mnist.labels, *labels, mnist.labels[again]]),
        CLASSES,
        np.concatenate([mnist.is_test, np.zeros(len(validation) + len(again), bool)]),
        np.concatenate([checked, validation, np.zeros(len(again), bool)]),
    )


def is_mnist_validation(mnist: Samples, seed: int) -> NDArray[np.bool_]:
    """Which of MNIST's digits are for choices."""
    checked = np.zeros(len(mnist), bool)
    given = np.flatnonzero(~mnist.is_test)
    checked[np.random.default_rng(seed).choice(given, MNIST_VALIDATION, replace=False)] = True
    return checked


def part(sources: Sources, number: int, seed: int) -> Made:
    """One of PARTS."""
    random = np.random.default_rng([seed, number])
    digits = [digit for digit in read_digits(sources.data) if not is_kept_out(digit)]
    taught = [digit for digit in digits if not is_for_validation(digit)]
    name = PARTS[number]
    if name == "pens":
        return pens(taught, random)
    if name == "validation":
        return pens([digit for digit in digits if is_for_validation(digit)], random)
    if name == "font digits":
        return font_digits(sources, random)
    if name == "font letters":
        return strangers(font_letters(sources, random, for_test=False))
    if name == "fashion":
        return strangers(things(random))
    lines = shapes(taught, random) if name == "shapes" else letter_strokes(sources, random, for_test=False)
    return strangers([drawn(varied(each, random, TAUGHT), random) for each in lines])


def pens(digits: list[PenDigit], random: Random) -> Made:
    """Digits of pens, each as another hand would have drawn it."""
    return [drawn(varied(crossed(digit, random), random, TAUGHT), random) for digit in digits], [
        digit.label for digit in digits
    ]


def strangers(pictures: list[Picture]) -> Made:
    """Pictures of no digit."""
    return pictures, [STRANGER] * len(pictures)


def font_digits(sources: Sources, random: Random) -> Made:
    """The digits of fonts that are made after real hands."""
    pictures, labels = [], []
    for file in sources.font_files(for_test=False):
        for label in range(10):
            for _ in range(DIGIT_COPIES):
                glyph = font_glyph(file, str(label), random)
                if glyph is not None:
                    pictures.append(prepare_ink(glyph, SHAPE)[0])
                    labels.append(label)
    return pictures, labels


def letter_strokes(sources: Sources, random: Random, for_test: bool) -> Iterator[Lines]:
    """Letters as strokes."""
    for name in TEST_HERSHEY if for_test else TRAIN_HERSHEY:
        for letter, lines in hershey_letters(sources.hershey / f"{name}.jhf"):
            if letter in LETTERS:
                yield from [lines] * (NEAR_COPIES if letter in NEAR_DIGITS else LETTER_COPIES)
    if for_test:
        return
    for letter in LETTERS:
        file = sources.kanjivg / f"{ord(letter):05x}.svg"
        if file.exists():
            yield from [kanjivg_strokes(file)] * (NEAR_COPIES if letter in NEAR_DIGITS else 3 * LETTER_COPIES)
    for code in range(0x3042, 0x30F3):
        file = sources.kanjivg / f"{code:05x}.svg"
        if file.exists() and chr(code) not in KANA_LIKE_DIGITS:
            yield from [kanjivg_strokes(file)] * LETTER_COPIES
    kanji = sorted(sources.kanjivg.glob("0[4-9]???.svg"))
    found = [
        strokes
        for number in random.permutation(len(kanji))[: 3 * KANJI_COUNT]
        if 4 <= len(strokes := kanjivg_strokes(kanji[number])) <= 12
    ]
    for strokes in found[:KANJI_COUNT]:
        yield from [strokes] * 2


def shapes(digits: list[PenDigit], random: Random) -> Iterator[Lines]:
    """Shapes, scribbles, numbers of two digits, and digits that are spoiled."""
    for shape in SHAPES:
        for _ in range(SHAPE_COUNT):
            yield shape(random)
    for _ in range(PAIR_COUNT):
        first, second = random.choice(len(digits), 2)
        yield two_digits(digits[first], digits[second], random)
    done = 0
    while done < SPOILED_COUNT:
        lines = spoiled(digits[int(random.integers(len(digits)))], random)
        if lines is not None:
            done += 1
            yield lines


def font_letters(sources: Sources, random: Random, for_test: bool) -> list[Picture]:
    """Letters of fonts that are made after real hands."""
    pictures = []
    for file in sources.font_files(for_test):
        for letter in LETTERS:
            for _ in range(NEAR_COPIES if letter in NEAR_DIGITS else LETTER_COPIES):
                glyph = font_glyph(file, letter, random)
                if glyph is not None:
                    pictures.append(prepare_ink(glyph, SHAPE)[0])
    return pictures


def things(random: Random) -> list[Picture]:
    """Fashion-MNIST, half of it as it comes and half cropped and centred like a photograph."""
    samples = load_samples(FashionMnist())
    pictures = []
    for label in FASHION_TAUGHT:
        given = np.flatnonzero((samples.labels == label) & ~samples.is_test)
        for number, at in enumerate(random.choice(given, THING_COUNT, replace=False)):
            picture = samples.images[at, 0]
            if number % 2:
                picture = prepare_ink(Image.fromarray(np.pad(picture, 14)), SHAPE)[0]
            pictures.append(picture)
    return pictures


def save(path: Path, samples: Samples) -> None:
    """Keeps the pictures, so that they need not be drawn again."""
    assert samples.is_validation is not None
    np.savez(path, images=samples.images, labels=samples.labels, test=samples.is_test, validation=samples.is_validation)


def load(path: Path) -> Samples:
    """Pictures that were kept."""
    with np.load(path, allow_pickle=False) as file:
        return Samples(file["images"], file["labels"], CLASSES, file["test"], file["validation"])


def counts(labels: NDArray[np.int64]) -> dict[str, int]:
    """How many pictures of each class there are."""
    return {name: int(np.count_nonzero(labels == number)) for number, name in enumerate(CLASSES)}
