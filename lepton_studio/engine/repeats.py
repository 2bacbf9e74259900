"""What the runs of a group have in common: mean and spread over seeds, for each epoch and in the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import read_struct
from lepton_studio.engine.runs import RECORD, Run, run_folders

Measure = Literal["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
MEASURES: tuple[Measure, ...] = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class Spread:
    """How numbers of several runs lie; ``std`` is the sample standard deviation, 0 for a single run."""

    count: int
    mean: float
    std: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Band:
    """What to draw of a spread: a line in the middle of an area.

    Attributes:
        epochs: E whole numbers from 1, float64: the x axis.
        mean: E numbers, float64; losses as they are, accuracies from 0 to 1.
        low: the mean less one standard deviation, but not less than the lowest.
        high: the mean and one standard deviation, but not more than the highest.
    """

    epochs: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class EpochSpreads:
    """One spread for each epoch, over the runs that came so far and have a number there; arrays of E numbers."""

    epochs: NDArray[np.float64]
    counts: NDArray[np.int64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]

    @property
    def band(self) -> Band:
        """Mean and one standard deviation to both sides, which never reaches beyond what a run really had."""
        low = np.maximum(self.mean - self.std, self.lowest)
        high = np.minimum(self.mean + self.std, self.highest)
        return Band(self.epochs, self.mean, low, high)


@dataclass(frozen=True)
class GroupResult:
    """What came of a group so far; the spreads of the test are over its finished runs, None without any."""

    group: str
    runs: tuple[Run, ...]
    finished: int
    test_accuracy: Spread | None
    test_loss: Spread | None


class _Group(msgspec.Struct, frozen=True):
    group: str = ""


def groups_of_runs() -> dict[str, list[str]]:
    """The ids of the runs of each group, oldest first; the group begun last comes first."""
    found: dict[str, list[str]] = {}
    for folder in run_folders():
        with contextlib.suppress(LeptonError):
            group = read_struct(folder / RECORD, _Group).group
            if group:
                found.setdefault(group, []).insert(0, folder.name)
    return found


def runs_of_group(group: str) -> tuple[Run, ...]:
    """The runs of a group that can be read, by their seeds."""
    runs = []
    for run_id in groups_of_runs().get(group, ()):
        with contextlib.suppress(LeptonError):
            runs.append(Run.open(paths.runs() / run_id))
    return tuple(sorted(runs, key=lambda run: run.experiment.seed))


def group_result(group: str, runs: Sequence[Run] | None = None) -> GroupResult:
    """Sums a group up; reads its runs if they are not given."""
    members = tuple(runs) if runs is not None else runs_of_group(group)
    finished = [run.record for run in members if run.record.state == "finished"]
    return GroupResult(
        group,
        members,
        len(finished),
        spread(record.test_accuracy for record in finished if record.test_accuracy is not None),
        spread(record.test_loss for record in finished if record.test_loss is not None),
    )


def spread(values: Iterable[float]) -> Spread | None:
    """How numbers lie; those that are none or infinite are left out, and None is all that can be said of nothing."""
    numbers = np.array([value for value in values if np.isfinite(value)], np.float64)
    if not len(numbers):
        return None
    std = float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0
    return Spread(len(numbers), float(numbers.mean()), std, float(numbers.min()), float(numbers.max()))


def spread_over_epochs(runs: Iterable[Run], measure: Measure) -> EpochSpreads:
    """How a number of several runs lies at each epoch; runs of different length count as far as they came.

    An epoch in which no run has a number (all diverged) is left out.
    """
    values: dict[int, list[float]] = {}
    for run in runs:
        for row in run.history.epochs:
            values.setdefault(row.epoch, []).append(getattr(row, measure))
    found = {epoch: spread(values[epoch]) for epoch in sorted(values)}
    spreads = {epoch: one for epoch, one in found.items() if one is not None}
    columns = [[getattr(one, name) for one in spreads.values()] for name in ("mean", "std", "lowest", "highest")]
    mean, std, lowest, highest = (np.array(column, np.float64) for column in columns)
    counts = np.array([one.count for one in spreads.values()], np.int64)
    return EpochSpreads(np.array(list(spreads), np.float64), counts, mean, std, lowest, highest)


def bands(runs: Sequence[Run]) -> dict[Measure, Band]:
    """The band of each number that is measured at each epoch."""
    return {measure: spread_over_epochs(runs, measure).band for measure in MEASURES}
