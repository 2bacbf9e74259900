"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class Sgd(Optimizer, frozen=True, tag="sgd"):
    """Steps straight down the slope of each batch; momentum keeps some of the last step, like a rolling ball.

    Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html
    """

    title: ClassVar[str] = "SGD"

    learning_rate: LearningRate = 0.05
    momentum: Annotated[float, about("Share of the last step that is kept.", low=0, high=0.999)] = 0.9
    weight_decay: WeightDecay = 0.0

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from torch.optim import SGD

        return SGD(
            parameters,
            lr=self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            fused=True,
        )
