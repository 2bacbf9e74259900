"""Batch normalisation over rows."""

from typing import ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Module, Shape, shape_text


class BatchNorm1d(Layer, frozen=True, tag="batch_norm1d"):
    """Brings each number of the row to mean 0 and spread 1 over the batch, then learns the best scale.

    ``y = γ (x - mean) / sqrt(variance + ε) + β``, Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    title: ClassVar[str] = "Batch norm 1d"
    group: ClassVar[str] = "Normalisation"

    def build(self, shape: Shape) -> Module:
        from torch import nn

        if len(shape) == 3:
            raise LeptonError(
                f"{self.title} needs numbers in a row, but gets a picture of {shape_text(shape)}.",
                "Put a Flatten layer before it, or use Batch norm 2d.",
            )
        if len(shape) == 2:
            raise LeptonError(
                f"{self.title} needs numbers in a row, but gets a sequence of {shape_text(shape)}.",
                "Use Layer norm, which takes sequences step by step.",
            )
        return nn.BatchNorm1d(shape[0])
