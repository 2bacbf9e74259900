"""Among which pictures those most like a drawing are looked for: what the network learned from, if they are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine import Dataset, Predictor, Progress, Samples, cut, load_run_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.gui.session import Session


@dataclass(frozen=True, eq=False)
class Source:
    """Pictures to look among.

    Attributes:
        dataset: which they are of.
        samples: all of the dataset.
        among: positions of those for training, rising.
        is_learned: whether the network learned from them.
    """

    dataset: Dataset
    samples: Samples
    among: NDArray[np.int64]
    is_learned: bool

    def is_same(self, other: Source | None) -> bool:
        """Whether it is the same pictures."""
        return (
            other is not None
            and self.samples.images is other.samples.images
            and np.array_equal(self.among, other.among)
        )  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A dataset that is on this computer, but not loaded."""

    dataset: Dataset
    is_learned: bool


def source_for(predictor: Predictor, session: Session) -> Source | Wanted | None:
    """Where to look for a network; None if there is nothing that it could be compared with.

    The pictures that it learned from, if they are on this computer; else others of the same classes: those of the
    session, or the bundled digits. None of other classes: among digits the nearest to a letter say nothing of it.
    """
    run, samples = predictor.run, session.samples
    learned = run.experiment.dataset
    fits = samples is not None and samples.shape == predictor.shape
    if samples is not None and fits and learned == session.experiment.dataset:
        return Source(learned, samples, cut(samples, run.experiment)["train"], True)
    if learned.is_here():
        return Wanted(learned, True)
    if samples is not None and fits and set(samples.class_names) == set(predictor.class_names):
        return Source(session.experiment.dataset, samples, cut(samples, session.experiment)["train"], False)
    if predictor.shape == (1, 28, 28) and set(predictor.class_names) == set("0123456789"):
        return Wanted(BundledDigits(), False)
    return None


def load_source(predictor: Predictor, wanted: Wanted) -> Iterator[Progress | Source]:
    """Yields progress, and what was wanted at last."""
    run = predictor.run
    loading = load_run_samples(run) if wanted.is_learned else wanted.dataset.load()
    for item in loading:
        if isinstance(item, Samples):
            among = cut(item, run.experiment)["train"] if wanted.is_learned else np.flatnonzero(~item.is_test)
            yield Source(wanted.dataset, item, among, wanted.is_learned)
        else:
            yield item
