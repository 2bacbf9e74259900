"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.optimizer import LearningRate, Optimizer, Parameter, TorchOptimizer, WeightDecay


class RmsProp(Optimizer, frozen=True, tag="rmsprop"):
    """Divides each step by the recent size of the gradient, so that steep and flat directions go equally fast.

    ``v ← 0.9 v + 0.1 g², w ← w - η g / (√v + ε)``; with momentum μ the steps are kept rolling as in SGD.
    Hinton 2012, slide 29, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
    """

    title: ClassVar[str] = "RMSprop"

    learning_rate: LearningRate = 0.001
    momentum: Annotated[float, about("Share of the last step that is kept.", low=0, high=0.999)] = 0.0
    weight_decay: WeightDecay = 0.0

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        from torch.optim import RMSprop

        # All layers at once: torch has no fused one, and the plain one waits for a learning rate that is a tensor.
        built = RMSprop(
            parameters,
            lr=self.learning_rate,
            alpha=0.9,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            foreach=True,
        )
        built.register_step_pre_hook(remember_rolls)
        return built


def remember_rolls(optimizer: TorchOptimizer, arguments: tuple[Any, ...], words: dict[str, Any]) -> None:
    """Makes what RMSprop keeps of its steps, if the momentum was raised from zero since the first of them."""
    import torch

    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state.get(parameter)
            if state and group["momentum"] > 0 and "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
