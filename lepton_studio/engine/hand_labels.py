"""Labels that were changed by hand: kept in a small file of their own, so that the dataset itself stays as it came."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

from lepton_studio import paths
from lepton_studio.engine.dataset import LABEL_SOURCES, Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import parse_struct, read_bytes, write_struct, writing_to

VERSION = 1
HAND = LABEL_SOURCES.index("hand")


class HandLabel(msgspec.Struct, frozen=True):
    """One label that was changed.

    Attributes:
        at: the position in the dataset.
        was: the class that the dataset itself gives.
        source: who gave that, one of LABEL_SOURCES.
        label: the class that a person gave.
        picture: CRC-32 of the picture's bytes, by which it is known again; None: it is not checked.
    """

    at: int
    was: str
    source: str
    label: str
    picture: int | None = None


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

        Raises:
            LeptonError: there is no such class.
            IndexError: there is no such sample.
        """
        if class_name not in samples.class_names:
            raise LeptonError(
                f"There is no class called '{class_name}'.", f"Known are: {', '.join(samples.class_names)}."
            )
        known = {each.at: each for each in self.labels}
        # Each once: the second time it would look changed already.
        for at in {int(at) for at in positions}:
            if not 0 <= at < len(samples):
                raise IndexError(at)
            before = known.pop(at, None)
            # A change that was left out, because another sample lies there now, says nothing of this one.
            if before is None or not _is_made(before, samples):
                before = HandLabel(at, samples.class_of(at), samples.label_source(at), "", _picture(samples, at))
            if before.was != class_name:
                known[at] = msgspec.structs.replace(before, label=class_name)
        return msgspec.structs.replace(self, labels=tuple(known[at] for at in sorted(known)))

    def without(self, positions: Iterable[int]) -> HandLabels:
        """The same with the dataset's own labels for these samples."""
        restored = set(map(int, positions))
        return msgspec.structs.replace(self, labels=tuple(each for each in self.labels if each.at not in restored))


class LabelsOfRun(msgspec.Struct, frozen=True):
    """The changed labels that a run was begun with: of its dataset and of what that shows, by their files' names."""

    datasets: dict[str, HandLabels] = {}
    format: Literal["lepton-studio labels of a run"] = "lepton-studio labels of a run"
    version: int = VERSION


class _Head(msgspec.Struct, frozen=True):
    version: int = VERSION


T = TypeVar("T", HandLabels, LabelsOfRun)


def labels_file(dataset: Dataset) -> Path:
    """Where the changed labels of a dataset lie; two datasets with other settings have two files."""
    name = type(dataset).tag()
    settings = _settings(dataset)
    if len(settings) > 1:
        name = f"{name}-{hashlib.sha256(msgspec.json.encode(settings, order='sorted')).hexdigest()[:16]}"
    return paths.hand_labels() / f"{name}.json"


def read_hand_labels(dataset: Dataset) -> HandLabels:
    """What was changed by hand; nothing if there is no file.

    Raises:
        LeptonError: the file is damaged or was made by a newer program.
    """
    path = labels_file(dataset)
    return read_labels(path, HandLabels) if path.exists() else HandLabels(dataset.label())


def read_labels(path: Path, kind: type[T]) -> T:
    """Reads a file of changed labels.

    Raises:
        LeptonError: the file is damaged or was made by a newer program.
    """
    content = read_bytes(path)
    remedy = "Mend it, or move it away: then the labels are as the dataset gives them."
    try:
        # The version first: the rest of a newer file may be anything.
        if parse_struct(content, _Head, str(path)).version <= VERSION:
            return parse_struct(content, kind, str(path))
    except LeptonError as error:
        raise LeptonError(error.what, remedy) from error
    raise LeptonError(f"{path} was made by a newer Lepton Studio.", "Update Lepton Studio, or move the file away.")


def save_hand_labels(dataset: Dataset, labels: HandLabels) -> None:
    """Writes the file whole, or deletes it if nothing is changed any more."""
    path = labels_file(dataset)
    if labels.labels:
        write_struct(path, labels)
        return
    with writing_to(path):
        path.unlink(missing_ok=True)


def labels_now(dataset: Dataset) -> LabelsOfRun:
    """The changed labels of today that a run on this dataset learns with."""
    found = {labels_file(each).name: read_hand_labels(each) for each in _with_shown(dataset)}
    return LabelsOfRun({name: labels for name, labels in found.items() if labels.labels})


def labels_of(dataset: Dataset, kept: LabelsOfRun | None) -> HandLabels:
    """The changed labels of one dataset: those that a run was begun with, or those of today."""
    if kept is None:
        return read_hand_labels(dataset)
    return kept.datasets.get(labels_file(dataset).name, HandLabels())


def count_hand_labels(samples: Samples) -> int:
    """How many labels were given by hand."""
    return 0 if samples.label_sources is None else int((samples.label_sources == HAND).sum())


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
    sources = np.zeros(len(samples), np.uint8) if samples.label_sources is None else samples.label_sources.copy()
    made = replace(samples, labels=samples.labels.copy(), label_sources=sources)
    for each in before.labels:
        if _is_made(each, made):
            made.labels[each.at], sources[each.at] = place[each.was], LABEL_SOURCES.index(each.source)
    for each in after.labels:
        if _fits(each, made) and made.class_of(each.at) == each.was and _is_picture(each, made):
            made.labels[each.at], sources[each.at] = place[each.label], HAND
    return made


def has_labels(samples: Samples, labels: HandLabels) -> bool:
    """Whether the labels given by hand are these and no others."""
    if samples.label_sources is None:
        return not labels.labels
    hand = {at: samples.class_of(at) for at in np.flatnonzero(samples.label_sources == HAND).tolist()}
    return hand == {each.at: each.label for each in labels.labels}


def _fits(each: HandLabel, samples: Samples) -> bool:
    names = samples.class_names
    return 0 <= each.at < len(samples) and each.was in names and each.label in names and each.source in LABEL_SOURCES


def _is_made(each: HandLabel, samples: Samples) -> bool:
    """Whether the samples have this change."""
    return _fits(each, samples) and samples.label_source(each.at) == "hand" and samples.class_of(each.at) == each.label


def _picture(samples: Samples, at: int) -> int:
    return zlib.crc32(samples.images[at].tobytes())


def _is_picture(each: HandLabel, samples: Samples) -> bool:
    return each.picture is None or each.picture == _picture(samples, each.at)


def _with_shown(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    for shown in dataset.shows():
        yield from _with_shown(shown)


def _settings(value: Any) -> Any:
    """A spec as plain values without what is by default, so that a field which comes later changes no name."""
    if isinstance(value, tuple):
        return [_settings(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    fields = msgspec.structs.fields(type(value))
    own = {field.name: _settings(getattr(value, field.name)) for field in fields if _is_set(value, field)}
    return own | ({"type": value.tag()} if isinstance(value, Dataset) else {})


def _is_set(value: msgspec.Struct, field: msgspec.structs.FieldInfo) -> bool:
    default = field.default
    return default is msgspec.NODEFAULT or bool(getattr(value, field.name) != default)
