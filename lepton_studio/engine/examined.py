"""What was found in pictures that may be brought in, before anything is taken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.found_files import Listing, natural_order
from lepton_studio.engine.import_report import ClassCount, FileVerdict, ImportOptions
from lepton_studio.engine.import_sources.plan import Plan
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.picture_store import PictureStore
from lepton_studio.engine.strokes import Picture

MOST_SIZES = 100


@dataclass(frozen=True)
class Look:
    """How the source was looked at.

    Attributes:
        sources: the paths that were pointed to.
        listing: all their files.
        plan: which pictures there are.
        options: the frame that they were fitted into.
        fingerprint: of the files as they were.
    """

    sources: tuple[Path, ...]
    listing: Listing
    plan: Plan
    options: ImportOptions
    fingerprint: str


@dataclass(frozen=True)
class Kept:
    """A dataset that was made before from the same files.

    Attributes:
        name: what it is called.
        files: what was said of each file then.
        samples: what is in it.
        splits: which split the source put each sample into, or empty.
    """

    name: str
    files: tuple[FileVerdict, ...]
    samples: Samples
    splits: list[str]


class Examined:
    """The report before anything is taken; to be closed, because it holds the pictures on the disk meanwhile.

    Attributes:
        look: how it was looked at.
        files: the verdict on each file.
        already: the dataset that was made before from the same unchanged files; empty: there is none. If there is
            one, nothing was decoded again, and everything here speaks of that dataset.
        store: the pictures meanwhile; None: they are in that dataset.
    """

    def __init__(
        self, look: Look, store: PictureStore | None, files: tuple[FileVerdict, ...], kept: Kept | None = None
    ) -> None:
        """Made by ``examine``: with a store of decoded pictures, or with what was kept of an earlier time."""
        assert (store is None) != (kept is None)
        self.look = look
        self.files = files
        self.store = store
        self.already = kept.name if kept is not None else ""
        self._kept = kept
        self._is_handed_over = False
        verdicts = Counter(file.verdict for file in files)
        self.reported, self.ignored = verdicts["report"], verdicts["ignore"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Throws the pictures away; what was taken in stays. Closing twice is no harm."""
        if self.store is not None:
            # What is known of the pictures is still asked for afterwards.
            _ = self.shape, self.labels
            self.store.close()
        if not self._is_handed_over:
            self.look.listing.resources.close()

    def hand_over(self) -> None:
        """Closes it but for the files of the source, which another look goes on with."""
        self._is_handed_over = True
        self.close()

    @property
    def sources(self) -> tuple[Path, ...]:
        """The paths that were pointed to."""
        return self.look.sources

    @property
    def source(self) -> str:
        """The paths, for people."""
        return ", ".join(map(str, self.sources[:3])) + (" ..." if len(self.sources) > 3 else "")

    @property
    def options(self) -> ImportOptions:
        """The frame that was asked for."""
        return self.look.options

    @property
    def name(self) -> str:
        """What the dataset will be called."""
        return self.already or self.look.listing.name or "images"

    @cached_property
    def shape(self) -> Shape:
        """The frame of the dataset: (channels, height, width)."""
        if self._kept is not None:
            return self._kept.samples.shape
        assert self.store is not None
        return self.store.shape

    @property
    def is_grey(self) -> bool:
        """Whether no picture is coloured, as far as that was looked at."""
        return self.store.is_grey if self.store is not None else self.shape[0] == 1

    @property
    def loaded(self) -> int:
        """How many pictures are taken in."""
        return len(self.labels)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of their labels."""
        if self._kept is not None:
            return self._kept.samples.class_names
        assert self.store is not None
        used = set(self.store.classes)
        if used and used <= set(self.look.plan.class_names):
            return tuple(name for name in self.look.plan.class_names if name in used)
        return tuple(sorted(used, key=natural_order))

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """N, positions in ``class_names``."""
        if self._kept is not None:
            return self._kept.samples.labels
        assert self.store is not None
        place = {name: label for label, name in enumerate(self.class_names)}
        return np.array([place[name] for name in self.store.classes], np.int64)

    @cached_property
    def split_names(self) -> NDArray[np.str_]:
        """N: which split the source put each picture into, or empty."""
        if self._kept is not None:
            return np.array(self._kept.splits, dtype=np.str_)
        assert self.store is not None
        return np.array(self.store.splits, dtype=np.str_)

    @property
    def has_splits(self) -> bool:
        """Whether the source says what is for testing or for validation."""
        return bool(np.isin(self.split_names, ("test", "validation")).any())

    @property
    def splits(self) -> dict[str, int]:
        """How many pictures the source put into each split; empty: it says nothing of splits."""
        if not self.has_splits:
            return {}
        counts = Counter(name or "train" for name in self.split_names.tolist())
        return {name: counts[name] for name in ("train", "validation", "test")}

    @property
    def classes(self) -> tuple[ClassCount, ...]:
        """How many pictures there are of each class."""
        size = len(self.class_names)

        def counted(split: str) -> list[int]:
            members = self.labels[self.split_names == split] if split else self.labels
            return [int(count) for count in np.bincount(members, minlength=size)]

        columns = zip(self.class_names, counted(""), counted("validation"), counted("test"), strict=True)
        return tuple(ClassCount(*row) for row in columns)

    @property
    def sizes(self) -> dict[tuple[int, int], int]:
        """(width, height) as found -> how many pictures; the commonest first."""
        return dict(Counter(self._found_sizes()).most_common(MOST_SIZES))

    @property
    def smallest(self) -> tuple[int, int]:
        """(width, height) of the smallest picture, by its area; (0, 0) if that is not known."""
        return min(self._found_sizes(), key=lambda size: size[0] * size[1], default=(0, 0))

    @property
    def largest(self) -> tuple[int, int]:
        """(width, height) of the largest picture, by its area; (0, 0) if that is not known."""
        return max(self._found_sizes(), key=lambda size: size[0] * size[1], default=(0, 0))

    def picture(self, at: int) -> Picture:
        """One of the loaded pictures as it will be stored: channels x height x width, uint8."""
        if self._kept is not None:
            picture: Picture = self._kept.samples.images[at]
            return picture
        assert self.store is not None
        return self.store.picture(at)

    def _found_sizes(self) -> list[tuple[int, int]]:
        if self.store is not None:
            return self.store.sizes
        assert self._kept is not None
        sizes = self._kept.samples.sizes
        return [] if sizes is None else [(int(width), int(height)) for width, height in sizes]
