"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class Adam(Optimizer, frozen=True, tag="adam"):
    """Gives every weight a step of its own, from the mean and the spread of its recent gradients.

    Kingma and Ba 2014, https://arxiv.org/abs/1412.6980
    """

    title: ClassVar[str] = "Adam"

    learning_rate: LearningRate = 0.001
    weight_decay: WeightDecay = 0.0

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from torch.optim import Adam as TorchAdam

        return TorchAdam(parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True)
