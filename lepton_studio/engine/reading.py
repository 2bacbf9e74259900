"""Reads drawings and pictures: the one road from ink to an answer, for the canvas, files, folders and the webcam."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.calibration import COVERAGE, Calibration, calibration_of
from lepton_studio.engine.digit_cutting import MOST_PIECES, Floats, Numbers, cut, profiles_of
from lepton_studio.engine.ink_parts import MOST_ON_A_PAGE, Box, InkParts, find_parts, whole_picture
from lepton_studio.engine.line_finding import lines_of
from lepton_studio.engine.prediction import Looked, Predictor
from lepton_studio.engine.strokes import Picture, Stroke, render_strokes

# Pictures of strokes are kept while the pen goes on: only those that hold the newest stroke are drawn anew.
KEPT_PICTURES = 32
# Less probable, and less like what was learned, than this is as good as impossible; how much the second counts.
LEAST_PROBABILITY, LEAST_SCORE, SCORE_WORTH = 0.018, 0.01, 0.27


@dataclass(frozen=True, eq=False)
class Part:
    """One digit of what was drawn, and the answer to it.

    Attributes:
        box: left, top, right, bottom of its ink, in the unit of the strokes or as shares of the picture.
        strokes: the numbers of its strokes; empty for a picture.
        picture: what the network sees, C x H x W, uint8.
        probabilities: of each class, float32, calibrated if the network is.
        label: the likeliest class.
        score: how much can be said for the answer (see ``Calibration.scores``).
        is_known: whether that is enough; otherwise the honest answer is "I don't know".
        line: which line of a picture it stands in, counted from the top; 0 in a drawing.
    """

    box: Box
    strokes: tuple[int, ...]
    picture: Picture
    probabilities: NDArray[np.float32]
    label: str
    score: float
    is_known: bool
    line: int = 0

    @property
    def probability(self) -> float:
        """Of the likeliest class."""
        return float(self.probabilities.max())


@dataclass(frozen=True, eq=False)
class Reading:
    """The answer to one drawing or picture, its parts from left to right, line by line; none for an empty one."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The likeliest classes one after the other: a number if there are several digits, a space between lines."""
        return text_of(self.parts)

    @property
    def probability(self) -> float:
        """That all of it is right."""
        return float(np.prod([part.probability for part in self.parts])) if self.parts else 0.0

    @property
    def score(self) -> float:
        """Of the part for which least can be said; -inf if there is none."""
        return min((part.score for part in self.parts), default=float("-inf"))

    @property
    def is_known(self) -> bool:
        """Whether every part is known well enough."""
        return all(part.is_known for part in self.parts)


def text_of(parts: Sequence[Part]) -> str:
    """The likeliest classes of parts one after the other, with a space where another line begins."""
    lines: dict[int, str] = {}
    for part in parts:
        lines[part.line] = lines.get(part.line, "") + part.label
    return " ".join(lines.values())


class Reader:
    """Reads with one network.

    Attributes:
        predictor: the network.
        calibration: what was measured of it; without one, all is answered as it comes.
        coverage: the share of digits that shall be answered, 0..1.
    """

    def __init__(self, predictor: Predictor, coverage: float = COVERAGE) -> None:
        """Takes what was measured of the network, if anything was."""
        self.predictor = predictor
        self.calibration = calibration_of(predictor.run) or Calibration()
        self.coverage = coverage
        self._drawn: dict[tuple[Stroke, ...], Picture] = {}
        # The picture that was read last, and its parts: a network that learns is asked about it again and again.
        self._read: tuple[NDArray[np.uint8], InkParts] | None = None

    def read_strokes(self, strokes: Sequence[Stroke]) -> Reading:
        """Reads a drawing: one digit, or several beside each other."""
        numbers = tuple(number for number, stroke in enumerate(strokes) if stroke.points)
        if not numbers:
            return Reading()
        points = [np.asarray(strokes[number].points, float) for number in numbers]
        asked = _Asked(self, lambda part: self._picture_of(tuple(strokes[numbers[piece]] for piece in part)))
        parts = self._cut(points, asked)
        boxes = [_box_of(np.concatenate([points[piece] for piece in part])) for part in parts]
        chosen = [tuple(numbers[piece] for piece in part) for part in parts]
        return asked.reading(parts, boxes, chosen)

    def read_picture(self, pixels: NDArray[np.uint8]) -> Reading:
        """Reads a picture or photograph of ink: H x W or H x W x 3, uint8.

        A network that did not learn from ink is shown the whole picture.
        """
        found = self.ink_parts(pixels)
        if not found.pictures:
            return Reading()
        looked = self.predictor.look(np.stack(found.pictures))
        reading = self.judged(found.boxes, [()] * len(found.boxes), found.pictures, looked)
        return Reading(tuple(replace(part, line=line) for part, line in zip(reading.parts, found.lines, strict=True)))

    def ink_parts(self, pixels: NDArray[np.uint8]) -> InkParts:
        """Levels a picture and cuts its ink into digits, without asking more than where to cut."""
        known = self.known_parts(pixels)
        if known is None:
            known = next(found for found in self._finding(pixels) if found is not None)
            self.take_parts(pixels, known)
        return known

    def known_parts(self, pixels: NDArray[np.uint8]) -> InkParts | None:
        """What was found in a picture, if it was the last one; None: to read it takes longer than a frame."""
        return self._read[1] if self._read is not None and self._read[0] is pixels else None

    def take_parts(self, pixels: NDArray[np.uint8], parts: InkParts) -> None:
        """Takes what another reader has found in a picture with this network."""
        self._read = (pixels, parts)

    def _finding(self, pixels: NDArray[np.uint8]) -> Iterator[InkParts | None]:
        shape = self.predictor.shape
        if not pixels.size:
            yield InkParts(None)
        elif not self.predictor.is_ink:
            yield whole_picture(pixels, shape)
        else:
            yield from find_parts(pixels, shape, self._cut_lines, self._judged_inks)

    def _judged_inks(self, pictures: list[Picture]) -> Floats:
        return _sureness(self.predictor.look(np.stack(pictures)), self.calibration)

    def _cut_lines(self, points: list[Floats], draw: Callable[[Numbers], Picture]) -> tuple[tuple[Numbers, ...], ...]:
        """Which pieces are the digits of each line of a picture."""
        asked = _Asked(self, draw)
        rows = lines_of(points, asked.sureness) if 1 < len(points) <= MOST_ON_A_PAGE else (tuple(range(len(points))),)
        lines = []
        for row in rows:
            parts = self._cut([points[number] for number in row], _Asked(self, partial(_drawn, draw, row)))
            lines.append(tuple(_of(row, part) for part in parts))
        return tuple(lines)

    def _cut(self, points: list[Floats], asked: _Asked) -> tuple[Numbers, ...]:
        if len(points) == 1 or len(points) > MOST_PIECES or not self.predictor.is_ink:
            return (tuple(range(len(points))),)
        return cut(profiles_of(points), asked.sureness)

    def _picture_of(self, strokes: tuple[Stroke, ...]) -> Picture:
        """Draws strokes, or takes the picture that was drawn of them before."""
        picture = self._drawn.pop(strokes, None)
        if picture is None:
            picture = render_strokes(strokes, self.predictor.shape)
        self._drawn[strokes] = picture
        if len(self._drawn) > KEPT_PICTURES:
            del self._drawn[next(iter(self._drawn))]
        return picture

    def judged(
        self, boxes: Sequence[Box], strokes: Sequence[tuple[int, ...]], pictures: Sequence[Picture], looked: Looked
    ) -> Reading:
        """What is said of pictures that the network has looked at."""
        probabilities, scores = self.calibration.probabilities(looked), self.calibration.scores(looked)
        threshold = self.calibration.threshold(self.coverage)
        return Reading(
            tuple(
                Part(
                    box, numbers, picture, row, self.predictor.class_names[int(row.argmax())], float(score),
                    bool(score >= threshold),
                )
                for box, numbers, picture, row, score in zip(
                    boxes, strokes, pictures, probabilities, scores, strict=True
                )
            )
        )  # fmt: skip


