"""A learning rate that stays."""

from typing import ClassVar

from lepton_studio.engine.schedule import Schedule, WarmUp, warming_up


class Constant(Schedule, frozen=True, tag="constant"):
    """Keeps the learning rate as it is, after a warm-up if there is one."""

    title: ClassVar[str] = "Constant"

    warm_up: WarmUp = 0.0

    def factor(self, progress: float) -> float:
        return warming_up(progress, self.warm_up)
