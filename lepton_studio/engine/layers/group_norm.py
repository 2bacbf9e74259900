"""Group normalisation over pictures."""

from typing import Annotated, ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture
from lepton_studio.engine.sliding import require_groups


class GroupNorm(Layer, frozen=True, tag="group_norm"):
    """Cuts the channels into groups and brings each group of one sample to mean 0 and spread 1.

    Works for batches of any size. ``y = γ (x - mean) / sqrt(variance + ε) + β``, Wu and He 2018,
    https://arxiv.org/abs/1803.08494
    """

    title: ClassVar[str] = "Group norm"
    group: ClassVar[str] = "Normalisation"
    sees_everything: ClassVar[bool] = True

    groups: Annotated[int, about("How many groups the channels are cut into.", low=1, high=4096)] = 8

    def build(self, shape: Shape) -> Module:
        from torch import nn

        require_picture(self.title, shape)
        require_groups(self.groups, shape[0])
        if shape[0] // self.groups * shape[1] * shape[2] == 1:
            raise LeptonError(
                "Each group holds a single number here; brought to mean 0, nothing is left of it.",
                "Use 1 group." if shape[0] > 1 else "Take Group norm out.",
            )
        return nn.GroupNorm(self.groups, shape[0])
