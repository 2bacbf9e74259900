"""Samples whose label is probably wrong, by what a network says of them.

Confident learning, Northcutt, Jiang and Chuang 2021, doi:10.1613/jair.1.12125: a sample labelled i counts as one of j
if the network's probability of j is at least what it usually is for samples labelled j. Comparing with what is usual
for each class makes up for a network that is surer of some classes than of others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices
from lepton_studio.engine.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class Suspects:
    """Samples whose label the network doubts, the most doubtful first.

    Attributes:
        split: which the samples are of.
        positions: M, in the dataset.
        labels: M, as which class they are labelled.
        answers: M, what the network takes them for.
        confidences: M, float32, 0..1: its probability for the answer.
        qualities: M, float32: its probability for the label less the highest other one, -1 (surely wrong) to 1.
        looked_at: how many samples there are in the split.
        class_names: what the classes are called.
    """

    split: str
    positions: Indices
    labels: NDArray[np.int64]
    answers: NDArray[np.int64]
    confidences: NDArray[np.float32]
    qualities: NDArray[np.float32]
    looked_at: int
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.positions)

    @property
    def has_seen_labels(self) -> bool:
        """Whether the network learned from these very labels, and so may agree with wrong ones."""
        return self.split == "train"

    def explanation(self, number: int) -> str:
        """Why one of them (0 is the first) is here, in a sentence."""
        label, answer = self.class_names[self.labels[number]], self.class_names[self.answers[number]]
        # More digits than that would be rounded up to certainty.
        share = min(float(self.confidences[number]), 0.9999)
        percent = f"{share * 100:.1f}" if share < 0.999 else f"{share * 100:.2f}"
        return f"Labelled {label}, the network says {answer} with {percent} %."


def usual_confidences(evaluation: Evaluation) -> NDArray[np.float64]:
    """The mean probability of each class among the samples labelled so (K); infinite where there are none."""
    classes = len(evaluation.class_names)
    own = evaluation.probabilities[np.arange(len(evaluation.labels)), evaluation.labels]
    counts = np.bincount(evaluation.labels, minlength=classes)
    sums = np.bincount(evaluation.labels, weights=own, minlength=classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def label_qualities(evaluation: Evaluation) -> NDArray[np.float32]:
    """How well each label agrees with the network, N, -1 to 1: the normalised margin."""
    rows = np.arange(len(evaluation.labels))
    others = evaluation.probabilities.copy()
    own = others[rows, evaluation.labels]
    others[rows, evaluation.labels] = -1
    result: NDArray[np.float32] = own - others.max(axis=1, initial=0)
    return result


def find_suspects(evaluation: Evaluation) -> Suspects:
    """Ranks the samples of an evaluation whose label is probably wrong."""
    probabilities = evaluation.probabilities
    rows = np.arange(len(evaluation.labels))
    qualities = label_qualities(evaluation)
    confident = probabilities >= usual_confidences(evaluation)
    counted = np.where(confident, probabilities, -1).argmax(axis=1) if len(rows) else evaluation.labels
    chosen = np.flatnonzero(confident.any(axis=1) & (counted != evaluation.labels))
    chosen = chosen[np.argsort(qualities[chosen], kind="stable")]
    return Suspects(
        evaluation.split,
        evaluation.indices[chosen],
        evaluation.labels[chosen],
        counted[chosen].astype(np.int64),
        probabilities[chosen, counted[chosen]],
        qualities[chosen],
        len(rows),
        evaluation.class_names,
    )
