"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class Sgd(Optimizer, frozen=True, tag="sgd"):
    """Steps straight down the slope of each batch; momentum keeps some of the last step, like a rolling ball.

    ``v ← μ v + g, w ← w - η v``; Nesterov's way is ``w ← w - η (g + μ v)``: it takes the next part of the roll
    already now, so that it brakes sooner. Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html
    """

    title: ClassVar[str] = "SGD"

    learning_rate: LearningRate = 0.05
    momentum: Annotated[float, about("Share of the last step that is kept.", low=0, high=0.999)] = 0.9
    nesterov: Annotated[
        bool,
        about("Look ahead along the roll before each step (Nesterov's momentum); without momentum it does nothing."),
    ] = False
    weight_decay: WeightDecay = 0.0

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from torch.optim import SGD

        built = SGD(
            parameters,
            lr=self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            fused=True,
        )
        # Torch refuses to begin with nesterov and no momentum, but steps with both: momentum may be set later.
        for group in built.param_groups:
            group["nesterov"] = self.nesterov
        return built
