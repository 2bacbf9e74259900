"""Input x gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.explainer import Explainer, Heat, one_picture, slopes, sum_of_channels

if TYPE_CHECKING:
    from torch import nn


class InputTimesGradient(Explainer, frozen=True, tag="input_times_gradient"):
    """Multiplies the gradient by the pixel itself, so that only ink counts, and tells for and against apart.

    ``pixel x d score / d pixel``, in logits; the channels are added up. For a network without bends it is exactly what
    each pixel adds to the score. Shrikumar et al. 2016, https://arxiv.org/abs/1605.01713
    """

    title: ClassVar[str] = "Input × gradient"
    is_signed: ClassVar[bool] = True
    how_to_read: ClassVar[str] = "Orange ink speaks for the answer, blue ink against it; paper says nothing."

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        pictures = one_picture(picture)
        yield sum_of_channels((pictures * slopes(network, pictures, target, against))[0])
