"""Branches beside each other."""

from typing import Annotated, ClassVar, Literal

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape, shape_text
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.wiring import Wiring


class Parallel(Layer, frozen=True, tag="parallel"):
    """Gives the same input to several branches and joins their answers: small and large windows look side by side.

    Each layer in it is a branch; for several layers in a row, put a Branch around them.
    ``y = [f₁(x), f₂(x), ...]`` or ``y = f₁(x) + f₂(x) + ...``; Szegedy et al. 2014 (Inception),
    https://arxiv.org/abs/1409.4842
    """

    title: ClassVar[str] = "Parallel"
    group: ClassVar[str] = "Container"
    also: ClassVar[tuple[str, ...]] = ("inception", "branches", "concat")
    is_container: ClassVar[bool] = True

    branches: Annotated[Layers, about("The branches, each with the same input.", hidden=True)] = ()
    join: Annotated[
        Literal["concat", "sum"],
        about("Lay the answers side by side (channels or features add up), or add them number by number."),
    ] = "concat"

    def children(self) -> tuple[Layer, ...]:
        return self.branches

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, branches=children)

    def wiring(self) -> Wiring:
        return Wiring(tuple(range(len(self.branches))), joint="concat" if self.join == "concat" else "+")

    def reach_of(self, stacks: tuple[Reach, ...]) -> Reach:
        # After a fault there are fewer stacks than branches.
        return Reach.beside(
            tuple(one for one, branch in zip(stacks, self.branches, strict=False) if not branch.disabled)
        )

    def build(self, shape: Shape) -> Module:
        from torch import nn

        from lepton_studio.engine.modules.branches import Concat, Total
        from lepton_studio.engine.network import build_stack

        if all(branch.disabled for branch in self.branches):
            raise LeptonError(
                "There is no branch in Parallel." if not self.branches else "All branches of Parallel are left out.",
                "Put a layer into it, or take it out." if not self.branches else "Let one of them take part again.",
            )
        modules, ends = nn.ModuleList(), {}
        for place, branch in enumerate(self.branches):
            module, after = build_stack((branch,), shape, first_child=place)
            # A branch that is left out gives nothing: its input unchanged beside the others would be a branch, too.
            if not branch.disabled:
                modules.append(module)
                ends[place] = after
        if not _fit(list(ends.values()), self.join):
            raise self._misfit(ends)
        return Concat(modules, 2 if len(ends[min(ends)]) == 2 else 1) if self.join == "concat" else Total(modules)

    def _misfit(self, ends: dict[int, Shape]) -> LeptonError:
        listed = ", ".join(
            f"branch {place + 1} ({self.branches[place].title}) in {shape_text(after)}" for place, after in ends.items()
        )
        what = "laid side by side" if self.join == "concat" else "added"
        shapes = list(ends.values())
        if len({len(shape) for shape in shapes}) > 1:
            remedy = "Let all of them end in pictures, or all of them in rows."
        elif self.join == "sum" and _fit(shapes, "concat"):
            remedy = "Join them by concat, or let all of them end in the same size."
        elif len(shapes[0]) == 3:
            remedy = "Let all of them keep height and width: a stride of 1 and a padding of half the window."
        else:
            remedy = "Let all of them end in the same size."
        return LeptonError(f"The branches cannot be {what}, they end in different sizes: {listed}.", remedy)


def _fit(shapes: list[Shape], join: str) -> bool:
    """Whether the outputs of branches can be joined."""
    if join == "sum":
        return len(set(shapes)) == 1
    # Along the channels of pictures, the features of sequences and rows.
    return len({(len(shape), shape[1:] if len(shape) == 3 else shape[:-1]) for shape in shapes}) == 1