def find_parts_beside(reader: Reader, pixels: NDArray[np.uint8]) -> Iterator[InkParts | None]:
    """Finds the digits of a picture in another thread, while the network goes on answering in its own.

    The network's modules are copied before this returns, in the thread of the caller; its weights are shared.

    Args:
        reader: whose network answers; it gets the parts by :meth:`Reader.take_parts`.
        pixels: H x W or H x W x 3, uint8.

    Returns:
        A generator that yields None where it may be stopped, and at last the parts.
    """
    beside = copy.copy(reader)
    beside.predictor = reader.predictor.twin()
    return beside._finding(pixels)


class _Asked:
    """What the network was asked about parts, so that it is asked about none of them twice."""

    def __init__(self, reader: Reader, draw: Callable[[Numbers], Picture]) -> None:
        """Takes who asks, and what draws a part for the network."""
        self._reader, self._draw = reader, draw
        self._pictures: dict[Numbers, Picture] = {}
        self._looked: dict[Numbers, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def picture(self, part: Numbers) -> Picture:
        """What the network sees of a part."""
        if part not in self._pictures:
            self._pictures[part] = self._draw(part)
        return self._pictures[part]

    def sureness(self, parts: list[Numbers]) -> Floats:
        """How sure the network is of each part."""
        return _sureness(self._look(parts), self._reader.calibration)

    def reading(self, parts: Sequence[Numbers], boxes: Sequence[Box], strokes: Sequence[tuple[int, ...]]) -> Reading:
        """The answer to the parts that were chosen."""
        return self._reader.judged(boxes, strokes, [self.picture(part) for part in parts], self._look(parts))

    def _look(self, parts: Sequence[Numbers]) -> Looked:
        new = [part for part in parts if part not in self._looked]
        if new:
            looked = self._reader.predictor.look(np.stack([self.picture(part) for part in new]))
            self._looked |= dict(zip(new, zip(looked.logits, looked.features, strict=True), strict=True))
        logits, features = zip(*(self._looked[part] for part in parts), strict=True)
        return Looked(np.stack(logits), np.stack(features))


def _sureness(looked: Looked, calibration: Calibration) -> Floats:
    """How sure a network is of what it has looked at, as the logarithm of a probability.

    It answers half a digit and two digits in one with confidence, too; that they are like nothing it has learned is
    what the score tells.
    """
    best = np.log(np.maximum(calibration.probabilities(looked).max(axis=1), LEAST_PROBABILITY))
    scores = np.log(np.clip(calibration.scores(looked), LEAST_SCORE, 1))
    return np.asarray(best + SCORE_WORTH * scores, dtype=float)


def _of(row: Numbers, part: Numbers) -> Numbers:
    """The pieces of a part that counts only those of its row."""
    return tuple(row[number] for number in part)


def _drawn(draw: Callable[[Numbers], Picture], row: Numbers, part: Numbers) -> Picture:
    return draw(_of(row, part))


def _box_of(points: Floats) -> Box:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
