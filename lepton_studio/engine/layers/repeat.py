"""A stack several times over."""

from typing import Annotated, ClassVar

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.wiring import Wiring


class Repeat(Layer, frozen=True, tag="repeat"):
    """Does its layers several times, one after the other; each time has weights of its own to learn.

    ``y = fₙ(... f₂(f₁(x)))`` with n blocks of one plan: deep networks are a few blocks repeated. He et al. 2015, table
    1, https://arxiv.org/abs/1512.03385
    """

    title: ClassVar[str] = "Repeat"
    group: ClassVar[str] = "Container"
    is_container: ClassVar[bool] = True

    body: Annotated[Layers, about("The layers inside, one after the other.", hidden=True)] = ()
    times: Annotated[int, about("How often to do them.", low=1, high=64)] = 2

    def children(self) -> tuple[Layer, ...]:
        return self.body

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, body=children)

    def wiring(self) -> Wiring:
        return Wiring(times=self.times)

    def reach_of(self, stacks: tuple[Reach, ...]) -> Reach:
        return Reach.in_turn(stacks)

    def build(self, shape: Shape) -> Module:
        from torch import nn

        from lepton_studio.engine.network import build_stack

        rounds: list[Module] = []
        for done in range(self.times):
            try:
                stack, shape = build_stack(self.body, shape)
            except LeptonError as error:
                if not done:
                    raise
                # The layers fit what came first, so the fault is that they are repeated.
                raise LeptonError(
                    f"Time {done + 1} of {self.times} does not fit: {error.what}",
                    f"Repeat it {done} time{'s' if done > 1 else ''}, or let the layers inside keep the size.",
                ) from error
            rounds.append(stack)
        return nn.Sequential(*rounds)
