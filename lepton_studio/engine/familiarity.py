"""How well a network knows what it looks at: by its answer, and by how near it lies to what the network learned from.

Four signs, each higher for what is better known. None of them is enough. Measured on LeptonNet, with 95 % of digits
answered: the confidence lets a third of all letters pass, the energy lets smileys pass, distances let doubtful digits
pass. Together (see ``doubt.py``) they refuse more than any of them, on average over clothes, kana, letters, scribbles
and smileys: 94 %, where the best alone refuses 88 %.

- Confidence: the log-odds of the answer (Hendrycks and Gimpel 2017, https://arxiv.org/abs/1610.02136).
- Energy: how strongly anything was seen at all (Liu et al. 2020, https://arxiv.org/abs/2010.03759).
- Distance: that of the last features from the mean of the class that is answered, in units of the scatter of the
  classes (Mahalanobis; Lee et al. 2018, https://arxiv.org/abs/1807.03888).
- Neighbours: the angle to the nearest learned pictures of that class (Sun et al. 2022,
  https://arxiv.org/abs/2204.06507).

A network that learned from strangers, too, has a row that names them (Hendrycks et al. 2019,
https://arxiv.org/abs/1812.04606). Then two signs are enough, and with the distances more digits would be misread: the
log-odds of the answer among the classes, and among the classes and that row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.prediction import Looked
from lepton_studio.engine.temperature import log_sum_exp

# More features than this are folded together with random signs, and then turned so that the first directions hold
# most of them: what is kept of a run stays small, and a picture is judged in well under a millisecond.
FOLDED, KEPT_DIRECTIONS = 1024, 256
# Pictures that are remembered, in all and of one class; of these the nearest count.
BANK, MOST_OF_CLASS, NEAREST = 2000, 200, 5
# The least that the scatter is made rounder, so that a feature which never moved has some.
LEAST_SHRINKAGE = 1e-3
TINY = 1e-6
STRANGER = "stranger"
NAMES = ("turn", "whitening", "means", "bank", "counts")

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
# Single precision while pictures are judged, double while they are learned.
Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What is remembered of the pictures that a network learned from.

    Attributes:
        turn: folded features x kept directions, float32; with no row where all features are kept as they are.
        whitening: d x d, float32: makes the scatter within the classes round.
        means: classes x d, float32: the class means, whitened.
        bank: classes x K x d, float32: features of some pictures of each class, of length 1; zero where there are none.
        counts: classes, int64: how many there are.
    """

    turn: Floats32
    whitening: Floats32
    means: Floats32
    bank: Floats32
    counts: NDArray[np.int64]

    signs: ClassVar[int] = 4

    @classmethod
    def learned(cls, looked: Looked, labels: NDArray[np.int64]) -> Familiarity:
        """Remembers pictures.

        Args:
            looked: what the network makes of N of the pictures that it learned from.
            labels: N, their classes.
        """
        classes = looked.logits.shape[1]
        folded = _folded(looked.features.astype(np.float64))
        turn = _main_directions(folded)
        features = _turned(folded, turn)
        counts = np.bincount(labels, minlength=classes)
        means = np.zeros((classes, features.shape[1]))
        np.add.at(means, labels, features)
        overall = features.mean(axis=0) if len(features) else np.zeros(features.shape[1])
        means = np.where(counts[:, None] > 0, means / np.maximum(counts, 1)[:, None], overall)
        # The inverse of the lower root, transposed: rows times this have a round scatter.
        whitening = np.linalg.inv(np.linalg.cholesky(shrunk_covariance(features - means[labels]))).T
        bank, remembered = _bank(features, labels, classes)
        arrays = (turn, whitening, means @ whitening, bank.astype(np.float16))
        kept: list[Floats32] = [np.ascontiguousarray(array, np.float32) for array in arrays]
        return cls(kept[0], kept[1], kept[2], kept[3], remembered)

    def parts(self, looked: Looked, temperature: float) -> Floats:
        """What speaks for knowing each of N pictures: N x 4; higher is better known."""
        logits = looked.logits.astype(np.float64)
        answers = logits.argmax(axis=1)
        features = _turned(_folded(looked.features), self.turn)
        apart = features @ self.whitening - self.means[answers]
        distance = np.einsum("ij,ij->i", apart, apart, dtype=np.float64)
        columns = (
            _log_odds(logits / temperature, answers), log_sum_exp(logits), -np.log(distance + TINY),
            -np.log(self._angles(features, answers) + TINY),
        )  # fmt: skip
        return np.stack(columns, axis=1)

    def _angles(self, features: Numbers, answers: NDArray[np.int64]) -> Floats:
        """1 - cosine of the angle to the nearest remembered pictures of the class that is answered, N."""
        lengths = np.sqrt(np.einsum("ij,ij->i", features, features))
        rows = features / np.maximum(lengths, TINY)[:, None]
        angles = np.full(len(rows), 2.0)
        for answer in np.unique(answers).tolist():
            count = int(self.counts[answer])
            if count:
                chosen, nearest = answers == answer, min(NEAREST, count)
                apart = 1.0 - rows[chosen] @ self.bank[answer, :count].T
                angles[chosen] = np.partition(apart, nearest - 1, axis=1)[:, :nearest].mean(axis=1)
        result: Floats = np.maximum(angles, 0.0)
        return result

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it, by name."""
        named = {name: np.ascontiguousarray(getattr(self, name)) for name in NAMES}
        # An angle is known well enough from half the bytes.
        return named | {"bank": named["bank"].astype(np.float16)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Familiarity:
        """The same from :meth:`arrays`; ValueError or KeyError if they do not belong together."""
        counts = arrays["counts"]
        floats = {name: arrays[name].astype(np.float32) for name in NAMES if name != "counts"}
        if counts.dtype != np.int64:
            raise ValueError("the counts are no counts")
        made = cls(**floats, counts=counts)  # type: ignore[arg-type]
        (classes, side), (_, most, width) = made.means.shape, made.bank.shape
        fits = (
            made.whitening.shape == (side, side) and made.bank.shape == (classes, most, side) and width == side
            and made.counts.shape == (classes,) and made.turn.ndim == 2
            and (not made.turn.shape[0] or made.turn.shape[1] == side - 1)
        )  # fmt: skip
        if not fits or not classes or not 0 <= made.counts.min() <= made.counts.max() <= most:
            raise ValueError("the arrays do not belong together")
        if not all(np.isfinite(array).all() for array in floats.values()):
            raise ValueError("a number is none")
        return made


@dataclass(frozen=True, eq=False)
class StrangerRow:
    """What a network that was shown strangers knows of them.

    Attributes:
        row: features + 1, float32: the row of the last layer that names strangers, and its bias.
    """

    row: Floats32

    signs: ClassVar[int] = 2

    def parts(self, looked: Looked, temperature: float) -> Floats:
        """What speaks for knowing each of N pictures: N x 2; higher is better known."""
        logits = looked.logits.astype(np.float64)
        answers = logits.argmax(axis=1)
        stranger = (looked.features @ self.row[:-1] + self.row[-1]).astype(np.float64)
        among_all = np.concatenate([logits, stranger[:, None]], axis=1)
        columns = (_log_odds(logits / temperature, answers), _log_odds(among_all / temperature, answers))
        return np.stack(columns, axis=1)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All of it, by name."""
        return {STRANGER: self.row}


