"""SmoothGrad: the gradient of many noisy copies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.explainer import WHITE, Explainer, Heat, chunks, largest_of_channels, one_picture, slopes
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from torch import nn


class SmoothGradient(Explainer, frozen=True, tag="smooth_gradient"):
    """Asks for the gradient of many noisy copies of the picture and takes the mean, in which chance cancels out.

    ``|mean of d score / d pixel|`` over pictures with normal noise, in logits for each grey level; of several channels
    the largest. Smilkov et al. 2017 (SmoothGrad), https://arxiv.org/abs/1706.03825
    """

    title: ClassVar[str] = "Smooth gradient"
    is_one_pass: ClassVar[bool] = False
    how_to_read: ClassVar[str] = (
        "Strong colour: this pixel matters in many slightly different drawings, not only by chance in this one."
    )

    copies: Annotated[int, about("How many noisy copies are looked at.", unit="pictures", low=1, high=300)] = 32
    noise: Annotated[
        float,
        about(
            "How strong the noise is: its deviation as a share of the way from black to white; 0.1 to 0.2 is usual.",
            low=0,
            high=1,
        ),
    ] = 0.15
    seed: Annotated[int, about("Of the noise; the same seed gives the same map.", low=0)] = 0

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        import torch

        pictures = one_picture(picture)
        # Of a generator of its own: torch's belongs to the training.
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn((self.copies, *pictures.shape[1:]), generator=generator) * (self.noise * WHITE)
        total = torch.zeros_like(pictures)
        for part in chunks(noise):
            total += slopes(network, pictures + part, target, against).sum(dim=0, keepdim=True)
            yield None
        yield largest_of_channels((total / self.copies)[0])
