"""The dataset as one tensor on the device: a batch is a gather, not a loop over files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.device import Device

# Answering needs no gradients, so larger batches than those of training fit.
ANSWER_BATCH = 512


class Batches:
    """Hands out batches of uint8 pictures (N x C x H x W) and int64 labels (N) on the device."""

    def __init__(
        self, samples: Samples, splits: Mapping[str, Indices], device: Device, batch_size: int, seed: int
    ) -> None:
        """Copies all samples to the device once."""
        place = device.torch_device()
        self.images = torch.from_numpy(samples.images).to(place)
        self.labels = torch.from_numpy(samples.labels).to(place)
        self.splits = {name: torch.from_numpy(indices) for name, indices in splits.items()}
        self.batch_size = batch_size
        self.seed = seed

    def count(self) -> int:
        """How many batches an epoch has; the last one may be smaller."""
        return -(-self.size("train") // self.batch_size)

    def size(self, split: str) -> int:
        """How many samples a split has."""
        return len(self.splits[split])

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch from number ``first`` on.

        The order follows from the seed and the epoch alone, so a resumed epoch goes on in the same order.
        """
        random = torch.Generator().manual_seed(mix_seed(self.seed, epoch))
        indices = self.splits["train"]
        order = indices[torch.randperm(len(indices), generator=random)].to(self.images.device)
        for start in range(first * self.batch_size, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            yield self.images[chosen], self.labels[chosen]

    def answering(self, split: str) -> Iterator[tuple[Tensor, Tensor]]:
        """All samples of a split in their order."""
        indices = self.splits[split].to(self.images.device)
        for start in range(0, len(indices), ANSWER_BATCH):
            chosen = indices[start : start + ANSWER_BATCH]
            yield self.images[chosen], self.labels[chosen]


def mix_seed(seed: int, *numbers: int) -> int:
    """One seed out of several numbers; neighbours give unrelated streams of random numbers."""
    mixed = seed
    for number in numbers:
        # Steps of splitmix64, https://doi.org/10.1145/2660193.2660195
        mixed = (mixed + 0x9E3779B97F4A7C15 * (number + 1)) % 2**64
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed ^= mixed >> 31
    return mixed % 2**63
