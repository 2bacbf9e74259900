"""From a picture to a sequence of its patches."""

from typing import Annotated, ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture
from lepton_studio.engine.reach import Reach

# How many sizes a message names: those nearest to what was asked for.
SIZES_NAMED = 3


class PatchEmbedding(Layer, frozen=True, tag="patch_embedding"):
    """Cuts the picture into square patches, as words of a sentence, and describes each by a row of numbers.

    ``step[p] = W patch[p] + b`` with one ``W`` for all patches; the class token is one more step in front, which is
    learned and gathers what the others know. Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
    """

    title: ClassVar[str] = "Patch embedding"
    group: ClassVar[str] = "Sequence"

    patch_size: Annotated[
        int, about("Side of a patch; it must divide height and width.", unit="px", low=1, high=64)
    ] = 4
    features: Annotated[int, about("How many numbers describe each patch.", low=1, high=4096)] = 64
    class_token: Annotated[
        bool, about("Put a step of its own first, which gathers the answer; take it with Sequence pool, first.")
    ] = False

    def reach(self, shape: Shape) -> Reach:
        return Reach(self.patch_size - 1, self.patch_size)

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.sequences import Patches

        require_picture(self.title, shape, self.patch_size)
        channels, height, width = shape
        if height % self.patch_size or width % self.patch_size:
            fitting = [size for size in range(1, min(height, width) + 1) if not (height % size or width % size)]
            nearest = sorted(sorted(fitting, key=lambda size: abs(size - self.patch_size))[:SIZES_NAMED])
            raise LeptonError(
                f"A picture of {height} × {width} cannot be cut into patches of {self.patch_size} × {self.patch_size}.",
                f"Use a patch size that divides both sides: {', '.join(map(str, nearest))}.",
            )
        return Patches(channels, self.patch_size, self.features, self.class_token)
