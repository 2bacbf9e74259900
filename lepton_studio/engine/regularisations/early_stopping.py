"""An end before the last epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.kept_epochs import best_epoch
from lepton_studio.engine.regularisation import Regularisation


class EarlyStopping(Regularisation, frozen=True, tag="early_stopping"):
    """Ends the training when the validation loss has not fallen for some epochs: what comes then is learned by heart.

    Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3
    """

    title: ClassVar[str] = "Early stopping"

    patience: Annotated[
        int, about("Epochs without a lower validation loss before the end.", unit="epochs", low=1, high=1000)
    ] = 5
    restore_best: Annotated[bool, about("Take the weights of the best epoch at the end, not those of the last.")] = True

    def is_over(self, rows: Sequence[EpochRow]) -> bool:
        return bool(rows) and rows[-1].epoch - best_epoch(rows) >= self.patience

    def epoch_to_keep(self, rows: Sequence[EpochRow]) -> int:
        return best_epoch(rows) if self.restore_best else 0
