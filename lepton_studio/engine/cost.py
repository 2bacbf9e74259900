"""What a training will cost, before it is begun; needs no torch until somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment


class Cost(msgspec.Struct, frozen=True):
    """What a training costs on this machine, as its probe says.

    Attributes:
        seconds_per_epoch: with the validation; None if it does not fit, so that nothing could be measured.
        images_per_second: while it learns; None likewise.
        epochs: how many there are to be.
        memory: bytes at the peak: weights, gradients, optimizer, activations of a batch, and the pictures.
        room: bytes that are free for all that where it computes; 0 if nobody knows.
        device, precision, kernels: where and how it computes.
        batch_size: how many pictures each step looks at.
        steps: how many were watched.
        remarks: what people should know of the figures.
    """

    seconds_per_epoch: float | None
    images_per_second: float | None
    epochs: int
    memory: int
    room: int
    device: str
    precision: str
    kernels: str = "plain"
    batch_size: int = 0
    steps: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Of all epochs."""
        return None if self.seconds_per_epoch is None else self.seconds_per_epoch * self.epochs

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return not self.room or self.memory <= self.room


def probe_cost(
    experiment: Experiment, samples: Samples, is_given_up: Callable[[], bool] | None = None
) -> Iterator[Progress | Cost]:
    """Yields progress, and the cost of a training at last; takes a second or two, and leaves nothing behind.

    Between two yields is at most one step. Random numbers, threads and files are as if nothing had happened.

    Args:
        experiment: what would be trained.
        samples: its dataset.
        is_given_up: says whether nobody wants to know any more; asked often while a step takes long, in the thread
            that walks this, which then comes to its end without a cost.

    Raises:
        LeptonError: it cannot be trained, or a training is under way.
    """
    from lepton_studio.engine.cost_probe import probed

    yield from probed(experiment, samples, is_given_up)
