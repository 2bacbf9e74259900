"""What a loss is: one number that says how wrong the answers of a batch were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ForwardRef

from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor
else:
    Tensor = Any


class Loss(Spec, frozen=True):
    """Measures how surprised the network was by the right answers; training makes it small."""

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean over a batch.

        Args:
            logits: N x classes, float.
            labels: N, int64.

        Returns:
            A scalar tensor.
        """
        raise NotImplementedError


LOSSES: Registry[Loss] = Registry(Loss, "loss", "lepton_studio.engine.losses")

if TYPE_CHECKING:
    AnyLoss = Loss
else:
    AnyLoss = ForwardRef("LOSSES.union", module=__name__)
