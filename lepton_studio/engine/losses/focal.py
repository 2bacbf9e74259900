"""Focal loss."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.loss import Loss, Tensor

# A share of probability that is left to the other classes in any case: the slope of its power is finite there.
LEAST_DOUBT = 1e-7


class Focal(Loss, frozen=True, tag="focal"):
    """Cross entropy that counts pictures less the surer the network is of them, so that the hard ones are learned.

    ``-(1 - p)^gamma log p`` with p, the probability of the right class. Lin et al. 2017,
    https://arxiv.org/abs/1708.02002
    """

    title: ClassVar[str] = "Focal loss"

    gamma: Annotated[float, about("How little sure answers count; 0 is cross entropy, 2 is usual.", low=0, high=10)] = (
        2.0
    )

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn import functional

        surprise = functional.cross_entropy(logits, labels, reduction="none")
        doubt = (-(-surprise).expm1()).clamp(min=LEAST_DOUBT)
        return (doubt**self.gamma * surprise).mean()
