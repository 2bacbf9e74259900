"""How one layer learns, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lepton_studio.gui.widgets.epoch_chart import Scale

# A step should change weights by about a thousandth of their size (https://cs231n.github.io/neural-networks-3/#ratio);
# between these two nobody has to worry.
HEALTHY = (1e-4, 1e-2)
# All layers and runs are drawn to the same scale, so that the healthy band is always at the same place.
UPDATE_SCALE = Scale(1e-6, 1.0, True)
# From this share of dead units on it is a warning.
MANY_DEAD = 0.25

Floats = NDArray[np.float32]
Histogram = tuple[Floats, Floats]


@dataclass(frozen=True, eq=False)
class LayerLook:
    """What is known of one layer.

    Attributes:
        name: position and kind.
        moments: M, float64: when its sizes were measured, in epochs since the start.
        gradients: M, float32: how large the gradients of its weights were.
        updates: M, float32: how large its steps were, as shares of its weights.
        gradient: the newest of them, or that of the epoch looked at; nan: nobody knows.
        update: likewise.
        weights: counts and edges of its weights at that moment; without counts if nobody knows.
        first: counts and edges after the first epoch; None if that is not known.
        dead: the share of its units that answer no picture; nan where it has none that can die.
        slopes: the scale of the gradients of all layers.
        last: the right end of the epochs.
        marked: the epoch that is looked at, or none.
    """

    name: str
    moments: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    gradients: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    updates: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    gradient: float = math.nan
    update: float = math.nan
    weights: Histogram = field(default_factory=lambda: (np.zeros(0, np.float32), np.zeros(1, np.float32)))
    first: Histogram | None = None
    dead: float = math.nan
    slopes: Scale = UPDATE_SCALE
    last: float = 1.0
    marked: float | None = None

    @property
    def verdict(self) -> str:
        """Of its steps: "large", "small", "healthy", or empty if nobody knows."""
        if not math.isfinite(self.update):
            return ""
        low, high = HEALTHY
        return "small" if self.update < low else "large" if self.update > high else "healthy"

    @property
    def has_many_dead(self) -> bool:
        """Whether so many units are dead that it is a warning."""
        return self.dead >= MANY_DEAD

    @property
    def span(self) -> tuple[float, float]:
        """From the smallest to the largest weight, now and after the first epoch."""
        return span_of([self.weights, *([self.first] if self.first is not None else [])])


def span_of(histograms: Sequence[Histogram]) -> tuple[float, float]:
    """The range of all weights of some histograms; 0 to 1 if there are none."""
    edges = [edges for counts, edges in histograms if is_known((counts, edges))]
    if not edges:
        return 0.0, 1.0
    low, high = min(float(each[0]) for each in edges), max(float(each[-1]) for each in edges)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def is_known(histogram: Histogram) -> bool:
    """Whether there is something to draw."""
    counts, edges = histogram
    return bool(counts.sum() > 0 and np.isfinite(edges).all())


def densities(histogram: Histogram, low: float, high: float, bins: int) -> NDArray[np.float64]:
    """A histogram in other bins, evenly from ``low`` to ``high``; its highest is 1.

    What is in a bin is shared out evenly over its width, so that no weight is lost or counted twice.
    """
    counts, edges = histogram
    if not is_known(histogram):
        return np.zeros(bins)
    below = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    # Weights that are all the same have bins of no width.
    known = np.asarray(edges, np.float64) + np.linspace(0, 1e-9, len(edges))
    found = np.diff(np.interp(np.linspace(low, high, bins + 1), known, below))
    return np.asarray(found / max(found.max(), 1e-12))
