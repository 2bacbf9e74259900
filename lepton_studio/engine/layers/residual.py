"""A stack with a shortcut around it."""

from typing import Annotated, ClassVar

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape, shape_text
from lepton_studio.engine.wiring import Wiring


class Residual(Layer, frozen=True, tag="residual"):
    """Adds what its layers make to what came in, so that they need only learn the difference.

    ``y = x + f(x)``, He et al. 2015, https://arxiv.org/abs/1512.03385
    """

    title: ClassVar[str] = "Residual"
    group: ClassVar[str] = "Container"

    is_container: ClassVar[bool] = True

    body: Annotated[Layers, about("The layers inside, whose output is added to their input.", hidden=True)] = ()

    def children(self) -> tuple[Layer, ...]:
        return self.body

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, body=children)

    def wiring(self) -> Wiring:
        return Wiring(goes_by=True, joint="+")

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.network import Sum, build_stack

        body, after = build_stack(self.body, shape)
        if after != shape:
            raise LeptonError(
                f"The layers inside turn {shape_text(shape)} into {shape_text(after)}, so the two cannot be added.",
                "Keep the size inside: same number of channels, and a padding of half the window.",
            )
        return Sum(body)
