"""AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class AdamW(Optimizer, frozen=True, tag="adamw"):
    """Adam whose weight decay pulls all weights alike, whatever their gradients: the usual choice of today.

    ``w ← w - η (m / (√v + ε) + λ w)``; m and v are running averages of the gradient and of its square, without
    their bias towards zero. In Adam the pull λ w goes through m and v, so that weights with large gradients feel
    little of it. Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101
    """

    title: ClassVar[str] = "AdamW"

    learning_rate: LearningRate = 0.001
    weight_decay: WeightDecay = 0.01

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from torch.optim import AdamW as TorchAdamW

        return TorchAdamW(parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True)
