"""A learning rate that falls when learning stands still."""

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.schedule import Schedule, WarmUp, warming_up

# A validation loss has to be lower by this share to count as better.
LEAST_GAIN = 1e-4


class ReduceOnPlateau(Schedule, frozen=True, tag="reduce_on_plateau"):
    """Lowers the learning rate whenever the validation loss has not fallen for some epochs: a plateau.

    So nobody needs to know beforehand how long the training takes. As torch's ReduceLROnPlateau,
    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
    """

    title: ClassVar[str] = "Reduce on plateau"

    patience: Annotated[
        int,
        about("Epochs in a row without a lower validation loss that are let pass.", unit="epochs", low=0, high=1000),
    ] = 2
    gamma: Annotated[float, about("What the learning rate is multiplied by then.", low=0.01, high=1)] = 0.2
    warm_up: WarmUp = 0.0

    def factor(self, progress: float) -> float:
        return warming_up(progress, self.warm_up)

    def plateau_factor(self, validation_losses: Sequence[float]) -> float:
        best, waited, factor = math.inf, 0, 1.0
        for loss in validation_losses:
            waited += 1
            if loss < best * (1 - LEAST_GAIN):
                best, waited = loss, 0
            if waited > self.patience:
                factor, waited = factor * self.gamma, 0
        return factor
