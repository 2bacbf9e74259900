"""What layers for sequences share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, counted, require_sequence


class RecurrentLayer(Layer, frozen=True):
    """Remembers something of each step when it reads the next."""

    group: ClassVar[str] = "Sequence"
    sees_everything: ClassVar[bool] = True
    steps_are_alike: ClassVar[bool] = True

    hidden_size: Annotated[int, about("How many numbers it remembers.", low=1, high=4096)] = 64
    num_layers: Annotated[
        int, about("How many on top of each other; each reads what the one below makes.", label="Layers", low=1, high=8)
    ] = 1
    bidirectional: Annotated[bool, about("Read backwards, too, and put both side by side.")] = False
    output: Annotated[
        Literal["last", "all"],
        about("What it knows after the last step, or after each step for another sequence layer."),
    ] = "last"

    def reading(self, cell: Any, shape: Shape) -> Module:
        """The module that reads sequences of ``shape`` with one of torch's recurrent classes.

        Raises:
            LeptonError: the input is no sequence.
        """
        from lepton_studio.engine.modules.recurrent import Recurrent

        require_sequence(self.title, shape)
        # A batch of sequences is N x steps x features everywhere here.
        made = cell(shape[1], self.hidden_size, self.num_layers, batch_first=True, bidirectional=self.bidirectional)
        return Recurrent(made, self.output)


def require_heads(features: int, heads: int) -> None:
    """Refuses heads that cannot share the features evenly.

    Raises:
        LeptonError: names the numbers of heads nearest to it that can.
    """
    if features % heads:
        below = max(number for number in range(1, heads) if features % number == 0)
        above = min(number for number in range(heads, features + heads) if number >= features or features % number == 0)
        fitting = f"{below} or {above} heads" if above <= features else counted(below, "head")
        raise LeptonError(
            f"{counted(features, 'feature')} cannot be shared evenly by {heads} heads.",
            f"Use {fitting}, or a number of features that {heads} divides.",
        )
