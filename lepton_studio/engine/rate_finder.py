"""Finds a learning rate by trying all of them in one short training that is thrown away.

The learning rate rises from next to nothing to far too much. First nothing happens; then the loss falls, and where it
falls fastest the steps are bold and still lead downhill; at last it explodes. Smith 2015, section 3.3,
https://arxiv.org/abs/1506.01186; made known by fastai, https://docs.fast.ai/callback.schedule.html#lrfinder
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment

# Below the middle one hardly any network learns: a few batches are enough there to see where the loss begins.
LOWEST_RATE, MIDDLE_RATE, HIGHEST_RATE = 1e-7, 1e-5, 10.0
BATCHES_BELOW, BATCHES_ABOVE = 20, 160
# A loss so many times as high as the lowest one has exploded; as fastai has it.
EXPLOSION = 4.0
# How many batches are looked at together, to each side: one alone jumps too much.
SMOOTHING_BATCHES = 3.0
# The last few batches whose mean tells of an explosion.
RECENT_BATCHES = 5
# What falls by less than this share has not learned.
LEAST_FALL = 0.05

Verdict = Literal["steepest", "no_fall", "no_number"]

# Why a rate was suggested, or why none was.
REASONS: dict[Verdict, str] = {
    "steepest": "Here the loss falls fastest: bold steps that still lead downhill.",
    "no_fall": "The loss hardly falls at any learning rate: something else may keep this network from learning.",
    "no_number": "The loss is no number from the beginning on.",
}


class RatePoint(msgspec.Struct, frozen=True):
    """The loss of one batch, and the learning rate with which the network learned from it."""

    rate: float
    loss: float


class RateSearch(msgspec.Struct, frozen=True):
    """What came of a search.

    Attributes:
        rates: the learning rate of each batch, rising.
        losses: the loss of each batch, before it was learned from.
        smooth_losses: the same, smoothed: a weighted geometric mean with the batches around.
        suggestion: the learning rate to take, to two digits; None if nothing speaks for any.
        verdict: why; a key of ``REASONS``.
        exploded: whether the search ended early because the loss exploded.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smooth_losses: tuple[float, ...]
    suggestion: float | None
    verdict: Verdict
    exploded: bool

    @property
    def reason(self) -> str:
        """Why this rate, or why none, in one sentence."""
        return REASONS[self.verdict]


def find_rate(experiment: Experiment, samples: Samples) -> Iterator[Progress | RatePoint | RateSearch]:
    """Yields progress and each point, and what came of it at last; leaves nothing behind.

    Between two yields is at most one step. Random numbers, threads and files are as if nothing had happened. The same
    experiment gives the same points.

    Args:
        experiment: what would be trained; its own learning rate and schedule are left aside.
        samples: its dataset.

    Raises:
        LeptonError: it cannot be trained, a training is under way, or there is no room for a batch.
    """
    from lepton_studio.engine.rate_trial import tried

    yield from tried(experiment, samples)


def rates_to_try() -> tuple[float, ...]:
    """The learning rate of each batch: from the lowest to the highest, in even steps of its logarithm."""
    below = np.geomspace(LOWEST_RATE, MIDDLE_RATE, BATCHES_BELOW, endpoint=False)
    return (*below.tolist(), *np.geomspace(MIDDLE_RATE, HIGHEST_RATE, BATCHES_ABOVE).tolist())


def has_exploded(losses: Sequence[float]) -> bool:
    """Whether a search ends after these losses."""
    if not losses or not math.isfinite(losses[-1]):
        return bool(losses)
    if len(losses) <= RECENT_BATCHES:
        return False
    recent = np.convolve(losses, np.ones(RECENT_BATCHES) / RECENT_BATCHES, mode="valid")
    return bool(recent[-1] > EXPLOSION * recent.min())


def smoothed(losses: Sequence[float]) -> NDArray[np.float64]:
    """Each loss as a weighted geometric mean with those around it; not ahead of itself, nor behind.

    Of logarithms, so that the beginning of an explosion does not hide what came before it.
    """
    places = np.arange(len(losses))
    weights = np.exp(-(((places[:, None] - places) / SMOOTHING_BATCHES) ** 2) / 2)
    logarithms = np.log(np.maximum(np.asarray(losses, np.float64), 1e-12))
    smooth: NDArray[np.float64] = np.exp(weights @ logarithms / weights.sum(axis=1))
    return smooth


def search_of(points: Sequence[RatePoint]) -> RateSearch:
    """What some points tell: the rate at which the loss falls fastest, or why there is none."""
    exploded = has_exploded([point.loss for point in points])
    points = [point for point in points if math.isfinite(point.loss)]
    rates, losses = tuple(point.rate for point in points), tuple(point.loss for point in points)
    if len(points) < RECENT_BATCHES:
        return RateSearch(rates, losses, losses, None, "no_number", exploded)
    smooth = smoothed(losses)
    lowest = int(smooth.argmin())
    # Where the rates are too small to change anything, the loss is that of a fresh network.
    before = float(np.median(smooth[: max(RECENT_BATCHES, len(smooth) // 4)]))
    found = RateSearch(rates, losses, tuple(smooth.tolist()), None, "no_fall", exploded)
    if lowest < 2 or smooth[lowest] > (1 - LEAST_FALL) * before:
        return found
    slopes = np.gradient(smooth, np.log10(rates))[: lowest + 1]
    suggestion = float(f"{rates[int(slopes.argmin())]:.1e}")
    return msgspec.structs.replace(found, suggestion=suggestion, verdict="steepest")
