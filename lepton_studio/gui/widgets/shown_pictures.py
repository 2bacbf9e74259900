"""Which pictures of a dataset a grid shows, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lepton_studio.gui.widgets.painting import Bytes


@dataclass(frozen=True, eq=False)
class ShownPictures:
    """Pictures of a dataset and the order in which they are shown; nothing is copied.

    A *position* counts in the dataset, a *slot* in what is shown.

    Attributes:
        images: uint8 N x C x H x W.
        labels: int64 N, the class of each.
        class_names: the name of each class.
        indices: int64, the dataset positions to show, in order.
        marks: bool N, True for a wrong answer, or None.

    Raises:
        ValueError: the arrays do not fit together.
    """

    images: Bytes = field(default_factory=lambda: np.zeros((0, 1, 1, 1), dtype=np.uint8))
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    class_names: tuple[str, ...] = ()
    indices: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    marks: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        total = len(self.images)
        if self.images.ndim != 4 or len(self.labels) != total:
            raise ValueError(f"{len(self.labels)} labels for images of the shape {self.images.shape}")
        if len(self.indices) and (self.indices.min() < 0 or self.indices.max() >= total):
            raise ValueError(f"positions up to {self.indices.max()} in a dataset of {total}")
        if self.marks is not None and len(self.marks) != total:
            raise ValueError(f"{len(self.marks)} marks for {total} pictures")

    def __len__(self) -> int:
        """How many are shown."""
        return len(self.indices)

    def positions(self, slots: range) -> NDArray[np.int64]:
        """The dataset positions of neighbouring slots."""
        return self.indices[slots.start : slots.stop]

    def slot_of(self, position: int | None) -> int | None:
        """Where a dataset position is shown, None if it is not."""
        if position is None:
            return None
        found = np.flatnonzero(self.indices == position)
        return int(found[0]) if len(found) else None

    def class_name(self, position: int) -> str:
        """The name of the class of a picture."""
        label = int(self.labels[position])
        return self.class_names[label] if 0 <= label < len(self.class_names) else "?"

    def is_marked(self, position: int) -> bool:
        """Whether a picture bears the mark of a wrong answer."""
        return self.marks is not None and bool(self.marks[position])
