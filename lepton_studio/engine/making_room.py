"""Trainings that nobody watches go on in smaller parts where the device has no room for a batch."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeVar

from lepton_studio.engine.errors import OutOfMemory
from lepton_studio.engine.events import Event, Notice

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

Item = TypeVar("Item")
Result = TypeVar("Result")


def with_room(run: Run, train: Callable[[], Generator[Item, None, Result]]) -> Generator[Item | Event, None, Result]:
    """Yields what ``train`` yields, again with smaller parts as often as needed; returns what it returns.

    Raises:
        OutOfMemory: there is no room even for one picture.
    """
    while True:
        try:
            return (yield from train())
        except OutOfMemory as error:
            if error.part_size < 1 or error.part_size == run.record.part_size:
                raise
            run.update(part_size=error.part_size)
            yield Notice(
                f"{error.what} {run.record.name} goes on with {error.part_size:,} pictures at once.",
                "Their gradients add up to those of the whole batch.",
            )
