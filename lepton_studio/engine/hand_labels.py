"""Labels that were changed by hand: kept in a small file of their own, so that the dataset itself stays as it came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from lepton_studio import paths
from lepton_studio.engine.dataset import LABEL_SOURCES, Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import read_struct, write_struct

VERSION = 1


class HandLabel(msgspec.Struct, frozen=True):
    """One label that was changed.

    Attributes:
        at: the position in the dataset.
        was: the class that the dataset itself gives.
        source: who gave that, one of LABEL_SOURCES.
        label: the class that a person gave.
    """

    at: int
    was: str
    source: str
    label: str


class HandLabels(msgspec.Struct, frozen=True):
    """All labels of one dataset that were changed, by position; ``dataset`` is its name, for people."""

    dataset: str = ""
    labels: tuple[HandLabel, ...] = ()
    format: Literal["lepton-studio labels"] = "lepton-studio labels"
    version: int = VERSION

    def changed(self, samples: Samples, positions: Iterable[int], class_name: str) -> HandLabels:
        """The same with other labels; one that is what the dataset says again is no change any more.

        Args:
            samples: the dataset with these labels.
            positions: which samples.
            class_name: one of the dataset's classes.
        """
        known = {each.at: each for each in self.labels}
        for at in positions:
            before = known.pop(at, None) or HandLabel(at, samples.class_of(at), samples.label_source(at), "")
            if before.was != class_name:
                known[at] = msgspec.structs.replace(before, label=class_name)
        return msgspec.structs.replace(self, labels=tuple(known[at] for at in sorted(known)))


def labels_file(dataset: Dataset) -> Path:
    """Where the changed labels of a dataset lie; two datasets with other settings have two files."""
    kind = type(dataset)
    name = kind.tag()
    if dataset != kind():
        name = f"{name}-{hashlib.sha256(msgspec.json.encode(dataset)).hexdigest()[:16]}"
    return paths.hand_labels() / f"{name}.json"


def read_hand_labels(dataset: Dataset) -> HandLabels:
    """What was changed by hand; nothing if there is no file.

    Raises:
        LeptonError: the file is damaged or was made by a newer program.
    """
    path = labels_file(dataset)
    if not path.exists():
        return HandLabels(dataset.label())
    labels = read_struct(path, HandLabels)
    if labels.version > VERSION:
        raise LeptonError(f"{path} was made by a newer Lepton Studio.", "Update Lepton Studio, or move the file away.")
    return labels


def save_hand_labels(dataset: Dataset, labels: HandLabels) -> None:
    """Writes the file whole, or deletes it if nothing is changed any more."""
    path = labels_file(dataset)
    if labels.labels:
        write_struct(path, labels)
    else:
        path.unlink(missing_ok=True)


def with_hand_labels(dataset: Dataset, samples: Samples) -> Samples:
    """The samples of a dataset with the labels that were changed by hand."""
    return exchange_labels(samples, HandLabels(), read_hand_labels(dataset))


def exchange_labels(samples: Samples, before: HandLabels, after: HandLabels) -> Samples:
    """Takes some changes back and makes others; the arrays of the dataset are not touched.

    A change that does not fit the dataset any more (it was fetched or imported anew, and another sample lies there) is
    left out.

    Args:
        samples: the dataset with the labels ``before``.
        before: the changes that it has.
        after: the changes that it shall have.
    """
    if not before.labels and not after.labels:
        return samples
    place = {name: label for label, name in enumerate(samples.class_names)}
    labels = samples.labels.copy()
    sources = np.zeros(len(samples), np.uint8) if samples.label_sources is None else samples.label_sources.copy()
    hand = LABEL_SOURCES.index("hand")
    for each in before.labels:
        if _fits(each, len(labels), place) and sources[each.at] == hand:
            labels[each.at], sources[each.at] = place[each.was], LABEL_SOURCES.index(each.source)
    for each in after.labels:
        if _fits(each, len(labels), place) and labels[each.at] == place[each.was]:
            labels[each.at], sources[each.at] = place[each.label], hand
    return replace(samples, labels=labels, label_sources=sources)


def _fits(each: HandLabel, count: int, place: dict[str, int]) -> bool:
    return 0 <= each.at < count and each.was in place and each.label in place and each.source in LABEL_SOURCES
