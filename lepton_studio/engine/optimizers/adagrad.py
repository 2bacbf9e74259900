"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class Adagrad(Optimizer, frozen=True, tag="adagrad"):
    """Divides each step by the size of all gradients so far, so that steps become ever shorter by themselves.

    ``s ← s + g², w ← w - η g / (√s + ε)``. Weights that are seldom needed keep their long steps; the others may
    slow down too soon. Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html
    """

    title: ClassVar[str] = "Adagrad"

    learning_rate: LearningRate = 0.03
    weight_decay: WeightDecay = 0.0

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from lepton_studio.engine.modules.own_optimizers import AdagradSteps

        return AdagradSteps(parameters, lr=self.learning_rate, weight_decay=self.weight_decay)
