"""What augmentations make of one picture, to look at before training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.augmentation import Augmentation


def augmented_examples(
    image: NDArray[np.uint8], augmentations: Sequence[Augmentation], count: int = 8, seed: int = 0
) -> NDArray[np.uint8]:
    """Augments one picture several times, as training would.

    torch's random numbers go on afterwards as if nothing had been drawn. They belong to the whole program, so nobody
    else may draw meanwhile: do not call it from beside a training on the CPU.

    Args:
        image: uint8 C x H x W.
        augmentations: what to apply, in this order.
        count: how many examples to make.
        seed: the same seed gives the same examples.

    Returns:
        uint8 count x C x H x W.
    """
    import torch

    pictures = torch.from_numpy(np.array(image)).expand(count, *image.shape).float()
    # Only the CPU's: torch.manual_seed would set the numbers of a GPU, too.
    generator = torch.default_generator
    before = generator.get_state()
    generator.manual_seed(seed)
    try:
        with torch.inference_mode():
            for augmentation in augmentations:
                pictures = augmentation.apply(pictures)
    finally:
        generator.set_state(before)
    return pictures.round().clamp(0, 255).to(torch.uint8).numpy()
