"""What an augmentation is: a random change of a whole batch of pictures that leaves their labels true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, ForwardRef, Self

import msgspec

from lepton_studio.engine.fields import fields_of
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor
else:
    Tensor = Any


class Augmentation(Spec, frozen=True):
    """Changes training pictures at random, so that a small dataset teaches more.

    Attributes:
        rank: its place in the row where nobody asks for another: first what moves pixels, then strokes, light and
            focus, at last what lies on top of the picture, so that noise is not smoothed by a turn.
        ink_caution: what to know before it is used on strokes (digits, letters); empty if nothing.
        photo_caution: what to know before it is used on pictures that are no strokes; empty if nothing.
    """

    rank: ClassVar[int] = 0
    ink_caution: ClassVar[str] = ""
    photo_caution: ClassVar[str] = ""

    def apply(self, pictures: Tensor) -> Tensor:
        """Changes each picture of a batch on its own, with torch's random numbers.

        The steps of a GPU are recorded (``graphed_steps.py``): shapes must follow from the shape of the batch alone,
        random numbers must be drawn on its device, and nothing may wait for a number (``item``, boolean indices).

        Args:
            pictures: N x C x H x W, float32, 0..255, on the training device.

        Returns:
            The same shape, range and device.
        """
        raise NotImplementedError

    def scaled(self, strength: float) -> Self:
        """The same with every share and distance multiplied, as far as its range goes; 0 changes nothing at all.

        What is measured in other ways (a size, a kind) stays; a member whose numbers mean something else says so.
        """
        if strength == 1:
            return self
        changed = {
            field.name: min(getattr(self, field.name) * strength, field.maximum)
            for field in fields_of(type(self))
            if field.kind == "number" and field.minimum == 0 and field.maximum is not None
        }
        return msgspec.structs.replace(self, **changed)


AUGMENTATIONS: Registry[Augmentation] = Registry(Augmentation, "augmentation", "lepton_studio.engine.augmentations")

if TYPE_CHECKING:
    AnyAugmentation = Augmentation
else:
    AnyAugmentation = ForwardRef("AUGMENTATIONS.union", module=__name__)


def drawn(pictures: Tensor, amount: float = 1.0) -> Tensor:
    """One random number for each picture, even between 0 and ``amount``: N x 1 x 1 x 1, on the pictures' device."""
    import torch

    return torch.rand(len(pictures), 1, 1, 1, device=pictures.device) * amount


def pixel_centres(count: int, like: Tensor) -> Tensor:
    """Where the centres of ``count`` pixels in a row lie between -1 and 1, as ``grid_sample`` counts."""
    import torch

    return (torch.arange(count, device=like.device, dtype=like.dtype) * 2 + 1) / count - 1
