"""What a network answers on a whole split, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import SPLIT_NAMES, Indices, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.import_report import SIDES
from lepton_studio.engine.layer import shape_text
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_samples import with_run_samples
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut

BATCH = 250


@dataclass(frozen=True)
class ClassFigures:
    """How one class fared: shares from 0 to 1, and how many samples it has."""

    name: str
    precision: float
    recall: float
    f1: float
    samples: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answers of a network to every sample of a split.

    Attributes:
        split: "train", "validation" or "test".
        indices: N, positions in the dataset.
        labels: N, the right answers.
        probabilities: N x classes, float32.
        class_names: what the classes are called.
    """

    split: str
    indices: Indices
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    class_names: tuple[str, ...]

    @cached_property
    def answers(self) -> NDArray[np.int64]:
        """N, the class with the highest probability."""
        answers: NDArray[np.int64] = np.argmax(self.probabilities, axis=1)
        return answers

    @cached_property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float((self.answers == self.labels).mean()) if len(self.labels) else 0.0

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Classes x classes: row = the right class, column = the answer, value = how often."""
        count = len(self.class_names)
        flat = np.bincount(self.labels * count + self.answers, minlength=count * count)
        return flat.reshape(count, count)

    @cached_property
    def per_class(self) -> tuple[ClassFigures, ...]:
        """Precision, recall and F1 of each class; 0 where there is nothing to divide by."""
        hits, truth, answered = (
            np.diag(self.confusion),
            self.confusion.sum(axis=1),
            self.confusion.sum(axis=0),
        )
        figures = []
        for index, name in enumerate(self.class_names):
            precision = float(hits[index] / answered[index]) if answered[index] else 0.0
            recall = float(hits[index] / truth[index]) if truth[index] else 0.0
            f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            figures.append(ClassFigures(name, precision, recall, f1, int(truth[index])))
        return tuple(figures)

    def cell(self, label: int, answer: int) -> Indices:
        """Positions in the dataset of the samples in one cell of the matrix, most confident first."""
        chosen = np.flatnonzero((self.labels == label) & (self.answers == answer))
        return self.indices[chosen[np.argsort(-self.probabilities[chosen, answer], kind="stable")]]


def load_and_evaluate(run: Run, samples: Samples | None, split: str) -> Iterator[Progress | Samples | Evaluation]:
    """Like :func:`evaluate`, but finds the run's samples first: see :func:`with_run_samples`."""
    return with_run_samples(run, samples, lambda found: evaluate(run, found, split))


def check_split(split: str) -> None:
    """Refuses a split that there is none of; LeptonError names the known ones."""
    if split not in SPLIT_NAMES:
        raise LeptonError(f"There is no split called '{split}'.", f"Known are: {', '.join(SPLIT_NAMES)}.")


def evaluate(run: Run, samples: Samples, split: str = "test") -> Iterator[Progress | Evaluation]:
    """Yields progress, and the evaluation at last.

    Raises:
        LeptonError: the split is not known or empty, or the pictures or classes are not those of the network.
    """
    predictor, indices, labels = split_of(run, samples, split)
    answers = []
    for start in range(0, len(indices), BATCH):
        answers.append(predictor.probabilities(samples.images[indices[start : start + BATCH]]))
        yield Progress("Answering", min(start + BATCH, len(indices)), len(indices))
    yield Evaluation(split, indices, labels, np.concatenate(answers), predictor.class_names)


def split_of(run: Run, samples: Samples, split: str) -> tuple[Predictor, Indices, NDArray[np.int64]]:
    """What is needed to ask a run about a split.

    Returns:
        What answers for the run, the positions of the samples in the dataset, and their classes as it counts them.

    Raises:
        LeptonError: the split is not known or empty, or the pictures or classes are not those of the network.
    """
    check_split(split)
    predictor = Predictor(run)
    places = places_of_classes(samples, predictor)
    indices = cut(samples, run.experiment)[split]
    if not len(indices):
        raise LeptonError(f"The {split} split of this dataset is empty.", "Choose another split.")
    return predictor, indices, places[samples.labels[indices]]


def places_of_classes(samples: Samples, predictor: Predictor) -> Indices:
    """Where each class of a dataset stands among those of a network.

    Classes are the same if their names are, in whatever order and how many there may be. Some may have been renamed
    since, if the others stand where they stood.

    Raises:
        LeptonError: the network takes other pictures, or does not know a class.
    """
    if samples.shape != predictor.shape:
        _, height, width = predictor.shape
        channels = "grey" if predictor.shape[0] == 1 else "colour"
        raise LeptonError(
            f"The dataset has other pictures ({shape_text(samples.shape)}) than the network was trained for "
            f"({shape_text(predictor.shape)}).",
            f"Choose another dataset, or bring your pictures in with --side {height} --channels {channels}."
            if height == width and height in SIDES
            else "Choose another dataset.",
        )
    names, known = samples.class_names, {name: place for place, name in enumerate(predictor.class_names)}
    unknown = [name for name in names if name not in known]
    if not unknown:
        return np.array([known[name] for name in names], np.int64)
    is_renamed = len(names) == len(known) and all(known.get(name, place) == place for place, name in enumerate(names))
    if is_renamed and len(unknown) < len(names):
        return np.arange(len(names))
    told = ", ".join(unknown[:5]) + (" ..." if len(unknown) > 5 else "")
    raise LeptonError(
        f"The dataset has classes that the network does not know: {told}.",
        "Choose another dataset, or rename its classes.",
    )
