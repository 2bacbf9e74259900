"""A learning rate that falls in steps."""

import math
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.schedule import Schedule, WarmUp, after_warm_up, warming_up


class StepDecay(Schedule, frozen=True, tag="step"):
    """Cuts the training into equal parts and lowers the learning rate at the beginning of each but the first.

    ``factor = gamma ^ (number of parts that are done)``. Three parts of 30 epochs are what torch calls
    ``StepLR(step_size=10)``, https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
    """

    title: ClassVar[str] = "Step"

    parts: Annotated[int, about("Into how many equal parts the training is cut.", low=1, high=100)] = 3
    gamma: Annotated[float, about("What the learning rate is multiplied by at each step.", low=0.01, high=1)] = 0.1
    warm_up: WarmUp = 0.0

    def factor(self, progress: float) -> float:
        # A little more than none: 0.29 * 100 is less than 29 in a computer.
        done = math.floor(after_warm_up(progress, self.warm_up) * self.parts + 1e-9)
        return warming_up(progress, self.warm_up) * self.gamma ** min(done, self.parts - 1)
