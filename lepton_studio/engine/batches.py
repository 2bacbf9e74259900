"""The dataset as one tensor on the device: a batch is a gather, not a loop over files.

What does not fit stays where it is, as an array in memory or a file mapped into it; a thread then gathers the next
chunk of batches while the device works on this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.device import Device, free_memory

# Answering needs no gradients, so larger batches than those of training fit.
ANSWER_BATCH = 512
# The network, its gradients and its activations want memory, too.
SHARE_FOR_SAMPLES = 0.5
CHUNK_BYTES = 32 << 20
# A batch larger than this is not gathered in one piece; if it comes from elsewhere, only a much larger one, because
# nothing of the next one is gathered while this one is worked on.
LARGE_BYTES, LARGE_BYTES_ELSEWHERE = 32 << 20, 256 << 20

Batch = tuple[Tensor, Tensor]


class LargeBatch:
    """The pictures of a batch that may be the whole dataset: gathered in parts, each when its turn comes.

    What a :class:`torch.Tensor` does with ``len``, a slice and ``split``, it does likewise.
    """

    def __init__(self, batches: Batches, chosen: Tensor) -> None:
        """Takes the positions of the pictures: N, int64, on the device."""
        self._batches, self._chosen = batches, chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, some: slice) -> Tensor:
        return self._batches.pictures(self._chosen[some])

    def split(self, size: int) -> Iterator[Tensor]:
        """The pictures in their order, so many at once: n x C x H x W, uint8, on the device."""
        return (pictures for pictures, _ in self._batches.gathered(self._chosen, size))


# What a batch of the training brings: gathered, or to be gathered in parts.
Pictures = Tensor | LargeBatch


class Batches:
    """Hands out batches of uint8 pictures (N x C x H x W) and int64 labels (N) on the device.

    Attributes:
        labels: N, int64, on the device.
        images: N x C x H x W, uint8, on the device; None if there is no room for them.
        splits: positions of the samples of each split.
        per_epoch: how many training samples an epoch has.
        batch_size: how many samples a batch has; see :meth:`resize`.
    """

    batch_size: int

    def __init__(
        self,
        samples: Samples,
        splits: Mapping[str, Indices],
        device: Device,
        batch_size: int,
        seed: int,
        *,
        per_epoch: int = 0,
        room: int | None = None,
    ) -> None:
        """Copies all samples to the device once, if there is room for them.

        Args:
            samples: the dataset.
            splits: positions of the samples of each split.
            device: where to compute.
            batch_size: a number larger than the training split means all of it.
            seed: the order of the samples follows from it.
            per_epoch: how many training samples an epoch has; 0 or too many means all of them.
            room: bytes that the pictures may take on the device; by default half of what is free.
        """
        self.device = device.torch_device()
        room = int(free_memory(device) * SHARE_FOR_SAMPLES) if room is None else room
        self._elsewhere = samples.images
        self.images: Tensor | None = None
        if samples.images.nbytes <= room:
            # A file that is mapped into memory is read once, not page by page at every step.
            mapped = isinstance(samples.images, np.memmap)
            self.images = torch.from_numpy(np.array(samples.images) if mapped else samples.images).to(self.device)
        self.labels = torch.from_numpy(samples.labels).to(self.device)
        self.splits = {name: torch.from_numpy(indices) for name, indices in splits.items()}
        self.per_epoch = min(per_epoch or self.size("train"), self.size("train"))
        self.resize(batch_size)
        self.seed = seed

    def count(self, seen: int = 0) -> int:
        """How many batches an epoch has after its first ``seen`` samples; the last one may be smaller."""
        return -(-(self.per_epoch - seen) // self.batch_size)

    def size(self, split: str) -> int:
        """How many samples a split has."""
        return len(self.splits[split])

    def order(self, epoch: int) -> Tensor:
        """In which order an epoch goes through the training split: positions, int64, on the device.

        It follows from the seed and the epoch alone, so a resumed epoch goes on in the same order. Epochs that are
        shorter than the split go on where the one before ended, so that all samples come equally often.
        """
        first, count = epoch * self.per_epoch, self.size("train")
        if not count:
            return self.splits["train"].to(self.device)
        passes = range(first // count, (first + self.per_epoch - 1) // count + 1)
        start = first - passes[0] * count
        order = torch.cat([self._shuffled(number) for number in passes])
        return order[start : start + self.per_epoch].to(self.device)

    def _shuffled(self, number: int) -> Tensor:
        random = torch.Generator().manual_seed(mix_seed(self.seed, number))
        indices = self.splits["train"]
        return indices[torch.randperm(len(indices), generator=random)]

    def resize(self, batch_size: int) -> None:
        """Takes another number of samples for each batch from here on; one larger than an epoch means all of it."""
        self.batch_size = min(batch_size, max(1, self.per_epoch))

    def training(self, epoch: int, seen: int = 0) -> Iterator[tuple[Pictures, Tensor]]:
        """The batches of one epoch, without its first ``seen`` samples; large ones are still to be gathered."""
        order = self.order(epoch)[seen:]
        large = LARGE_BYTES_ELSEWHERE if self.images is None else LARGE_BYTES
        if self.batch_size * self._elsewhere[:1].nbytes <= large:
            yield from self.gathered(order, self.batch_size)
        elif len(order):
            for chosen in torch.split(order, self.batch_size):
                yield LargeBatch(self, chosen), self.labels.index_select(0, chosen)

    def pictures(self, positions: Tensor) -> Tensor:
        """Some pictures by their positions in the dataset: N x C x H x W, uint8, on the device."""
        if self.images is not None:
            return self.images.index_select(0, positions.to(self.device))
        return torch.from_numpy(self._elsewhere[positions.cpu().numpy()]).to(self.device)

    def answering(self, split: str) -> Iterator[Batch]:
        """All samples of a split in their order."""
        yield from self.gathered(self.splits[split].to(self.device), ANSWER_BATCH)

    def gathered(self, order: Tensor, size: int) -> Iterator[Batch]:
        """Samples by their positions (N, int64, on the device), so many at once."""
        if not len(order):
            return
        if self.images is None:
            yield from self._streamed(order, size)
            return
        for chosen in torch.split(order, size):
            # Rows in one piece: five times as fast as indexing with brackets.
            yield self.images.index_select(0, chosen), self.labels.index_select(0, chosen)

    def _streamed(self, order: Tensor, size: int) -> Iterator[Batch]:
        """The same from pictures that lie elsewhere: one chunk is used while a thread gathers the next."""
        batches_at_once = max(1, CHUNK_BYTES // max(1, size * self._elsewhere[0].nbytes))
        chunks = torch.split(order, size * batches_at_once)
        # Asked for here, because in the thread the question would wait for all that the device has still to do.
        places = torch.split(order.cpu(), size * batches_at_once)
        with ThreadPoolExecutor(1, thread_name_prefix="gather") as thread:
            coming = [thread.submit(self._gather, chosen) for chosen in places[:1]]
            for number, chunk in enumerate(chunks):
                pictures = coming.pop().result()
                coming += [thread.submit(self._gather, chosen) for chosen in places[number + 1 : number + 2]]
                # Only pinned memory stays as it is until the copy is done.
                moved = pictures.to(self.device, non_blocking=self.device.type == "cuda")
                yield from zip(torch.split(moved, size), torch.split(self.labels[chunk], size), strict=True)

    def _gather(self, chosen: Tensor) -> Tensor:
        """Pictures side by side, in memory that a GPU can read by itself."""
        found = torch.from_numpy(self._elsewhere[chosen.numpy()])
        return found.pin_memory() if self.device.type == "cuda" else found


def mix_seed(seed: int, *numbers: int) -> int:
    """One seed out of several numbers; neighbours give unrelated streams of random numbers."""
    mixed = seed
    for number in numbers:
        # Steps of splitmix64, https://doi.org/10.1145/2660193.2660195
        mixed = (mixed + 0x9E3779B97F4A7C15 * (number + 1)) % 2**64
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed ^= mixed >> 31
    return mixed % 2**63
