"""The samples of a run, with the labels that it was begun with: what is relabelled later changes no old run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.hand_labels import LabelsOfRun, has_labels, labels_now, labels_of, read_labels
from lepton_studio.engine.runs import LABELS, Run

if TYPE_CHECKING:
    from lepton_studio.engine.events import Progress

Found = TypeVar("Found")


def labels_of_run(run: Run) -> LabelsOfRun:
    """The labels changed by hand when a run was begun; runs of older programs know none.

    Raises:
        LeptonError: the file is damaged or was made by a newer program.
    """
    path = run.folder / LABELS
    return read_labels(path, LabelsOfRun) if path.exists() else LabelsOfRun()


def load_run_samples(run: Run, samples: Samples | None = None) -> Iterator[Progress | Samples]:
    """Yields progress, and the samples of a run at last.

    Args:
        run: the run.
        samples: its dataset, if it is loaded already; taken if its labels are still those of the run.

    Raises:
        LeptonError: the dataset cannot be loaded, or the labels cannot be read.
    """
    dataset, labels = run.experiment.dataset, labels_of_run(run)
    if samples is not None and _are_those(samples, dataset, labels):
        yield samples
    else:
        yield from dataset.load(labels)


def with_run_samples(
    run: Run, samples: Samples | None, work: Callable[[Samples], Iterator[Found]]
) -> Iterator[Progress | Samples | Found]:
    """Yields what :func:`load_run_samples` does, and then what is found out with the samples; fetches nothing.

    Args:
        run: the run.
        samples: its dataset, if it is loaded already; taken if its labels are those that the run was begun with.
        work: begun when the samples are there.

    Raises:
        LeptonError: the dataset is not on this computer, or cannot be loaded.
    """
    absent = run.experiment.dataset.absent() if samples is None else ()
    if absent:
        raise LeptonError(
            f"The dataset of this network, {' and '.join(absent)}, is not on this computer.",
            "Download it on the Data page.",
        )
    found: Samples | None = None
    for item in load_run_samples(run, samples):
        found = item if isinstance(item, Samples) else None
        yield item
    if found is not None:
        yield from work(found)


def _are_those(samples: Samples, dataset: Dataset, labels: LabelsOfRun) -> bool:
    # In a view the labels of its members lie at other places, so there only the files can be compared.
    return labels == labels_now(dataset) if dataset.shows() else has_labels(samples, labels_of(dataset, labels))
