"""What a network says of every sample of a dataset, to filter and sort by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run

BATCH = 250
# The smallest probability that a loss is made of: that of a class which the network does not know is 0.
LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class Answers:
    """One answer for each sample of a dataset.

    Attributes:
        class_names: the classes that the network knows.
        answers: N, int64, positions in class_names: the class with the highest probability.
        confidence: N, float32, that probability.
        loss: N, float32, the cross entropy of the right answer, in nats.
        is_right: N, bool: whether the answer has the name of the sample's class.
    """

    class_names: tuple[str, ...]
    answers: NDArray[np.int64]
    confidence: NDArray[np.float32]
    loss: NDArray[np.float32]
    is_right: NDArray[np.bool_]

    def class_of(self, at: int) -> str:
        """The name of the answer to one sample."""
        return self.class_names[int(self.answers[at])]

    def only(self, at: int) -> Answers:
        """The answer to one sample."""
        one = slice(at, at + 1)
        return Answers(self.class_names, self.answers[one], self.confidence[one], self.loss[one], self.is_right[one])

    def judged(self, samples: Samples) -> Answers:
        """The same answers beside labels that were changed since; the losses stay those of the labels before."""
        return Answers(self.class_names, self.answers, self.confidence, self.loss, _right(self, samples))


def answer_all(run: Run, samples: Samples) -> Iterator[Progress | Answers]:
    """Lets the newest weights of a run answer all samples; yields progress, and the answers at last.

    Raises:
        LeptonError: the network takes pictures of another size, or has learned nothing yet.
    """
    predictor = Predictor(run)
    parts: list[Answers] = []
    for start in range(0, len(samples), BATCH):
        yield Progress("Answering", start, len(samples))
        parts.append(answer_some(predictor, samples, np.arange(start, min(start + BATCH, len(samples)))))
    yield Answers(
        predictor.class_names,
        np.concatenate([part.answers for part in parts]),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.loss for part in parts]),
        np.concatenate([part.is_right for part in parts]),
    )


def answer_some(predictor: Predictor, samples: Samples, positions: Indices) -> Answers:
    """The answers to the samples at these positions.

    Raises:
        LeptonError: the network takes pictures of another size, or knows none of their classes.
    """
    if samples.shape != predictor.shape:
        channels, height, width = predictor.shape
        colours = "1 channel" if channels == 1 else f"{channels} channels"
        raise LeptonError(
            f"This network takes pictures of {width} x {height} pixels with {colours}, not these.",
            "Choose a network that was trained on this dataset.",
        )
    probabilities = predictor.probabilities(samples.images[positions])
    if not set(samples.class_names) & set(predictor.class_names):
        raise LeptonError(
            "This network knows none of the classes of these pictures, so it can be neither right nor wrong.",
            "Choose a network that was trained on this dataset.",
        )
    # Classes are the same if their names are: a network of ten digits can answer drawings of three.
    known = {name: place for place, name in enumerate(predictor.class_names)}
    right = np.array([known.get(name, -1) for name in samples.class_names])[samples.labels[positions]]
    of_right = np.where(right < 0, 0, probabilities[np.arange(len(positions)), right])
    found: NDArray[np.int64] = probabilities.argmax(axis=1)
    loss = -np.log(np.maximum(of_right, LEAST)).astype(np.float32)
    return Answers(predictor.class_names, found, probabilities.max(axis=1), loss, found == right)


def _right(answers: Answers, samples: Samples) -> NDArray[np.bool_]:
    names = {name: label for label, name in enumerate(samples.class_names)}
    label_of_answer = np.array([names.get(name, -1) for name in answers.class_names])
    is_right: NDArray[np.bool_] = label_of_answer[answers.answers] == samples.labels
    return is_right
