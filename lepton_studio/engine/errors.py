"""The exceptions that are meant for people."""

from __future__ import annotations


class LeptonError(Exception):
    """Something a person can understand and mend.

    Anything else that is raised is a fault of the program and goes to the log with its traceback.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        """Says what happened, naming the file or the field, and what to do about it."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()

    def __reduce__(self) -> tuple[type[LeptonError], tuple[str, str]]:
        return type(self), (self.what, self.remedy)


class OutOfMemory(LeptonError):  # noqa: N818 - what happened, not that it is an error
    """There is no room for the pictures that a training computes at once; what was learned is kept.

    Attributes:
        part_size: how many pictures at once may fit: half of those that did not.
    """

    def __init__(self, what: str, remedy: str = "", part_size: int = 1) -> None:
        """Says what happened, and how many pictures at once may fit."""
        super().__init__(what, remedy)
        self.part_size = part_size

    def __reduce__(self) -> tuple[type[LeptonError], tuple[str, str, int]]:  # type: ignore[override]
        return type(self), (self.what, self.remedy, self.part_size)


class Diverged(LeptonError):  # noqa: N818 - likewise
    """The loss of a training is not a number any more; the last good checkpoint is kept.

    Attributes:
        batch: the first such batch of the run, counted from 1.
    """

    def __init__(self, what: str, remedy: str = "", batch: int = 0) -> None:
        """Says what happened, and at which batch."""
        super().__init__(what, remedy)
        self.batch = batch

    def __reduce__(self) -> tuple[type[LeptonError], tuple[str, str, int]]:  # type: ignore[override]
        return type(self), (self.what, self.remedy, self.batch)
