"""What the confidence of a network is worth, and the temperature that makes it honest.

Guo et al. 2017, On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

BINS = 15
# Beyond these nothing is learned from a few hundred pictures.
COLDEST, HOTTEST = 0.2, 20.0

Floats = NDArray[np.float64]


class Reliability(msgspec.Struct, frozen=True):
    """How often answers were right that were given with about the same confidence; one number a bin.

    Attributes:
        counts: how many answers fell into the bin.
        confidence: their mean confidence, 0..1; 0 in an empty bin.
        accuracy: the share of them that was right; 0 in an empty bin.
    """

    counts: tuple[int, ...] = ()
    confidence: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()

    @property
    def error(self) -> float:
        """The expected calibration error: the mean gap between confidence and accuracy, each answer counting once."""
        total = sum(self.counts)
        gaps = zip(self.counts, self.confidence, self.accuracy, strict=True)
        return sum(count * abs(sure - right) for count, sure, right in gaps) / total if total else 0.0


def log_sum_exp(logits: Floats) -> Floats:
    """The logarithm of the sum of exponentials of each row, N; minus infinity where there is no column."""
    if not logits.shape[1]:
        return np.full(len(logits), -np.inf)
    highest = logits.max(axis=1, keepdims=True)
    result: Floats = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))
    return result


def softmax(logits: Floats) -> Floats:
    """Probabilities, N x classes."""
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def best_temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """The temperature with the lowest cross entropy, between COLDEST and HOTTEST.

    The cross entropy is convex in 1 / temperature, so its slope is halved towards its zero. Where no answer is wrong,
    nothing tells how often a sure answer is: then it is not made surer than it is.

    Args:
        logits: N x classes.
        labels: N, the right classes.
    """
    if not len(labels) or logits.shape[1] < 2:
        return 1.0
    is_perfect = bool((logits.argmax(axis=1) == labels).all())
    low, high = 1 / HOTTEST, 1.0 if is_perfect else 1 / COLDEST
    right = logits[np.arange(len(labels)), labels]
    for _ in range(60):
        middle = math.sqrt(low * high)
        slope = float(((softmax(logits * middle) * logits).sum(axis=1) - right).mean())
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 1 / high


def reliability(probabilities: Floats, labels: NDArray[np.int64], bins: int = BINS) -> Reliability:
    """Compares confidence and accuracy in bins of equal width.

    Args:
        probabilities: N x classes.
        labels: N, the right classes.
        bins: how many; each holds its upper edge.
    """
    sure = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    places = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    some = np.maximum(counts, 1)
    means = (np.bincount(places, weights=values, minlength=bins) / some for values in (sure, right))
    confidence, accuracy = (tuple(mean.tolist()) for mean in means)
    return Reliability(tuple(counts.tolist()), confidence, accuracy)
