"""What an augmentation is: a random change of a whole batch of pictures that leaves their labels true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ForwardRef

from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor
else:
    Tensor = Any


class Augmentation(Spec, frozen=True):
    """Changes training pictures at random, so that a small dataset teaches more."""

    def apply(self, pictures: Tensor) -> Tensor:
        """Changes each picture of a batch on its own, with torch's random numbers.

        Args:
            pictures: N x C x H x W, float32, 0..255, on the training device.

        Returns:
            The same shape, range and device.
        """
        raise NotImplementedError


AUGMENTATIONS: Registry[Augmentation] = Registry(Augmentation, "augmentation", "lepton_studio.engine.augmentations")

if TYPE_CHECKING:
    AnyAugmentation = Augmentation
else:
    AnyAugmentation = ForwardRef("AUGMENTATIONS.union", module=__name__)
