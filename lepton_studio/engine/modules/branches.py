"""Several ways through a network beside each other, and how they come together again."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Concat(nn.Module):
    """What all branches make of the same input, laid side by side along dimension ``dim``."""

    def __init__(self, branches: nn.ModuleList, dim: int) -> None:
        super().__init__()
        self.branches = branches
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=self.dim)


class Total(nn.Module):
    """What all branches make of the same input, added up."""

    def __init__(self, branches: nn.ModuleList) -> None:
        super().__init__()
        self.branches = branches

    def forward(self, x: Tensor) -> Tensor:
        total = self.branches[0](x)
        for branch in self.branches[1:]:
            total = total + branch(x)
        return total  # type: ignore[no-any-return]


class SkipConcat(nn.Module):
    """The input, and beside it along dimension ``dim`` what the body makes of it."""

    def __init__(self, body: nn.Module, dim: int) -> None:
        super().__init__()
        self.body = body
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], dim=self.dim)
