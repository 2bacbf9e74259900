"""Reads drawings and picture files: the one road from ink to an answer, for the canvas, files and the webcam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio.engine.calibration import COVERAGE, Calibration, calibration_of
from lepton_studio.engine.prediction import Looked, Predictor
from lepton_studio.engine.strokes import Picture, Stroke, prepare_ink, render_strokes

Box = tuple[float, float, float, float]


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
    def is_known(self) -> bool:
        """Whether every part is known well enough."""
        return all(part.is_known for part in self.parts)


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

    def read_strokes(self, strokes: Sequence[Stroke]) -> Reading:
        """Reads a drawing."""
        drawn = tuple(stroke for stroke in strokes if stroke.points)
        if not drawn:
            return Reading()
        points = np.concatenate([np.asarray(stroke.points, float) for stroke in drawn])
        low, high = points.min(axis=0), points.max(axis=0)
        picture = render_strokes(drawn, self.predictor.shape)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        looked = self.predictor.look(picture[None])
        return Reading((self._part(box, tuple(range(len(strokes))), picture, looked, 0),))

    def read_picture(self, pixels: NDArray[np.uint8]) -> Reading:
        """Reads a picture of ink on a plain ground: H x W or H x W x 3, uint8."""
        picture = prepare_ink(Image.fromarray(pixels), self.predictor.shape)
        if not picture.any():
            return Reading()
        return Reading((self._part((0.0, 0.0, 1.0, 1.0), (), picture, self.predictor.look(picture[None]), 0),))

    def _part(self, box: Box, strokes: tuple[int, ...], picture: Picture, looked: Looked, at: int) -> Part:
        probabilities = self.calibration.probabilities(looked)[at]
        score = float(self.calibration.scores(looked)[at])
        label = self.predictor.class_names[int(probabilities.argmax())]
        is_known = score >= self.calibration.threshold(self.coverage)
        return Part(box, strokes, picture, probabilities, label, score, is_known)
