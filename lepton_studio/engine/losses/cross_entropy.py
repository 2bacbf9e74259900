"""Cross entropy."""

from typing import ClassVar

from lepton_studio.engine.loss import Loss, Tensor


class CrossEntropy(Loss, frozen=True, tag="cross_entropy"):
    """How surprising the right answer was: minus the logarithm of the probability that it was given.

    ``-log softmax(logits)[label]``, https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """

    title: ClassVar[str] = "Cross entropy"

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn import functional

        return functional.cross_entropy(logits, labels)
