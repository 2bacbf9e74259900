"""Pictures that a network is tested on although it learned from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lepton_studio.engine.dataset import Samples

if TYPE_CHECKING:
    from torch import Tensor

# Reading more than this would hold a training up for longer than it is worth.
MOST_BYTES = 1 << 30


def count_leaked(samples: Samples, splits: Mapping[str, Tensor]) -> int:
    """How many pictures of validation and test are, pixel by pixel, among those for training.

    Blank pictures do not count. Datasets of more than a gigabyte are not looked through: 0. Nearly equal pictures are
    found by ``find_duplicates``, which takes longer.

    Args:
        samples: the dataset.
        splits: positions of "train", "validation" and "test".
    """
    if samples.images.nbytes > MOST_BYTES:
        return 0
    learned = {hash(samples.images[at].tobytes()) for at in splits["train"].tolist()}
    blank = hash(bytes(samples.images[0].nbytes)) if len(samples) else 0
    others = (at for name in ("validation", "test") for at in splits[name].tolist())
    found = (hash(samples.images[at].tobytes()) for at in others)
    return sum(1 for key in found if key in learned and key != blank)
