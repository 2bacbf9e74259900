"""Reads drawings and pictures: the one road from ink to an answer, for the canvas, files, folders and the webcam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.calibration import COVERAGE, Calibration, calibration_of
from lepton_studio.engine.digit_cutting import MOST_PIECES, Floats, Numbers, cut, profiles_of
from lepton_studio.engine.ink_fitting import FittedInk, fit_ink
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.paper import Piece, level_paper, pen_width, pieces_of
from lepton_studio.engine.prediction import Looked, Predictor
from lepton_studio.engine.strokes import INK_LEVEL, Picture, Stroke, fit_image, prepare_ink, render_strokes

Box = tuple[float, float, float, float]

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
    """

    box: Box
    strokes: tuple[int, ...]
    picture: Picture
    probabilities: NDArray[np.float32]
    label: str
    score: float
    is_known: bool

    @property
    def probability(self) -> float:
        """Of the likeliest class."""
        return float(self.probabilities.max())


@dataclass(frozen=True, eq=False)
class Reading:
    """The answer to one drawing or picture, its parts from left to right; none for an empty one."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The likeliest classes one after the other: a number if there are several digits."""
        return "".join(part.label for part in self.parts)

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


@dataclass(frozen=True, eq=False)
class InkParts:
    """The ink of a picture, cut into digits.

    Attributes:
        levelled: H x W, uint8, bright ink on black; None if the picture already looked like the training set.
        boxes: of each digit left, top, right, bottom in shares of the picture.
        inks: of each digit its ink alone, H x W, uint8.
        pictures: of each digit what the network sees.
        fits: of each digit how it came there; none for a picture that went through untouched.
    """

    levelled: Picture | None
    boxes: tuple[Box, ...] = ()
    inks: tuple[Picture, ...] = ()
    pictures: tuple[Picture, ...] = ()
    fits: tuple[FittedInk, ...] = ()


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
        if not pixels.size:
            return Reading()
        if not self.predictor.is_ink:
            whole = fit_image(Image.fromarray(np.ascontiguousarray(pixels)), self.predictor.shape)
            return self._reading([(0.0, 0.0, 1.0, 1.0)], [()], [whole])
        found = self.ink_parts(pixels)
        return self._reading(list(found.boxes), [()] * len(found.boxes), list(found.pictures))

    def ink_parts(self, pixels: NDArray[np.uint8]) -> InkParts:
        """Levels a picture and cuts its ink into digits, without asking more than where to cut."""
        if self._read is not None and self._read[0] is pixels:
            return self._read[1]
        found = self._ink_parts(pixels)
        self._read = (pixels, found)
        return found

    def _ink_parts(self, pixels: NDArray[np.uint8]) -> InkParts:
        settled = settled_picture(pixels, self.predictor.shape)
        if settled is not None:
            if not settled.any():
                return InkParts(None)
            return InkParts(None, ((0.0, 0.0, 1.0, 1.0),), (settled[0],), (settled,))
        levelled = level_paper(pixels)
        pieces = pieces_of(levelled)
        if not pieces:
            # Grey on grey: there may be something all the same, and a network can be asked about it.
            picture = prepare_ink(Image.fromarray(np.ascontiguousarray(pixels)), self.predictor.shape)
            if not picture.any():
                return InkParts(levelled)
            return InkParts(None, ((0.0, 0.0, 1.0, 1.0),), (picture[0],), (picture,))
        inks: dict[Numbers, Picture] = {}
        fits: dict[Numbers, FittedInk] = {}

        def draw(part: Numbers) -> Picture:
            inks[part] = _together(pieces, part)
            fits[part] = fit_ink(inks[part], self.predictor.shape)
            return fits[part].picture

        asked = _Asked(self, draw)
        shrunk = pen_width(levelled >= INK_LEVEL) / 2
        parts = self._cut([_points_of(piece, shrunk) for piece in pieces], asked)
        pictures = tuple(asked.picture(part) for part in parts)
        height, width = levelled.shape
        boxes = []
        for part in parts:
            left, top, right, bottom = _corners(pieces, part)
            boxes.append((left / width, top / height, right / width, bottom / height))
        return InkParts(
            levelled, tuple(boxes), tuple(inks[part] for part in parts), pictures,
            tuple(fits[part] for part in parts),
        )  # fmt: skip

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

    def _reading(
        self, boxes: Sequence[Box], strokes: Sequence[tuple[int, ...]], pictures: Sequence[Picture]
    ) -> Reading:
        if not pictures:
            return Reading()
        return self.judged(boxes, strokes, pictures, self.predictor.look(np.stack(pictures)))

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
        """How sure the network is of each part.

        It answers half a digit and two digits in one with confidence, too; that they are like nothing it has learned
        is what the score tells.
        """
        looked, calibration = self._look(parts), self._reader.calibration
        best = np.log(np.maximum(calibration.probabilities(looked).max(axis=1), LEAST_PROBABILITY))
        scores = np.log(np.clip(calibration.scores(looked), LEAST_SCORE, 1))
        return np.asarray(best + SCORE_WORTH * scores, dtype=float)

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


def settled_picture(pixels: NDArray[np.uint8], shape: Shape) -> Picture | None:
    """A picture of the right size that already looks like the training set, as it is; None for all others.

    Args:
        pixels: H x W or H x W x 3, uint8.
        shape: (channels, height, width) of the network's input.
    """
    if pixels.shape[:2] != shape[1:]:
        return None
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))
    prepared = prepare_ink(Image.fromarray(grey), shape)
    is_same = np.array_equal(prepared[0], grey) or np.array_equal(prepared[0], 255 - grey)
    return prepared if is_same else None


def _box_of(points: Floats) -> Box:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _corners(pieces: Sequence[Piece], part: Numbers) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of some pieces together, in pixels."""
    chosen = [pieces[number] for number in part]
    return (
        min(piece.left for piece in chosen), min(piece.top for piece in chosen),
        max(piece.left + piece.ink.shape[1] for piece in chosen),
        max(piece.top + piece.ink.shape[0] for piece in chosen),
    )  # fmt: skip


def _together(pieces: Sequence[Piece], part: Numbers) -> Picture:
    """The ink of some pieces alone, cropped to it."""
    left, top, right, bottom = _corners(pieces, part)
    ground = np.zeros((bottom - top, right - left), np.uint8)
    for number in part:
        piece = pieces[number]
        rows, columns = piece.ink.shape
        place = ground[piece.top - top : piece.top - top + rows, piece.left - left : piece.left - left + columns]
        np.maximum(place, piece.ink, out=place)
    return ground


def _points_of(piece: Piece, shrunk: float) -> Floats:
    """The outline of a piece, moved in to the middle of its strokes: the leftmost and rightmost ink of each row."""
    mask = piece.ink >= INK_LEVEL
    rows = np.nonzero(mask.any(axis=1))[0]
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    inset = np.minimum(shrunk, (right - left) / 2)
    x = np.stack([left + inset, right - inset], axis=1).ravel() + piece.left
    return np.stack([x, np.repeat(rows, 2) + piece.top], axis=1).astype(float)
