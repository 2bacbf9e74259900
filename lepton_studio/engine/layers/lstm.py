"""Long short-term memory."""

from typing import ClassVar

from lepton_studio.engine.layer import Module, Shape
from lepton_studio.engine.sequence_layer import RecurrentLayer


class Lstm(RecurrentLayer, frozen=True, tag="lstm"):
    """Reads a sequence step by step with a memory that it learns to keep, to change and to show: little fades.

    ``c[t] = f ⊙ c[t-1] + i ⊙ tanh(W x[t] + U h[t-1] + b)``, ``h[t] = o ⊙ tanh(c[t])``; the gates ``f``, ``i`` and ``o``
    are sigmoids of ``x[t]`` and ``h[t-1]``. Hochreiter and Schmidhuber 1997,
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """

    title: ClassVar[str] = "LSTM"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return self.reading(nn.LSTM, shape)
