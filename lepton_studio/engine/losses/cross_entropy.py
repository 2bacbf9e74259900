"""Cross entropy."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.loss import Loss, Tensor


class CrossEntropy(Loss, frozen=True, tag="cross_entropy"):
    """How surprising the right answer was: minus the logarithm of the probability that it was given.

    ``-log softmax(logits)[label]``, https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    With label smoothing ``s`` the right class is wanted with probability ``1 - s + s/K`` and each other one of
    the K classes with ``s/K``: ``-(1 - s) log softmax(logits)[label] - s mean(log softmax(logits))``. So the
    network is not driven to be surer than it can be. Szegedy et al. 2015, section 7,
    https://arxiv.org/abs/1512.00567

    Smoothing is a way to learn. Where nothing is learned from the logits, for validation and test, the loss is
    the plain one, which can be compared between runs whatever their smoothing.
    """

    title: ClassVar[str] = "Cross entropy"

    label_smoothing: Annotated[
        float,
        about(
            "Share of the answer that is spread over all classes, so that the network does not become too sure;"
            " validation and test are measured without it.",
            low=0,
            high=0.5,
        ),
    ] = 0.0

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn import functional

        smoothing = self.label_smoothing if logits.requires_grad else 0.0
        return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
