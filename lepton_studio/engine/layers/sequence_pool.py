"""From a sequence to one row of numbers."""

from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_sequence
from lepton_studio.engine.reach import Reach


class SequencePool(Layer, frozen=True, tag="sequence_pool"):
    """Sums a sequence up in one row of numbers, as the last linear layer wants it.

    ``y = mean_t x[t]`` or the largest of each feature; or one step alone: the last, which a recurrent layer ends with,
    or the first, where a class token stands. https://arxiv.org/abs/2010.11929, section 3.1
    """

    title: ClassVar[str] = "Sequence pool"
    group: ClassVar[str] = "Sequence"

    kind: Annotated[
        Literal["mean", "last", "first", "max"],
        about("The mean or the largest over all steps, or one step; the first is where a class token stands."),
    ] = "mean"

    def reach(self, shape: Shape) -> Reach:
        return Reach.everything() if self.kind in ("mean", "max") else Reach()

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.sequences import PooledSteps

        require_sequence(self.title, shape)
        return PooledSteps(self.kind)
