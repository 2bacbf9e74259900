"""Lion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class Lion(Optimizer, frozen=True, tag="lion"):
    """Moves every weight by the same small amount, up or down: only the sign of the gradients' average counts.

    ``w ← w - η (sign(0.9 m + 0.1 g) + λ w), m ← 0.99 m + 0.01 g``: a program found it by trying many. It remembers
    half as much as Adam and wants a learning rate three to ten times smaller. Chen et al. 2023,
    https://arxiv.org/abs/2302.06675
    """

    title: ClassVar[str] = "Lion"

    learning_rate: LearningRate = 0.0005
    weight_decay: WeightDecay = 0.03

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from lepton_studio.engine.modules.own_optimizers import LionSteps

        return LionSteps(parameters, lr=self.learning_rate, weight_decay=self.weight_decay)