def familiarity_of(arrays: Mapping[str, NDArray[np.generic]]) -> Familiarity | StrangerRow:
    """The same from what either gives as its arrays; ValueError or KeyError if they do not belong together."""
    if STRANGER not in arrays:
        return Familiarity.of_arrays(arrays)
    row = arrays[STRANGER].astype(np.float32)
    if row.ndim != 1 or not len(row) or not np.isfinite(row).all():
        raise ValueError("the row of strangers is none")
    return StrangerRow(row)


def shrunk_covariance(centred: Floats) -> Floats:
    """The covariance of N rows, drawn so far towards a round one that it can be trusted and inverted.

    Ledoit and Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices, eq. 14.
    """
    count, side = centred.shape
    sample: Floats = centred.T @ centred / max(1, count)
    size = float(np.trace(sample)) / side
    spread = float(np.square(sample - size * np.eye(side)).sum())
    squares = np.square(np.einsum("ij,ij->i", centred, centred)).sum()
    doubt = max(0.0, float(squares / max(1, count) - np.square(sample).sum()) / max(1, count))
    share = min(1.0, max(LEAST_SHRINKAGE, doubt / spread if spread else 1.0))
    result: Floats = (1 - share) * sample + (share * size + TINY**2) * np.eye(side)
    return result


def _log_odds(logits: Floats, answers: NDArray[np.int64]) -> Floats:
    """How much likelier the answer is than all others together; it says more than a probability of 1.000000."""
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, answers] = -np.inf
    if logits.shape[1] < 2:
        return np.zeros(len(logits))
    result: Floats = logits[rows, answers] - log_sum_exp(others)
    return result


def _folded(features: Numbers) -> Numbers:
    """At most FOLDED features: sums of others with random signs, which keep distances about as they are.

    Charikar, Chen and Farach-Colton 2002, Finding frequent items in data streams.
    """
    count, width = features.shape
    if width <= FOLDED:
        return features
    signs = np.random.default_rng(0).integers(0, 2, width, dtype=np.int8).astype(np.float32) * 2 - 1
    padded = np.zeros((count, -(-width // FOLDED) * FOLDED), features.dtype)
    padded[:, :width] = features * signs
    result: Numbers = padded.reshape(count, -1, FOLDED).sum(axis=1)
    return result


def _main_directions(features: Numbers) -> Numbers:
    """The directions that hold most of the features; no row if all are few enough to be kept."""
    if features.shape[1] <= KEPT_DIRECTIONS:
        return np.zeros((0, features.shape[1]))
    _, vectors = np.linalg.eigh(features.T @ features)
    result: Numbers = vectors[:, -(KEPT_DIRECTIONS - 1) :]
    return result


def _turned(features: Numbers, turn: Numbers) -> Numbers:
    """Features along the kept directions, and the length of what lies outside them all."""
    if not turn.shape[0]:
        return features
    shadow = features @ turn
    outside = np.einsum("ij,ij->i", features, features) - np.einsum("ij,ij->i", shadow, shadow)
    return np.concatenate([shadow, np.sqrt(np.maximum(outside, 0))[:, None]], axis=1)


def _bank(features: Numbers, labels: NDArray[np.int64], classes: int) -> tuple[Floats, NDArray[np.int64]]:
    """Some features of each class, of length 1, and how many there are."""
    most = max(NEAREST, min(MOST_OF_CLASS, BANK // classes))
    bank, counts = np.zeros((classes, most, features.shape[1])), np.zeros(classes, np.int64)
    for label in range(classes):
        rows = features[np.flatnonzero(labels == label)[:most]]
        counts[label] = len(rows)
        bank[label, : len(rows)] = rows / np.maximum(np.linalg.norm(rows, axis=1), TINY)[:, None]
    return bank, counts
