"""A learning rate that stays."""

from typing import ClassVar

from lepton_studio.engine.schedule import Schedule


class Constant(Schedule, frozen=True, tag="constant"):
    """Keeps the learning rate as it is."""

    title: ClassVar[str] = "Constant"

    def factor(self, progress: float) -> float:
        return 1.0
