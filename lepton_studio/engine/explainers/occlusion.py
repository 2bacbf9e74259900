"""Occlusion: a patch of paper that wanders over the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.explainer import Explainer, Heat, chunks, one_picture, score_of
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from torch import nn

# Windows are told for pictures of MNIST's size.
USUAL_SIDE = 28


class Occlusion(Explainer, frozen=True, tag="occlusion"):
    """Covers the drawing with a small patch of empty paper, here, there and everywhere, and watches the score.

    By how much the score falls when the pixel is covered, in logits, as the mean over all patches that cover it.
    Zeiler and Fergus 2013, https://arxiv.org/abs/1311.2901
    """

    title: ClassVar[str] = "Occlusion"
    is_signed: ClassVar[bool] = True
    is_one_pass: ClassVar[bool] = False
    how_to_read: ClassVar[str] = (
        "Orange: covering this place costs the answer most. Blue: without what is here the answer would be surer."
    )

    window: Annotated[
        int,
        about(
            "Side of the patch, for a picture of 28 × 28; for larger ones it grows with them.",
            unit="pixels",
            low=1,
            high=28,
        ),
    ] = 4
    stride: Annotated[int, about("How far the patch moves each time, likewise.", unit="pixels", low=1, high=28)] = 2

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        import torch

        pictures = one_picture(picture)
        height, width = picture.shape[1:]
        places = self.places(height, width)
        covered = np.zeros((len(places), height, width), bool)
        for at, (rows, columns) in enumerate(places):
            covered[at, rows, columns] = True
        total, count, done = np.zeros((height, width), np.float32), covered.sum(axis=0), 0
        masks = torch.from_numpy(covered)[:, None].expand(-1, pictures.shape[1], -1, -1)
        with torch.inference_mode():
            before = score_of(network(pictures), target, against)
        for part in chunks(masks):
            # Closed before each yield: between two of them the thread may do something else.
            with torch.inference_mode():
                fallen = before - score_of(network(pictures.masked_fill(part, 0.0)), target, against)
            total += np.tensordot(fallen.numpy(), covered[done : done + len(part)].astype(np.float32), axes=1)
            done += len(part)
            yield None
        yield total / np.maximum(count, 1).astype(np.float32)

    def places(self, height: int, width: int) -> list[tuple[slice, slice]]:
        """Rows and columns of each patch; those at the right and lower edge are cut off there."""
        factor = max(1, min(height, width) // USUAL_SIDE)
        side = min(self.window * factor, height, width)
        # A patch that jumped over pixels would leave them unasked.
        stride = min(self.stride * factor, side)
        starts = [range(0, -(-(length - side) // stride) * stride + 1, stride) for length in (height, width)]
        return [(slice(top, top + side), slice(left, left + side)) for top in starts[0] for left in starts[1]]
