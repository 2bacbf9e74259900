"""What a layer is: a frozen spec that builds a piece of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, ForwardRef

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.reach import Reach
from lepton_studio.engine.registry import Registry, Spec
from lepton_studio.engine.wiring import Wiring

# torch takes seconds to import, so that specs can be shown in a window without it, only ``build`` does.
if TYPE_CHECKING:
    from torch.nn import Module
else:
    Module = Any

Shape = tuple[int, ...]
"""The shape of one sample, without the batch: (channels, height, width), (steps, features) or (features,)."""


class Layer(Spec, frozen=True, kw_only=True):
    """A card in the tree of an architecture."""

    group: ClassVar[str] = "Other"
    # What else people call it, for searches.
    also: ClassVar[tuple[str, ...]] = ()
    is_container: ClassVar[bool] = False
    # Whether each of its outputs depends on the whole of its input, not on a window of it.
    sees_everything: ClassVar[bool] = False
    # Packages that ``build`` imports and that take seconds: a window imports them in the background first.
    imports: ClassVar[tuple[str, ...]] = ()
    # Whether it does the same at every step of a sequence, so that one step tells what all of them cost.
    steps_are_alike: ClassVar[bool] = False
    # Whether it is a network with layers of its own, whose outputs are kept, too, if it learns.
    is_network: ClassVar[bool] = False

    # Unset rather than false, so that files do not say it of every layer.
    disabled: Annotated[
        bool | msgspec.UnsetType, about("Left out for now: what comes in goes on unchanged.", hidden=True)
    ] = msgspec.UNSET

    def build(self, shape: Shape) -> Module:
        """Makes the torch module for inputs of ``shape``; sizes that follow from it are not asked for.

        Raises:
            LeptonError: the layer cannot take such an input; says so in words for learners.
        """
        raise NotImplementedError

    def explained(self, error: LeptonError, shape: Shape, picture: Shape) -> LeptonError:
        """The same refusal, for one who knows that ``picture`` was laid flat before it came as ``shape``."""
        return error

    def reach(self, shape: Shape) -> Reach:
        """How far each output looks over a picture of ``shape``; read from fields called as torch calls them.

        Right for windows (``kernel_size``, ``stride``, ``dilation``) and for layers that work point by point; others
        set ``sees_everything`` or say it themselves.
        """
        if self.sees_everything:
            return Reach.everything()
        window, stride, dilation = (getattr(self, name, 1) for name in ("kernel_size", "stride", "dilation"))
        return Reach((window - 1) * dilation, stride)

    def reach_of(self, stacks: tuple[Reach, ...]) -> Reach:
        """How far a container looks, from what each stack built for it sees: beside each other unless it says so."""
        return Reach.beside(stacks)

    def wiring(self) -> Wiring:
        """How a container leads its input through its children, for drawings; one after the other unless it says so."""
        return Wiring()

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


def require_sequence(title: str, shape: Shape) -> None:
    """Refuses inputs that are not a sequence: (steps, features).

    Raises:
        LeptonError: says what makes a sequence of them.
    """
    if len(shape) != 2:
        raise LeptonError(
            f"{title} needs a sequence (steps × features), but gets {what_comes(shape)}.",
            "Put Rows as sequence or Patch embedding before it."
            if len(shape) == 3
            else "Use Rows as sequence in place of Flatten before it.",
        )


def shape_text(shape: Shape) -> str:
    """A shape as people read it: ``32 × 14 × 14``, large numbers in groups."""
    return " × ".join(grouped(size) for size in shape)


def grouped(number: int) -> str:
    """3136 as "3 136", with thin spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")


def counted(number: int, word: str) -> str:
    """A number with what it counts: "1 channel", "1 024 channels"."""
    return f"{grouped(number)} {word}{'' if number == 1 else 's'}"


def what_comes(shape: Shape) -> str:
    """What arrives at a layer, as people say it."""
    if len(shape) == 3:
        return f"a picture of {shape_text(shape)}"
    return f"a sequence of {shape_text(shape)}" if len(shape) == 2 else f"{counted(shape[0], 'number')} in a row"


def window_text(side: int) -> str:
    """A window with its article: "a 9 × 9 window", "an 8 × 8 window"."""
    return f"{'an' if str(side).startswith('8') or side in (11, 18) else 'a'} {side} × {side} window"


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
            f"{title} needs a picture (channels × height × width), but gets {what_comes(shape)}.",
            "Move it before the Flatten layer."
            if len(shape) == 1
            else "Move it before the layer that makes a sequence of the picture.",
        )
    size = min(shape[1:])
    if window > size + 2 * (padding or 0):
        # Half of the window keeps the size; only an even window on a single pixel needs one more.
        enough = max((window - 1) // 2, -(-(window - size) // 2))
        raise LeptonError(
            f"The picture is {shape_text(shape[1:])} here, {window_text(window)} does not fit.",
            "Use a smaller window, or fewer layers before it that shrink the picture."
            if padding is None
            else f"Leave out a layer that shrinks the picture, or use a padding of {enough} or a smaller window."
            if size == 1
            else f"Use a padding of {enough} or a smaller window.",
        )


def require_row(title: str, shape: Shape) -> None:
    """Refuses pictures; a row of numbers is taken, and a sequence of such rows step by step.

    Raises:
        LeptonError: says to put a Flatten layer before.
    """
    if len(shape) not in (1, 2):
        raise LeptonError(
            f"{title} needs numbers in a row, but gets {what_comes(shape)}.",
            "Put a Flatten layer before it.",
        )
