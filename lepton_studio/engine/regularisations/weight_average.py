"""A running average of the weights."""

from __future__ import annotations

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.regularisation import Regularisation


class WeightAverage(Regularisation, frozen=True, tag="weight_average"):
    """Answers with the average of the last weights instead of the newest, which are thrown about by each batch.

    ``average ← decay average + (1 - decay) weights`` after each step (EMA); validation, test and what is kept use it.
    Polyak and Juditsky 1992, https://doi.org/10.1137/0330046
    """

    title: ClassVar[str] = "Weight average (EMA)"

    decay: Annotated[
        float, about("Share of the average that stays at each step; 0.99 averages some hundred.", low=0.5, high=0.9999)
    ] = 0.99

    def share_kept(self) -> float:
        return self.decay
