"""What a layer is: a frozen spec that builds a piece of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, ForwardRef

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.registry import Registry, Spec

# torch takes seconds to import, so that specs can be shown in a window without it, only ``build`` does.
if TYPE_CHECKING:
    from torch.nn import Module
else:
    Module = Any

Shape = tuple[int, ...]
"""The shape of one sample, without the batch: (channels, height, width) or (features,)."""


class Layer(Spec, frozen=True):
    """A card in the tree of an architecture."""

    group: ClassVar[str] = "Other"
    is_container: ClassVar[bool] = False

    def build(self, shape: Shape) -> Module:
        """Makes the torch module for inputs of ``shape``; sizes that follow from it are not asked for.

        Raises:
            LeptonError: the layer cannot take such an input; says so in words for learners.
        """
        raise NotImplementedError

    def children(self) -> tuple[Layer, ...]:
        """The layers that this one holds; empty for all but containers."""
        return ()

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        """The same container with other layers in it."""
        raise LeptonError(f"{self.title} holds no layers.", "Put the layer after it.")


LAYERS: Registry[Layer] = Registry(Layer, "layer", "lepton_studio.engine.layers")

# "Any layer of the registry", looked up when the first file is read: containers name it before it is known.
if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = ForwardRef("LAYERS.union", module=__name__)

Layers = tuple[AnyLayer, ...]


def shape_text(shape: Shape) -> str:
    """A shape as people read it: ``32 × 14 × 14``."""
    return " × ".join(str(size) for size in shape)


def require_picture(title: str, shape: Shape, window: int = 1, padding: int | None = None) -> None:
    """Refuses inputs that are no picture, or a picture smaller than the sliding window.

    Args:
        title: of the layer that asks.
        shape: of its input.
        window: the side of its window.
        padding: zeros that it puts around the picture; None for a layer that puts none.

    Raises:
        LeptonError: with a remedy that holds for this very shape.
    """
    if len(shape) != 3:
        raise LeptonError(
            f"{title} needs a picture (channels × height × width), but gets {shape_text(shape)} numbers in a row.",
            "Move it before the Flatten layer.",
        )
    size = min(shape[1:])
    if window > size + 2 * (padding or 0):
        enough = -(-(window - size) // 2)
        raise LeptonError(
            f"The picture is {shape[1]} × {shape[2]} here, a {window} × {window} window does not fit.",
            "Use a smaller window, or fewer layers before it that shrink the picture."
            if padding is None
            else f"Use a padding of {enough} or a smaller window.",
        )


def require_row(title: str, shape: Shape) -> None:
    """Refuses inputs that are not a single row of numbers.

    Raises:
        LeptonError: says to put a Flatten layer before.
    """
    if len(shape) != 1:
        raise LeptonError(
            f"{title} needs numbers in a row, but gets a picture of {shape_text(shape)}.",
            "Put a Flatten layer before it.",
        )
