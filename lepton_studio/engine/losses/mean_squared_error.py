"""Mean squared error on one-hot labels."""

from typing import ClassVar

from lepton_studio.engine.loss import Loss, Tensor


class MeanSquaredError(Loss, frozen=True, tag="mean_squared_error"):
    """How far the probabilities are from 1 for the right class and 0 for the others, squared and averaged.

    Also known as the Brier score divided by the number of classes. It is taken on the probabilities, not on
    the logits, so that what Draw shows as a probability is what was trained.
    ``mean((softmax(logits) - one_hot(label))²)``, Brier 1950,
    https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2
    """

    title: ClassVar[str] = "Mean squared error"

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn import functional

        targets = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
        return functional.mse_loss(logits.softmax(dim=1), targets)
