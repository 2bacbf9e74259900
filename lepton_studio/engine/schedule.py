"""What a schedule is: how the learning rate changes in the course of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ForwardRef

from lepton_studio.engine.fields import about
from lepton_studio.engine.registry import Registry, Spec

WarmUp = Annotated[float, about("Share of the training in which the learning rate rises.", low=0, high=0.95)]

# With what share of the learning rate a warm-up begins.
FIRST_SHARE = 0.01


class Schedule(Spec, frozen=True):
    """Scales the learning rate as the run goes on."""

    def factor(self, progress: float) -> float:
        """What to multiply the learning rate by when ``progress`` (0 to 1) of all batches are done."""
        raise NotImplementedError

    def plateau_factor(self, validation_losses: Sequence[float]) -> float:
        """What to multiply it by besides, after epochs with these validation losses.

        It follows from them alone, so that a resumed run goes on as an uninterrupted one does.
        """
        return 1.0


SCHEDULES: Registry[Schedule] = Registry(Schedule, "schedule", "lepton_studio.engine.schedules")

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = ForwardRef("SCHEDULES.union", module=__name__)


def warming_up(progress: float, warm_up: float) -> float:
    """The factor in a warm-up: it rises evenly to 1, and stays there.

    The first gradients are large and point all over the place; small steps let them settle. Goyal et al. 2017,
    section 2.2, https://arxiv.org/abs/1706.02677
    """
    return FIRST_SHARE + (1 - FIRST_SHARE) * progress / warm_up if progress < warm_up else 1.0


def after_warm_up(progress: float, warm_up: float) -> float:
    """How much of what follows a warm-up is done, 0 to 1."""
    return max(0.0, progress - warm_up) / (1 - warm_up)
