"""Optimizers that torch lacks, or that wait for a number in its own version of them.

All layers are computed at once, and nothing waits for a number: the learning rate may be a tensor without dimensions,
and a whole step can be recorded as a CUDA graph. What is remembered lies in memory as the parameter does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer as TorchOptimizer


class OwnSteps(TorchOptimizer):
    """What all of ours do around their formula."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Changes the parameters by their gradients; ``closure`` computes the loss first, if it is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters: list[Tensor] = [each for each in group["params"] if each.grad is not None]
            if parameters:
                self.change(group, parameters, [each.grad for each in parameters if each.grad is not None])
        return loss

    def change(self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Takes one step with the parameters of a group that have gradients."""
        raise NotImplementedError


class LionSteps(OwnSteps):
    """``w ← w - η (sign(β₁ m + (1 - β₁) g) + λ w)``, then ``m ← β₂ m + (1 - β₂) g``.

    Chen et al. 2023, algorithm 2, https://arxiv.org/abs/2302.06675
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def change(self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Takes one step by the formula above."""
        averages = remembered(self, parameters, "average")
        rate, (beta1, beta2) = group["lr"], group["betas"]
        steps = torch._foreach_lerp(averages, gradients, 1 - beta1)
        torch._foreach_sign_(steps)
        torch._foreach_mul_(steps, -rate)
        if group["weight_decay"]:
            torch._foreach_mul_(parameters, 1 - rate * group["weight_decay"])
        torch._foreach_add_(parameters, steps)
        torch._foreach_lerp_(averages, gradients, 1 - beta2)


class AdagradSteps(OwnSteps):
    """``s ← s + g²``, then ``w ← w - η g / (√s + ε)``; weight decay λ adds ``λ w`` to the gradient.

    Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html. As torch.optim.Adagrad, which waits for its counter
    of steps and for the learning rate.
    """

    def __init__(
        self, parameters: Iterable[Parameter], lr: float = 0.01, weight_decay: float = 0.0, eps: float = 1e-10
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "eps": eps})

    def change(self, group: dict[str, Any], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Takes one step by the formula above."""
        sums = remembered(self, parameters, "sum")
        if group["weight_decay"]:
            gradients = list(torch._foreach_add(gradients, parameters, alpha=group["weight_decay"]))
        torch._foreach_addcmul_(sums, gradients, gradients, value=1)
        sizes = torch._foreach_sqrt(sums)
        torch._foreach_add_(sizes, group["eps"])
        steps = torch._foreach_div(gradients, sizes)
        torch._foreach_mul_(steps, -group["lr"])
        torch._foreach_add_(parameters, steps)


def remembered(optimizer: TorchOptimizer, parameters: list[Tensor], name: str) -> list[Tensor]:
    """What an optimizer remembers of each parameter under a name; zeros at first."""
    for parameter in parameters:
        state = optimizer.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
    return [optimizer.state[parameter][name] for parameter in parameters]
