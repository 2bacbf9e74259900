"""What a dataset looks like as a whole: counts, mean pictures, grey levels, where the ink lies, original sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.events import Progress

# Bytes of pictures that are counted at once; as float64 they take eight times as much.
AT_ONCE_BYTES = 1 << 21
# Mean pictures of larger ones are made of their averages, so that a thousand classes still fit into memory.
PORTRAIT_SIDE = 96
UNBALANCED_FROM, VERY_UNBALANCED_FROM = 1.5, 10.0
# Below so many training pictures of a class its share of the errors says little.
FEW = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DataStatistics:
    """What one walk through all pictures tells.

    Attributes:
        class_names: of the K classes.
        counts: for each split K counts, int64.
        means: K x C x h x w, float32, 0..255: the mean picture of each class over all splits; 0 for empty classes.
        deviations: likewise the standard deviation of each pixel.
        levels: for each split C x 256, int64: how often each value occurs in each channel.
        ink: K, float64: the mean share (0..1) of the brightest possible that a picture of the class has.
        centres: K x 2, float64: mean (x, y) of the centre of mass in pixels from the middle; NaN for empty classes.
        spreads: K x 2, float64: standard deviation of the same.
        sizes: of the pictures before they were fitted, None if nobody knows.
    """

    class_names: tuple[str, ...]
    counts: Mapping[str, NDArray[np.int64]]
    means: NDArray[np.float32]
    deviations: NDArray[np.float32]
    levels: Mapping[str, NDArray[np.int64]]
    ink: Floats
    centres: Floats
    spreads: Floats
    sizes: SizeSpread | None

    @property
    def totals(self) -> NDArray[np.int64]:
        """K, all pictures of each class."""
        return _total(self.counts, len(self.class_names))


@dataclass(frozen=True, eq=False)
class SizeSpread:
    """How large the pictures were before they were brought to one size.

    Attributes:
        sizes: M x 2, int32, the different (width, height), most frequent first.
        counts: M, int64, how often each occurs.
        smallest, median, largest: (width, height), each side for itself.
        enlarged: how many had both sides smaller than the dataset's pictures: they gained no detail.
        squeezed: how many are at least 1.5 times as long as wide, or the reverse, compared with the dataset's shape.
    """

    sizes: NDArray[np.int32]
    counts: NDArray[np.int64]
    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    enlarged: int
    squeezed: int


def class_counts(
    labels: NDArray[np.int64], classes: int, splits: Mapping[str, Indices]
) -> dict[str, NDArray[np.int64]]:
    """How many samples of each class every split has: for each split an array of ``classes`` counts."""
    return {name: np.bincount(labels[indices], minlength=classes) for name, indices in splits.items()}


def imbalance_advice(names: tuple[str, ...], counts: Mapping[str, NDArray[np.int64]]) -> tuple[str, ...]:
    """What unequal classes lead to and what to do, in sentences; empty if the classes are even enough.

    Args:
        names: of the K classes.
        counts: for each split K counts.
    """
    total = _total(counts, len(names))
    if len(names) < 2 or not total.sum():
        return ()
    advice = []
    empty = [name for name, count in zip(names, total, strict=True) if not count]
    if empty:
        advice.append(
            f"There is no picture of {_listed(empty)}: the network can never learn that answer. "
            "Add pictures, or remove the class."
        )
    else:
        advice += _unequal(names, total)
    train = counts.get("train")
    for split, values in counts.items():
        missing = [name for name, here, all_of in zip(names, values, total, strict=True) if all_of and not here]
        if missing and values.sum():
            consequence = "it will not be learned" if split == "train" else "its errors will not be seen there"
            advice.append(
                f"The {split} split has no picture of {_listed(missing)}: {consequence}. "
                "Draw the same share of each class (stratified), or add pictures."
            )
    if train is not None:
        few = [f"{name} ({count})" for name, count in zip(names, train, strict=True) if 0 < count < FEW]
        if few:
            advice.append(
                f"Few pictures to learn from: {_listed(few)}. The network may learn them by heart. "
                "Add pictures, or use augmentation."
            )
    return tuple(advice)


def _total(counts: Mapping[str, NDArray[np.int64]], classes: int) -> NDArray[np.int64]:
    total = np.zeros(classes, np.int64)
    for values in counts.values():
        total += values
    return total


def _unequal(names: tuple[str, ...], total: NDArray[np.int64]) -> Iterator[str]:
    most, least = int(total.argmax()), int(total.argmin())
    times = total[most] / total[least]
    if times < UNBALANCED_FROM:
        return
    share = total[most] / total.sum()
    text = f"{names[least]} is {times:.1f} times rarer than {names[most]}"
    if times < VERY_UNBALANCED_FROM:
        yield (
            f"{text}: the network will tend to answer {names[most]} when in doubt. "
            "Look at the recall of each class, not at the accuracy alone."
        )
    else:
        yield (
            f"{text}: a network that always answers {names[most]} would be right for {share:.0%} of the pictures. "
            f"Add pictures of {names[least]}, or take fewer of {names[most]} (a view with n per class)."
        )


def _listed(names: list[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def size_spread(samples: Samples) -> SizeSpread | None:
    """How large the pictures were; None if the dataset does not know."""
    if samples.sizes is None or not len(samples):
        return None
    sizes, counts = np.unique(samples.sizes, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    width, height = samples.sizes.T.astype(np.float64)
    _, rows, columns = samples.shape
    stretch = (width / columns) / (height / rows)
    low, middle, high = (np.asarray(how(samples.sizes, axis=0)) for how in (np.min, np.median, np.max))
    return SizeSpread(
        sizes[order],
        counts[order],
        (int(low[0]), int(low[1])),
        (int(middle[0]), int(middle[1])),
        (int(high[0]), int(high[1])),
        int(((width < columns) & (height < rows)).sum()),
        int((np.maximum(stretch, 1 / stretch) >= 1.5).sum()),
    )


def describe_data(samples: Samples, splits: Mapping[str, Indices]) -> Iterator[Progress | DataStatistics]:
    """Walks once through all pictures in pieces of bounded memory; yields progress, and the statistics at last.

    Args:
        samples: the dataset; a memory-mapped one is read piece by piece.
        splits: positions for each split, without overlap.
    """
    count = len(samples)
    sums = _Sums(samples, splits)
    at_once = max(1, AT_ONCE_BYTES // max(1, int(np.prod(samples.shape))))
    for start in range(0, count, at_once):
        sums.add(slice(start, start + at_once))
        yield Progress("Looking at the pictures", min(start + at_once, count), count)
    yield sums.result()


class _Sums:
    """Sums over the pictures seen so far. All are whole numbers or float64, so pieces add up without loss."""

    def __init__(self, samples: Samples, splits: Mapping[str, Indices]) -> None:
        channels, height, width = samples.shape
        self.samples = samples
        self.splits = splits
        self.classes = len(samples.class_names)
        # Samples in no split, if there are any, are counted last and not shown.
        self.split_of = np.full(len(samples), len(splits), np.intp)
        for number, indices in enumerate(splits.values()):
            self.split_of[indices] = number
        self.levels = np.zeros((channels, len(splits) + 1, 256), np.int64)
        self.factor = max(1, -(-max(height, width) // PORTRAIT_SIDE))
        small = (channels, -(-height // self.factor), -(-width // self.factor))
        self.first = np.zeros((self.classes, *small))
        self.second = np.zeros((self.classes, *small))
        # Per picture: (1, ink, x, y, x^2, y^2) are summed by class; pictures without ink have no centre.
        self.ink = np.zeros(self.classes)
        self.moments = np.zeros((self.classes, 5))

    def add(self, chunk: slice) -> None:
        images = np.asarray(self.samples.images[chunk])
        labels = self.samples.labels[chunk]
        offsets = (self.split_of[chunk] * 256)[:, None, None]
        bins = self.levels[0].size
        for channel in range(images.shape[1]):
            found = np.bincount((images[:, channel] + offsets).ravel(), minlength=bins)
            self.levels[channel] += found.reshape(-1, 256)
        of_class = np.zeros((self.classes, len(labels)))
        of_class[labels, np.arange(len(labels))] = 1
        small = self._shrunk(images)
        flat = small.reshape(len(small), -1)
        self.first += (of_class @ flat).reshape(self.first.shape)
        self.second += (of_class @ np.square(flat)).reshape(self.second.shape)
        self._add_centres(small.mean(axis=1), of_class)

    def _shrunk(self, images: NDArray[np.uint8]) -> Floats:
        """Averages of squares of ``factor`` pixels, the last ones of what is left."""
        result: Floats = images.astype(np.float64)
        if self.factor > 1:
            for axis in (2, 3):
                starts = np.arange(0, result.shape[axis], self.factor)
                lengths = np.diff(np.append(starts, result.shape[axis])).astype(np.float64)
                shape = [1] * 4
                shape[axis] = len(lengths)
                result = np.add.reduceat(result, starts, axis=axis) / lengths.reshape(shape)
        return result

    def _add_centres(self, grey: Floats, of_class: Floats) -> None:
        _, height, width = grey.shape
        mass = grey.sum(axis=(1, 2))
        x = (np.arange(width) - (width - 1) / 2) * self.factor
        y = (np.arange(height) - (height - 1) / 2) * self.factor
        some = np.maximum(mass, 1e-9)
        x_of, y_of = grey.sum(axis=1) @ x / some, grey.sum(axis=2) @ y / some
        self.ink += of_class @ (mass / (255 * width * height))
        each = np.stack([np.ones_like(x_of), x_of, y_of, x_of**2, y_of**2], axis=1) * (mass > 0)[:, None]
        self.moments += of_class @ each

    def result(self) -> DataStatistics:
        samples = self.samples
        totals = np.bincount(samples.labels, minlength=self.classes)
        divisor = np.maximum(totals, 1)[:, None, None, None]
        means = self.first / divisor
        deviations = np.sqrt(np.maximum(self.second / divisor - means**2, 0))
        with np.errstate(invalid="ignore", divide="ignore"):
            number = self.moments[:, :1]
            centres = self.moments[:, 1:3] / number
            spreads = np.sqrt(np.maximum(self.moments[:, 3:] / number - centres**2, 0))
        return DataStatistics(
            samples.class_names,
            class_counts(samples.labels, self.classes, self.splits),
            means.astype(np.float32),
            deviations.astype(np.float32),
            {name: self.levels[:, number] for number, name in enumerate(self.splits)},
            self.ink / np.maximum(totals, 1),
            centres,
            spreads,
            size_spread(samples),
        )
