"""A learning rate that falls like half a cosine wave."""

import math
from typing import ClassVar

from lepton_studio.engine.schedule import Schedule


class Cosine(Schedule, frozen=True, tag="cosine"):
    """Lowers the learning rate along half a cosine wave: bold steps first, fine ones at the end.

    ``factor = (1 + cos(π progress)) / 2``, Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983
    """

    title: ClassVar[str] = "Cosine"

    def factor(self, progress: float) -> float:
        return (1 + math.cos(math.pi * progress)) / 2
