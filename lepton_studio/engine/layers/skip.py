"""A stack whose input is laid beside its output."""

from typing import Annotated, ClassVar

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape, shape_text
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.wiring import Wiring


class Skip(Layer, frozen=True, tag="skip"):
    """Lays what came in beside what its layers make of it, so that fine detail is not lost on the way down and up.

    ``y = [x, f(x)]`` along the channels; Ronneberger et al. 2015 (U-Net), https://arxiv.org/abs/1505.04597
    """

    title: ClassVar[str] = "Skip"
    group: ClassVar[str] = "Container"
    also: ClassVar[tuple[str, ...]] = ("u-net", "unet", "skip connection")
    is_container: ClassVar[bool] = True

    body: Annotated[Layers, about("The layers inside, whose output is laid beside their input.", hidden=True)] = ()

    def children(self) -> tuple[Layer, ...]:
        return self.body

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, body=children)

    def wiring(self) -> Wiring:
        return Wiring(goes_by=True, joint="concat")

    def reach_of(self, stacks: tuple[Reach, ...]) -> Reach:
        return Reach.beside((Reach(), *stacks))

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.branches import SkipConcat
        from lepton_studio.engine.network import build_stack

        body, after = build_stack(self.body, shape)
        if len(after) != len(shape):
            raise LeptonError(
                f"The layers inside turn {shape_text(shape)} into {shape_text(after)}, so the two cannot be laid side"
                " by side.",
                "Let them end in a picture of the same height and width."
                if len(shape) == 3
                else "Take out the layer that changes it.",
            )
        if len(shape) == 3 and after[1:] != shape[1:]:
            raise LeptonError(
                f"The layers inside turn the picture of {shape_text(shape[1:])} into one of {shape_text(after[1:])}, so"
                " the two cannot be laid side by side.",
                f"Put an Upsample layer with height {shape[1]} and width {shape[2]} at their end, or keep the size"
                " inside.",
            )
        if len(shape) == 2 and after[0] != shape[0]:
            raise LeptonError(
                f"The layers inside turn {shape[0]} steps into {after[0]}, so the two cannot be laid side by side.",
                "Take out the layer that changes the number of steps.",
            )
        return SkipConcat(body, 2 if len(shape) == 2 else 1)
