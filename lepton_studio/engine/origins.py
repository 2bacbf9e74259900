"""Where the samples of a published dataset lie in its files, without one text in memory for each of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload


class FileOrigins(Sequence[str]):
    """Says "train-images-idx3-ubyte, picture 17": the file of a sample and its place there, counted from 0."""

    def __init__(self, parts: Iterable[tuple[str, int]]) -> None:
        """Takes the files in the order of the samples, with the number of pictures in each."""
        kept = [part for part in parts if part[1]]
        self._names = [name for name, _ in kept]
        # Position of the first sample behind each file.
        self._ends = list(accumulate(count for _, count in kept))

    def __len__(self) -> int:
        """How many samples there are."""
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        """The origin of one sample; a list of texts for a slice."""
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        index = int(at) + (len(self) if at < 0 else 0)
        if not 0 <= index < len(self):
            raise IndexError(at)
        file = bisect_right(self._ends, index)
        first = self._ends[file - 1] if file else 0
        return f"{self._names[file]}, picture {index - first}"
