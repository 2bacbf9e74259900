"""A plain recurrent layer."""

from typing import ClassVar

from lepton_studio.engine.layer import Module, Shape
from lepton_studio.engine.sequence_layer import RecurrentLayer


class Rnn(RecurrentLayer, frozen=True, tag="rnn"):
    """Reads a sequence step by step and remembers one row of numbers, renewed at every step.

    ``h[t] = tanh(W x[t] + U h[t-1] + b)``; what lies many steps back fades, as LSTM and GRU mend. Elman 1990,
    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
    """

    title: ClassVar[str] = "RNN"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return self.reading(nn.RNN, shape)
