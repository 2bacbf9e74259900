"""Batch normalisation over pictures."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class BatchNorm2d(Layer, frozen=True, tag="batch_norm2d"):
    """Brings each channel of the batch to mean 0 and spread 1, then learns the best scale: training goes faster.

    ``y = γ (x - mean) / sqrt(variance + ε) + β``, Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    title: ClassVar[str] = "Batch norm 2d"
    group: ClassVar[str] = "Normalisation"
    also: ClassVar[tuple[str, ...]] = ("bn", "normalization")

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        return nn.BatchNorm2d(shape[0])
