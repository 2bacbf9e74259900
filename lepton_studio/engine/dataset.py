"""What a dataset is: pictures, labels, class names and three splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, ForwardRef, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from lepton_studio.engine.hand_labels import LabelsOfRun

SPLIT_NAMES = ("train", "validation", "test")
# Who said what a sample shows: whoever published the dataset, the folder or table that it was imported from, the person
# who drew it here, or somebody who changed the label by hand.
LabelSource = Literal["publisher", "import", "drawn", "hand"]
LABEL_SOURCES: tuple[LabelSource, ...] = get_args(LabelSource)
Indices = NDArray[np.int64]
# Bytes of pictures; numpy counts them as 64-bit numbers.
COUNTED_AT_ONCE = 1 << 22


@dataclass(frozen=True, eq=False)
class Samples:
    """A dataset in memory, or in a file that is mapped into it.

    Attributes:
        images: N x C x H x W, uint8; a ``np.memmap`` is taken as it is and must not be copied as a whole.
        labels: N, int64, positions in class_names.
        class_names: what each label is called.
        is_test: N, bool: which samples the publisher set aside for testing.
        is_validation: N, bool: which samples the publisher set aside for validation; None: nobody did.
        label_sources: N, uint8, positions in LABEL_SOURCES; None: all as the dataset's kind says.
        origins: N texts for people: the file that a sample comes from, or who drew it and when; empty: nobody knows.
        sizes: N x 2, int32, (width, height) of each picture before it was fitted; None: they came as they are.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    is_test: NDArray[np.bool_]
    is_validation: NDArray[np.bool_] | None = None
    label_sources: NDArray[np.uint8] | None = None
    origins: Sequence[str] = ()
    sizes: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        """Refuses arrays that do not belong together."""
        count = len(self.images)
        if self.images.ndim != 4 or self.labels.shape != (count,) or self.is_test.shape != (count,):
            raise LeptonError("The pictures and the labels of the dataset are not equally many.", "Fetch it again.")
        about_each = (self.is_validation, self.label_sources, self.origins or None, self.sizes)
        if any(values is not None and len(values) != count for values in about_each):
            raise LeptonError("What is known of the pictures is not as much as there are pictures.", "Fetch it again.")
        if count and not 0 <= self.labels.min() <= self.labels.max() < len(self.class_names):
            raise LeptonError("The dataset has a label that is no class.", "Fetch it again.")

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.labels)

    @property
    def shape(self) -> Shape:
        """(channels, height, width) of one picture."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def class_of(self, at: int) -> str:
        """The name of a sample's class."""
        return self.class_names[int(self.labels[at])]

    def label_source(self, at: int) -> LabelSource:
        """Who said so."""
        return "publisher" if self.label_sources is None else LABEL_SOURCES[int(self.label_sources[at])]

    @cached_property
    def mean_and_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Per channel over the samples not set aside for testing, in units of 0..255."""
        counts = self._level_counts()
        levels = np.arange(256)
        # Where everything is set aside there is nothing to measure, and nothing to learn from either.
        total = np.maximum(counts.sum(axis=1), 1)
        mean = counts @ levels / total
        variance = counts @ levels**2 / total - mean**2
        # A channel of one grey level has no spread; dividing by 1 keeps it finite.
        std = np.where(variance > 0, np.sqrt(np.maximum(variance, 0)), 1.0)
        return tuple(mean.tolist()), tuple(std.tolist())

    def _level_counts(self) -> NDArray[np.int64]:
        """How often each grey level occurs in each channel, C x 256, without the samples set aside for testing."""
        count, channels, height, width = self.images.shape
        counts = np.zeros((channels, 256), np.int64)
        at_once = max(1, COUNTED_AT_ONCE // max(1, channels * height * width))
        for start in range(0, count, at_once):
            chunk = slice(start, start + at_once)
            images = self.images[chunk][~self.is_test[chunk]]
            for channel in range(channels):
                counts[channel] += np.bincount(images[:, channel].ravel(), minlength=256)
        return counts


class Dataset(Spec, frozen=True):
    """Where samples come from."""

    publisher: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    website: ClassVar[str] = ""
    download_bytes: ClassVar[int] = 0
    label_source: ClassVar[LabelSource] = "publisher"
    # Strokes on a plain ground: drawings and photographs of them are cropped, centred and scaled alike.
    is_ink: ClassVar[bool] = False

    @classmethod
    def choices(cls) -> dict[str, Dataset]:
        """Those of this kind that can be chosen now, by the name that people use for them."""
        return {cls.tag(): cls()}

    def label(self) -> str:
        """What to call it on screen."""
        return self.title

    def is_here(self) -> bool:
        """Whether it can be loaded without a network."""
        raise NotImplementedError

    def shows(self) -> tuple[Dataset, ...]:
        """The datasets that this one is made of, if it looks at others."""
        return ()

    def absent(self) -> tuple[str, ...]:
        """What is not on this computer: itself, or those of the datasets it shows."""
        shown = self.shows()
        if not shown:
            return () if self.is_here() else (self.label(),)
        return tuple(dict.fromkeys(name for dataset in shown for name in dataset.absent()))

    def of_ink(self) -> bool:
        """Whether its pictures are strokes on a plain ground; one that is made of others is what they are."""
        shown = self.shows()
        return any(dataset.of_ink() for dataset in shown) if shown else self.is_ink

    def bytes_to_fetch(self) -> int:
        """How much must be downloaded before it can be loaded."""
        shown = self.shows()
        if shown:
            return sum(dataset.bytes_to_fetch() for dataset in dict.fromkeys(shown))
        return 0 if self.is_here() else self.download_bytes

    def read(self) -> Iterator[Progress | Samples]:
        """Yields progress while fetching and reading, and the samples at last, as they were published.

        Raises:
            LeptonError: a file is missing, damaged or cannot be fetched; the message names it.
        """
        raise NotImplementedError

    def read_with(self, labels: LabelsOfRun | None) -> Iterator[Progress | Samples]:
        """Like :meth:`read`; a dataset that shows others loads them with these labels."""
        return self.read()

    def load(self, labels: LabelsOfRun | None = None) -> Iterator[Progress | Samples]:
        """Like :meth:`read`, with the labels that were changed by hand (see ``hand_labels.py``).

        Args:
            labels: those that a run was begun with; None takes those of today.
        """
        from lepton_studio.engine.hand_labels import HandLabels, exchange_labels, labels_of

        for item in self.read_with(labels):
            if isinstance(item, Samples):
                yield exchange_labels(self._with_sources(item), HandLabels(), labels_of(self, labels))
            else:
                yield item

    def _with_sources(self, samples: Samples) -> Samples:
        if samples.label_sources is not None:
            return samples
        return replace(samples, label_sources=np.full(len(samples), LABEL_SOURCES.index(self.label_source), np.uint8))


DATASETS: Registry[Dataset] = Registry(Dataset, "dataset", "lepton_studio.engine.datasets")

if TYPE_CHECKING:
    AnyDataset = Dataset
else:
    AnyDataset = ForwardRef("DATASETS.union", module=__name__)


def load_samples(dataset: Dataset) -> Samples:
    """Loads a dataset without showing progress."""
    for item in dataset.load():
        if isinstance(item, Samples):
            return item
    raise LeptonError(f"{dataset.title} ended without any samples.", "Fetch it again.")
