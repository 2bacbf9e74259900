"""Integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.explainer import Explainer, Heat, chunks, one_picture, slopes, sum_of_channels
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from torch import nn


class IntegratedGradients(Explainer, frozen=True, tag="integrated_gradients"):
    """Lets the drawing appear on empty paper step by step, and adds up what each pixel does to the score on the way.

    ``pixel x integral of d score / d pixel`` along the straight way from black to the picture, in logits; the channels
    are added up. The map adds up to the score of the picture less that of empty paper. The integral is a
    Gauss-Legendre quadrature, Captum's default, too. Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365
    """

    title: ClassVar[str] = "Integrated gradients"
    is_signed: ClassVar[bool] = True
    is_one_pass: ClassVar[bool] = False
    how_to_read: ClassVar[str] = (
        "Orange ink raised the score of the answer, blue ink lowered it; all of it together is the whole score."
    )

    steps: Annotated[
        int, about("In how many steps the drawing appears; more are more exact.", unit="pictures", low=2, high=300)
    ] = 32

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        import torch

        pictures = one_picture(picture)
        nodes, weights = np.polynomial.legendre.leggauss(self.steps)
        # From -1..1 to 0..1.
        shares = torch.from_numpy((0.5 * (1 + nodes)).astype(np.float32)).reshape(-1, 1, 1, 1)
        parts = torch.from_numpy((0.5 * weights).astype(np.float32)).reshape(-1, 1, 1, 1)
        total, done = torch.zeros_like(pictures), 0
        for part in chunks(shares * pictures):
            slope = slopes(network, part, target, against)
            total += (slope * parts[done : done + len(part)]).sum(dim=0, keepdim=True)
            done += len(part)
            yield None
        yield sum_of_channels((pictures * total)[0])
