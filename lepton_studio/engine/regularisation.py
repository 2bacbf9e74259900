"""What a regularisation is: something that keeps a network from learning its training pictures by heart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ForwardRef

from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter
else:
    Parameter = Tensor = Any


class Regularisation(Spec, frozen=True):
    """Holds a network back, so that it does better on pictures that it has not seen.

    A member does one of these things and leaves the others as they are. The first two are part of every step: what
    they do must follow from their arguments alone and wait for no number (``item``), because the steps of a GPU are
    recorded. The last two look at the epochs so far, so that a resumed run decides as an uninterrupted one does.
    """

    def penalty(self, weights: Sequence[Tensor]) -> Tensor | None:
        """What is added to the loss of each batch.

        Args:
            weights: the learned weights of at least two dimensions; biases and what normalisations learn are not
                among them.

        Returns:
            A scalar; None if nothing is added.
        """
        return None

    def limit(self, parameters: Sequence[Parameter]) -> None:
        """Changes the gradients in place, between the backward pass and the step of the optimizer."""

    def share_kept(self) -> float:
        """How much of a running average of the weights stays as it is at each step; 0 if none is to be kept."""
        return 0.0

    def is_over(self, rows: Sequence[EpochRow]) -> bool:
        """Whether the training ends after these epochs."""
        return False

    def epoch_to_keep(self, rows: Sequence[EpochRow]) -> int:
        """The epoch, counted from 1, whose weights a run ends with; 0 if it is the last one."""
        return 0


REGULARISATIONS: Registry[Regularisation] = Registry(
    Regularisation, "regularisation", "lepton_studio.engine.regularisations"
)

if TYPE_CHECKING:
    AnyRegularisation = Regularisation
else:
    AnyRegularisation = ForwardRef("REGULARISATIONS.union", module=__name__)
