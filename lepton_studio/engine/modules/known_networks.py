"""Networks that torchvision has, as a part of one of ours."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class KnownNetwork(nn.Module):
    """A well-known network of torchvision without its last layer: pictures in, a row of features out.

    Pictures with one channel are shown to it three times, as red, green and blue. A frozen one never changes: it does
    not learn, and its normalisation and dropout stay as in use, also while others learn.
    """

    # Where its weights come from when a training begins; code that stands alone loads them itself.
    origin: object = None

    def __init__(self, network: str, size: int, freeze: bool) -> None:
        super().__init__()
        from torchvision import models

        self.network = network
        self.size = size
        self.freeze = freeze
        self.body = models.get_model(network, weights=None)
        linear = [name for name, part in self.body.named_modules() if isinstance(part, nn.Linear)]
        if linear:
            self.body.set_submodule(linear[-1], nn.Identity())
        else:
            # The classifier of SqueezeNet is a convolution; before it, only the mean of each feature map is left.
            self.body.classifier = nn.AdaptiveAvgPool2d(1)
        self.body.requires_grad_(not freeze)

    def train(self, mode: bool = True) -> nn.Module:  # type: ignore[override]
        """Goes over to learning, but for what is frozen."""
        super().train(mode)
        if self.freeze:
            self.body.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        if self.size:
            shrinks = self.size < min(x.shape[2:])
            x = functional.interpolate(x, (self.size, self.size), mode="bilinear", antialias=shrinks)
        if x.shape[1] == 1:
            x = x.expand(-1, 3, -1, -1)
        return self.body(x)  # type: ignore[no-any-return]
