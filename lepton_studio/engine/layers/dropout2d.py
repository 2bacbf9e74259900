"""Dropout of whole channels."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class Dropout2d(Layer, frozen=True, tag="dropout2d"):
    """Switches off whole channels at random while learning: neighbouring pixels are alike, so single ones tell on.

    Tompson et al. 2014, https://arxiv.org/abs/1411.4280
    """

    title: ClassVar[str] = "Dropout 2d"
    group: ClassVar[str] = "Regularisation"

    p: Annotated[float, about("Share of the channels to switch off.", label="Share off", low=0.0, high=0.95)] = 0.2

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        return nn.Dropout2d(self.p)
