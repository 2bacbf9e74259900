"""What a schedule is: how the learning rate changes in the course of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ForwardRef

from lepton_studio.engine.registry import Registry, Spec


class Schedule(Spec, frozen=True):
    """Scales the learning rate as the run goes on."""

    def factor(self, progress: float) -> float:
        """What to multiply the learning rate by when ``progress`` (0 to 1) of all batches are done."""
        raise NotImplementedError


SCHEDULES: Registry[Schedule] = Registry(Schedule, "schedule", "lepton_studio.engine.schedules")

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = ForwardRef("SCHEDULES.union", module=__name__)
