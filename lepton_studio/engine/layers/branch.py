"""A stack as one card."""

from typing import Annotated, ClassVar

import msgspec

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape


class Branch(Layer, frozen=True, tag="branch"):
    """Layers one after the other as one card: a branch inside Parallel, or a named group anywhere.

    ``y = fₙ(... f₂(f₁(x)))``, https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html
    """

    title: ClassVar[str] = "Branch"
    group: ClassVar[str] = "Container"
    is_container: ClassVar[bool] = True

    body: Annotated[Layers, about("The layers inside, one after the other.", hidden=True)] = ()
    name: Annotated[str, about("What to call this group of layers, for you; it changes nothing.")] = ""

    def children(self) -> tuple[Layer, ...]:
        return self.body

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, body=children)

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.network import build_stack

        return build_stack(self.body, shape)[0]
