"""Channels weighed by what the whole picture shows."""

from __future__ import annotations

from torch import Tensor, nn


class Excitation(nn.Module):
    """The picture times a weight for each of its channels, which ``weights`` makes of the picture."""

    def __init__(self, weights: nn.Module) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weights(x)  # type: ignore[no-any-return]
