"""A learning rate that falls like half a cosine wave."""

import math
from typing import ClassVar

from lepton_studio.engine.schedule import Schedule, WarmUp, after_warm_up, warming_up


class Cosine(Schedule, frozen=True, tag="cosine"):
    """Lowers the learning rate along half a cosine wave: bold steps first, fine ones at the end.

    ``factor = (1 + cos(π progress)) / 2``, after a warm-up if there is one. Loshchilov and Hutter 2016,
    https://arxiv.org/abs/1608.03983
    """

    title: ClassVar[str] = "Cosine"

    warm_up: WarmUp = 0.0

    def factor(self, progress: float) -> float:
        rest = after_warm_up(progress, self.warm_up)
        return warming_up(progress, self.warm_up) * (1 + math.cos(math.pi * rest)) / 2
