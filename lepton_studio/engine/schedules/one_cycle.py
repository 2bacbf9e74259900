"""A learning rate that rises, then falls: one cycle for the whole run."""

import math
from typing import ClassVar

from lepton_studio.engine.schedule import Schedule, WarmUp

# Where the cycle begins and ends, as shares of the peak; torch.optim.lr_scheduler.OneCycleLR has the same.
START = 1 / 25
END = START / 1e4


class OneCycle(Schedule, frozen=True, tag="one_cycle"):
    """Raises the learning rate up to its full value, then lowers it to almost nothing: good results in few epochs.

    Both ways are half a cosine wave, ``low + (high - low) (1 - cos(π share)) / 2``: from 1/25 of the learning
    rate up to the whole of it, and down to 1/250,000. The learning rate of the optimizer is the peak, and may be
    higher than one that stays. Smith and Topin 2017, https://arxiv.org/abs/1708.07120, in the two phases of
    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
    """

    title: ClassVar[str] = "One cycle"

    warm_up: WarmUp = 0.3

    def factor(self, progress: float) -> float:
        if progress < self.warm_up:
            return _wave(START, 1.0, progress / self.warm_up)
        return _wave(1.0, END, (progress - self.warm_up) / (1 - self.warm_up))


def _wave(first: float, last: float, share: float) -> float:
    """From ``first`` (``share`` is 0) to ``last`` (1) along half a cosine wave."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
