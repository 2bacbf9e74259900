"""Dropout."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape


class Dropout(Layer, frozen=True, tag="dropout"):
    """Switches off some outputs at random while learning, so that no single one is relied on.

    Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """

    title: ClassVar[str] = "Dropout"
    group: ClassVar[str] = "Regularisation"
    also: ClassVar[tuple[str, ...]] = ("regularization",)

    p: Annotated[float, about("Share of the outputs to switch off.", label="Share off", low=0.0, high=0.95)] = 0.5

    def build(self, shape: Shape) -> Module:
        from torch import nn

        return nn.Dropout(self.p)
