"""Saliency: the plain gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.explainer import Explainer, Heat, largest_of_channels, one_picture, slopes

if TYPE_CHECKING:
    from torch import nn


class Saliency(Explainer, frozen=True, tag="saliency"):
    """Asks how much the score would move if a pixel were a little lighter or darker, for all pixels at once.

    ``|d score / d pixel|``, in logits for each grey level; of several channels the largest.
    Simonyan et al. 2013, https://arxiv.org/abs/1312.6034
    """

    title: ClassVar[str] = "Saliency"
    how_to_read: ClassVar[str] = (
        "Strong colour: a small change of this pixel changes the answer most, be it ink or paper."
    )

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        yield largest_of_channels(slopes(network, one_picture(picture), target, against)[0])
