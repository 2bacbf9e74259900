"""Layer normalisation."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape
from lepton_studio.engine.reach import Reach


class LayerNorm(Layer, frozen=True, tag="layer_norm"):
    """Brings all numbers of one sample to mean 0 and spread 1, then learns the best scale; of a sequence, step by step.

    Unlike batch norm it does not look at the other samples. ``y = γ (x - mean) / sqrt(variance + ε) + β``, Ba et al.
    2016, https://arxiv.org/abs/1607.06450
    """

    title: ClassVar[str] = "Layer norm"
    group: ClassVar[str] = "Normalisation"

    def reach(self, shape: Shape) -> Reach:
        return Reach() if len(shape) == 2 else Reach.everything()

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.LayerNorm(shape[-1:] if len(shape) == 2 else shape)
