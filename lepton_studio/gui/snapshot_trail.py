"""What is drawn over the epochs of a run: the few numbers of each snapshot that a curve needs, kept in memory."""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine import LayerTrace, Snapshot

# So many moments of an epoch are kept; more no curve of this size could show.
MOMENTS = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Step:
    """What is kept of one snapshot.

    ``ends`` has M moments, ``gradients`` and ``updates`` are layers x M; ``slopes`` are the smallest and the largest
    gradient that is a positive number, or nothing.
    """

    epoch: int
    followed: NDArray[np.int64]
    probabilities: Floats
    ends: NDArray[np.float64]
    gradients: Floats
    updates: Floats
    slopes: tuple[float, ...]
    histograms: tuple[tuple[Floats, Floats], ...]
    largest_weight: float


class SnapshotTrail:
    """Grows by one step for each epoch; an epoch that is trained anew replaces what was."""

    def __init__(self) -> None:
        """Starts empty."""
        self._epochs: list[int] = []
        self._steps: list[_Step] = []

    def __len__(self) -> int:
        """How many epochs are known."""
        return len(self._steps)

    @property
    def epochs(self) -> NDArray[np.int64]:
        """The epochs that are known, counted from 1, in their order."""
        return np.array(self._epochs, np.int64)

    @property
    def largest_weight(self) -> float:
        """The largest weight of the first convolution in all epochs, without its sign: one scale for all of them."""
        return max((step.largest_weight for step in self._steps), default=0.0)

    @property
    def slopes(self) -> Floats:
        """The smallest and the largest gradient of all layers and epochs: one scale for all of them."""
        return np.array([slope for step in self._steps for slope in step.slopes], np.float32)

    def __contains__(self, epoch: int) -> bool:
        """Whether an epoch is known."""
        at = bisect.bisect_left(self._epochs, epoch)
        return at < len(self._epochs) and self._epochs[at] == epoch

    def add(self, snapshot: Snapshot) -> None:
        """Keeps what curves need of a snapshot, in the place of an older one of the same epoch."""
        step = _step_of(snapshot)
        if self._steps and not np.array_equal(self._steps[0].followed, step.followed):
            # Other pictures are followed since; one curve of both would be a lie.
            self.clear()
        at = bisect.bisect_left(self._epochs, step.epoch)
        if step.epoch in self:
            self._steps[at] = step
        else:
            self._epochs.insert(at, step.epoch)
            self._steps.insert(at, step)

    def keep(self, epochs: tuple[int, ...]) -> None:
        """Forgets all epochs but these."""
        kept = set(epochs)
        self._steps = [step for step in self._steps if step.epoch in kept]
        self._epochs = [step.epoch for step in self._steps]

    def clear(self) -> None:
        """Forgets all."""
        self._epochs, self._steps = [], []

    def with_live(self, snapshot: Snapshot | None) -> SnapshotTrail:
        """This and, at its end, what is live, if it is later than all that is known; costs little."""
        trail = SnapshotTrail()
        trail._epochs, trail._steps = list(self._epochs), list(self._steps)
        if snapshot is not None and (not self._epochs or snapshot.epoch > self._epochs[-1]):
            trail.add(snapshot)
        return trail

    def probabilities(self, at: int) -> Floats:
        """What was said of a followed picture: epochs x classes; 0 x 0 if nothing is known."""
        if not self._steps or at >= len(self._steps[0].probabilities):
            return np.zeros((0, 0), np.float32)
        return np.stack([step.probabilities[at] for step in self._steps])

    def of_classes(self, labels: NDArray[np.int64]) -> Floats:
        """The probability of one class of each followed picture: pictures x epochs."""
        rows = np.arange(len(labels))
        columns = [step.probabilities[rows, labels] for step in self._steps if len(step.probabilities) == len(rows)]
        return np.stack(columns, axis=1) if columns else np.zeros((len(rows), 0), np.float32)

    def moments(self) -> NDArray[np.float64]:
        """When the sizes of a layer were measured, in epochs since the start: M."""
        return np.concatenate([step.ends for step in self._steps]) if self._steps else np.zeros(0)

    def gradients(self, layer: int) -> Floats:
        """The sizes of the gradients of a layer, at the :meth:`moments`."""
        return self._sizes([step.gradients for step in self._steps], layer)

    def updates(self, layer: int) -> Floats:
        """The sizes of the steps of a layer as shares of its weights, at the :meth:`moments`."""
        return self._sizes([step.updates for step in self._steps], layer)

    def histograms(self, layer: int) -> tuple[tuple[Floats, Floats], ...]:
        """Counts and edges of the weights of a layer, a pair for each epoch that has one."""
        return tuple(step.histograms[layer] for step in self._steps if layer < len(step.histograms))

    @staticmethod
    def _sizes(steps: list[Floats], layer: int) -> Floats:
        found = [step[layer] if layer < len(step) else np.full(step.shape[1], np.nan, np.float32) for step in steps]
        return np.concatenate(found) if found else np.zeros(0, np.float32)


def _step_of(snapshot: Snapshot) -> _Step:
    groups = _groups(len(snapshot.ends))
    layers = snapshot.layers
    gradients = _thinned([layer.gradients for layer in layers], groups)
    known = gradients[np.isfinite(gradients) & (gradients > 0)]
    return _Step(
        snapshot.epoch,
        snapshot.followed,
        snapshot.probabilities,
        snapshot.ends[[group.stop - 1 for group in groups]] if groups else np.zeros(0),
        gradients,
        _thinned([layer.updates for layer in layers], groups),
        (float(known.min()), float(known.max())) if known.size else (),
        tuple(_histogram(layer) for layer in layers),
        float(np.abs(snapshot.filters).max(initial=0.0)),
    )


def _histogram(layer: LayerTrace) -> tuple[Floats, Floats]:
    return layer.counts.astype(np.float32), layer.edges


def _groups(count: int) -> list[slice]:
    """Moments that are shown as one: at most MOMENTS groups of neighbours."""
    bounds = np.unique(np.linspace(0, count, min(count, MOMENTS) + 1).round().astype(int)).tolist()
    return [slice(start, stop) for start, stop in itertools.pairwise(bounds)]


def _thinned(rows: list[Floats], groups: list[slice]) -> Floats:
    """Layers x groups: the medians, which one wild step does not move."""
    if not rows or not groups:
        return np.zeros((len(rows), len(groups)), np.float32)
    table = np.stack(rows)
    return np.stack([np.median(table[:, group], axis=1) for group in groups], axis=1).astype(np.float32)
