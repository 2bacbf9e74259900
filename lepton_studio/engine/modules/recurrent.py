"""What torch's recurrent layers leave to be done: to choose what goes on to the next layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """Reads a sequence step by step: N x steps x features gives N x steps x hidden, or N x hidden after the last.

    Args:
        cell: nn.RNN, nn.LSTM or nn.GRU with batch_first; if it reads both ways, hidden counts twice.
        output: "all" for what it knows at each step, "last" for what it knows at the end.
    """

    def __init__(self, cell: nn.Module, output: str) -> None:
        super().__init__()
        self.cell = cell
        self.output = output

    def forward(self, x: Tensor) -> Tensor:
        known = self.cell(x)[0]
        if self.output == "all":
            return known  # type: ignore[no-any-return]
        if not self.cell.bidirectional:
            return known[:, -1]  # type: ignore[no-any-return]
        # Who reads backwards has seen everything at the first step.
        forwards, backwards = known.chunk(2, dim=2)
        return torch.cat([forwards[:, -1], backwards[:, 0]], dim=1)
