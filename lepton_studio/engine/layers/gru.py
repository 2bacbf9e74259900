"""Gated recurrent unit."""

from typing import ClassVar

from lepton_studio.engine.layer import Module, Shape
from lepton_studio.engine.sequence_layer import RecurrentLayer


class Gru(RecurrentLayer, frozen=True, tag="gru"):
    """Reads a sequence step by step and learns how much to remember of what it knew: an LSTM with fewer parts.

    ``h[t] = (1 - z) ⊙ n + z ⊙ h[t-1]``, where ``n = tanh(W x[t] + r ⊙ U h[t-1] + b)`` and the gates ``z`` and ``r`` are
    sigmoids of ``x[t]`` and ``h[t-1]``. Cho et al. 2014,
    https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
    """

    title: ClassVar[str] = "GRU"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return self.reading(nn.GRU, shape)
